"""Critical points by how many units are awake, then three ways down from a plateau."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.saddle_points.lanczos import Spectrum, spectrum
from nnvis.labs.saddle_points.newton import gradient, newton
from nnvis.labs.saddle_points.picture import densities, scatter, spectra
from nnvis.labs.saddle_points.points import Critical, Search, look, search
from nnvis.labs.saddle_points.summary import METHODS, Wide, summarise
from nnvis.labs.saddle_points.surface import LossSurface
from nnvis.progress import Steps

SIDE = 4  # pixels; the whole Hessian has to fit
DECAY = 1e-3
NOISE = 1e-3  # of the step off the critical point
BATCH = 32
SGD_STEPS = 50  # for each Newton step
MARKS = 20  # points of a curve
ON_WAY = 8  # points of the whole network's way down
WIDE_SIDE, WIDE = 8, 64  # pixels and hidden units where only Lanczos reaches the spectrum
WIDE_STEPS = 600  # of SGD


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Look at each seed's critical points, then leave the plateau with one unit awake."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # at matrices as small several only wait for each other
    try:
        return (yield from _run(plan))
    finally:
        torch.set_num_threads(threads)


def _run(plan: LabPlan) -> Steps[LabOutcome]:
    pictures = 300 if plan.quick else 1000
    x = _small(plan, pictures, SIDE)
    labels, classes = plan.data.labels[:pictures].cpu(), len(plan.data.classes)
    units, seeds = plan.whole("units"), plan.seeds
    whole = LossSurface(x, labels, (x.shape[1], units, classes), DECAY)
    dice = [torch.Generator().manual_seed(6007 * seed + 3) for seed in seeds]
    count = _Count((units + 1 + len(METHODS) + 2) * len(seeds))

    searched: list[list[Search]] = [[] for _ in seeds]
    for awake in range(units + 1):
        for own, die in zip(searched, dice, strict=True):
            own.append(search(whole, awake, die))
            yield count.one(f"Newton with {awake} units awake")
        lowest = [min(own[-1].found, key=_loss, default=None) for own in searched]
        index = tuple(100 * one.index if one else math.nan for one in lowest)
        height = tuple(one.loss if one else math.nan for one in lowest)
        points = (
            Point("index", "lowest found", awake, index),
            Point("height", "lowest found", awake, height),
        )
        yield count.same("looking", points, _shown(searched, []))
    passed: list[list[Critical]] = []
    for own in searched:
        way = own[-1].way
        places = {round(len(way) ** (k / (ON_WAY - 1))) - 1 for k in range(ON_WAY)}
        start = float(whole.slope(way[0]).norm())
        passed.append([look(whole, way[place], units, start) for place in sorted(places)])
        yield count.one("on the way down of the whole network")
    yield count.same("looking", (), _shown(searched, passed))

    escapes: dict[str, list[list[float]]] = {name: [] for name in METHODS}
    for name, tracks in escapes.items():
        for own, die, seed in zip(searched, dice, seeds, strict=True):
            noise = torch.Generator().manual_seed(seed)
            off = torch.randn(whole.size, generator=noise, dtype=torch.float64)
            at = _plateau(own) + NOISE * off
            tracks.append((yield from _track(plan, count, name, whole, at, die)))
            yield count.one(name)
        for mark in range(MARKS + 1):
            values = tuple(track[mark * (len(track) - 1) // MARKS] for track in tracks)
            yield count.same(name, (Point("escape", name, 100 * mark / MARKS, values),))

    x = _small(plan, pictures, WIDE_SIDE)
    wide = LossSurface(x, labels, (x.shape[1], WIDE, classes), DECAY)
    large: list[Wide] = []
    for seed in seeds:
        before, after = yield from _learn(count, wide, torch.Generator().manual_seed(seed))
        large.append(Wide(wide.size, before, after))
        title = (
            f"Eigenvalues of a network of {wide.size} weights, estimated by Lanczos' method; "
            "red ones bend down"
        )
        shown = () if len(large) > 1 else (LabPicture("large", title, spectra(before, after)),)
        yield count.one("Lanczos on a larger network", shown)
    return summarise(seeds, searched, passed, escapes, large)


class _Count:
    """How much of the lab is done."""

    def __init__(self, total: int) -> None:
        self.done, self.total = 0, total

    def one(self, note: str, shown: tuple[LabPicture, ...] = ()) -> LabProgress:
        """One more part is done."""
        self.done += 1
        return LabProgress(self.done, self.total, note, shown=shown)

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


def _plateau(own: Sequence[Search]) -> Tensor:
    """The lowest critical point with the fewest units awake, but one at least if there is any."""
    places = [one for part in own for one in part.found]
    return min(places, key=lambda one: (one.awake == 0, one.awake, one.loss)).at


def _track(
    plan: LabPlan, count: _Count, name: str, surface: LossSurface, at: Tensor, die: torch.Generator
) -> Steps[list[float]]:
    """The loss before and after each step of a way down; NaN from where it is no number."""
    steps = plan.whole("steps") * (SGD_STEPS if name == "SGD" else 1)
    walk: Iterator[Tensor]
    if name == "SGD":
        walk = gradient(surface, at, steps, die, rate=plan["rate"], batch=BATCH)
    else:
        walk = newton(surface, at, steps, free=name == "saddle-free Newton")
    losses = [float(surface.loss(at))]
    for place, there in enumerate(walk):
        losses.append(float(surface.loss(there)))
        if not math.isfinite(losses[-1]):
            losses[-1] = math.nan
            break
        if name != "SGD" or place % 50 == 0:
            yield count.same(name)
    return losses + [math.nan] * (steps + 1 - len(losses))


def _learn(
    count: _Count, surface: LossSurface, die: torch.Generator
) -> Steps[tuple[Spectrum, Spectrum]]:
    """The spectrum at a random point, and after SGD from there."""
    at = 0.1 * torch.randn(surface.size, generator=die, dtype=torch.float64)
    before = spectrum(surface, at, die)
    for place, there in enumerate(gradient(surface, at, WIDE_STEPS, die, rate=0.1, batch=BATCH)):
        at = there
        if place % 50 == 0:
            yield count.same("learning in a larger network")
    return before, spectrum(surface, at, die)


def _shown(
    searched: Sequence[Sequence[Search]], passed: Sequence[Sequence[Critical]]
) -> tuple[LabPicture, ...]:
    found = [one for own in searched for part in own for one in part.found]
    if not found:
        return ()
    title = (
        "The more directions bend down the higher the point: where the gradient is gone, and "
        "(grey) on the way down of the whole network"
    )
    return (
        LabPicture("points", title, scatter(found, [one for own in passed for one in own])),
        LabPicture(
            "densities", "Eigenvalues at the highest and the lowest point at rest; red ones bend "
            "down", densities(found),
        ),
    )  # fmt: skip


def _loss(one: Critical) -> float:
    return one.loss
