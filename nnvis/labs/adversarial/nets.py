"""Three kinds of network, and how they are trained, with or without an adversary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nnvis.labs.adversarial.lipschitz import operator_norm
from nnvis.labs.training.stepping import Adam

Adversary = Callable[[nn.Module, Tensor, Tensor, torch.Generator], Tensor]


def make(kind: str, shape: tuple[int, int, int], classes: int, seed: int) -> nn.Sequential:
    """A new `softmax`, `mlp` or `cnn` for pictures (N,C,H,W) in 0..1."""
    channels, height, width = shape
    size = channels * height * width
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if kind == "softmax":
            return nn.Sequential(nn.Flatten(), nn.Linear(size, classes))
        if kind == "mlp":
            hidden = [nn.Linear(size, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU()]
            return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(100, classes))
        inside = 16 * (height // 2) * (width // 2)
        return nn.Sequential(
            nn.Conv2d(channels, 8, 3, padding=1), nn.ReLU(),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(inside, 64), nn.ReLU(), nn.Linear(64, classes),
        )  # fmt: skip


def train(
    net: nn.Module,
    x: Tensor,
    labels: Tensor,
    epochs: int,
    seed: int,
    *,
    rate: float = 1e-3,
    adversary: Adversary | None = None,
) -> Iterator[float]:
    """Train in place by Adam; yields the mean loss of each epoch and stops if it is no number."""
    optimiser = Adam(net.parameters(), rate)
    die = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=die).to(x.device)
        losses = []
        for index in order.split(64):
            shown, targets = x[index], labels[index]
            if adversary:
                shown = adversary(net, shown, targets, die)
            loss = cross_entropy(net(shown), targets)
            optimiser.clear()
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
        mean = float(torch.stack(losses).mean())
        yield mean
        if mean != mean:
            return


def walked(eps: float, steps: int) -> Adversary:
    """Signed steps uphill from a random start, never further than `eps` (Madry et al. 2018)."""

    def adversary(net: nn.Module, x: Tensor, labels: Tensor, die: torch.Generator) -> Tensor:
        place = (x + (torch.rand(x.shape, generator=die).to(x) * 2 - 1) * eps).clamp(0, 1)
        for _ in range(steps):
            place.requires_grad_()
            (slope,) = torch.autograd.grad(cross_entropy(net(place), labels), place)
            place = place.detach() + 2.5 * eps / steps * slope.sign()
            place = place.clamp(x - eps, x + eps).clamp(0, 1)
        return place.detach()

    return adversary


def stretches(
    net: nn.Sequential, shape: tuple[int, int, int], rounds: int = 60
) -> tuple[float, ...]:
    """How much each linear layer can lengthen a change: its operator norm, by power iteration.

    Szegedy et al. 2014, sec. 4.3; of convolutions with their padding, on maps of their own size.
    """
    device = next(net.parameters()).device
    with torch.no_grad():
        sizes = [torch.zeros(1, *shape, device=device)]
        for layer in net:
            sizes.append(layer(sizes[-1]))
    norms = []
    for layer, (before, _) in zip(net, pairwise(sizes), strict=True):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            norms.append(operator_norm(layer, before, rounds))
    return tuple(norms)
