"""What a figure says: taken from one snapshot, so that pictures and numbers belong together."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnvis import __version__
from nnvis.engine.protocol.request import AttackRequest
from nnvis.engine.protocol.snapshot import OwnRange, Sheet, Snapshot
from nnvis.engine.protocol.unit_order import BY_NUMBER, ShownOrder
from nnvis.engine.saving.metadata import describe
from nnvis.gui.state.unit_text import model_title, unit_label
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.widgets.number_text import MINUS, TIMES, counted, shape_text
from nnvis.imaging.colour_options import Range
from nnvis.language import together, tr, verbatim
from nnvis.views.registry import EVERY_VIEW
from nnvis.views.request import LOGITS

PARTS = {
    "layer": ("All units", "The grid of the layer, as it is shown"),
    "unit": ("The unit", "The map of the selected unit"),
    "overlay": ("Over the picture", "The map of the selected unit, laid over the input"),
    "view": ("The view", "What drives the unit or the class"),
    "board": ("The board", "All that is on the board, on this paper"),
}
RANGES = {
    "grid": ("As in the grid", "The colours stand for what they stand for in the grid"),
    "own": ("Its own", "From the lowest to the highest value of this unit"),
}
_KINDS = {"layer": "sheet", "unit": "unit", "overlay": "overlay", "view": "back"}  # as saved
_SHOWN = {
    "attacked": "on the attacked picture",
    "difference": f"attacked {MINUS} clean picture",
    "backward": "backward values",
    "change": "change by what is switched off",
}
_FADES = {True: "clear where it is 0", False: "clear where it is lowest"}
_OVER = {
    "input": "laid over the input",
    "active": "the input where it is strong",
    "inactive": "the input where it is weak",
}


@dataclass(frozen=True, slots=True)
class FigureScale:
    """What the colours stand for."""

    low: float
    high: float
    signed: bool
    colormap: str
    linear: bool  # whether the value in the middle is that of the middle colour
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """All that is drawn."""

    title: str
    subtitle: str
    picture: NDArray[np.uint8]  # (H,W,3 or 4)
    gaps: NDArray[np.bool_] | None  # (H,W): where the paper is seen between the tiles
    marked: tuple[int, int, int, int] | None  # x, y, width, height of the selected tile
    scale: FigureScale | None  # None: each part of the picture says its own
    fed: NDArray[np.uint8] | None  # (h,w,3)
    caption: str  # of what was fed
    warning: str  # what nobody must overlook
    facts: tuple[str, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)  # as of a saved picture
    smooth: bool = False  # a photograph: its pixels are no cells


def parts_of(snapshot: Snapshot, *, board: bool = False) -> list[str]:
    """Return which PARTS there are of a look, and of a board if one is in sight."""
    there = {
        "view": snapshot.attribution is not None, "board": board, "overlay": snapshot.layer.placed
    }  # fmt: skip
    return [one for one in PARTS if there.get(one, True)]


def has_own_range(snapshot: Snapshot) -> bool:
    """Whether the unit's own range is another one than that of the grid."""
    shading = snapshot.request.shading
    return shading.range is not Range.UNIT


def board_figure(picture: NDArray[np.uint8], meta: Mapping[str, Any], title: str = "") -> Figure:
    """Return the figure of a board, drawn on the paper: (H,W,3)."""
    return Figure(
        title=title or tr("Board"), subtitle="", picture=picture, gaps=None, marked=None,
        scale=None, fed=None, caption="", warning="", facts=(_made(),),
        meta={"version": __version__, **meta, "kind": "figure", "part": "board", "title": title},
    )  # fmt: skip


