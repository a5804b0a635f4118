"""Critical points from all of training, ways down from a plateau, and two larger networks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from nnvis.labs.framework.drawing import chart
from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.saddle_points.lanczos import spectrum
from nnvis.labs.saddle_points.newton import DAMPING, KRYLOV, gradient, krylov_newton, newton, rest
from nnvis.labs.saddle_points.picture import densities, scatter, spectra
from nnvis.labs.saddle_points.points import Critical, Search, add_new, look, plateau, trained
from nnvis.labs.saddle_points.summary import (
    FREE,
    FREE_KRYLOV,
    METHODS,
    SGD,
    Wide,
    summarise,
)
from nnvis.labs.saddle_points.surface import LossSurface, ReconstructionSurface
from nnvis.progress import Steps

SIDE = 4  # pixels; the whole Hessian has to fit
DECAY = 1e-3  # away from the search
NOISE = 1e-3  # of the step off the plateau
BATCH = 32
SGD_STEPS = 50  # for each Newton step
MARKS = 20  # points of a curve
EPOCHS = (0, 2, 5, 10, 20, 40, 70, 110, 160, 230, 310, 400)  # set out from, fixed beforehand
FEW_EPOCHS = (0, 5, 20, 40, 110, 230, 400)
AROUND = (0.0, 0.3)  # noise added to a start
WIDE_SIDE, WIDE = 8, 64  # pixels and hidden units where only Lanczos reaches the spectrum
WIDE_STEPS = 600  # of SGD
DEEP = (32, 16, 4, 16, 32)  # hidden units of the autoencoder
DEEP_STEPS = 3000  # of SGD, after which it goes down slowly
DEEP_RATE = 1.0  # of 0.1, 0.3, 1, 2 and 4 the one that brings SGD lowest in 1,800 steps


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Search each seed's critical points, then leave a plateau, then go on in a larger network."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # at matrices as small several only wait for each other
    try:
        return (yield from _run(plan))
    finally:
        torch.set_num_threads(threads)


def _run(plan: LabPlan) -> Steps[LabOutcome]:
    pictures = 200 if plan.quick else 500
    x = _small(plan, pictures, SIDE)
    labels, classes = plan.data.labels[:pictures].cpu(), len(plan.data.classes)
    widths, seeds = (x.shape[1], plan.whole("units"), classes), plan.seeds
    starts = FEW_EPOCHS if plan.quick else EPOCHS
    count = _Count(len(seeds) * (len(starts) * len(AROUND) + len(METHODS) + 3))

    held = LossSurface(x, labels, widths, plan["decay"])
    searched: list[Search] = []
    for seed in seeds:
        searched.append((yield from _search(held, starts, seed, count)))
        yield count.same(f"seed {seed}", (), _shown(searched))
    yield count.same("looked", _index_points(searched))

    whole = LossSurface(x, labels, widths, DECAY)
    begun = [_start(whole, seed) for seed in seeds]
    escapes: dict[str, list[list[float]]] = {name: [] for name in METHODS}
    for name, tracks in escapes.items():
        for at, seed in zip(begun, seeds, strict=True):
            tracks.append((yield from _track(plan, count, name, whole, at, seed)))
            yield count.one(name)
        for mark in range(MARKS + 1):
            values = tuple(track[mark * (len(track) - 1) // MARKS] for track in tracks)
            yield count.same(name, (Point("escape", name, 100 * mark / MARKS, values),))

    x = _small(plan, pictures, WIDE_SIDE)
    wide = LossSurface(x, labels, (x.shape[1], WIDE, classes), DECAY)
    large: list[Wide] = []
    for seed in seeds:
        large.append((yield from _wide(plan, count, wide, seed)))
        points = _marks("wide", [one.tracks for one in large], len(seeds))
        title = (
            f"Eigenvalues of a network of {wide.size} weights, estimated by Lanczos' method; the "
            "hatched ones bend down"
        )
        picture = chart("large", title, spectra, large[0].before, large[0].after)
        yield count.same("a larger network", points, () if len(large) > 1 else (picture,))

    coder = ReconstructionSurface(x, (x.shape[1], *DEEP, x.shape[1]), 0.0)
    deep: list[dict[str, list[float]]] = []
    for seed in seeds:
        deep.append((yield from _deep(plan, count, coder, seed)))
        yield count.same("a deep autoencoder", _marks("deep", deep, len(seeds)))
    return summarise(seeds, searched, escapes, large, deep)


class _Count:
    """How much of the lab is done."""

    def __init__(self, total: int) -> None:
        self.done, self.total = 0, total

    def one(self, note: str) -> LabProgress:
        """One more part is done."""
        self.done += 1
        return LabProgress(self.done, self.total, note)

    def same(
        self, note: str, points: tuple[Point, ...] = (), shown: tuple[LabPicture, ...] = ()
    ) -> LabProgress:
        """Something to show on the way."""
        return LabProgress(self.done, self.total, note, points=points, shown=shown)


def _small(plan: LabPlan, count: int, side: int) -> Tensor:
    """(N,side*side) grey pictures, each pixel of mean 0 and deviation 1, or 0 throughout."""
    pictures = plan.data.train[:count].cpu().double().view(-1, *plan.data.shape).mean(1, True)
    x = adaptive_avg_pool2d(pictures, side).flatten(1)
    deviation = x.std(0)
    return (x - x.mean(0)) / torch.where(deviation > 1e-6, deviation, torch.inf)


def _search(surface: LossSurface, starts: Sequence[int], seed: int, count: _Count) -> Steps[Search]:
    die = torch.Generator().manual_seed(6007 * seed + 3)
    found: list[Critical] = []
    way, rested = [], 0
    for epoch, at in trained(surface, starts, die):
        way.append(look(surface, at))
        for noise in AROUND:
            off = torch.randn(surface.size, generator=die, dtype=torch.float64)
            there = rest(surface, at + noise * off)
            if there is not None:
                rested += 1
                add_new(found, look(surface, there))
            yield count.one(f"seed {seed}: Newton from epoch {epoch}")
    return Search(tuple(found), tuple(way), len(starts) * len(AROUND), rested)


def _index_points(searched: Sequence[Search]) -> tuple[Point, ...]:
    """The index over the loss at the moments set out from: each at the mean loss of all seeds."""
    places = []
    for place in range(len(searched[0].way)):
        at = [one.way[place] for one in searched]
        places.append((sum(one.loss for one in at) / len(at), tuple(100 * one.index for one in at)))
    return tuple(Point("index", "on the way down", loss, row) for loss, row in sorted(places))


def _start(whole: LossSurface, seed: int) -> Tensor:
    """A step of chance off the plateau."""
    die = torch.Generator().manual_seed(6007 * seed + 5)
    at = plateau(whole, die)
    if at is None:  # Newton's method did not come to rest: from where all units sleep
        at = torch.zeros(whole.size, dtype=torch.float64)
    noise = torch.Generator().manual_seed(seed)
    return at + NOISE * torch.randn(whole.size, generator=noise, dtype=torch.float64)


def _track(
    plan: LabPlan, count: _Count, name: str, surface: LossSurface, at: Tensor, seed: int
) -> Steps[list[float]]:
    """The loss before and after each step of a way down; NaN from where it is no number."""
    steps = plan.whole("steps") * (SGD_STEPS if name == SGD else 1)
    walk: Iterator[Tensor]
    if name == SGD:
        die = torch.Generator().manual_seed(6007 * seed + 7)
        walk = gradient(surface, at, steps, die, rate=plan["rate"], batch=BATCH)
    elif name == FREE_KRYLOV:
        walk = krylov_newton(surface, at, steps)
    else:
        walk = newton(surface, at, steps, free=name == FREE)
    losses = [float(surface.loss(at))]
    for place, there in enumerate(walk):
        losses.append(float(surface.loss(there)))
        if not math.isfinite(losses[-1]):
            losses[-1] = math.nan
            break
        if name != SGD or place % 50 == 0:
            yield count.same(name)
    return losses + [math.nan] * (steps + 1 - len(losses))


def _wide(plan: LabPlan, count: _Count, surface: LossSurface, seed: int) -> Steps[Wide]:
    """The spectrum before and after SGD, and two methods that go on from there."""
    die = torch.Generator().manual_seed(seed)
    at = 0.1 * torch.randn(surface.size, generator=die, dtype=torch.float64)
    before = spectrum(surface, at, die)
    for place, there in enumerate(gradient(surface, at, WIDE_STEPS, die, rate=0.1, batch=BATCH)):
        at = there
        if place % 50 == 0:
            yield count.same("learning in a larger network")
    after = spectrum(surface, at, die)
    yield count.one("Lanczos on a larger network")
    tracks = yield from _go_on(plan, count, surface, at, die, 0.1)
    yield count.one("a larger network")
    return Wide(surface.size, before, after, tracks)


def _deep(
    plan: LabPlan, count: _Count, surface: LossSurface, seed: int
) -> Steps[dict[str, list[float]]]:
    """An autoencoder of six layers that SGD has learnt for long, and how two methods go on."""
    die = torch.Generator().manual_seed(6007 * seed + 11)
    parts = []
    for a, b in itertools.pairwise(surface.widths):
        parts.append(torch.randn(a * b, generator=die, dtype=torch.float64) / math.sqrt(a))
        parts.append(torch.zeros(b, dtype=torch.float64))
    at = torch.cat(parts)
    walk = gradient(surface, at, DEEP_STEPS, die, rate=DEEP_RATE, batch=BATCH)
    for place, there in enumerate(walk):
        at = there
        if place % 100 == 0:
            yield count.same("a deep autoencoder learns")
    tracks = yield from _go_on(plan, count, surface, at, die, DEEP_RATE)
    yield count.one("a deep autoencoder")
    return tracks


def _go_on(
    plan: LabPlan,
    count: _Count,
    surface: LossSurface,
    at: Tensor,
    die: torch.Generator,
    rate: float,
) -> Steps[dict[str, list[float]]]:
    """The loss as SGD and saddle-free Newton in Krylov space go on from `at`, at the same cost.

    A product with the Hessian costs two passes over the pictures, a gradient one, a loss half.
    """
    steps = max(3, plan.whole("steps") // 3)
    passes = 2 * KRYLOV + 1 + len(DAMPING) / 2
    many = round(steps * passes * len(surface.labels) / BATCH)
    ways: dict[str, Iterator[Tensor]] = {
        SGD: gradient(surface, at, many, die, rate=rate, batch=BATCH),
        FREE_KRYLOV: krylov_newton(surface, at, steps),
    }
    tracks: dict[str, list[float]] = {}
    for name, way in ways.items():
        losses = [float(surface.loss(at))]
        for place, there in enumerate(way, 1):
            if name != SGD or place * MARKS // many > (place - 1) * MARKS // many:
                losses.append(float(surface.loss(there)))
                yield count.same(f"{name} goes on in a larger network")
        tracks[name] = losses
    return tracks


def _marks(
    panel: str, found: Sequence[Mapping[str, Sequence[float]]], seeds: int
) -> tuple[Point, ...]:
    """Both ways, NaN for the seeds that are still to come."""
    points = []
    for name in (SGD, FREE_KRYLOV):
        for mark in range(MARKS + 1):
            values = tuple(one[name][mark * (len(one[name]) - 1) // MARKS] for one in found)
            values += (math.nan,) * (seeds - len(found))
            points.append(Point(panel, name, 100 * mark / MARKS, values))
    return tuple(points)


def _shown(searched: Sequence[Search]) -> tuple[LabPicture, ...]:
    found = [one for own in searched for one in own.found]
    if not found:
        return ()
    title = (
        "How many directions bend down: where the gradient is gone (filled) and at the moments of "
        "training that Newton's method set out from (hollow)"
    )
    return (
        chart("points", title, scatter, found, [one for own in searched for one in own.way]),
        chart(
            "densities", "Eigenvalues at the highest and the lowest critical point; the hatched "
            "ones bend down", densities, found,
        ),
    )  # fmt: skip
