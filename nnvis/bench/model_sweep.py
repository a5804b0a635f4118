"""Whether a network opens without settings, and what can be seen of it then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import torch

from nnvis.bench.places import Places, check_places
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import Request
from nnvis.errors import UserError
from nnvis.models.info import LayerInfo, ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.probe import Rule
from nnvis.progress import Progress, Steps
from nnvis.sources.frame import Frame
from nnvis.views.cells import strongest_unit
from nnvis.views.pass_through import ForwardPass, backward, forward


@dataclass(frozen=True, slots=True)
class SweepRow:
    """What became of one network; empty where the step was not reached."""

    name: str
    layers: int = 0  # listed; 0: it did not open
    ways_back: int = 0  # of these, with a gradient to the picture
    grid: bool = False  # shown, finite and not all the same
    top: bool = False  # five classes, or it has none
    gradient: bool = False  # of a unit halfway: finite, not all zero
    deconv: bool = False
    note: str = ""  # what deconvolution does here
    places: Places | None = None  # whether cells lie where they are drawn
    refused: str = ""  # the first thing that was refused or failed, and why
    seconds: float = 0.0


def sweep(
    networks: Iterable[tuple[str, Callable[[], VisionModel]]], frame: Frame
) -> Steps[list[SweepRow]]:
    """Examine each of `networks`, (name, how to get it); go on after failures."""
    rows: list[SweepRow] = []
    for name, load in networks:
        yield Progress(len(rows), 0, name)
        rows.append(examine(name, load, frame))
    return rows


def examine(name: str, load: Callable[[], VisionModel], frame: Frame) -> SweepRow:
    """Open a network and look at it forward and back."""
    row, begin = SweepRow(name), time.perf_counter()
    try:
        for reached in _steps(row, load(), frame):
            row = reached
    except Exception as error:  # noqa: BLE001 - a sweep tells of each failure and goes on
        reason = (str(error).strip().splitlines() or [""])[0]
        kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
        row = replace(row, refused=row.refused or kind + reason)
    return replace(row, seconds=time.perf_counter() - begin)


def _steps(row: SweepRow, model: VisionModel, frame: Frame) -> Iterable[SweepRow]:
    """Yield the row as it grows, so that what was reached before a failure is kept."""
    info = model.info(ModelRequest(row.name))
    yield (row := replace(row, layers=len(info.layers)))
    layer = info.first_look()
    shown = process_frame(model, info, frame, Request(layer.name))
    grid = shown.sheet.bad == 0 and bool((shown.sheet.maxima > shown.sheet.minima).any())
    x = model.tensor(shown.fed)
    yield (row := replace(row, grid=grid, top=len(shown.top) == 5 or not _classes(model, x)))
    passed = forward(model, x, [one.name for one in info.layers])
    ways = sum(passed.taps[one.name].edge is not None for one in info.layers)
    yield (row := replace(row, ways_back=ways))
    good, _ = _back(passed, layer, Rule.GRADIENT)
    yield (row := replace(row, gradient=good))
    good, note = _back(passed, layer, Rule.DECONV)
    yield (row := replace(row, deconv=good, note=note))
    del passed
    yield replace(row, places=check_places(model, x))


def _classes(model: VisionModel, x: torch.Tensor) -> bool:
    with torch.no_grad():
        logits = model(x)
    return logits.ndim == 2 and int(logits.shape[1]) >= 5


def _back(passed: ForwardPass, layer: LayerInfo, rule: Rule) -> tuple[bool, str]:
    unit = strongest_unit(passed.taps[layer.name].values, layer)
    found = backward(passed, layer.name, unit, "max", rule)
    pixels = found.pixels
    assert pixels is not None
    return bool(pixels.isfinite().all()) and bool(pixels.any()), found.met.note(rule)


def table(rows: Sequence[SweepRow]) -> str:
    """Return the rows as Markdown, with totals."""
    lines = [
        "| network | layers | with a way back | grid | top-5 | gradient | deconv | in place"
        " | silent | MISPLACED | shown as lists | what deconv does here | refused | s |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        ticks = " | ".join(
            "yes" if one else "NO" for one in (row.grid, row.top, row.gradient, row.deconv)
        )
        places = row.places or Places()
        lines.append(
            f"| {row.name} | {row.layers or 'NO'} | {row.ways_back} | {ticks} | {places.right} |"
            f" {len(places.silent)} | {', '.join(places.wrong)} | {len(places.listed) or ''} |"
            f" {row.note} | {row.refused.replace('|', '/')} | {row.seconds:.1f} |"
        )
    count = len(rows)
    checked = [row.places for row in rows if row.places is not None]
    lines += [
        "",
        f"{count} networks: opened {sum(row.layers > 0 for row in rows)}, "
        f"grid {sum(row.grid for row in rows)}, gradient {sum(row.gradient for row in rows)}, "
        f"deconv {sum(row.deconv for row in rows)}, "
        f"refused or failed somewhere {sum(bool(row.refused) for row in rows)}; "
        f"{sum(row.seconds for row in rows):.0f} s",
        "",
        f"Places: {len(checked)} networks; {sum(one.right for one in checked)} layers laid over "
        f"the picture answer for the places where they are drawn, "
        f"{sum(len(one.silent) for one in checked)} see all of it alike and are placed as the "
        f"layers about them, {sum(len(one.wrong) for one in checked)} answer for other places.",
        "",
        "Shown as lists, never laid over the picture:",
        *(
            f"* {row.name}: {', '.join(row.places.listed)}"
            for row in rows
            if row.places is not None and row.places.listed
        ),
    ]
    return "\n".join(lines)
