"""Attacks of every size, on every kind of network, from one to the other, and the cure."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn

from nnvis.attacks import ATTACKS
from nnvis.errors import UserError
from nnvis.labs.adversarial.figures import draw_bounds, draw_named
from nnvis.labs.adversarial.lipschitz import bundled_stretches
from nnvis.labs.adversarial.nets import make, stretches, train, walked
from nnvis.labs.adversarial.summary import Handed, TransferResult, chosen_size, summarise
from nnvis.labs.framework.drawing import chart
from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.picture_figure import signed, tiles
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.framework.table_figure import tables
from nnvis.progress import Progress, Steps, drain

SIZES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25)
KINDS = {
    "softmax": "softmax",
    "mlp": "perceptron",
    "cnn": "convolutional",
    "again": "another start",
    "other": "other half",
}
FEW_PICTURES, PICTURES = 200, 400
SMALLEST = 50  # of them, for each of which L-BFGS seeks the smallest change


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """One seed after the other; the curves have a value for each that is done."""
    data = plan.data
    if not data.are_pictures:
        raise UserError(f"the lab adversarial changes pictures; {data.name} are {data.kind}")
    count = FEW_PICTURES if plan.quick else PICTURES
    test = data.test[:count].view(-1, *data.shape)
    labels = data.test_labels[:count]
    contrast = float((test - test.mean((1, 2, 3), keepdim=True)).square().mean().sqrt())
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
                    right, changed = _attacked(plan, net, way, test, labels, size, seed)
                    one.note(name, size, way, right)
                    if name == "cnn" and way == "pgd":
                        length = float((changed - test).square().mean().sqrt())
                        one.visible[size] = 100 * length / contrast
        found.append(one)
        yield from _rest(plan, found, nets, test, labels, seed, begun + per - 1, total)
        one.norms = stretches(nets["cnn"], data.shape)
        points = _points(found, len(plan.seeds))
        yield LabProgress(begun + per, total, f"seed {seed}", points=points)
    bundled = yield from bundled_stretches(plan.quick)
    title = (
        "Operator norms of the bundled network's layers, each with its batch norm, by power "
        "iteration; above the dashed line a change may grow"
    )
    picture = chart("bounds", title, draw_bounds, bundled.layers)
    yield LabProgress(total, total, "the bundled network", shown=(picture,))
    return summarise(found, KINDS, len(plan.data.train) // 2, bundled)


def _trained(plan: LabPlan, seed: int, begun: int, total: int) -> Steps[dict[str, nn.Sequential]]:
    """Every kind trained, all but one on the first half, and the cure."""
    data, nets = plan.data, {}
    x, labels = data.train.view(-1, *data.shape), data.labels
    epochs, half = plan.whole("epochs"), len(data.train) // 2
    for number, name in enumerate((*KINDS, "cured")):
        kind = "cnn" if name in ("again", "other", "cured") else name
        own = {"again": seed + 104_729, "other": seed + 7919}.get(name, seed)
        net = make(kind, data.shape, len(data.classes), own).to(data.train.device)
        part = slice(half, 2 * half) if name == "other" else slice(half)
        adversary = walked(plan["eps"], plan.whole("steps")) if name == "cured" else None
        rate = 5e-3 if name == "softmax" else 2e-3
        for epoch, _ in enumerate(
            train(net, x[part], labels[part], epochs, own, rate=rate, adversary=adversary)
        ):
            note = f"seed {seed}: {KINDS.get(name, 'training on attacked pictures')}, {epoch + 1}"
            yield Progress(begun + number, total, note)
        net.eval().requires_grad_(False)
        nets[name] = net
    return nets


def _rest(
    plan: LabPlan,
    found: list[TransferResult],
    nets: dict[str, nn.Sequential],
    test: Tensor,
    labels: Tensor,
    seed: int,
    done: int,
    total: int,
) -> Steps[None]:
    """What fools one shown to the others, the smallest change, and what it looks like."""
    one, size = found[-1], chosen_size(found)
    _, noisy = _attacked(plan, nets["cnn"], "noise", test, labels, size, seed)
    for source in KINDS:
        yield Progress(done, total, f"seed {seed}: {KINDS[source]} fools the others")
        _, changed = _attacked(plan, nets[source], "pgd", test, labels, size, seed)
        for target in KINDS:
            one.handed[source, target] = _handed(
                nets[source], nets[target], test, changed, noisy, labels
            )
        if source == "cnn":
            seen = changed
    few, few_labels = test[:SMALLEST], labels[:SMALLEST]
    smallest = drain(ATTACKS["lbfgs"](nets["cnn"], few, few_labels, seed=seed, eight_bit=False))
    if smallest.success.any():
        root = math.sqrt(few[0].numel())
        one.length = float(smallest.l2[smallest.success].mean()) / root
    change = signed((seen - test)[:12].flatten(1), plan.data.shape[0])
    looks = [test[:12].flatten(1), change, seen[:12].flatten(1)]
    names = list(KINDS.values())
    shown = (
        LabPicture(
            "pictures",
            f"Pictures, the change that PGD makes (at most {size:g}, made large), and both "
            "together as the network gets them",
            tiles(looks, plan.data.shape),
        ),
        chart(
            "named",
            f"The first pictures that both networks name rightly, and what they call them when "
            f"the first one is attacked by {size:g}: the other learnt from pictures of which the "
            "first has seen none",
            draw_named, nets["cnn"], nets["other"], test, seen, labels, plan.data.classes,
        ),
        chart(
            "handed",
            f"Pictures attacked by {size:g} on one network (rows) and shown to each (columns): "
            "named rightly before, after, and after random signs as large, mean of the seeds so "
            "far",
            tables,
            {
                title: torch.tensor([[_mean(found, a, b, part) for b in KINDS] for a in KINDS])
                for part, title in (
                    ("before", "before"), ("after", "attacked"), ("noise", "random signs")
                )
            },
            names, names, down="attacked on", across="shown to", unit="right, %",
        ),
    )  # fmt: skip
    yield LabProgress(done, total, f"seed {seed}", shown=shown)


def _mean(found: list[TransferResult], source: str, target: str, part: str) -> float:
    values: list[float] = [getattr(one.handed[source, target], part) for one in found if one.handed]
    return sum(values) / len(values)


@torch.no_grad()
def _handed(
    source: nn.Module, target: nn.Module, x: Tensor, changed: Tensor, noisy: Tensor, labels: Tensor
) -> Handed:
    """Fooled of those that fool their source and that the target had right before."""
    before = target(x).argmax(1) == labels
    after = target(changed).argmax(1) == labels
    noise = target(noisy).argmax(1) == labels
    asked = before & (source(changed).argmax(1) != labels)
    percent = [100 * float(one.float().mean()) for one in (before, after, noise)]
    shares = [
        100 * float((~one)[asked].float().mean()) if asked.any() else math.nan
        for one in (after, noise)
    ]
    return Handed(*percent, *shares)


def _attacked(
    plan: LabPlan, net: nn.Module, way: str, x: Tensor, labels: Tensor, size: float, seed: int
) -> tuple[float, Tensor]:
    """% still right under an attack, and its pictures."""
    if way == "pgd" and not plan.whole("attack"):
        way, seed = "noise", seed + 15_485_863  # nothing is attacked: other random signs
    more = {"pgd": {"steps": plan.whole("attack")}, "noise": {"draws": 5}}.get(way, {})
    done = drain(ATTACKS[way](net, x, labels, seed=seed, eight_bit=False, eps=size, **more))
    if way == "noise":  # of each draw, not of the worst one
        assert done.rate is not None
        die = torch.Generator().manual_seed(seed)
        signs = (torch.randint(2, x.shape, generator=die) * 2 - 1).to(x)
        return 100 * float(1 - done.rate.mean()), (x + size * signs).clamp(0, 1)
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
        seen = tuple(one.visible.get(size, math.nan) if size else 0.0 for one in found)
        rows.append(Point("visible", "PGD", size, seen + (math.nan,) * (seeds - len(found))))
    return tuple(rows)


def _over(
    found: list[TransferResult], seeds: int, name: str, way: str, size: float
) -> tuple[float, ...]:
    there = tuple(one.of(name, way, size) for one in found)
    return there + (math.nan,) * (seeds - len(there))
