"""Walking over layers and units by key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nnvis.gui.state.commands import UNITS, Command
from nnvis.gui.state.context import Context
from nnvis.gui.widgets.number_text import short

FAR = 3  # tiles that a fast move goes
EDGE = 1 << 20  # tiles: beyond any edge
COMMANDS = (
    Command("layer_up", UNITS, "Previous layer", ("U",), repeats=True),
    Command("layer_down", UNITS, "Next layer", ("O",), repeats=True),
    Command("unit_left", UNITS, "Unit to the left", ("Left", "J"), repeats=True),
    Command("unit_right", UNITS, "Unit to the right", ("Right", "L"), repeats=True),
    Command("unit_up", UNITS, "Unit above", ("Up", "I"), repeats=True),
    Command("unit_down", UNITS, "Unit below", ("Down", "K"), repeats=True),
    Command("far_left", UNITS, "Three to the left", ("Shift+Left", "Shift+J"), repeats=True),
    Command("far_right", UNITS, "Three to the right", ("Shift+Right", "Shift+L"), repeats=True),
    Command("far_up", UNITS, "Three up", ("Shift+Up", "Shift+I"), repeats=True),
    Command("far_down", UNITS, "Three down", ("Shift+Down", "Shift+K"), repeats=True),
    Command("first_unit", UNITS, "First unit", ("Home",)),
    Command("last_unit", UNITS, "Last unit", ("End",)),
    Command("strongest", UNITS, "Unit with the highest value now", ("X",)),
    Command("find_layer", UNITS, "Filter the layers", ("Ctrl+F", "/")),
)


def tie(context: Context, beside: Callable[[int, int], int], find: Callable[[], object]) -> None:
    """Let the commands do what they say.

    Args:
        context: of the window.
        beside: which unit lies so many tiles to the right and below.
        find: begin to filter the layers.
    """
    controller, on = context.controller, context.commands.on
    on("layer_up", partial(controller.step_layer, -1))
    on("layer_down", partial(controller.step_layer, 1))
    for word, dx, dy in (("left", -1, 0), ("right", 1, 0), ("up", 0, -1), ("down", 0, 1)):
        for name, far in ((f"unit_{word}", 1), (f"far_{word}", FAR)):
            on(name, lambda dx=far * dx, dy=far * dy: controller.go_unit(beside(dx, dy)))
    on("first_unit", lambda: controller.go_unit(beside(-EDGE, -EDGE)))
    on("last_unit", lambda: controller.go_unit(beside(EDGE, EDGE)))
    on("find_layer", find)

    def strongest() -> None:
        snapshot = controller.last
        if snapshot is not None and controller.view_state.match(snapshot).layer:
            unit = int(snapshot.sheet.maxima.argmax())
            controller.go_unit(unit)
            value = short(float(snapshot.sheet.maxima[unit]))
            context.toast(f"unit {unit} has the highest value: {value}")

    on("strongest", strongest)
