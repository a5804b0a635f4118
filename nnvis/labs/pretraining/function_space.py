"""Where networks go in the space of functions while they learn (Erhan et al. 2010, JMLR).

Weights of two networks cannot be compared, what they answer can: each network at each time is the
list of its odds for all test pictures, and t-SNE lays these lists out in a plane.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.manifold import TSNE
from torch import Tensor

from nnvis.labs.framework.drawing import COLOURS, DASHES, MARKERS, new_figure, pixels, theme


def laid_out(answers: Sequence[Tensor], seed: int = 0) -> NDArray[np.float32]:
    """(T,R,2): places in a plane of R networks at T times, from odds (R,N,K) at each time.

    Networks that gave no numbers lie at NaN.
    """
    rows = torch.stack(list(answers)).flatten(2).cpu()
    times, runs, _ = rows.shape
    flat = rows.flatten(0, 1).numpy()
    there = np.isfinite(flat).all(1)
    places = np.full((len(flat), 2), np.nan, np.float32)
    if there.sum() > 3:
        near = min(20.0, (there.sum() - 1) / 3)
        places[there] = TSNE(perplexity=near, init="pca", random_state=seed).fit_transform(
            flat[there]
        )
    return places.reshape(times, runs, 2)


def draw_paths(places: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.uint8]:
    """(H,W,3): a line a network, ending in a mark; the runs of each of `names` lie side by side."""
    with theme():
        figure = new_figure(6.4, 5.0)
        axes = figure.add_subplot()
        each = places.shape[1] // len(names)
        for number, name in enumerate(names):
            colour = COLOURS[number % len(COLOURS)]
            for run in range(number * each, (number + 1) * each):
                x, y = places[:, run].T
                axes.plot(x, y, color=colour, lw=1.1, alpha=0.7, ls=DASHES[number % len(DASHES)])
                label = name if run == number * each else None
                marker = MARKERS[number % len(MARKERS)]
                axes.plot(x[-1:], y[-1:], color=colour, marker=marker, ms=7, ls="", label=label)
        axes.set(xticks=[], yticks=[], title="What the networks answer while they learn, by t-SNE")
        axes.set(xlabel="first of its two axes, which have no unit", ylabel="second")
        axes.legend(frameon=False, fontsize="small")
        return pixels(figure)
