"""Does a view depend on what the network has learned? Randomise it from the top and compare."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nnvis.models.vision import VisionModel
from nnvis.probe import trace
from nnvis.progress import Progress, Steps

ViewFunction = Callable[[VisionModel, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Cascade:
    """Rank correlations of a view with its own picture of the trained network."""

    layers: tuple[str, ...]  # the last one randomised at each comparison, top first
    random: tuple[float, ...]  # which share of the layers is random at each comparison
    signed: dict[str, tuple[float, ...]]  # of the values, for each view; as long as `layers`
    absolute: dict[str, tuple[float, ...]]  # of their absolute values, mean over the channels


def cascade(
    model: VisionModel,
    x: Tensor,
    views: Mapping[str, ViewFunction],
    random_seed: int = 0,
    every: int = 1,
    seen: Callable[[int, int, str, Tensor], None] = lambda *_: None,
) -> Steps[Cascade]:
    """Randomise layer after layer from the top down, and see how far each picture changes.

    The cascading test of Adebayo et al. 2018, sec. 3.1, with Spearman's rank correlation. A view
    whose correlation stays high although nothing learned is left does not show what was learned.
    Norms keep their running statistics, so that the signal keeps its size.

    Args:
        model: stays as it is; a copy is randomised.
        x: (N,C,H,W) in [0,1].
        views: such as the gradient of one class; each takes the network and x.
        random_seed: of the new weights.
        every: how many layers are randomised between two comparisons; the last one is compared.
        seen: told, of each comparison, how many of how many layers are random, view and picture.
    """
    model = copy.deepcopy(model)
    learned = {name: view(model, x) for name, view in views.items()}
    names = {call.module: call.name for call in reversed(trace(model, x))}
    layers = [(name, module) for module, name in names.items() if _has_own_weights(module)]
    signed: dict[str, list[float]] = {name: [] for name in views}
    absolute: dict[str, list[float]] = {name: [] for name in views}
    generator = torch.Generator().manual_seed(random_seed)
    compared, random = [], []
    for title, picture in learned.items():
        seen(0, len(layers), title, picture)
    for done, (name, module) in enumerate(layers, 1):
        yield Progress(done - 1, len(layers), name)
        _randomise(module, generator)
        if done % every and done < len(layers):
            continue
        compared.append(name)
        random.append(done / len(layers))
        for title, view in views.items():
            now = view(model, x)
            seen(done, len(layers), title, now)
            signed[title].append(rank_correlation(now, learned[title]))
            absolute[title].append(
                rank_correlation(now.abs().mean(1), learned[title].abs().mean(1))
            )
    return Cascade(
        tuple(compared),
        tuple(random),
        {title: tuple(values) for title, values in signed.items()},
        {title: tuple(values) for title, values in absolute.items()},
    )


def rank_correlation(first: Tensor, second: Tensor) -> float:
    """Return Spearman's rho of all values; NaN where one of both is constant or holds NaN."""
    if first.shape != second.shape or bool(first.isnan().any() or second.isnan().any()):
        return math.nan
    ranks = torch.stack([_ranks(first), _ranks(second)])
    return float(torch.corrcoef(ranks)[0, 1])


def _ranks(values: Tensor) -> Tensor:
    """Return the ranks from 0; equal values share the mean of theirs."""
    _, places, counts = (
        values.detach().cpu().double().flatten().unique(return_inverse=True, return_counts=True)
    )
    last = counts.cumsum(0)
    means = (2 * last - counts - 1).double() / 2
    ranks: Tensor = means[places]
    return ranks


def _has_own_weights(module: nn.Module) -> bool:
    return any(weight.ndim > 0 for weight in module.parameters(recurse=False))


def _randomise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw new weights, normally distributed with the mean and spread of the old ones."""
    with torch.no_grad():
        for weight in module.parameters(recurse=False):
            spread = float(weight.std()) if weight.numel() > 1 else abs(float(weight))
            fresh = torch.randn(weight.shape, generator=generator).to(weight)
            weight.copy_(fresh * spread + weight.mean())