def figure_of(
    snapshot: Snapshot, part: str, title: str = "", own: OwnRange | None = None
) -> Figure:
    """Return the figure of a part of `snapshot`; without a title, it is the layer's name.

    With `own` the unit is shown over its own range; "overlay" needs that.
    """
    layer, request, sheet = snapshot.layer, snapshot.request, snapshot.sheet
    label = unit_label(snapshot.info, layer, snapshot.unit.index)
    unit = verbatim(tr(f"unit {snapshot.unit.index}") + (f", {label}" if label else ""))
    state = ViewState(snapshot.info, snapshot.frame.source, request)
    kind = verbatim(f"{layer.kind} {shape_text(layer.units, layer.map_shape)}")
    words = [kind, _SHOWN.get(state.shows)]
    attacked = snapshot.attack is not None and request.attack is not None
    half = snapshot.half.badge if snapshot.half is not None else ""
    warning = together("; ", *(one for one in (snapshot.info.random, half) if one))
    common = Figure(
        title=title or layer.name,
        subtitle="",
        picture=sheet.picture,
        gaps=None,
        marked=None,
        scale=_scale(snapshot),
        fed=snapshot.attack.adversarial if attacked and snapshot.attack else snapshot.fed,
        caption=_caption(snapshot),
        warning=warning[:1].upper() + warning[1:],
        facts=_facts(snapshot),
        meta={
            **describe(snapshot, _KINDS[part]),
            "kind": "figure", "part": part, "title": title,
        },
    )  # fmt: skip
    if part in ("unit", "overlay"):
        subtitle = _line(verbatim(layer.name if title else ""), unit, *words)
        return _unit(replace(common, subtitle=subtitle), snapshot, own, laid=part == "overlay")
    if part == "view":
        return _view(common, snapshot, title)
    order = sheet.order
    shown = f"{sheet.grid.count:,} of {layer.units:,} unit{'s' if layer.units != 1 else ''}"
    count = shown if order is not None else ""
    by = _ordered(order) if order is not None else ""
    tile = sheet.tile_of(snapshot.unit.index)
    size = (sheet.grid.height, sheet.grid.width)
    small = size[0] < layer.map_shape[0] or size[1] < layer.map_shape[1]
    reduced = f"maps averaged to {size[0]}{TIMES}{size[1]}" if small else ""
    framed = f"framed: {unit}" if tile is not None else ""
    return replace(
        common,
        subtitle=_line(verbatim(layer.name if title else ""), *words, count, by, reduced, framed),
        gaps=_gaps(sheet),
        marked=sheet.grid.rect(tile) if tile is not None else None,
    )


def _unit(common: Figure, snapshot: Snapshot, own: OwnRange | None, *, laid: bool) -> Figure:
    if own is None:
        return replace(common, picture=snapshot.unit.picture)
    sheet, shading = snapshot.sheet, snapshot.request.shading
    bad = int((~np.isfinite(snapshot.unit.values)).sum())
    linear = laid or shading.gamma == 1  # gamma is left out of what is laid over a picture
    fixed = laid and shading.range is Range.FIXED
    low, high = (sheet.low, sheet.high) if fixed else (own.low, own.high)
    notes = [
        "fixed range" if fixed else "range of this unit alone",
        f"laid over the input, {_FADES[sheet.signed]}" if laid else "",
        f"gamma {shading.gamma:g}, not linear" * (not linear),
        f"magenta: {counted(bad, 'value')} NaN or infinite" * bool(bad),
    ]  # fmt: skip
    scale = FigureScale(low, high, sheet.signed, sheet.colormap, linear, _line(*notes))
    ends = {"low": low, "high": high, "signed": sheet.signed, "colormap": sheet.colormap}
    common = replace(common, scale=scale, meta={**common.meta, "scale": ends})
    if not laid:
        return replace(common, picture=own.picture)
    caption = _caption(snapshot, clean=True)
    return replace(common, picture=own.overlay, smooth=True, fed=snapshot.fed, caption=caption)


def _view(common: Figure, snapshot: Snapshot, title: str) -> Figure:
    found = snapshot.attribution
    assert found is not None
    origin, display = found.origin, snapshot.request.display
    view = tr(EVERY_VIEW[origin.view].title) if origin.view in EVERY_VIEW else origin.view
    known = snapshot.info.label(origin.unit)
    of = verbatim(known if origin.layer == LOGITS else tr(f"{origin.layer}, unit {origin.unit}"))
    through = f"through {origin.passed[0]}:{origin.passed[1]}" if origin.passed else ""
    beyond = found.peak > max(abs(found.low), abs(found.high))
    notes = [
        verbatim(view), display.kind.capitalize(), _OVER.get(display.over),
        f"largest magnitude {number(found.peak)}" * beyond,
        f"{counted(found.bad, 'value')} NaN or infinite" * bool(found.bad),
    ]  # fmt: skip
    return replace(
        common,
        title=title or together(": ", verbatim(view), of),
        subtitle=_line(of if title else "", through, f"at {found.at}" * bool(found.at), found.note),
        picture=found.picture,
        scale=FigureScale(found.low, found.high, found.signed, found.colormap, True, _line(*notes)),
        fed=snapshot.fed,  # views are of the clean picture
        caption=_caption(snapshot, clean=True),
    )


