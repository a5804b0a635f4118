"""The one loop behind FGSM, BIM, PGD, MI-FGSM, sparse PGD and expectation over transformations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.criterion import Criterion
from nnvis.attacks.network import AttackedNetwork
from nnvis.attacks.norms import Ball
from nnvis.attacks.result import RawResult
from nnvis.progress import Progress, Steps

# Makes of pictures (N,C,H,W) S views of each, (S*N,C,H,W), all first views before all second ones.
Views = Callable[[Tensor, torch.Generator], Tensor]


@dataclass(frozen=True, slots=True)
class Descent:
    """How to walk; `size` is the length of a step in the ball's norm."""

    ball: Ball
    eps: float
    steps: int
    size: float
    restarts: int = 1  # each but the first only for the pictures that still resist
    random_start: bool = False
    momentum: float = 0.0  # of the slopes, each brought to a mean magnitude of 1 (MI-FGSM)
    views: Views | None = None
    stop: bool = False  # as soon as every picture has reached its goal


def descend(case: AttackInput, how: Descent) -> Steps[RawResult]:
    """Walk down the goal's loss inside ball and box; return the best picture on the way.

    Of each picture the one of the deepest margin is kept, wherever on the way it was; with
    `views` the last one. Where `case.eight_bit`, the network sees at every step the rounded
    picture, so that what is judged is what would be saved, while the steps add up in a copy that
    is not rounded.
    """
    how.ball.check(how.eps, case.x.shape, case.eight_bit)
    best = Best(case)
    total = how.restarts * how.steps
    for restart in range(how.restarts):
        chosen = best.resisting() if restart else torch.arange(len(case.x), device=case.x.device)
        if not len(chosen):
            break
        walk = Walk(case.pick(chosen), how)
        for step in range(how.steps):
            shown, margin = walk.shown, walk.step()
            if how.views is None:  # else it is a guess from a few views, not to be relied on
                best.offer(chosen, shown, margin, walk.logits)
            best.note_slope(chosen, walk.sloped)
            yield Progress(restart * how.steps + step + 1, total, "walking downhill")
            if how.stop and not len(best.resisting()):
                break
        logits = case.network.logits(walk.shown)
        best.offer(chosen, walk.shown, walk.criterion.margin(logits), logits)
    return best.found(how.steps)


class Walk:
    """One descent of a batch, a step at a time.

    Attributes:
        x: (N,C,H,W), where it began.
        place: (N,C,H,W) in ball and box, where it is.
        shown: (N,C,H,W) `place`, rounded to 8 bit where the case is.
        logits: (N,K) of the picture that was shown before the last step; not with views.
        sloped: (N,) whether there was a gradient at the last step.
    """

    logits: Tensor
    sloped: Tensor

    def __init__(self, case: AttackInput, how: Descent) -> None:
        self.x, self.criterion = case.x, case.criterion
        self._network, self._generator, self._how = case.network, case.generator, how
        self._eight_bit = case.eight_bit
        self._velocity: Tensor | None = None
        self._around = how.ball.around(self.x, how.eps)
        start = how.ball.sample(self.x, how.eps, case.generator) if how.random_start else self.x
        self._go_to(start)

    @property
    def change(self) -> Tensor:
        """(N,C,H,W) from the pictures to where it is."""
        return self.place - self.x

    def go_on(self, criterion: Criterion, network: AttackedNetwork) -> None:
        """Go on where it stands, on the same pictures."""
        self._network, self.criterion = network, criterion

    def follow(
        self, x: Tensor, criterion: Criterion, network: AttackedNetwork, change: Tensor
    ) -> None:
        """Go on from other pictures of the same shape, with as much of `change` as fits."""
        self._network, self.x, self.criterion = network, x, criterion
        self._around = self._how.ball.around(x, self._how.eps)
        self._go_to(self._around.project(x + change))

    def _go_to(self, place: Tensor) -> None:
        self.place = place  # (N,C,H,W), in ball and box
        self.shown = self._around.round(place) if self._eight_bit else place

    def step(self) -> Tensor:
        """Step on; return the (N,) margins of the picture that was shown before."""
        margin, slope = self._slope()
        slope = slope.contiguous()  # as the picture lies: mixed with it, each pass takes ten times
        peak = slope.abs().amax((1, 2, 3))  # not finite: as good as none
        if slope.device.type == "cpu":
            peaks = peak.tolist()
            self.sloped = torch.tensor([0 < one < math.inf for one in peaks])
            mend = not all(map(math.isfinite, peaks))
        else:  # a GPU mends it sooner than it could tell whether there is anything to mend
            self.sloped, mend = (peak > 0) & (peak < torch.inf), True
        if mend:
            slope = torch.nan_to_num(slope, 0.0, 0.0, 0.0)
        if self._how.momentum:
            slope = slope / slope.abs().mean((1, 2, 3), keepdim=True).clamp(min=1e-12)
            if self._velocity is not None:
                slope = slope.add_(self._velocity, alpha=self._how.momentum)
            self._velocity = slope
        place = self._how.ball.step(slope, self._how.size).add_(self.place)
        self._go_to(self._around.project(place))
        return margin

    def _slope(self) -> tuple[Tensor, Tensor]:
        views = self._how.views
        if views is None:
            judge = self.criterion.margin_and_slope
            self.logits, margin, slope = self._network.judged_slope(self.shown, judge)
            return margin, slope
        return _expected_slope(self._network, self.shown, self.criterion, views, self._generator)


