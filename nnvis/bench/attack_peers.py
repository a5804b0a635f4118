"""The same attacks in other libraries, at equal settings, on crops of photographs."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnvis.attacks import ATTACKS
from nnvis.attacks.quantise import from_bytes, to_bytes
from nnvis.bench.measurement import Measurement, at_least, at_most, plain
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.sources.sample import read_sample

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "motorcycle_left", "motorcycle_right", "rocket")
CROPS = 6
BATCH = 4
EPS = 1 / 255  # of pictures of 8 bit
FREE_EPS = 0.1 / 255  # of others: so small that not all of them are fooled
REACH = 0.2  # a step of PGD, as a share of eps
OURS: dict[str, dict[str, Any]] = {
    "fgsm": {},
    "pgd": {"steps": 10},
    "deepfool": {"steps": 50, "candidates": 5},
    "cw": {"searches": 4, "steps": 20, "step": 0.002, "constant": 0.1},
}


def crops(count: int, size: tuple[int, int]) -> Tensor:
    """Return (count,3,h,w) in [0,1] of 8 bit: random cuts of the photographs, in turn."""
    generator = np.random.default_rng(0)
    photographs = [read_sample(name) for name in PHOTOGRAPHS]
    cuts = []
    for index in range(count):
        photograph = photographs[index % len(photographs)]
        times = -(-max(size) // min(photograph.shape[:2]))  # small ones are enlarged
        photograph = photograph.repeat(times, 0).repeat(times, 1)
        top, left = (
            int(generator.integers(0, photograph.shape[axis] - size[axis] + 1)) for axis in (0, 1)
        )
        cuts.append(photograph[top : top + size[0], left : left + size[1]])
    return from_bytes(torch.from_numpy(np.stack(cuts))).permute(0, 3, 1, 2).contiguous()


def attack_peers(model_request: ModelRequest, count: int = CROPS) -> Steps[list[Measurement]]:
    """Compare success and size of FGSM, PGD, DeepFool and C&W with foolbox's.

    Success is counted on the pictures as the methods make them, where FGSM and PGD are given an
    eps below a level of 8 bit, since one level already fools all; and on pictures of 8 bit. There
    foolbox's results are rounded, as it knows no rounding itself.
    """
    model = yield from load_steps(model_request)
    theirs = _foolbox_attacks()
    if theirs is None or model.channels != 3:
        return [plain("foolbox (pip install foolbox) to compare with", [0.0])]
    x = crops(count, model.input_size).to(model.device)
    with torch.no_grad():
        label = torch.cat([model(part) for part in x.split(BATCH)]).argmax(1)
    figures = []
    for name in OURS:
        mine = yield from _ours(model, name, x, label)
        other = yield from _foolbox(model, name, theirs[name], x, label)
        figures += _compared(name, mine, other)
    return figures


Attacked = Callable[[Tensor, Tensor], Tensor]  # picture and label -> attacked picture


def torchattacks_pgd(model: VisionModel, eps: float, step: float, steps: int) -> Attacked | None:
    """Return PGD of torchattacks; None where it is not installed."""
    torchattacks = _library("torchattacks")
    if torchattacks is None:
        return None
    theirs = torchattacks.PGD(model, eps=eps, alpha=step, steps=steps)

    def run(x: Tensor, label: Tensor) -> Tensor:
        with torch.enable_grad():
            found: Tensor = theirs(x, label)
        return found

    return run


def foolbox_pgd(model: VisionModel, eps: float, step: float, steps: int) -> Attacked | None:
    """Return PGD of foolbox, without the look at what it found; None where it is not installed."""
    foolbox = _library("foolbox")
    if foolbox is None or model.channels != 3:
        return None
    network = foolbox.PyTorchModel(model, bounds=(0, 1), device=model.device)
    theirs = foolbox.attacks.LinfPGD(steps=steps, abs_stepsize=step)

    def run(x: Tensor, label: Tensor) -> Tensor:
        with torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Tensor = theirs.run(network, x, label, epsilon=eps)
        return found

    return run


Result = dict[str, Tensor]  # "success" "rounded" (N,) bool; "l2" (N,)


def _ours(model: VisionModel, name: str, x: Tensor, label: Tensor) -> Steps[Result]:
    rows = []
    for part, own in zip(x.split(BATCH), label.split(BATCH), strict=True):
        if ATTACKS[name].norm == "linf":  # rounds on the way: once with, once without
            eight = yield from ATTACKS[name](model, part, own, **_sized(name, EPS))
            free = yield from ATTACKS[name](
                model, part, own, eight_bit=False, **_sized(name, FREE_EPS)
            )
        else:
            eight = free = yield from ATTACKS[name](model, part, own, **OURS[name])
        rows.append((free.unrounded_success, eight.success, free.unrounded_l2))
    success, rounded, length = (torch.cat(column) for column in zip(*rows, strict=True))
    return {"success": success, "rounded": rounded, "l2": length}


def _sized(name: str, eps: float) -> dict[str, Any]:
    values = {**OURS[name], "eps": eps}
    return {**values, "step": REACH * eps} if name == "pgd" else values


def _foolbox(model: VisionModel, name: str, theirs: Any, x: Tensor, label: Tensor) -> Steps[Result]:
    foolbox = _library("foolbox")
    assert foolbox is not None
    network = foolbox.PyTorchModel(model, bounds=(0, 1), device=model.device)
    fixed = ATTACKS[name].norm == "linf"
    rows = []
    for begin in range(0, len(x), BATCH):
        part, own = x[begin : begin + BATCH], label[begin : begin + BATCH]
        yield Progress(begin, len(x), f"foolbox's {name}")
        with torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw, _, _ = theirs(network, part, own, epsilons=FREE_EPS if fixed else None)
            wide = theirs(network, part, own, epsilons=EPS)[0] if fixed else raw
        with torch.no_grad():
            fooled = model(raw).argmax(1) != own
            rounded = model(from_bytes(to_bytes(wide))).argmax(1) != own
        rows.append((fooled, rounded, (raw - part).flatten(1).norm(dim=1)))
    success, after, length = (torch.cat(column) for column in zip(*rows, strict=True))
    return {"success": success, "rounded": after, "l2": length}


def _compared(name: str, mine: Result, other: Result) -> list[Measurement]:
    share, theirs = float(mine["success"].float().mean()), float(other["success"].float().mean())
    figures = [
        at_least(f"{name}: success less foolbox's {theirs:.3f}", [share - theirs], 0.0),
        at_least(
            f"{name}: 8-bit success less foolbox's {float(other['rounded'].float().mean()):.3f}",
            [float(mine["rounded"].float().mean()) - float(other["rounded"].float().mean())],
            0.0,
        ),
    ]
    both = mine["success"] & other["success"]
    if ATTACKS[name].norm == "l2" and bool(both.any()):
        ratio = float(mine["l2"][both].median() / other["l2"][both].median())
        figures.append(at_most(f"{name}: median L2 over foolbox's", [ratio], 1.05))
    return figures


def _foolbox_attacks() -> dict[str, Any] | None:
    foolbox = _library("foolbox")
    if foolbox is None:
        return None
    attacks = foolbox.attacks
    cw = OURS["cw"]
    return {
        "fgsm": attacks.FGSM(),
        "pgd": attacks.LinfPGD(steps=OURS["pgd"]["steps"], rel_stepsize=REACH),
        "deepfool": attacks.L2DeepFoolAttack(
            steps=OURS["deepfool"]["steps"], candidates=OURS["deepfool"]["candidates"]
        ),
        "cw": attacks.L2CarliniWagnerAttack(
            binary_search_steps=cw["searches"],
            steps=cw["steps"],
            stepsize=cw["step"],
            initial_const=cw["constant"],
        ),
    }


def _library(name: str) -> Any:
    """Import another library, None where it is not installed: nothing else needs it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it imports
        try:
            return importlib.import_module(name)
        except ImportError:
            return None