def number(value: float) -> str:
    """Return `value` in four digits, with a minus sign that is one."""
    return f"{value:.4g}".replace("-", MINUS)


def _scale(snapshot: Snapshot) -> FigureScale:
    sheet, shading = snapshot.sheet, snapshot.request.shading
    own = shading.range is Range.UNIT or (shading.range is Range.LAYER and shading.boost > 0)
    whose = "range of all units"
    if own:
        whose = together("; ", f"unit {snapshot.unit.index}", "every unit has its own range")
    if shading.range is Range.FIXED:
        least, most = float(np.min(sheet.minima)), float(np.max(sheet.maxima))
        whose = f"fixed range; values are {number(least)} to {number(most)}"
    notes = [
        whose,
        f"boost {shading.boost:g}" * (shading.range is Range.LAYER and shading.boost > 0),
        f"gamma {shading.gamma:g}, not linear" * (shading.gamma != 1),
        f"magenta: {counted(sheet.bad, 'value')} NaN or infinite" * bool(sheet.bad),
    ]
    return FigureScale(
        sheet.low, sheet.high, sheet.signed, sheet.colormap, shading.gamma == 1, _line(*notes)
    )


def _caption(snapshot: Snapshot, *, clean: bool = False) -> str:
    height, width = snapshot.fed.shape[:2]
    attacked = snapshot.attack is not None and not clean
    return _line(
        "attacked input" if attacked else "input", f"{width}{TIMES}{height}",
        verbatim(snapshot.frame.label or snapshot.frame.source),
    )  # fmt: skip


def _facts(snapshot: Snapshot) -> tuple[str, ...]:
    info, request = snapshot.info, snapshot.request
    name, spec = model_title(info), info.model_request.spec
    changed, attack = request.ablation, request.attack
    off = len(changed.units)
    subtracted = len(changed.concepts.off) if changed.concepts is not None else 0
    best = snapshot.top[0] if snapshot.top else None
    said = f"{best.label} {100 * best.probability:.1f} %" if best is not None else ""
    lines = [
        _line(
            f"Network: {name}", verbatim(spec if spec != name and ":" not in spec else ""),
            f"weights {info.weights_hash}", snapshot.path,
        ),
        f"Strongest class of the clean input: {said}" if said and not changed.changes else "",
        f"{counted(off, 'unit')} switched off or changed" if off else "",
        f"{counted(subtracted, 'concept')} subtracted" if subtracted else "",
        _attacked(attack) if attack is not None else "",
        _made(),
    ]  # fmt: skip
    return tuple(tr(one) for one in lines if one)


def _attacked(attack: AttackRequest) -> str:
    size = f"L2, {attack.eps:.4g}" if attack.norm == "l2" else f"L∞, {255 * attack.eps:.3g}/255"
    return f"Attack of size {verbatim(size)}"


def _made() -> str:
    return f"{time.strftime('%Y-%m-%d %H:%M')}, nnvis {__version__}"


def _ordered(order: ShownOrder) -> str:
    """Say by what the tiles lie, which need not be what was asked for, and of which frame."""
    text = order.text
    if not text or text.startswith(f"by {BY_NUMBER}"):
        return text
    by = f"ordered by {text}"
    return together("; ", by, verbatim(order.of.name)) if order.of is not None else by


def _line(*parts: str | None) -> str:
    return together(", ", *(part for part in parts if part)) if any(parts) else ""


def _gaps(sheet: Sheet) -> NDArray[np.bool_]:
    """Return which pixels of a sheet are of no tile, (H,W)."""
    grid = sheet.grid
    gaps = np.ones(sheet.grid.shape, np.bool_)
    for tile in range(grid.count):
        x, y, width, height = grid.rect(tile)
        gaps[y : y + height, x : x + width] = False
    return gaps
