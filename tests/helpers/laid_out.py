"""Whether the grid that is shown is laid out for its pane as it is now."""

from __future__ import annotations

from nnvis.gui.window.app import Program


def laid_out(program: Program) -> bool:
    """Tell whether the pane has told its shape, and what is shown is what is asked now."""
    grid, controller = program.window.grid, program.controller
    asked, shown = controller.view_state.request, controller.shown
    told = asked.layout.aspect == round(grid.width() / max(1, grid.height()), 2)
    return told and shown is not None and shown.request == asked