def _expected_slope(
    network: AttackedNetwork,
    x: Tensor,
    criterion: Criterion,
    views: Views,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Return (N,) margins and slopes averaged over views of each picture."""
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        seen = views(leaf, generator)
    logits = network.with_graph(seen)
    many = criterion.repeat(len(seen) // len(x))
    with torch.enable_grad():
        value = many.loss(logits).sum()
    slope = network.differentiate(value, leaf)
    return many.margin(logits.detach()).view(-1, len(x)).mean(0), slope


class Best:
    """The deepest picture found so far, for each of a batch."""

    def __init__(self, case: AttackInput) -> None:
        self._shown = case.x
        self._logits: Tensor | None = case.clean_logits  # None: not known of all
        self._margin = torch.full((len(case.x),), torch.inf, device=case.x.device)
        self._sloped = torch.zeros_like(self._margin, dtype=torch.bool)

    def offer(
        self, which: Tensor, shown: Tensor, margin: Tensor, logits: Tensor | None = None
    ) -> None:
        """Take those of `shown` whose margin is deeper; a margin that is NaN is not.

        None of what is given may be changed afterwards; `which` rises.

        Args:
            which: (M,) indices of pictures.
            shown: (M,C,H,W) what they became.
            margin: (M,) of these.
            logits: (M,K) that the network gave for them; None: it is asked once more at the end.
        """
        whole = len(which) == len(self._margin)
        better = margin < (self._margin if whole else self._margin[which])
        if logits is None:
            self._logits = None
        if whole and bool(better.all()):
            # As mostly; spares the copies.
            self._margin, self._shown, self._logits = margin, shown, logits
            return
        taken = which[better]
        self._margin, self._shown = self._margin.clone(), self._shown.clone()
        self._margin[taken] = margin[better]
        self._shown[taken] = shown[better]
        if self._logits is not None and logits is not None:
            self._logits = self._logits.clone()
            self._logits[taken] = logits[better]

    def note_slope(self, which: Tensor, sloped: Tensor) -> None:
        """Remember who had a gradient at all."""
        if len(which) == len(self._sloped):
            self._sloped |= sloped
        else:
            self._sloped[which] |= sloped

    def resisting(self) -> Tensor:
        """Return the indices of the pictures that have not reached their goal."""
        return torch.nonzero(self._margin >= 0)[:, 0]

    def found(self, steps: int) -> RawResult:
        """Return the pictures."""
        return RawResult(self._shown, steps, no_slope=~self._sloped, logits=self._logits)
