"""What `nnvis snapshot` can be asked about views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnvis.engine.protocol.request import Half
from nnvis.errors import UserError
from nnvis.imaging.attribution_options import MOST_BLUR, Display, DisplayKind, DisplayOver
from nnvis.parameters import Value, build
from nnvis.views.registry import EVERY_VIEW
from nnvis.views.request import CELLS, Cells

ACTIVATION = "activation"


def check_views(views: Sequence[str]) -> tuple[str, ...]:
    """Return the views that were asked for, each once; without any, the activations.

    Raises:
        UserError: there is no such view.
    """
    for one in views:
        if one not in EVERY_VIEW:
            raise UserError(f"--view {one!r} is not known; use {', '.join(EVERY_VIEW)}")
    return tuple(dict.fromkeys(views)) or (ACTIVATION,)


def read_parameters(
    views: Sequence[str], given: Mapping[str, str]
) -> tuple[tuple[str, Value], ...]:
    """Return what was set of the views, read; of several, each takes what it has.

    Raises:
        UserError: none of the views has it, or a value is out of its range.
    """
    found: dict[str, Value] = {}
    for name, text in given.items():
        having = [one for one in views if any(o.name == name for o in EVERY_VIEW[one].options)]
        for one in having or views[:1]:
            made = build(EVERY_VIEW[one].parameters, {name: text}, one)
            found[name] = getattr(made, name)
    return tuple(found.items())


def read_cells(text: str) -> Cells:
    """Return which cells of a unit are meant: map, max, sum, or ROW,COLUMN.

    Raises:
        UserError: it is none of these.
    """
    if text in CELLS:
        return text
    parts = text.split(",")
    if len(parts) == 2 and all(part.strip().isdecimal() for part in parts):
        return int(parts[0]), int(parts[1])
    raise UserError(f"--cells {text!r} is not known; use {', '.join(CELLS)}, or ROW,COLUMN as 3,4")


def read_through(text: str, views: Sequence[str], of_class: str | None) -> tuple[str, int]:
    """Return layer and unit that relevance is to pass; empty text: none.

    Raises:
        UserError: it is no LAYER:UNIT, or there is nothing that could pass it.
    """
    if not text:
        return "", 0
    layer, _, unit = text.rpartition(":")
    if not layer or not unit.isdecimal():
        raise UserError(f"--through {text!r} is not known; use LAYER:UNIT as in layer3:12")
    able = [view.name for view in EVERY_VIEW.values() if view.through]
    if of_class is None or not set(able) & set(views):
        raise UserError(f"--through goes with --class and --view {', '.join(able)}")
    return layer, int(unit)


def check_half(text: str) -> Half:
    """Return in what a plain look is to be computed.

    Raises:
        UserError: it is no such precision.
    """
    if text not in tuple(Half):
        raise UserError(f"--half {text!r} is not known; use {', '.join(Half)}")
    return Half(text)


def read_display(kind: str, over: str, strength: float, blur: float) -> Display:
    """Return how views are shown.

    Raises:
        UserError: there is no such display.
    """
    if kind not in tuple(DisplayKind):
        raise UserError(f"--display {kind!r} is not known; use {', '.join(DisplayKind)}")
    if over not in tuple(DisplayOver):
        raise UserError(f"--over {over!r} is not known; use {', '.join(DisplayOver)}")
    strength, blur = min(1.0, max(0.0, strength)), min(MOST_BLUR, max(0.0, blur))
    return Display(DisplayKind(kind), DisplayOver(over), strength, blur)
