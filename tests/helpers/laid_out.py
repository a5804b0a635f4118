"""Whether the grid that is shown is laid out for its pane as it is now."""

from __future__ import annotations

from nnvis.gui.window.app import Program


def laid_out(program: Program) -> bool:
    """Tell whether the pane has told its shape, and what is shown was made for it."""
    grid, controller = program.window.grid, program.controller
    layout, shown = controller.view_state.request.layout, controller.shown
    told = layout.aspect == round(grid.width() / max(1, grid.height()), 2)
    return told and shown is not None and shown.request.layout == layout
