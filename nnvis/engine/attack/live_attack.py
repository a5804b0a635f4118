"""The attacked picture of a live frame."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.attacks.attack import require_finite
from nnvis.attacks.divergence import activations, judged
from nnvis.attacks.network import AttackedNetwork
from nnvis.attacks.online import AttackedFrame, OnlineAttack
from nnvis.attacks.quantise import TOP
from nnvis.engine.protocol.request import AttackRequest
from nnvis.engine.protocol.snapshot import AttackResult, LayerDifference
from nnvis.engine.render.sheet import ClassProbabilities, marked, scores_of, top_of
from nnvis.imaging.host_transfer import A, Array
from nnvis.models.detection.region import FoundObjects
from nnvis.models.info import ModelInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import put_out, record

RENEW_S = 0.7  # how often the layers are compared at most,
SHARE = 0.05  # and of the time
MIDDLE = 128  # the grey that stands for no change
WEAK = 0.3  # a top class below this may fall to noise as well,
CLOSE = 0.05  # and so may one that leads the next by less than this


@dataclass(eq=False)
class LiveAttackState:
    """What a runner keeps from frame to frame while it fools; used on its thread only."""

    online: OnlineAttack = field(default_factory=OnlineAttack)
    changes: tuple[LayerDifference, ...] = ()
    due: float = 0.0  # time.monotonic(), of the next comparison of the layers
    began: float = 0.0  # and of the last one
    fed: NDArray[np.uint8] | None = None  # the frame, (h,w,3)
    same: bool = False  # whether the one before was the same
    held: int = 0  # frames in a row at whose end the goal was reached
    noise: torch.Generator = field(default_factory=lambda: torch.Generator().manual_seed(0))

    def sees(self, fed: NDArray[np.uint8]) -> None:
        """Compare the next frame with the one before on the host, where it costs no waiting."""
        self.same = self.fed is not None and np.array_equal(self.fed, fed)
        self.fed = fed

    def compare(self, info: ModelInfo, table: NDArray[np.float32], *, changed: bool) -> None:
        """Take in how the layers differ, see `activations`, if the picture is changed at all."""
        self.changes = tuple(
            LayerDifference(
                one.layer, one.distance, tuple((unit.unit, unit.change) for unit in one.units)
            )
            for one in (judged(info.layers, table) if changed else ())
        )
        end = time.monotonic()
        self.due = end + max(RENEW_S, (end - self.began) / SHARE)


@dataclass(frozen=True, slots=True, eq=False)
class CleanAndAttacked:
    """One frame through the network twice; tensors stay on the device."""

    pair: AttackedFrame
    clean: Tensor  # the recorded layer's output for the clean frame
    attacked: Tensor  # and for the attacked one
    seen: dict[str, Tensor]  # what else was recorded, of the clean frame
    control: Tensor | None  # (1,K) logits under noise of the same size
    layers: Tensor | None  # of all layers, see `activations`; None: they were not compared
    objects: FoundObjects | None = None  # that are found in the attacked frame


def attack_frame(
    model: VisionModel,
    x: Tensor,
    asked: AttackRequest,
    attack_state: LiveAttackState,
    layer: str,
    keep: dict[str, Callable[[Tensor], Tensor]],
    *,
    compared: bool = False,
) -> CleanAndAttacked:
    """Attack the frame `x`, (1,C,H,W), going on from the one before.

    Args:
        model: owned by the calling thread.
        x: in [0,1], of 8 bit.
        asked: how.
        attack_state: what was kept from the frame before; changed.
        layer: of which the outputs for both pictures are wanted.
        keep: other layers, with what to keep of them for the clean frame.
        compared: whether all layers are to be compared now and then: a pass of two pictures.

    Raises:
        UserError: `asked` makes no sense for this network; says why.
    """
    outputs: list[Tensor] = []
    seen: dict[str, Tensor] = {}

    def first(name: str, output: Tensor) -> Tensor:
        if name not in seen:  # the clean frame goes through first
            seen[name] = keep[name](output)
        return seen[name]

    def collect(output: Tensor) -> Tensor:
        copy = output.clone()
        outputs[1:] = [copy] if outputs else []
        if not outputs:
            outputs.append(copy)
        return copy

    taps: dict[str, Callable[[Tensor], Tensor]] = {name: partial(first, name) for name in keep}
    taps[layer] = collect
    # Of a network that finds objects the last pass, in which it was shown the attacked frame.
    last = put_out(model, 1 if model.detects else 0, latest=True)
    with record(model, taps, keep=taps), last as put:
        pair = attack_state.online.step(model, x, asked, asked.budget, attack_state.same)
    begin, layers = time.monotonic(), None
    if compared and begin >= attack_state.due and pair.walked != 0:  # then nothing is changed yet
        attack_state.began = begin
        layers = activations(model, pair.clean, pair.adversarial)
    control = _noise(model, pair, attack_state.noise) if asked.control else None
    return CleanAndAttacked(
        pair, outputs[0], outputs[-1], seen, control, layers,
        model.objects(put[0]) if put else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class AttackParts(Generic[A]):
    """What is shown of an attacked frame, on the device; then the same on the host."""

    adversarial: A  # (h,w,3) uint8
    perturbation: A  # (h,w,3) uint8, the change times `gain` around middle grey
    gain: A  # ()
    top: ClassProbabilities[A]
    control: ClassProbabilities[A]
    clean: A  # (2,) probabilities of the clean picture's two strongest classes
    success: A  # (1,) bool
    linf: A  # (1,) as the two that follow
    l2: A
    changed: A
    slopeless: A | None  # (1,) bool: no gradient leads anywhere
    layers: A | None  # of all layers, see `activations`


def attack_parts(passed: CleanAndAttacked, model: VisionModel) -> AttackParts[Tensor]:
    """Draw the attacked picture and its change, measure both."""
    pair, network = passed.pair, AttackedNetwork(model)
    change = _rgb((pair.adversarial - pair.clean) * TOP)
    peak = change.abs().amax()
    gain = torch.where(peak > 0, (MIDDLE - 1) / peak.clamp(min=1), torch.ones_like(peak))
    grey = (change * gain + MIDDLE).round_().clamp_(0, TOP).to(torch.uint8)
    adversarial = (_rgb(pair.adversarial) * TOP).round_().to(torch.uint8)
    control = passed.control if passed.control is not None else pair.logits[:, :0]
    linf, l2, changed = pair.sizes
    return AttackParts(
        adversarial=adversarial.contiguous(),
        perturbation=grey.contiguous(),
        gain=gain,
        top=top_of(network.chances(pair.logits)),
        control=top_of(network.chances(control) if control.shape[1] else control),
        clean=network.chances(pair.clean_logits)[0].topk(2).values,
        success=pair.margin < 0,
        linf=linf,
        l2=l2,
        changed=changed,
        slopeless=pair.slopeless,
        layers=passed.layers,
    )


def read_attack_result(
    host: AttackParts[Array],
    passed: CleanAndAttacked,
    info: ModelInfo,
    attack_state: LiveAttackState,
) -> AttackResult:
    """Read what `attack_parts` gave, once it came to the host.

    Raises:
        UserError: the clean picture has no scores.
    """
    clean, second = (float(value) for value in host.clean)
    require_finite(torch.from_numpy(host.clean))
    success = bool(host.success.item())
    attack_state.held = attack_state.held + 1 if success else 0
    changed = int(host.changed.item())
    if host.layers is not None:
        attack_state.compare(info, host.layers, changed=changed > 0)
    return AttackResult(
        adversarial=host.adversarial,
        perturbation=host.perturbation,
        gain=float(host.gain),
        top=scores_of(host.top, info),
        clean_probability=clean,
        success=success,
        linf=float(host.linf.item()),
        l2=float(host.l2.item()),
        changed=changed,
        steps=passed.pair.steps,
        walked=passed.pair.walked,
        held=attack_state.held,
        note=_note(bool(host.slopeless) and not success, clean, clean - second),
        control=scores_of(host.control, info),
        changes=attack_state.changes,
        objects=passed.objects,
        marked=marked(host.adversarial, passed.objects),
    )


def _note(slopeless: bool, clean_probability: float, lead: float) -> str:
    if slopeless:
        return "the gradient is zero or not a number here: that says nothing about robustness"
    if clean_probability < WEAK:
        return f"the clean top class stands below {WEAK:g}: noise may change it as well"
    if lead < CLOSE:
        return f"the clean top class leads by less than {CLOSE:g}: noise may change it as well"
    return ""


def _rgb(x: Tensor) -> Tensor:
    """(1,C,h,w) -> (h,w,3): one channel as grey, of more than three the first three."""
    channels = x[0] if x.shape[1] >= 3 else x[0, :1].expand(3, -1, -1)
    return channels[:3].permute(1, 2, 0)


@torch.no_grad()
def _noise(model: VisionModel, pair: AttackedFrame, generator: torch.Generator) -> Tensor:
    """Score random signs as large, in L-inf, as the adversarial change."""
    signs = torch.randint(0, 2, pair.clean.shape, generator=generator).mul_(2).sub_(1)
    reach = (pair.adversarial - pair.clean).abs().amax()
    noisy = (pair.clean + signs.to(pair.clean) * reach).clamp_(0, 1)
    return AttackedNetwork(model).logits((noisy * TOP).round_().div_(TOP))
