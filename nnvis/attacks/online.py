"""The attack that follows a live picture: a step or more a frame, kept from frame to frame."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nnvis.attacks.attack import AttackInput, make_criterion, require_finite
from nnvis.attacks.criterion import Criterion
from nnvis.attacks.gradient_loop import Descent, Walk
from nnvis.attacks.network import AttackedNetwork
from nnvis.attacks.norms import BALLS
from nnvis.attacks.registry import OnlineAttackParameters
from nnvis.attacks.result import sizes


@dataclass(frozen=True, slots=True, eq=False)
class AttackedFrame:
    """One frame, clean and attacked; tensors stay on the device."""

    clean: Tensor  # (1,C,H,W)
    adversarial: Tensor  # (1,C,H,W), of 8 bit, in ball and box
    clean_logits: Tensor  # (1,K)
    logits: Tensor  # (1,K) of `adversarial`
    criterion: Criterion
    margin: Tensor  # (1,) below 0 where the goal is reached
    steps: int  # taken on this frame
    walked: int | None  # steps from `clean` to `adversarial`; None: other frames had a part in it
    slopeless: Tensor | None  # (1,) bool: a step was tried and had no gradient; None: no step

    @property
    def sizes(self) -> tuple[Tensor, Tensor, Tensor]:
        """(1,) L-inf, L2 and number of changed pixels."""
        return sizes(self.clean, self.adversarial, eight_bit=True)


class OnlineAttack:
    """Holds the change between frames; belongs to the thread that owns the model.

    To begin again without a change, make another one.
    """

    def __init__(self) -> None:
        """Begin without a change."""
        self._walk: Walk | None = None
        self._way: tuple[str, float, float] | None = None
        self._cost = 0.0  # seconds that the last step took
        self._change: Tensor | None = None  # the change as it was when it was taken along
        self._goal: int | None = None
        self._stood = False  # the frame was there for more than one turn
        self._walked: int | None = 0  # steps of the walk; None: it came from another frame

    def step(
        self,
        model: nn.Module,
        x: Tensor,
        parameters: OnlineAttackParameters,
        budget: float = float("inf"),
        same: bool | None = None,
    ) -> AttackedFrame:
        """Attack the next frame, beginning with the change found on the one before.

        One forward pass shows the clean frame. Each step is a forward and a backward pass at the
        attacked frame; the first gives the scores that are returned, so that a pair with one
        step costs two forward passes and one backward pass and nothing more. Further steps are
        taken while the `budget` of seconds lasts, and then the scores are those of the last.
        What a step finds is shown on the next turn.

        Args:
            model: (1,C,H,W) in [0,1] -> (1,K) logits.
            x: (1,C,H,W) in [0,1], of 8 bit.
            parameters: how; may change from frame to frame.
            budget: seconds; 0 still takes one step.
            same: whether `x` is the frame of the step before; None: they are compared.

        Raises:
            UserError: `parameters` makes no sense for the frame, or the network cannot be attacked.
        """
        end = time.perf_counter() + budget
        network = AttackedNetwork(model)
        clean_logits = network.logits(x)
        if x.device.type == "cpu":  # elsewhere it is told by the scores, once they are on the host
            require_finite(clean_logits)
        criterion = _criterion(clean_logits, parameters.target)
        walk = self._on(network, x, criterion, clean_logits, parameters, same)
        taken, slopeless = 0, None
        shown, logits, margin = walk.shown, None, None
        steps, walked = self._steps_left(parameters), self._walked
        while taken < steps:
            begin = time.perf_counter()
            if taken and begin + self._cost > end:
                break
            shown = walk.shown
            margin = walk.step()
            logits = walk.logits
            taken += 1
            walked = self._walked
            self._walked = None if walked is None else walked + 1
            slopeless = ~walk.sloped
            self._cost = time.perf_counter() - begin
        if logits is None or margin is None:
            logits = network.logits(shown)
            margin = criterion.margin(logits)
        if taken or not parameters.carried:
            self._change = walk.change
        return AttackedFrame(
            x, shown, clean_logits, logits, criterion, margin, taken, walked, slopeless
        )

    def _steps_left(self, parameters: OnlineAttackParameters) -> int:
        if parameters.halt is not None and self._walked is not None:
            return max(0, min(parameters.steps or 1, parameters.halt - self._walked))
        return 0 if parameters.carried else parameters.steps

    def _on(
        self,
        network: AttackedNetwork,
        x: Tensor,
        criterion: Criterion,
        clean_logits: Tensor,
        parameters: OnlineAttackParameters,
        same: bool | None,
    ) -> Walk:
        """Return the walk, standing on the new frame."""
        way = (parameters.norm, parameters.eps, parameters.step)
        old, goal, self._goal = self._walk, self._goal, parameters.target
        fits = old is not None and old.x.shape == x.shape and old.x.device == x.device
        # What the box of one frame cut off is not lost to the next ones while it is carried.
        change = self._change if fits else None
        if old is not None and change is not None:
            same = torch.equal(old.x, x) if same is None else same
            again = parameters.carried or self._walked is not None
            if same and again and (self._way, goal) == (way, parameters.target):
                self._stood = True
                old.go_on(criterion, network)
                return old
            if (same or self._stood) and not parameters.carried:
                change = None  # what is made of a still picture can be made of it again
            self._stood = same
        if old is not None and change is not None and self._way == way:
            self._walked = None
            old.follow(x, criterion, network, change)
            return old
        ball = BALLS[parameters.norm]
        ball.check(parameters.eps, x.shape, eight_bit=True)
        how = Descent(
            ball,
            parameters.eps,
            steps=1,
            size=parameters.step or parameters.eps / 4,
        )
        generator = torch.Generator().manual_seed(0)
        walk = Walk(
            AttackInput(network, x, criterion, clean_logits, generator, eight_bit=True), how
        )
        self._walked = 0
        if change is not None:
            self._walked = None
            walk.follow(x, criterion, network, change)
        self._walk, self._way = walk, way
        return walk


def _criterion(clean_logits: Tensor, target: int | None) -> Criterion:
    """Return the goal; a clean picture that is of the target already counts as reached."""
    own = clean_logits.argmax(1)
    if target is not None and not 0 <= target < clean_logits.shape[1]:
        make_criterion(clean_logits, own, target)  # says so
    return Criterion(own, None if target is None else torch.full_like(own, target))
