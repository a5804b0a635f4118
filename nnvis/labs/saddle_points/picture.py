"""The pictures of `saddle`: index over error, and how eigenvalues are spread."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnvis.labs.saddle_points.lanczos import Spectrum
from nnvis.labs.saddle_points.points import Critical
from nnvis.sources.picture import decode_picture

REST, WAY = "#1f77b4", "#b0b4bd"


def scatter(found: Sequence[Critical], passed: Sequence[Critical]) -> NDArray[np.uint8]:
    """(H,W,3): share of directions bent down over loss and over training error."""
    figure, plots = _figure()
    for axes, name in zip(plots, ("loss", "pictures named wrongly, %"), strict=True):
        for points, colour, label in ((passed, WAY, "on a way down"), (found, REST, "at rest")):
            if not points:
                continue
            x = [one.loss if name == "loss" else 100 * one.wrong for one in points]
            axes.plot(
                x, [100 * one.index for one in points], "o", ms=5, color=colour, label=label,
                alpha=0.8,
            )  # fmt: skip
        axes.set(xlabel=name)
    plots[0].set(ylabel="directions bent down, %")
    plots[0].legend(frameon=False)
    return _drawn(figure)


def densities(found: Sequence[Critical]) -> NDArray[np.uint8]:
    """(H,W,3): eigenvalues at the highest and at the lowest of the points, on one scale."""
    figure, plots = _figure()
    ends = max(found, key=lambda one: one.loss), min(found, key=lambda one: one.loss)
    both = np.concatenate([one.spectrum.numpy() for one in ends])
    edges = _edges(both)
    for axes, one, name in zip(plots, ends, ("highest", "lowest"), strict=True):
        shares = np.full(len(one.spectrum), 1 / len(one.spectrum))
        _bars(axes, one.spectrum.numpy(), shares, edges)
        axes.set(title=f"{name}: loss {one.loss:.2f}, {100 * one.index:.1f} % bend down")
    return _drawn(figure)


def spectra(before: Spectrum, after: Spectrum) -> NDArray[np.uint8]:
    """(H,W,3): Lanczos' estimates before and after learning, on one scale."""
    figure, plots = _figure()
    edges = _edges(np.concatenate([before.values.numpy(), after.values.numpy()]))
    for axes, one, name in zip(plots, (before, after), ("before", "after"), strict=True):
        _bars(axes, one.values.numpy(), one.shares.numpy(), edges)
        axes.set(title=f"{name} learning")
    return _drawn(figure)


def _figure() -> tuple[Figure, Sequence[Axes]]:
    figure = Figure(figsize=(9, 3.6), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    plots = figure.subplots(1, 2, sharey=True)
    for axes in plots:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, plots


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """60 bins of one width, one of whose edges is zero: no bar mixes both signs."""
    width = float(values.max() - values.min()) / 58 or 1.0
    first, last = np.floor(values.min() / width), np.ceil(values.max() / width)
    return np.arange(first, last + 1) * width


def _bars(
    axes: Axes, values: NDArray[np.float64], shares: NDArray[np.float64], edges: NDArray[np.float64]
) -> None:
    heights, _ = np.histogram(values, edges, weights=100 * shares)
    colours = ["#d62728" if edge < 0 else REST for edge in edges[:-1]]
    axes.bar(edges[:-1], heights, np.diff(edges), align="edge", color=colours)
    axes.axvline(0, color="#1e2128", lw=0.8)
    axes.set(xlabel="eigenvalue of the Hessian", ylabel="share of all, %", yscale="log")
    axes.set_ylim(0.01, 100)
    axes.label_outer()


def _drawn(figure: Figure) -> NDArray[np.uint8]:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return decode_picture(file.getvalue(), "the figure")
