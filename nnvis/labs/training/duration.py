"""How long a run will take, said before it begins."""

from __future__ import annotations

import time

from nnvis.labs.framework.lab import Lab

USUAL_SEEDS = 5
REFERENCE_S = 0.046  # of `pace`'s work on the machine where the labs' times were measured


def pace() -> float:
    """How many times slower than the reference this machine is now, other programs included."""
    import torch

    from nnvis.labs.training.batched_mlp import build
    from nnvis.labs.training.fit import TrainingParameters, fit, labelled

    die = torch.Generator().manual_seed(0)
    x, labels = torch.rand(640, 64, generator=die), torch.randint(10, (640,), generator=die)
    stack = build((64, 100, 100, 10), range(USUAL_SEEDS))
    steps = fit(stack, x, labelled(labels), TrainingParameters(6, 32, 1e-3, "adam"), range(5))
    next(steps)  # what torch does only once
    begun = time.perf_counter()
    for _ in steps:
        pass
    return (time.perf_counter() - begun) / REFERENCE_S


def expected_seconds(lab: Lab, seeds: int, quick: bool, slower: float) -> float:
    """For `lab` with its usual data and parameters; half of a run does not grow with seeds."""
    usual = lab.seconds[0 if quick else 1]
    return usual * slower * (0.5 + 0.5 * seeds / USUAL_SEEDS)


def in_words(seconds: float) -> str:
    """Such as "about 40 seconds" or "about 3 minutes"."""
    if seconds < 90:
        return f"about {max(5, round(seconds / 5) * 5)} seconds"
    return f"about {round(seconds / 60)} minutes"
