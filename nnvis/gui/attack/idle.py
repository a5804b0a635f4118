"""What the commands of the attack are before there is one."""

from __future__ import annotations

from nnvis.gui.state.context import Context

OF_ATTACK = ("carry", "fool_grid", "fool_export")  # what can be asked for while there is one


def begin(context: Context) -> None:
    """Offer nothing that an attack is needed for."""
    for name in OF_ATTACK:
        context.commands[name].setEnabled(False)
