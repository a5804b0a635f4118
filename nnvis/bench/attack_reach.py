"""What the attacks reach on the sample photographs, and that noise does not."""

from __future__ import annotations

import numpy as np
import torch

from nnvis.attacks import ATTACKS, AttackOutcome
from nnvis.attacks.native_size import NativeSize
from nnvis.bench.measurement import Measurement, at_least, at_most, plain
from nnvis.engine.attack.live_attack import CLOSE
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Steps
from nnvis.sources.sample import read_sample

SAMPLES = ("coffee", "chelsea", "astronaut", "rocket")
TARGETS = 5  # random classes for each picture
DRAWS = 30


def attack_reach(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Fool the model on the sample photographs, and count."""
    model = yield from load_steps(model_request)
    figures = yield from _control(model)
    figures += yield from _targets(model)
    return figures


def _control(model: VisionModel) -> Steps[list[Measurement]]:
    """Change the photographs at their own size, as a person would."""
    figures = []
    for name in ("coffee", "chelsea"):
        network = NativeSize(model, read_sample(name))
        noise = yield from ATTACKS["noise"](network, network.x, eps=1 / 255, draws=DRAWS)
        pgd = yield from ATTACKS["pgd"](network, network.x, eps=1 / 255)
        assert noise.rate is not None
        first, second = noise.clean_logits.softmax(1).topk(2).values[0].tolist()
        weak = ": too little, noise can flip it" if first - second < CLOSE else ""
        figures += [
            at_most(f"{name}: flips by {DRAWS} x random signs 1/255", [_hits(noise)], 0),
            at_least(f"{name}: flipped by PGD 1/255", [float(pgd.success)], 1),
            plain(f"{name}: lead of the clean top class over the next{weak}", [first - second]),
        ]
    return figures


def _targets(model: VisionModel) -> Steps[list[Measurement]]:
    generator = np.random.default_rng(0)
    reached, steps = [], []
    for name in SAMPLES:
        x = model.prepare(read_sample(name))[1]
        with torch.no_grad():
            logits = model(x)
        classes = [one for one in range(logits.shape[1]) if one != int(logits.argmax())]
        chosen = generator.choice(classes, min(TARGETS, len(classes)), replace=False)
        for target in chosen.tolist():
            outcome = yield from ATTACKS["pgd"](model, x, target=target, eps=4 / 255, stop=True)
            reached.append(bool(outcome.success))
            steps.append(float(outcome.gradients))
    share = sum(reached) / len(reached)
    return [
        at_least(f"PGD 4/255 to {len(reached)} random classes", [share], 0.95),
        plain("steps until the class is reached", steps),
    ]


def _hits(outcome: AttackOutcome) -> float:
    assert outcome.rate is not None
    return float((outcome.rate * DRAWS).round().sum())
