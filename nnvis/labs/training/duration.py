"""How long a run will take, said before it begins."""

from __future__ import annotations

import time
from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab

USUAL_SEEDS = 5
REFERENCE_S = 0.0092  # of an epoch of `pace` on the machine where the labs' times were measured
EPOCHS = 30  # of that: a third of a second on a quiet machine


@dataclass(frozen=True)
class Pace:
    """How many times slower than the reference this machine is now."""

    clock: float  # by the clock, other programs included
    processor: float  # by what the processor worked for this one


def pace() -> Pace:
    """Measure both by training small networks for a moment."""
    import torch

    from nnvis.labs.training.batched_mlp import build
    from nnvis.labs.training.fit import TrainingParameters, fit, labelled

    die = torch.Generator().manual_seed(0)
    x, labels = torch.rand(640, 64, generator=die), torch.randint(10, (640,), generator=die)
    stack = build((64, 100, 100, 10), range(USUAL_SEEDS))
    training = TrainingParameters(EPOCHS + 1, 32, 1e-3, "adam")
    steps = fit(stack, x, labelled(labels), training, range(5))
    next(steps)  # what torch does only once
    begun, worked = time.perf_counter(), time.process_time()
    for _ in steps:
        pass
    whole = EPOCHS * REFERENCE_S
    return Pace((time.perf_counter() - begun) / whole, (time.process_time() - worked) / whole)


def expected_seconds(lab: Lab, seeds: int, quick: bool, slower: float) -> float:
    """For `lab` with its usual data and parameters; half of a run does not grow with seeds."""
    usual = lab.seconds[0 if quick else 1]
    return usual * slower * (0.5 + 0.5 * seeds / USUAL_SEEDS)


def in_words(seconds: float) -> str:
    """Such as "about 40 seconds" or "about 3 minutes"."""
    if seconds < 90:
        return f"about {max(5, round(seconds / 5) * 5)} seconds"
    return f"about {round(seconds / 60)} minutes"
