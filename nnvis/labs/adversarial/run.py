"""Attacks of every size, on every kind of network, from one to the other, and the cure."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn

from nnvis.attacks import ATTACKS
from nnvis.labs.adversarial.nets import make, stretches, train, walked
from nnvis.labs.adversarial.summary import TransferResult, summarise
from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.picture_figure import shares, signed, tiles
from nnvis.labs.framework.plan import LabPlan
from nnvis.progress import Progress, Steps, drain

SIZES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25)
LARGE = 0.2  # of the pictures that are handed on
KINDS = {
    "softmax": "softmax",
    "mlp": "perceptron",
    "cnn": "convolutional",
    "other": "convolutional, other pictures",
}


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """One seed after the other; the curves have a value for each that is done."""
    data = plan.data
    count = 200 if plan.quick else 1000
    test = data.test[:count].view(-1, *data.shape)
    labels = data.test_labels[:count]
    found: list[TransferResult] = []
    per = len(KINDS) + 3
    for place, seed in enumerate(plan.seeds):
        begun, total = place * per, per * len(plan.seeds)
        nets = yield from _trained(plan, seed, begun, total)
        one = TransferResult()
        for name, net in nets.items():
            one.note(name, 0.0, "none", _right(net, test, labels))
        if any(math.isnan(one.right[name, "none", 0.0]) for name in nets):
            found.append(one)
            note = f"seed {seed}: a loss was no number, left out"
            yield LabProgress(begun + per, total, note, points=_points(found, len(plan.seeds)))
            continue
        for size in SIZES:
            yield Progress(begun + per - 2, total, f"seed {seed}: attacking by {size:g}")
            for name, net in nets.items():
                ways = ("pgd", "fgsm", "noise") if name == "cnn" else ("pgd",)
                for way in ways:
                    one.note(name, size, way, _attacked(net, way, test, labels, size, seed)[0])
        yield from _rest(one, nets, test, labels, seed, begun + per - 1, total)
        one.norms = stretches(nets["cnn"], data.shape)
        found.append(one)
        points = _points(found, len(plan.seeds))
        yield LabProgress(begun + per, total, f"seed {seed}", points=points)
    return summarise(found, KINDS)


def _trained(plan: LabPlan, seed: int, begun: int, total: int) -> Steps[dict[str, nn.Sequential]]:
    """Every kind trained, and the cure."""
    data, nets = plan.data, {}
    x, labels = data.train.view(-1, *data.shape), data.labels
    epochs, half = plan.whole("epochs"), len(data.train) // 2
    for number, name in enumerate((*KINDS, "cured")):
        kind = "cnn" if name in ("other", "cured") else name
        device = data.train.device
        own = seed + 7919 if name == "other" else seed
        net = make(kind, data.shape, len(data.classes), own).to(device)
        part = slice(half, None) if name == "other" else slice(None)
        adversary = walked(plan["eps"], plan.whole("steps")) if name == "cured" else None
        rounds = epochs * 2 if name == "other" else epochs  # half the pictures: as many steps
        rate = 5e-3 if name == "softmax" else 2e-3
        for epoch, _ in enumerate(
            train(net, x[part], labels[part], rounds, own, rate=rate, adversary=adversary)
        ):
            note = f"seed {seed}: {KINDS.get(name, 'training on attacked pictures')}, {epoch + 1}"
            yield Progress(begun + number, total, note)
        net.eval().requires_grad_(False)
        nets[name] = net
    return nets


def _rest(
    one: TransferResult,
    nets: dict[str, nn.Sequential],
    test: Tensor,
    labels: Tensor,
    seed: int,
    done: int,
    total: int,
) -> Steps[None]:
    """What fools one shown to the others, the smallest change, and what it looks like."""
    rows = []
    for source in KINDS:
        yield Progress(done, total, f"seed {seed}: {KINDS[source]} fools the others")
        picture = _attacked(nets[source], "pgd", test, labels, LARGE, seed)[1]
        rows.append([1 - _right(nets[target], picture, labels) / 100 for target in KINDS])
        if source == "cnn":
            seen = picture
    one.handed = rows
    few, few_labels = test[:50], labels[:50]
    smallest = drain(ATTACKS["lbfgs"](nets["cnn"], few, few_labels, seed=seed, eight_bit=False))
    one.length = float(smallest.l2[smallest.success].median()) if smallest.success.any() else 0.0
    shape = tuple(test.shape[1:])
    change = signed((seen - test)[:12].flatten(1))
    looks = torch.stack([test[:12].flatten(1), change, seen[:12].flatten(1)])
    yield LabProgress(
        done,
        total,
        f"seed {seed}",
        shown=(
            LabPicture(
                "pictures",
                f"Pictures, the change that PGD makes (at most {LARGE:g}), and both together",
                tiles(looks, (shape[0], shape[1], shape[2])),
            ),
            LabPicture(
                "handed",
                "Share fooled: pictures made on (rows) shown to (columns) "
                + ", ".join(KINDS.values()),
                shares(torch.tensor(rows)),
            ),
        ),
    )


def _attacked(
    net: nn.Module, way: str, x: Tensor, labels: Tensor, size: float, seed: int
) -> tuple[float, Tensor]:
    """% still right under an attack, and its pictures."""
    more = {"pgd": {"steps": 20}, "noise": {"draws": 5}}.get(way, {})
    done = drain(ATTACKS[way](net, x, labels, seed=seed, eight_bit=False, eps=size, **more))
    if way == "noise":  # of each draw, not of the worst one
        assert done.rate is not None
        return 100 * float(1 - done.rate.mean()), done.adversarial
    return _right(net, done.adversarial, labels), done.adversarial


@torch.no_grad()
def _right(net: nn.Module, x: Tensor, labels: Tensor) -> float:
    logits = net(x)
    if not bool(logits.isfinite().all()):
        return math.nan
    return 100 * float((logits.argmax(1) == labels).float().mean())


def _points(found: list[TransferResult], seeds: int) -> tuple[Point, ...]:
    """NaN for the seeds that are still to come."""
    over = partial(_over, found, seeds)
    rows = []
    ways = {"pgd": "PGD", "fgsm": "FGSM", "noise": "random signs"}
    for size in (0.0, *SIZES):
        for way, title in ways.items():
            rows.append(Point("size", title, size, over("cnn", way, size)))
        for name, title in KINDS.items():
            rows.append(Point("kinds", title, size, over(name, "pgd", size)))
        rows.append(Point("cure", "as usual", size, over("cnn", "pgd", size)))
        rows.append(Point("cure", "on attacked pictures", size, over("cured", "pgd", size)))
    return tuple(rows)


def _over(
    found: list[TransferResult], seeds: int, name: str, way: str, size: float
) -> tuple[float, ...]:
    there = tuple(one.of(name, way, size) for one in found)
    return there + (math.nan,) * (seeds - len(there))
