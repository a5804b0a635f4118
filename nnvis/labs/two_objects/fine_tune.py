"""Fine-tuning with nothing against forgetting, and with each of three cures."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softmax

from nnvis.labs.two_objects.heads import TwoHeads
from nnvis.labs.two_objects.pictures import Objects
from nnvis.models.vision import VisionModel

BATCH = 8
SOFT = 2.0  # temperature of the old answers (Li & Hoiem 2016, sec. 3)
MOMENTUM = 0.9
LONGEST = 1.0  # gradients are cut to this length, so that a first large one does not decide


def trunk_of(model: VisionModel, heads: TwoHeads) -> list[nn.Parameter]:
    """All weights but those of the two heads."""
    own = {id(one) for one in heads.parameters()}
    return [one for one in model.network.parameters() if id(one) not in own]


def importance(model: VisionModel, trunk: list[nn.Parameter], x: Tensor, seed: int) -> list[Tensor]:
    """The diagonal of the Fisher information of the old outputs, by one drawn label a picture.

    E_y[(d log p(y|x) / dw)^2] with y from the network's own odds (Kirkpatrick et al. 2017); a
    thousand classes are too many to go through, so each picture draws one, which is unbiased.
    """
    die = torch.Generator().manual_seed(seed)
    found = [torch.zeros_like(one) for one in trunk]
    for one in x.split(1):
        odds = log_softmax(_old(model(one)), -1)[0]
        drawn = int(torch.multinomial(odds.detach().exp().cpu(), 1, generator=die))
        slopes = torch.autograd.grad(odds[drawn], trunk, allow_unused=True)
        for place, slope in enumerate(slopes):
            if slope is not None:
                found[place] += slope**2 / len(x)
    return found


def answers(model: VisionModel, x: Tensor) -> Tensor:
    """What the old head says to pictures and to their mirror images, (2,N,K)."""
    with torch.no_grad():
        return torch.stack(
            [torch.cat([_old(model(part)) for part in one.split(BATCH)]) for one in (x, x.flip(-1))]
        )


def learn(
    model: VisionModel,
    heads: TwoHeads,
    objects: Objects,
    *,
    steps: int,
    rate: float,
    seed: int,
    stiff: list[Tensor] | None = None,
    kept: Tensor | None = None,
    distil: float = 1.0,
    frozen: bool = False,
) -> Iterator[float]:
    """Learn the objects in place; yields the loss of each step.

    Batch norm stays in evaluation mode: its statistics are the old ones, its scale and shift learn.

    `stiff` are EWC's springs, one tensor a weight of the trunk, which hold where it begins; `kept`
    the old `answers` to the objects' own pictures, which are to stay and count `distil` times
    (Li & Hoiem 2016); with `frozen` only the new head learns.
    """
    die = torch.Generator().manual_seed(seed)
    trunk = trunk_of(model, heads)
    begun = [one.detach().clone() for one in trunk]
    for one in trunk:
        one.requires_grad_(not frozen)
    heads.old.requires_grad_(False)
    heads.new.requires_grad_(True)
    weights = [*heads.new.parameters(), *([] if frozen else trunk)]
    memory = [torch.zeros_like(one) for one in weights]
    order = torch.empty(0, dtype=torch.long)
    for _ in range(steps):
        while len(order) < BATCH:
            order = torch.cat([order, torch.randperm(len(objects.train), generator=die)])
        chosen, order = order[:BATCH], order[BATCH:]
        mirrored = torch.rand(len(chosen), generator=die) < 0.5
        x, labels = objects.train[chosen], objects.labels[chosen]
        x = torch.where(mirrored.to(x.device)[:, None, None, None], x.flip(-1), x)
        both = model(x)
        loss = cross_entropy(both[:, -2:], labels)
        if kept is not None:
            before = kept[mirrored.long(), chosen]
            loss = loss + distil * SOFT**2 * kl_div(
                log_softmax(_old(both) / SOFT, -1),
                softmax(before / SOFT, -1),
                reduction="batchmean",
            )
        slopes = torch.autograd.grad(loss, weights, allow_unused=True)
        _descend(weights, memory, slopes, rate)
        if stiff is not None:
            _pull(trunk, begun, stiff, rate)
        yield float(loss.detach())


@torch.no_grad()
def _descend(
    weights: list[nn.Parameter],
    memory: list[Tensor],
    slopes: tuple[Tensor | None, ...],
    rate: float,
) -> None:
    """A step of SGD with momentum along gradients that are cut to a length of `LONGEST`."""
    length = torch.stack([one.norm() for one in slopes if one is not None]).norm()
    cut = (LONGEST / length.clamp_min(1e-12)).clamp(max=1.0)
    for weight, speed, slope in zip(weights, memory, slopes, strict=True):
        if slope is not None:
            speed.mul_(MOMENTUM).add_(slope * cut)
            weight.sub_(rate * speed)


@torch.no_grad()
def _pull(trunk: list[nn.Parameter], begun: list[Tensor], stiff: list[Tensor], rate: float) -> None:
    """The springs' part of the step, implicitly: a stiff one would overshoot ever further."""
    for weight, home, one in zip(trunk, begun, stiff, strict=True):
        weight.sub_(home).div_(1 + rate * one).add_(home)


def _old(outputs: Tensor) -> Tensor:
    """Without the two of the new head."""
    return outputs[:, :-2]
