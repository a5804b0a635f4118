"""The pictures of `saddle`: index over error, and how eigenvalues are spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from nnvis.labs.framework.drawing import COLOURS, ink, new_figure, pixels, theme
from nnvis.labs.saddle_points.lanczos import Spectrum
from nnvis.labs.saddle_points.points import Critical

REST, DOWN = COLOURS[0], COLOURS[1]


def scatter(found: Sequence[Critical], passed: Sequence[Critical]) -> NDArray[np.uint8]:
    """(H,W,3): share of directions bent down over loss and over training error."""
    with theme():
        figure, plots = _figure()
        for axes, name in zip(plots, ("loss", "pictures named wrongly, %"), strict=True):
            for points, fill, mark, label in (
                (passed, "none", "s", "while training"), (found, REST, "o", "at rest"),
            ):  # fmt: skip
                x = [one.loss if name == "loss" else 100 * one.wrong for one in points]
                y = [100 * one.index for one in points]
                axes.plot(x, y, mark, ms=5, mfc=fill, mec=REST, label=label, alpha=0.8)
            axes.set(xlabel=name)
        plots[0].set(ylabel="directions bent down, %")
        plots[0].legend(frameon=False)
        return pixels(figure)


def densities(found: Sequence[Critical]) -> NDArray[np.uint8]:
    """(H,W,3): eigenvalues at the highest and at the lowest of the points, on one scale."""
    with theme():
        return _densities(found)


def _densities(found: Sequence[Critical]) -> NDArray[np.uint8]:
    figure, plots = _figure()
    ends = max(found, key=lambda one: one.loss), min(found, key=lambda one: one.loss)
    both = np.concatenate([one.spectrum.numpy() for one in ends])
    edges = _edges(both)
    for axes, one, name in zip(plots, ends, ("highest", "lowest"), strict=True):
        shares = np.full(len(one.spectrum), 1 / len(one.spectrum))
        _bars(axes, one.spectrum.numpy(), shares, edges)
        axes.set(title=f"{name}: loss {one.loss:.2f}, {100 * one.index:.1f} % bend down")
    return pixels(figure)


def spectra(before: Spectrum, after: Spectrum) -> NDArray[np.uint8]:
    """(H,W,3): Lanczos' estimates before and after learning, on one scale."""
    with theme():
        return _spectra(before, after)


def _spectra(before: Spectrum, after: Spectrum) -> NDArray[np.uint8]:
    figure, plots = _figure()
    edges = _edges(np.concatenate([before.values.numpy(), after.values.numpy()]))
    for axes, one, name in zip(plots, (before, after), ("before", "after"), strict=True):
        _bars(axes, one.values.numpy(), one.shares.numpy(), edges)
        axes.set(title=f"{name} learning")
    return pixels(figure)


def _figure() -> tuple[Figure, Sequence[Axes]]:
    figure = new_figure(9, 3.6)
    return figure, figure.subplots(1, 2, sharey=True)


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """60 bins of one width, one of whose edges is zero: no bar mixes both signs."""
    width = float(values.max() - values.min()) / 58 or 1.0
    first, last = np.floor(values.min() / width), np.ceil(values.max() / width)
    return np.arange(first, last + 1) * width


def _bars(
    axes: Axes, values: NDArray[np.float64], shares: NDArray[np.float64], edges: NDArray[np.float64]
) -> None:
    heights, _ = np.histogram(values, edges, weights=100 * shares)
    for down, colour, hatch in ((True, DOWN, "////"), (False, REST, "")):
        own = (edges[:-1] < 0) == down
        axes.bar(
            edges[:-1][own], heights[own], np.diff(edges)[own], align="edge", color=colour,
            hatch=hatch, edgecolor="white", lw=0.3,
        )  # fmt: skip
    axes.axvline(0, color=ink(), lw=0.8)
    axes.set(xlabel="eigenvalue of the Hessian", ylabel="share of all, %", yscale="log")
    axes.set_ylim(0.01, 100)
    axes.xaxis.set_major_locator(MaxNLocator(6))  # so that no number touches the next
    axes.label_outer()
