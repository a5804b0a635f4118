"""Teacher to student, the class never seen, and weights cut off or rounded."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.labs.compression.bundled import AnswersKept, bundled
from nnvis.labs.compression.distil import bias_for, ensemble, mixed, softened
from nnvis.labs.compression.ensemble import Together, chosen, others, together
from nnvis.labs.compression.prune_and_quantise import keep_largest, kilobytes, prune, rounded
from nnvis.labs.compression.summary import Missing, SizeResult, summarise
from nnvis.labs.datasets.data import Data
from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.picture_figure import tiles
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.training.batched_mlp import Stack, build
from nnvis.labs.training.fit import TrainingParameters, accuracy, fit, labelled
from nnvis.progress import Steps, relayed

WIDE = (256, 256)  # hidden units of a teacher
KEPT = (1.0, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02)
BITS = (8, 6, 4, 3, 2, 1)
MISSING_HEAT = 8.0
SHORT = 15  # epochs of the networks of an ensemble: well trained, they all say the same


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Teach the teachers first; everything else starts from them."""
    data, seeds = plan.data, plan.seeds
    size = len(data.labels)
    own = max(10, round(plan["share"] / 100 * size))
    works = (25 if plan.quick else 40, 300 if plan.quick else 500, 30 if plan.quick else 60)
    total = works[0] * 4 + works[1] + works[2] * 3 + len(KEPT) * 2 + len(BITS)
    classes = len(data.classes)

    teachers = build((data.train.shape[1], *WIDE, classes), seeds, device=data.train.device)
    training = TrainingParameters(works[0], 64, 1.4e-3, "adam")
    for epoch in fit(teachers, data.train, labelled(data.labels), training, seeds):
        yield LabProgress(4 * epoch, total, "large networks learn")
    done = 4 * works[0]
    logits = ensemble(teachers, data.train)
    taught = _percent(accuracy(teachers, data.test, data.test_labels))
    both = float((ensemble(teachers, data.test).argmax(1) == data.test_labels).float().mean())

    students = yield from _students(plan, logits, own, works[1], done, total)
    done += works[1]
    missing = yield from _missing(plan, logits, works[2], done, total)
    done += works[2]
    smaller = yield from _smaller(plan, data, teachers, works[2] // 10, done, total)
    sets = yield from _together(plan, total)
    kept = yield from _bundled(plan, total)
    return summarise(taught, 100 * both, students, missing, smaller, own, kept, sets)


def _together(plan: LabPlan, total: int) -> Steps[dict[str, Together]]:
    """Ensembles of networks as small as the student, on this data and others where they are."""
    found: dict[str, Together] = {}
    more = [] if plan.quick else (yield from others())
    for number, data in enumerate((plan.data, *more)):
        members = plan.whole("members")
        size = yield from chosen(data, plan.whole("hidden"), members, SHORT)
        found[data.name] = yield from together(data, size, members, plan.seeds, SHORT)
        one = found[data.name]
        points = tuple(
            Point("together", name, number + 1, values)
            for name, values in (
                ("one network", one.single), ("all together", one.ensemble),
                ("one that learnt from all", one.student),
            )
        )  # fmt: skip
        yield LabProgress(total, total, f"{data.name}: an ensemble in one network", points=points)
    return found


def _students(
    plan: LabPlan, logits: Tensor, own: int, epochs: int, done: int, total: int
) -> Steps[dict[str, SizeResult]]:
    """All temperatures and all seeds are one stack, which sees the same few pictures a seed."""
    data, seeds = plan.data, plan.seeds
    heats = (1.0, 2.0, 4.0, 8.0, plan["hottest"])
    names = ["labels", *(f"temperature {heat:g}" for heat in heats)]
    taken = torch.stack([_draw(len(data.labels), own, seed) for seed in seeds])
    taken = taken.repeat(len(names), 1).to(data.labels.device)
    runs = list(seeds) * len(names)
    heat = torch.tensor([1.0, *heats]).repeat_interleave(len(seeds)).to(logits)
    hard = torch.tensor([True, *(False for _ in heats)]).repeat_interleave(len(seeds))
    widths = (data.train.shape[1], plan.whole("hidden"), len(data.classes))
    stack = build(widths, runs, device=data.train.device)
    loss = mixed(logits[taken], data.labels[taken], heat, hard.to(logits.device))
    training = TrainingParameters(epochs, min(20, own), 3e-3, "adam")
    scores = torch.zeros(len(names), len(seeds))
    for epoch in fit(stack, data.train[taken], loss, training, runs):
        points: tuple[Point, ...] = ()
        if epoch % 5 == 0 or epoch == epochs:
            scores = accuracy(stack, data.test, data.test_labels).view(len(names), len(seeds)).cpu()
            points = tuple(
                Point("students", name, epoch, _percent(row))
                for name, row in zip(names, scores, strict=True)
            )
        yield LabProgress(done + epoch, total, f"students learn from {own} pictures", points=points)
    end = [
        Point("heat", "odds of the ensemble", h, _percent(scores[n + 1]))
        for n, h in enumerate(heats)
    ]
    end += [Point("heat", "labels", h, _percent(scores[0])) for h in (heats[0], heats[-1])]
    kb = kilobytes(stack)
    end += [
        Point("size", f"student, {kind}", kb, _percent(scores[place]))
        for kind, place in (("labels", 0), ("odds", len(names) - 1))
    ]
    picture = LabPicture(
        "few",
        f"The first of {own} pictures that the students of seed {seeds[0]} see",
        tiles(data.train[taken[0, :12]][None], data.shape),
    )
    yield LabProgress(done + epochs, total, "students", points=tuple(end), shown=(picture,))
    return {name: SizeResult(_percent(row), kb) for name, row in zip(names, scores, strict=True)}


def _missing(plan: LabPlan, logits: Tensor, epochs: int, done: int, total: int) -> Steps[Missing]:
    """Students see odds for all pictures but those of one class."""
    data, seeds = plan.data, plan.seeds
    column = min(plan.whole("missing"), len(data.classes) - 1)
    seen = data.labels != column
    widths = (data.train.shape[1], 100, len(data.classes))
    soft = build(widths, seeds, device=data.train.device)
    hard = build(widths, seeds, device=data.train.device)
    training = TrainingParameters(epochs, 64, 3e-3, "adam")
    note = f"students that never see class {data.classes[column]}"
    for stack, loss in (
        (hard, labelled(data.labels[seen])),
        (soft, softened(logits[seen], MISSING_HEAT)),
    ):
        for epoch in fit(stack, data.train[seen], loss, training, seeds):
            yield LabProgress(done + epoch // 2, total, note)
    there = data.test_labels == column
    with torch.no_grad():
        before, known = soft(data.test), soft(data.train)
        after = before.clone()
        after[..., column] += bias_for(known, data.labels, column)[:, None]
        by_labels = hard(data.test)

    def named(answers: Tensor) -> tuple[float, ...]:
        return _percent((answers.argmax(-1)[:, there] == column).float().mean(1))

    whole = (after.argmax(-1) == data.test_labels).float().mean(1)
    picture = LabPicture(
        "never", "Pictures of the class that the students never saw", _row(data, there)
    )
    yield LabProgress(done + epochs, total, note, shown=(picture,))
    return Missing(
        data.classes[column], named(by_labels), named(before), named(after), _percent(whole)
    )


def _smaller(
    plan: LabPlan, data: Data, teachers: Stack, epochs: int, done: int, total: int
) -> Steps[dict[str, SizeResult]]:
    """Cut off at once, cut off and trained again step by step, and rounded."""
    found: dict[str, SizeResult] = {}
    again = teachers.copy()
    for number, share in enumerate(KEPT):
        bare = teachers.copy()
        prune(bare, keep_largest(bare, share))
        masks = keep_largest(again, share)
        prune(again, masks)
        stay = list(masks)

        def hold(stay: list[Tensor] = stay) -> None:
            prune(again, tuple(stay))

        if share < 1:
            training = TrainingParameters(max(3, epochs), 64, 1.4e-3, "adam")
            loss = labelled(data.labels)
            for _ in fit(again, data.train, loss, training, plan.seeds, after=hold):
                yield LabProgress(done + 2 * number, total, f"{share:.0%} of the weights kept")
        points = []
        for name, stack in (("cut off", bare), ("cut off, trained on", again)):
            scores = _percent(accuracy(stack, data.test, data.test_labels))
            size = kilobytes(stack, share=share)
            points += [Point("cut", name, 100 * share, scores), Point("size", name, size, scores)]
            found[f"{name}: {share:g}"] = SizeResult(scores, size)
        yield LabProgress(done + 2 * number, total, "pruning", points=tuple(points))
    for bits in BITS:
        coarse = rounded(teachers, bits)
        scores = _percent(accuracy(coarse, data.test, data.test_labels))
        size = kilobytes(coarse, bits=bits)
        found[f"bits: {bits}"] = SizeResult(scores, size)
        points = [
            Point("bits", "rounded", bits, scores),
            Point("size", "rounded to 8 bits and fewer", size, scores),
        ]
        yield LabProgress(total - BITS[-1], total, f"{bits} bits", points=tuple(points))
    return found


def _bundled(plan: LabPlan, total: int) -> Steps[AnswersKept]:
    """The network that nnvis brings along; a value for each photograph in place of each seed."""
    steps = bundled(6, 3) if plan.quick else bundled(16, 12)
    kept = yield from relayed(steps, lambda step: LabProgress(total - len(BITS), total, step.note))
    points = [
        Point("own", way, 100 * share, _hundred(same))
        for way, row in kept.cut.items()
        for share, same in row.items()
    ]
    yield LabProgress(total, total, "the bundled network", points=tuple(points))
    return kept


def _hundred(shares: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(100 * one for one in shares)


def _draw(count: int, own: int, seed: int) -> Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))[:own]


def _row(data: Data, where: Tensor) -> NDArray[np.uint8]:
    return tiles(data.test[where][None, :12], data.shape)


def _percent(shares: Tensor) -> tuple[float, ...]:
    return tuple(100 * one for one in shares.tolist())
