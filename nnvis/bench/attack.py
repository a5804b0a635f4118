"""What the attacks cost: beside a plain loop, the bare passes, torchattacks and foolbox."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from nnvis.attacks import ATTACKS
from nnvis.attacks.online import OnlineAttack
from nnvis.attacks.registry import OnlineAttackParameters
from nnvis.bench.attack_peers import foolbox_pgd, torchattacks_pgd
from nnvis.bench.measurement import Measurement, Spent, faster, plain, rounds, spent
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps, drain
from nnvis.sources.sample import read_sample

ROUNDS = 20
STEPS = 10  # of PGD
EPS, STEP = 4 / 255, 1 / 255


def attack(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Attack one photograph, in turn with the same done otherwise, all on the same loaded model.

    A whole run looks at the picture before it and at what it found after it, as an attack must
    that says what it did: so do the plain loop and the other libraries here. A step is compared
    with a bare pass forward and back, the live pair with two forward and one back.
    """
    model = yield from load_steps(model_request)
    x = model.prepare(read_sample("coffee"))[1]
    with torch.no_grad():
        label = model(x).argmax(1)
    walk = _Walk(model, x)
    online, parameters = OnlineAttack(), OnlineAttackParameters(steps=1)
    calls: dict[str, Callable[[], object] | None] = {
        "whole": lambda: drain(ATTACKS["pgd"](model, x, eps=EPS, steps=STEPS, step=STEP)),
        "plain": lambda: _plain(model, x),
        "torchattacks": _judged(model, x, torchattacks_pgd(model, EPS, STEP, STEPS)),
        "foolbox": _judged(model, x, foolbox_pgd(model, EPS, STEP, STEPS)),
        "steps": walk.step,
        "passes": lambda: _pass(model, x, label),
        "pair": lambda: online.step(model, x, parameters),
        "two": lambda: (_look(model, x), _pass(model, x, label)),
    }
    taken: dict[str, list[Spent]] = {name: [] for name in calls}
    for done in rounds(ROUNDS):
        for name, call in calls.items():
            yield Progress(done, ROUNDS, f"speed: {name}")
            if call is None:
                continue
            one = spent(lambda call=call: _settled(call, x))  # type: ignore[misc]
            if done:  # the first round warms up
                taken[name].append(one)
    walk.close()
    whole = f"PGD of {STEPS} steps, judged, as fast as "
    figures = faster(f"{whole}a plain loop", taken["whole"], taken["plain"], 0.97)
    for library in ("torchattacks", "foolbox"):
        if taken[library]:
            figures += faster(f"{whole}{library}", taken["whole"], taken[library], 1.0)
    return [
        *figures,
        *faster("a step of PGD as fast as a bare pass", taken["steps"], taken["passes"], 0.97),
        *faster("live pair as fast as its bare passes", taken["pair"], taken["two"], 0.85),
        plain("PGD", [1 / one.wall for one in taken["steps"]], "steps/s"),
        plain("live pair, one step", [1 / one.wall for one in taken["pair"]], "pictures/s"),
    ]


class _Walk:
    """Steps of one attack after another, without their beginning and end."""

    def __init__(self, model: VisionModel, x: Tensor) -> None:
        self._model, self._x = model, x
        self._steps = self._begun()

    def step(self) -> None:
        next(self._steps)

    def close(self) -> None:
        self._steps.close()

    def _begun(self) -> Steps[object]:
        steps = ATTACKS["pgd"](self._model, self._x, eps=EPS, steps=100 * ROUNDS, step=STEP)
        next(steps)
        return steps


def _plain(model: VisionModel, x: Tensor) -> Tensor:
    """Do what a person would write: look, walk by signs inside ball and box, look again."""
    label = _look(model, x)
    place = (x + torch.empty_like(x).uniform_(-EPS, EPS)).clamp(0, 1)
    for _ in range(STEPS):
        place = place + STEP * _pass(model, place, label).sign()
        place = torch.min(torch.max(place, x - EPS), x + EPS).clamp(0, 1)
    _look(model, place)
    return place


def _judged(
    model: VisionModel, x: Tensor, theirs: Callable[[Tensor, Tensor], Tensor] | None
) -> Callable[[], object] | None:
    if theirs is None:
        return None

    def run() -> None:
        _look(model, theirs(x, _look(model, x)))

    return run


@torch.no_grad()
def _look(model: VisionModel, x: Tensor) -> Tensor:
    top: Tensor = model(x).argmax(1)
    return top


def _pass(model: VisionModel, x: Tensor, label: Tensor) -> Tensor:
    """Run forward and backward once, with nothing around it."""
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        loss = torch.nn.functional.cross_entropy(model(leaf), label)
    return torch.autograd.grad(loss, leaf)[0]


def _settled(call: Callable[[], object], x: Tensor) -> None:
    call()
    if x.is_cuda:
        torch.cuda.synchronize(x.device)
