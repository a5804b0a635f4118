"""What was learnt and what it is worth, as one table like Zhang's first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nnvis.labs.framework.drawing import ink, new_figure, pixels, theme
from nnvis.labs.framework.statistics import summary
from nnvis.labs.memorisation.bundled import TunedPair
from nnvis.labs.memorisation.summary import CHANCE, RIGHT, Fitted

HEAD = ("network", "labels", "regulariser", "training\nright, %", "epochs\nto all", "new\nright, %")
# Looked up: table 1 of the paper, CIFAR-10.
PAPER = (
    ("Inception (Zhang)", "true", "none", "100", "", "85.75"),
    ("Inception (Zhang)", "true", "weight decay", "100", "", "86.03"),
    ("Inception (Zhang)", "true", "random crops", "100", "", "89.31"),
    ("Inception (Zhang)", "chance", "none", "100", "", "9.78"),
    ("MLP 3 x 512 (Zhang)", "true", "none", "100", "", "52.39"),
    ("MLP 3 x 512 (Zhang)", "chance", "none", "100", "", "10.48"),
    ("MLP 1 x 512 (Zhang)", "chance", "none", "99.34", "", "10.61"),
)


def draw(
    found: Mapping[str, Fitted], hindered: Mapping[str, str], width: int, bundled: TunedPair
) -> NDArray[np.uint8]:
    """(H,W,3): the perceptron, the bundled network, and the paper's below."""
    ours = f"perceptron 2 x {width}"
    rows: list[Sequence[str]] = [_row(ours, "true", "none", found[RIGHT])]
    rows += [_row(ours, "true", name, found[true]) for name, true in hindered.items()]
    stopped = found[RIGHT].stopped
    rows.append((ours, "true", "stopped early (new: half)", "", "", f"{summary(stopped).mean:.1f}"))
    rows.append(_row(ours, "chance", "none", found[CHANCE]))
    rows += [_row(ours, "chance", name, found[name]) for name in hindered]
    for labels, one in (("true", bundled.true), ("chance", bundled.chance)):
        values = (one.learnt, one.epochs, one.tested)
        rows.append((f"bundled, {bundled.pieces} pieces", labels, "none", *_means(*values)))
    last = len(rows)
    rows += PAPER
    with theme():
        figure = new_figure(8.4, 0.8 + 0.27 * len(rows))
        axes = figure.add_subplot()
        axes.set_axis_off()
        drawn = axes.table(
            [list(row) for row in rows], colLabels=HEAD, loc="center", cellLoc="left",
            colWidths=[0.27, 0.1, 0.27, 0.12, 0.12, 0.12], edges="horizontal",
        )  # fmt: skip
        drawn.auto_set_font_size(False)
        drawn.set_fontsize(9)
        drawn.scale(1, 1.25)
        for cell in drawn.get_celld().values():
            cell.set(facecolor="none", edgecolor=ink())
            cell.get_text().set_color(ink())
        for column in range(len(HEAD)):
            drawn[0, column].set_height(2 * drawn[0, column].get_height())
            for row in range(last + 1, len(rows) + 1):
                drawn[row, column].get_text().set_color("#808080")
        return pixels(figure)


def _row(network: str, labels: str, regulariser: str, one: Fitted) -> Sequence[str]:
    return (network, labels, regulariser, *_means(one.learnt, one.epochs, one.tested))


def _means(*values: Sequence[float]) -> Sequence[str]:
    learnt, epochs, tested = (summary(one) for one in values)
    at = f"{epochs.mean:.0f}" if epochs.count == len(values[1]) else "not all"
    return (f"{learnt.mean:.1f}", at, f"{tested.mean:.1f}")
