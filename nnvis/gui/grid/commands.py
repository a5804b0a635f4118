"""The commands of the grid: colours, size, and what its tiles show."""

from __future__ import annotations

from functools import partial

from nnvis.engine.unit_order.registry import ORDERS
from nnvis.gui.grid.colour_bar_controls import ColourControls
from nnvis.gui.grid.grid_pane import GridPane
from nnvis.gui.grid.known_order import KnownOrder
from nnvis.gui.grid.preferred_grid import PreferredGridJobs
from nnvis.gui.grid.tile_notes import TileNotes
from nnvis.gui.state.commands import LENS, PICTURE, Command
from nnvis.gui.state.context import Context

_ORDERS = tuple(ORDERS[name] for name in ORDERS.built_in)  # plugins come when they are asked for
COMMANDS = (
    Command("range", PICTURE, "Range: per unit, per layer, fixed", ("G",)),
    Command("gamma", PICTURE, "Gamma: 1, 0.7, 0.5, 0.3", ("T",)),
    Command("boost", PICTURE, "Boost of weak units", ("Shift+T",)),
    Command("colormap", PICTURE, "Next colour map", ("C",)),
    Command("enlarge", PICTURE, "Enlarge the unit, and back", ("Z",)),
    Command("zoom_in", PICTURE, "Zoom in", ("+", "="), repeats=True),
    Command("zoom_out", PICTURE, "Zoom out", ("-",), repeats=True),
    Command("overlay_less", PICTURE, "Map over input: weaker", ("[",), repeats=True),
    Command("overlay_more", PICTURE, "Map over input: stronger", ("]",), repeats=True),
    Command("next_order", PICTURE, "Order of the units: the next", ("Ctrl+U",)),
    Command("order_again", PICTURE, "Order the units again", ("Ctrl+Shift+U",)),
    Command("show_most", PICTURE, "The first 24 units large, 96, all", ("Shift+Z",)),
    Command("tile_note", PICTURE, "Tiles bear: preferred, top, fires for", ("Ctrl+Alt+U",)),
    *(Command(f"order_{one.name}", PICTURE, f"Order units by {one.title}") for one in _ORDERS),
    Command("patterns", LENS, "Grid: what units want to see", ("Shift+S",), checkable=True),
)


def tie(
    context: Context, pane: GridPane, shading: ColourControls, patterns: PreferredGridJobs
) -> None:
    """Let the commands do what they say."""
    controller, on = context.controller, context.commands.on
    on("range", shading.next_range)
    on("gamma", shading.next_gamma)
    on("boost", shading.next_boost)
    on("colormap", shading.next_colormap)
    on("enlarge", pane.toggle_enlarged)
    on("zoom_in", partial(pane.zoom, 1.25))
    on("zoom_out", partial(pane.zoom, 0.8))

    bar, known = shading.order, KnownOrder(context)
    notes = TileNotes(context, pane, patterns)
    bar.note_chosen.connect(notes.choose)
    notes.changed.connect(bar.show_note)
    on("tile_note", notes.next)

    def order_by(name: str) -> None:
        controller.order_units(name, known.given(name))

    bar.order_chosen.connect(order_by)
    bar.most_chosen.connect(controller.show_most)
    on("next_order", bar.next_order)
    on("order_again", lambda: order_by(controller.view_state.request.order.by))
    on("show_most", bar.next_most)
    for one in _ORDERS:
        on(f"order_{one.name}", partial(order_by, one.name))

    def overlay(step: float) -> None:
        controller.set_overlay(controller.view_state.request.layout.overlay + step)

    def show_patterns(shown: bool) -> None:
        shading.show_patterns(shown)
        patterns.switch(shown)

    def cancel_patterns() -> None:
        """Show maps again, where it is the patterns that are being made."""
        if patterns.making:
            context.commands["patterns"].trigger()

    on("overlay_less", partial(overlay, -0.1))
    on("overlay_more", partial(overlay, 0.1))
    on("patterns", show_patterns)
    context.cancelled.connect(cancel_patterns)
