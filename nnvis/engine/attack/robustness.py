"""How far an attack on the frame that is shown reaches: size, surroundings, survival."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nnvis.attacks import ATTACKS
from nnvis.attacks.attack import AttackInput, make_criterion
from nnvis.attacks.criterion import Criterion
from nnvis.attacks.eot import survival as views_fooled
from nnvis.attacks.landscape import line, plane
from nnvis.attacks.minimal_eps import smallest_eps
from nnvis.attacks.network import AttackedNetwork
from nnvis.attacks.quantise import to_bytes
from nnvis.attacks.registry import LIVE, ExpectationParameters
from nnvis.attacks.result import AttackOutcome, sizes
from nnvis.attacks.transform_robustness import survival
from nnvis.engine.protocol.attack_results import (
    PrintRobustness,
    SmallestFound,
    Surroundings,
    TransformRobustness,
)
from nnvis.engine.protocol.request import AttackRequest
from nnvis.engine.protocol.snapshot import Score, Snapshot
from nnvis.errors import UserError
from nnvis.models.info import ModelRequest
from nnvis.models.meaning import Meaning
from nnvis.models.preprocess import Fit
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps

LARGEST = {"linf": 64 / 255, "l2": 20.0}  # that is tried
ALONG, OVER = 31, 16  # places, so that both pictures are among them
SEARCH_STEPS = 20
PRINT_EPS = 16 / 255  # a print needs more than a file
PRINT_STEPS = 40
PRINT_VIEWS = 32  # by which the picture shown is judged


@dataclass(frozen=True, slots=True, eq=False)
class ShownAttack:
    """The two pictures of a snapshot, as tensors again."""

    network: AttackedNetwork
    clean: Tensor  # (1,C,H,W)
    attacked: Tensor  # (1,C,H,W)
    clean_logits: Tensor  # (1,K)
    logits: Tensor  # (1,K)
    criterion: Criterion
    asked: AttackRequest


def find_minimal_eps(snapshot: Snapshot, model: VisionModel) -> Steps[SmallestFound]:
    """Bisect eps for the clean frame of `snapshot`."""
    asked, model = require_attack(snapshot, model).asked, focused(model, snapshot)
    norm, largest = asked.norm, LARGEST[asked.norm]
    found = yield from smallest_eps(
        ATTACKS[LIVE[norm]], model, model.tensor(snapshot.fed), target=asked.target,
        highest=largest, values={"steps": SEARCH_STEPS, "stop": True},
    )  # fmt: skip
    top = _top(found.outcome.logits, model) if found.outcome is not None else None
    return SmallestFound(norm, found.eps, top, largest, found.warning)


def survey_surroundings(snapshot: Snapshot, model: VisionModel) -> Steps[Surroundings]:
    """Follow the line through both pictures, and the plane of it and a random direction."""
    shown = require_attack(snapshot, model)
    along = yield from line(shown.network, shown.clean, shown.attacked, ALONG)
    over = yield from plane(shown.network, shown.clean, shown.attacked, OVER)
    classes = {*along.classes, *along.top.tolist(), *over.top.ravel().tolist()}
    return Surroundings(along, over, _names(classes, model))


def treat(
    snapshot: Snapshot, other: ModelRequest | None, model: VisionModel
) -> Steps[TransformRobustness]:
    """Compress, blur, scale and turn both pictures; let another network judge them."""
    shown = require_attack(snapshot, model)
    others = {}
    if other is not None:
        second = yield from load_steps(other, guarded=True)
        yield Progress(0, 0, f"asking {second.name}")
        judge = AttackedNetwork(_Stretching(second))
        count, own = judge.logits(shown.clean).shape[1], shown.logits.shape[1]
        if count != own:
            raise UserError(
                f"{second.name} has {count} classes, {model.name} {own}; choose another network "
                "of the same classes"
            )
        others[second.name] = judge
    rows = yield from survival(shown.network, _outcome(shown), 0, others)
    return TransformRobustness(rows, _names((row.top for row in rows), model))


def print_it(snapshot: Snapshot, model: VisionModel) -> Steps[PrintRobustness]:
    """Compare the picture shown with one that was made to hold from everywhere."""
    shown = require_attack(snapshot, model)
    how, model = ExpectationParameters(), focused(model, snapshot)
    case = AttackInput(
        shown.network, shown.clean, shown.criterion, shown.clean_logits,
        torch.Generator().manual_seed(0), True,
    )  # fmt: skip
    rate = yield from views_fooled(case, shown.attacked, how, PRINT_VIEWS)
    outcome = yield from ATTACKS["eot"](
        model, shown.clean, target=shown.asked.target, eps=PRINT_EPS, steps=PRINT_STEPS
    )
    made = float(outcome.rate[0]) if outcome.rate is not None else 0.0
    return PrintRobustness(float(rate[0]), made, PRINT_EPS, _top(outcome.logits, model))


def require_attack(snapshot: Snapshot, model: VisionModel) -> ShownAttack:
    """Return what `snapshot` shows of an attack on `model`.

    Raises:
        UserError: it shows none, or of another model.
    """
    asked, found = snapshot.request.attack, snapshot.attack
    if asked is None or found is None:
        raise UserError("no attacked picture is shown yet; wait for one")
    if model.weights_hash != snapshot.info.weights_hash:
        raise UserError("the model has changed since; try again")
    if model.channels > 3:
        raise UserError(f"{model.name} takes {model.channels} channels; only pictures are examined")
    clean, attacked = model.tensor(snapshot.fed), model.tensor(found.adversarial)
    network = AttackedNetwork(focused(model, snapshot))
    clean_logits, logits = network.logits(clean), network.logits(attacked)
    criterion = make_criterion(clean_logits, None, asked.target)
    return ShownAttack(network, clean, attacked, clean_logits, logits, criterion, asked)


def focused(model: VisionModel, snapshot: Snapshot) -> VisionModel:
    """Return the network as it is attacked: of one that finds objects, the scores at one."""
    asked = snapshot.request.attack
    if asked is None or asked.region is None:
        return model
    return model.at(snapshot.now(asked.region), asked.target is not None)


class _Stretching(nn.Module):
    """Scores pictures of any size with a network that takes another, as files of them would be."""

    def __init__(self, network: VisionModel) -> None:
        super().__init__()
        self._network = network

    @property
    def meaning(self) -> Meaning:
        """What the network's logits mean."""
        return self._network.meaning

    def forward(self, x: Tensor) -> Tensor:
        pixels = to_bytes(x).permute(0, 2, 3, 1).expand(-1, -1, -1, 3).cpu().numpy()
        seen = torch.cat([self._network.prepare(one, Fit.STRETCH)[1] for one in pixels])
        logits: Tensor = self._network(seen)
        return logits


def _outcome(shown: ShownAttack) -> AttackOutcome:
    """Return the pictures as the result of the attack that they are."""
    success = shown.criterion.reached(shown.logits)
    linf, l2, l0 = sizes(shown.clean, shown.attacked, eight_bit=True)
    return AttackOutcome(
        method="live", norm=shown.asked.norm, eps=shown.asked.eps,
        clean=shown.clean, adversarial=shown.attacked, unrounded=shown.attacked,
        label=shown.criterion.label, target=shown.criterion.target,
        clean_logits=shown.clean_logits, logits=shown.logits,
        success=success, unrounded_success=success, no_slope=torch.zeros_like(success),
        linf=linf, l2=l2, l0=l0, unrounded_l2=l2, rate=None, pattern=None,
        steps=0, queries=0, gradients=0, seconds=0.0,
    )  # fmt: skip


def _top(logits: Tensor, model: VisionModel) -> Score:
    probability, index = AttackedNetwork(model).chances(logits)[0].max(0)
    return Score(int(index), model.label(int(index)), float(probability))


def _names(classes: Iterable[int], model: VisionModel) -> dict[int, str]:
    return {index: model.label(index) for index in set(classes)}
