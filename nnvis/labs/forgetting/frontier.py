"""What a network may still know of the old task for what it knows of the new one.

Goodfellow, Mirza, Xiao, Courville & Bengio 2013, arXiv 1312.6211: of all networks met while the new
task is learnt, at every rate and after every epoch, the "possibilities frontier" are those of which
none other errs less on both tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray
from torch import Tensor

from nnvis.labs.forgetting.tasks import Task
from nnvis.labs.framework.drawing import COLOURS, MARKERS, new_figure, pixels, theme
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.fit import Loss, TrainingParameters, accuracy, fit, labelled
from nnvis.progress import Progress, Steps

RATES = (1.0, 0.3, 0.1)  # of the rate that the old task is learnt at
STARTS = {"relu": "torch", "maxout": "torch", "tanh": "glorot", "sigmoid": "glorot"}
RATE = {"relu": 0.1, "maxout": 0.1, "tanh": 0.1, "sigmoid": 0.5}


@dataclass(frozen=True)
class Possibilities:
    """Every network met: errors in % on the old and the new task, (S,T) each for S seeds."""

    old: Tensor
    new: Tensor

    def best(self) -> tuple[float, ...]:
        """The lowest mean of both errors, of each seed: the frontier nearest to no error."""
        both: list[float] = ((self.old + self.new) / 2).nan_to_num(torch.inf).amin(1).tolist()
        return tuple(both)

    def frontier(self) -> NDArray[np.float64]:
        """(P,2): old and new error of the means over seeds that no other undercuts in both."""
        return lowest(np.stack([self.old.mean(0).numpy(), self.new.mean(0).numpy()], 1))


def lowest(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Those of `points` (N,2) that no other undercuts in both, by their first."""
    kept, least = [], np.inf
    for one in points[np.lexsort((points[:, 1], points[:, 0]))]:
        if one[1] < least:
            kept.append(one)
            least = one[1]
    return np.array(kept).reshape(-1, 2)


def possibilities(
    tasks: Sequence[Task],
    activation: str,
    dropout: float,
    width: int,
    epochs: tuple[int, int],
    seeds: Sequence[int],
) -> Steps[Possibilities]:
    """Learn the first task, then the second at three rates at once, `epochs` each."""
    old, new = tasks[0], tasks[1]
    widths = (old.train.shape[-1], width, width, len(old.classes))
    stack = build(
        widths, seeds, activation=activation, start=STARTS[activation], device=old.train.device
    )
    rate = RATE[activation]
    first = TrainingParameters(epochs[0], 32, rate, dropout=dropout, settle=0.4)
    for epoch in fit(stack, old.train, labelled(old.labels), first, seeds):
        yield Progress(epoch, sum(epochs), "the old task")
    runs = [place for _ in RATES for place in range(len(seeds))]
    stack = stack.pick(runs)
    at = torch.tensor(runs, device=new.train.device)
    x = new.train if new.train.ndim == 2 else new.train[at]
    rates = torch.tensor(RATES, dtype=x.dtype, device=x.device)
    factors = rates.repeat_interleave(len(seeds))
    second = TrainingParameters(epochs[1], 32, rate, dropout=dropout)
    errors: list[Tensor] = []
    loss = _scaled(labelled(new.labels), factors)
    for epoch in fit(stack, x, loss, second, [seeds[place] + 31 for place in runs]):
        tests = (old.test, new.test if new.test.ndim == 2 else new.test[at])
        scores = [accuracy(stack, test, old.test_labels) for test in tests]
        errors.append(100 * (1 - torch.stack(scores)))  # (2, rates*seeds)
        yield Progress(epochs[0] + epoch, sum(epochs), "the new task")
    met = torch.stack(errors, -1).view(2, len(RATES), len(seeds), -1)
    flat = met.movedim(2, 1).flatten(2).cpu()  # (2, seeds, rates*epochs)
    return Possibilities(flat[0], flat[1])


def draw(met: Mapping[tuple[str, bool], Possibilities]) -> NDArray[np.uint8]:
    """(H,W,3): the frontier of each activation, without (hollow, dotted) and with dropout."""
    with theme():
        figure = new_figure()
        axes = figure.add_subplot()
        names = list(dict.fromkeys(activation for activation, _ in met))
        for (activation, dropped), one in met.items():
            place = names.index(activation)
            x, y = one.frontier().T
            axes.plot(
                x, y, color=COLOURS[place], marker=MARKERS[place], ls="-" if dropped else ":",
                mfc=COLOURS[place] if dropped else "none", ms=6, lw=1.3,
                label=f"{activation}, {'dropout' if dropped else 'plain SGD'}",
            )  # fmt: skip
        axes.set(
            xlabel="error on the old task, %", ylabel="error on the new task, %",
            title="What can be had of both tasks (nearer to the corner is better)",
            xscale="log", yscale="log",
        )  # fmt: skip
        for axis in (axes.xaxis, axes.yaxis):  # 5, 10, 20 and not 2 times a power of ten
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(FormatStrFormatter("%g"))
            axis.set_minor_formatter(NullFormatter())
        axes.grid(alpha=0.25, which="both")
        axes.legend(frameon=False, fontsize="small")
        return pixels(figure)


def _scaled(loss: Loss, factors: Tensor) -> Loss:
    """Plain SGD takes a run's factor on its loss as one on its rate."""

    def scaled(logits: Tensor, index: Tensor) -> Tensor:
        return factors * loss(logits, index)

    return scaled
