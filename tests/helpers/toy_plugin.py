"""What a package outside of nnvis may add: a view, an attack, a lab and a kind of source.

It is laid beside its metadata under another name, and knows torch only where it works.
"""

from __future__ import annotations

from dataclasses import dataclass

from nnvis.attacks import Attack
from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option
from nnvis.sources import SourceKind, SpecForm
from nnvis.views import View
from nnvis.views.registry import ViewKind

VIEW = View(
    "toy-edges", "Edges", "where the picture is not flat; the unit only scales it", "",
    ViewKind.PERTURBATION, f"{__name__}:edges", signed=False,
)  # fmt: skip


def edges(model, x, *, layer, unit, cells="map"):
    """(N,C,H,W) -> (N,1,H,W)."""
    from torch.nn import functional

    steps = x.diff(dim=3).abs().mean(1, keepdim=True)
    return functional.pad(steps, (1, 0)) * (unit + 1)


@dataclass(frozen=True, slots=True)
class ShadeParameters(Parameters):
    """Of the toy attack."""

    eps: float = option(0.1, "how much darker", 0, 1)


ATTACK = Attack("toy-shade", "Shade", "", "linf", f"{__name__}:darken", ShadeParameters)


def darken(case, how):
    """Make every pixel darker by the same amount."""
    from nnvis.attacks.result import RawResult
    from nnvis.progress import Progress

    yield Progress(1, 1, "shading")
    return RawResult((case.x - how.eps).clamp(0, 1), steps=1)


@dataclass(frozen=True, slots=True)
class CountParameters(Parameters):
    """Of the toy lab."""

    upto: int = option(3, "How far is counted", 1, 9, title="Count")


LAB = Lab(
    name="toy-count",
    title="Counting",
    claim="Whoever counts gets further.",
    paper="nobody 2026",
    about="It counts.",
    panels=(Panel("count", "Counting", "step", "number"),),
    code=f"{__name__}:count",
    parameters=CountParameters,
)


def count(plan):
    """Count once for each seed."""
    from nnvis.labs.framework.outcome import Finding, LabOutcome, LabProgress, Measure, Point

    last = plan.whole("upto")
    for step in range(1, last + 1):
        at = (float(step),) * len(plan.seeds)
        yield LabProgress(step, last, "counting", points=(Point("count", "number", step, at),))
    reached = Measure("reached", "Reached", at)
    return LabOutcome(f"It came to {last}.", (reached,), (Finding("more", last > 1, f"{last}"),))


SOURCE = SourceKind(
    "toy", "Toy", "one grey level", "toy:128", SpecForm.SCHEME, f"{__name__}:open_grey"
)


def open_grey(level):
    """Open a picture of one grey level, 0 to 255."""
    import numpy as np

    from nnvis.sources.still import StillSource

    return StillSource(f"toy:{level}", f"grey {level}", np.full((64, 64, 3), int(level), np.uint8))
