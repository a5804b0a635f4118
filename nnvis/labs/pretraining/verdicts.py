"""Where pre-training helps, cell by cell of the grid, and by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import TwoSlopeNorm
from numpy.typing import NDArray

from nnvis.labs.framework.drawing import new_figure, pixels, theme
from nnvis.labs.framework.statistics import SURE, differences, holm, paired, summary
from nnvis.labs.pretraining.grid import DENOISING, MODERN, RANDOM, Grid, GridCell

NAMED = {RANDOM: "a random start", MODERN: "networks of ReLU with He's start"}
REACH = 40.0  # points at which the colours end


@dataclass(frozen=True)
class Verdict:
    """Of one cell; the tests of all cells of a comparison are one family (Holm)."""

    points: float  # fewer errors on new samples, mean
    helps: bool
    hurts: bool
    optimisation: bool  # fewer errors on the samples that were learnt, too
    generalisation: bool  # a smaller gap between both


def verdicts(grid: Grid, against: str) -> dict[GridCell, Verdict]:
    """Of layers taught by autoencoders against the start `against`."""
    rows: list[tuple[Sequence[float], Sequence[float]]] = []
    for cell in grid.values():
        other, taught = cell[against], cell[DENOISING]
        rows += [
            (other.new, taught.new), (taught.new, other.new), (other.own, taught.own),
            (other.gap, taught.gap),
        ]  # fmt: skip
    # Helping and hurting are one question each way; what it is by is asked of all cells as well.
    chances = np.array([paired(*one) for one in rows]).reshape(-1, 4)
    held = np.array([holm(list(column)) for column in chances.T]).T < SURE
    gaps = [summary(differences(*one)).mean for one in rows[::4]]
    found = {}
    for place, gap, (helps, hurts, learns, carries) in zip(grid, gaps, held.tolist(), strict=True):
        found[place] = Verdict(gap, helps, hurts, helps and learns, helps and carries)
    return found


def told(found: dict[GridCell, Verdict], data: str) -> str:
    """Such as "in 6 of 8 cells, by optimisation in 4 and by generalisation in 5"."""
    own = [one for place, one in found.items() if place.data == data]
    helped = [one for one in own if one.helps]
    text = f"in {len(helped)} of {len(own)} cells"
    if helped:
        text += (
            f" (by optimisation in {sum(one.optimisation for one in helped)}, by generalisation in "
            f"{sum(one.generalisation for one in helped)})"
        )
    hurt = sum(one.hurts for one in own)
    return text + (f", and err more in {hurt}" if hurt else "")


def draw(grid: Grid) -> NDArray[np.uint8]:
    """(H,W,3): a table for each data set and width, against the random and the modern start."""
    groups = list(dict.fromkeys((place.data, place.width) for place in grid))
    with theme():
        figure = new_figure(1.2 + 2.5 * len(groups), 5.6)
        plots = figure.subplots(2, len(groups), squeeze=False)
        norm = TwoSlopeNorm(0.0, -REACH, REACH)
        for row, against in enumerate((RANDOM, MODERN)):
            found = verdicts(grid, against)
            for axes, (data, width) in zip(plots[row], groups, strict=True):
                places = [one for one in grid if (one.data, one.width) == (data, width)]
                labels = sorted({one.labels for one in places})
                depths = sorted({one.depth for one in places})
                values = np.full((len(labels), len(depths)), np.nan)
                for one in places:
                    at = labels.index(one.labels), depths.index(one.depth)
                    values[at] = found[one].points
                    ink = "white" if abs(values[at]) > 0.6 * REACH else "black"
                    axes.text(
                        at[1], at[0], _cell(found[one]), ha="center", va="center", fontsize=8,
                        color=ink,
                    )  # fmt: skip
                image = axes.imshow(values, cmap="PuOr", norm=norm, aspect="auto")
                axes.set_xticks(range(len(depths)), [str(one) for one in depths], fontsize=8)
                axes.set_yticks(range(len(labels)), [str(one) for one in labels], fontsize=8)
                axes.set_title(f"{data}, {width} units\nagainst {against}", fontsize=9)
                axes.set(xlabel="hidden layers" if row else "")
                axes.set(ylabel="labels" if axes is plots[row][0] else "")
        figure.colorbar(image, ax=plots, label="points fewer errors on new samples", shrink=0.7)
        return pixels(figure)


def _cell(one: Verdict) -> str:
    if one.hurts:
        by = "worse"
    elif not one.helps:
        by = "not\nshown"
    else:
        names = (("opt.", one.optimisation), ("gen.", one.generalisation))
        by = ", ".join(name for name, held in names if held) or "helps"
    return f"{one.points:+.1f}\n{by}"
