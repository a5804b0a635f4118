"""What the attacks reach, what they cost, and how they stand beside others."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from nnvis.attacks import ATTACKS, AttackOutcome
from nnvis.attacks.native_size import NativeSize
from nnvis.attacks.online import OnlineAttack
from nnvis.attacks.registry import OnlineAttackParameters
from nnvis.bench.attack_peers import beside_foolbox, torchattacks_rate
from nnvis.bench.measurement import Measurement, at_least, at_most, plain
from nnvis.engine.attack.live_attack import CLOSE
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.sources.sample import read_sample

SAMPLES = ("coffee", "chelsea", "astronaut", "rocket")
TARGETS = 20  # random classes for each picture
DRAWS = 50
ROUNDS = 20
STEPS = 6  # of PGD in one measurement of speed: short, so that the machine is the same for all
FRAMES = 4  # of the live pair in one measurement of speed


def attack(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Fool the model on the sample photographs, and count; takes about ten minutes on two cores.

    Speeds are measured in turn in one process, all on the same loaded model.
    """
    model = yield from load_steps(model_request)
    figures = yield from _speed(model)
    figures += yield from _control(model)
    figures += yield from _targets(model)
    figures += yield from beside_foolbox(model)
    return figures


def _speed(model: VisionModel) -> Steps[list[Measurement]]:
    x = model.prepare(read_sample("coffee"))[1]
    label = model(x).argmax(1)
    rates: dict[str, list[float]] = {"ours": [], "theirs": [], "bare": [], "pair": [], "two": []}
    measures: dict[str, Callable[[], float | None]] = {
        "ours": lambda: _pgd_rate(model, x),
        "theirs": lambda: torchattacks_rate(model, x, label, STEPS),
        "bare": lambda: _rate(lambda: _pass(model, x, label), STEPS),
        "pair": lambda: _pair_rate(model, x),
        "two": lambda: _rate(lambda: (model(x), _pass(model, x, label)), FRAMES),
    }
    for turn in range(ROUNDS + 1):
        for name, measure in measures.items():
            yield Progress(turn, ROUNDS + 1, f"speed: {name}")
            with torch.no_grad():
                rate = measure()
            if turn and rate is not None:  # the first round warms up
                rates[name].append(rate)
    ratios = [one / other for one, other in zip(rates["ours"], rates["bare"], strict=True)]
    pairs = [one / other for one, other in zip(rates["pair"], rates["two"], strict=True)]
    figures = [
        at_least("PGD steps / bare forward + backward", ratios, 0.9),
        at_least("live pair, one step / bare 2 forward + backward", pairs, 0.85),
        plain("PGD", rates["ours"], "steps/s"),
        plain("live pair, one step", rates["pair"], "pictures/s"),
    ]
    if rates["theirs"]:
        beside = [one / other for one, other in zip(rates["ours"], rates["theirs"], strict=True)]
        figures.insert(0, at_least("PGD steps / torchattacks'", beside, 1.0))
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


def _pgd_rate(model: VisionModel, x: Tensor) -> float:
    """Return steps/s between the first step of an attack and the last."""
    steps = ATTACKS["pgd"](model, x, eps=4 / 255, steps=STEPS + 1)
    next(steps)
    begin = time.perf_counter()
    for _ in range(STEPS):
        next(steps)
    _settle(x)
    rate = STEPS / (time.perf_counter() - begin)
    steps.close()
    return rate


def _pair_rate(model: VisionModel, x: Tensor) -> float:
    online = OnlineAttack()
    online.step(model, x, OnlineAttackParameters())
    return _rate(lambda: online.step(model, x, OnlineAttackParameters()), FRAMES, x)


def _pass(model: VisionModel, x: Tensor, label: Tensor) -> Tensor:
    """Run forward and backward once, with nothing around it."""
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        loss = torch.nn.functional.cross_entropy(model(leaf), label)
    return torch.autograd.grad(loss, leaf)[0]


def _rate(call: Callable[[], object], count: int, x: Tensor | None = None) -> float:
    begin = time.perf_counter()
    for _ in range(count):
        call()
    _settle(x)
    return count / (time.perf_counter() - begin)


def _settle(x: Tensor | None) -> None:
    if torch.cuda.is_available() and (x is None or x.is_cuda):
        torch.cuda.synchronize()
