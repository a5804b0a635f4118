"""Tables of numbers as pictures: each cell with its number, rows and columns with their names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nnvis.labs.framework.drawing import new_figure, pixels, theme


def table(
    values: Tensor,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    down: str,
    across: str,
    unit: str,
) -> NDArray[np.uint8]:
    """(H,W,3): `values` (R,C) in per cent; NaN stays empty."""
    return tables({"": values}, rows, columns, down=down, across=across, unit=unit)


def tables(
    parts: Mapping[str, Tensor],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    down: str,
    across: str,
    unit: str,
) -> NDArray[np.uint8]:
    """(H,W,3): several tables of the same rows and columns side by side, each with its title."""
    wide = min(len(parts), 4)
    high = -(-len(parts) // wide)
    with theme():
        size = (1.8 + wide * (0.62 * len(columns) + 0.5), 1.5 + high * (0.42 * len(rows) + 0.9))
        figure = new_figure(*size)
        plots = figure.subplots(high, wide, squeeze=False)
        for number, axes in enumerate(plots.flat):
            if number >= len(parts):
                axes.set_visible(False)
                continue
            title, values = list(parts.items())[number]
            image = axes.imshow(values.numpy(), cmap="cividis", vmin=0, vmax=100, aspect="auto")
            for row, line in enumerate(values.tolist()):
                for column, value in enumerate(line):
                    if math.isfinite(value):
                        ink = "white" if value < 55 else "black"
                        written = axes.text(
                            column, row, f"{value:.0f}", ha="center", va="center", color=ink,
                            fontsize=9,
                        )  # fmt: skip
                        written.set_in_layout(False)  # it lies within: nobody need measure it
            axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right", fontsize=8)
            axes.set_yticks(range(len(rows)), rows, fontsize=8)
            axes.set_title(title, fontsize=10)
            axes.set(xlabel=across if number >= len(parts) - wide else "")
            axes.set(ylabel=down if number % wide == 0 else "")
        figure.colorbar(image, ax=plots, label=unit, shrink=0.8)
        return pixels(figure)
