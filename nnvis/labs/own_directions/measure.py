"""Top pictures along units and random directions, beside chance, and how alike they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.labs.training.coherence import drawn, furthest, likeness, purity

KINDS = {
    "unit": "units",
    "random": "random directions",
    "scaled": "random directions, units scaled",
    "chance": "pictures by chance",
}
_TOGETHER = 128  # directions whose pictures are compared at a time
_MOST = 4096  # pictures that the dimensions are told of
_ROUNDING = 1e-6  # of the largest value, in float32

# Of each of KINDS: one tensor of "unit", one a seed of the others.
Values = dict[str, tuple[Tensor, ...]]


@dataclass(frozen=True)
class Sets:
    """Top pictures as places 0..N-1, the furthest first."""

    units: Tensor  # (U,) the units that are compared
    chosen: Values  # (U,T) each
    along_mean: Tensor  # (T,) along the mean activation of all pictures
    against_mean: Tensor  # (T,) along its opposite
    leaning: Values  # (U,) each: whether a direction leans to the mean
    quiet: int  # units left out: fewer than T pictures rise above their lowest value


@dataclass(frozen=True)
class Shared:
    """How much the top sets of a kind have in common; a value a seed, one alone of the units."""

    different: tuple[int, ...]  # pictures that are in any of them
    commonest: tuple[float, ...]  # share (0..1) of the sets that hold the same one picture
    with_mean: tuple[float, ...]  # pictures of a set that are also furthest along the mean
    equal_mean: tuple[float, ...]  # share of the sets that are the mean's


def choose(features: Tensor, seeds: Sequence[int], top: int, most: int) -> Sets | None:
    """Take the `top` pictures of at most `most` units, and of as many directions a seed.

    A "random" direction v is Gaussian with as many numbers as the layer has units, and the pictures
    of the largest v·x are taken, x being the activations `features` (N,C) as they are: not scaled,
    nor centred, which would change no order. Of a "scaled" one each number of the same v is divided
    by the deviation of its unit, as if all units varied alike.

    Returns None where fewer than two units tell pictures apart.
    """
    features = features.float()
    high = features.topk(top, 0).values[-1]
    lively = (high > features.amin(0)).nonzero().flatten()
    if len(lively) < 2:
        return None
    die = torch.Generator().manual_seed(seeds[0])
    units = lively[torch.randperm(len(lively), generator=die)[:most].sort().values]
    mean, spread = features.mean(0), features.std(0)
    weight = torch.where(_varies(features), 1 / spread, 0)[:, None]
    to = torch.ones(len(units), dtype=torch.bool)
    found: dict[str, list[Tensor]] = {kind: [] for kind in KINDS}
    leaning: dict[str, list[Tensor]] = {kind: [] for kind in KINDS}
    found["unit"].append(features[:, units].topk(top, 0).indices.T)
    leaning["unit"].append(to)
    for seed in seeds:
        die = torch.Generator().manual_seed(1009 * seed + 5)
        directions = drawn(len(units), features.shape[1], die)
        for kind, one in (("random", directions), ("scaled", directions * weight)):
            found[kind].append(furthest(features, one, top))
            leaning[kind].append(mean @ one > 0)
        sets = [torch.randperm(len(features), generator=die)[:top] for _ in units]
        found["chance"].append(torch.stack(sets))
        leaning["chance"].append(to)
    return Sets(
        units,
        {kind: tuple(rows) for kind, rows in found.items()},
        furthest(features, mean[:, None], top)[0],
        furthest(features, -mean[:, None], top)[0],
        {kind: tuple(rows) for kind, rows in leaning.items()},
        features.shape[1] - len(lively),
    )


def dimensions(features: Tensor, scaled: bool = False) -> float:
    """As many dimensions of equal variance would spread the activations (N,C) as unequally.

    (sum of eigenvalues)^2 / sum of their squares, of the covariance over at most 4096 pictures;
    `scaled`: of the correlations.
    """
    rows = features[:_MOST].float()
    rows = rows - rows.mean(0)
    if scaled:
        varies = _varies(features[:_MOST].float())
        rows = rows[:, varies] / rows[:, varies].std(0)
    product = rows.T @ rows if rows.shape[1] < len(rows) else rows @ rows.T
    return float(product.trace().square() / product.square().sum())


def _varies(features: Tensor) -> Tensor:
    """(C,) where (N,C) varies by more than rounding does: a dead unit's bias is no activation."""
    return features.std(0) > _ROUNDING * features.abs().amax(0)


def alike(sets: Sets, space: Tensor) -> Values:
    """Mean cosine of each two of a set in a `space` (N,D), which is centred over the pictures."""
    return _of_each(
        sets,
        lambda chosen: torch.cat([likeness(space, part) for part in chosen.split(_TOGETHER)]),
    )


def of_one_class(sets: Sets, labels: Tensor) -> Values:
    """The share of the commonest class among each set, in %."""
    return _of_each(sets, lambda chosen: 100 * purity(labels, chosen))


def shared(sets: Sets, pictures: int) -> dict[str, Shared]:
    """What the sets of each kind have in common, by kind.

    A direction is held against the mean activation or its opposite, whichever it leans to.
    """
    top = len(sets.along_mean)
    near, far = torch.zeros(2, pictures, dtype=torch.bool)
    near[sets.along_mean] = True
    far[sets.against_mean] = True

    def of(kind: str) -> Shared:
        different, commonest, with_mean, equal = [], [], [], []
        for chosen, to in zip(sets.chosen[kind], sets.leaning[kind], strict=True):
            counts = torch.bincount(chosen.flatten(), minlength=pictures)
            same = torch.where(to[:, None], near[chosen], far[chosen]).sum(1)
            different.append(int((counts > 0).sum()))
            commonest.append(float(counts.max()) / len(chosen))
            with_mean.append(float(same.float().mean()))
            equal.append(float((same == top).float().mean()))
        return Shared(tuple(different), tuple(commonest), tuple(with_mean), tuple(equal))

    return {kind: of(kind) for kind in KINDS}


def _of_each(sets: Sets, of: Callable[[Tensor], Tensor]) -> Values:
    return {kind: tuple(map(of, rows)) for kind, rows in sets.chosen.items()}
