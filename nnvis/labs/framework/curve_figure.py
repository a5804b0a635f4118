"""A panel of a run as a picture: mean and one deviation over seeds."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnvis.labs.framework.lab import Panel
from nnvis.labs.framework.record import Record, mean_and_band
from nnvis.sources.picture import decode_picture


def draw(record: Record, panel: Panel) -> NDArray[np.uint8] | None:
    """(H,W,3) uint8, or None where the panel has no curve."""
    curves = {name: one for (place, name), one in record.curves.items() if place == panel.name}
    if not curves:
        return None
    figure = Figure(figsize=(7, 4.2), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, points in curves.items():
        x, mean, low, high = mean_and_band(points)
        (line,) = axes.plot(x, mean, label=name, marker="o" if len(x) < 12 else None, ms=4)
        axes.fill_between(x, low, high, color=line.get_color(), alpha=0.18, lw=0)
    axes.set(title=panel.title, xlabel=panel.across, ylabel=panel.up)
    if panel.log:
        axes.set_xscale("log")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small")
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return decode_picture(file.getvalue(), "the figure")
