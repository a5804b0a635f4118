"""Adam and SGD as torch's own functions, without the classes around them.

The first `torch.optim.Optimizer` of a process loads torch's compiler, which takes longer than many
a lab; the functions that its `step` calls are the same arithmetic, to the bit.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.sgd import sgd

BETAS = (0.9, 0.999)  # of Adam, as in Kingma & Ba 2015
EPS = 1e-8


class Stepper:
    """Changes parameters in place by their gradients; `rate` may change from step to step."""

    def __init__(
        self, own: Iterable[Tensor], rate: float, *, decay: float = 0.0, fused: bool = False
    ) -> None:
        """`decay` is added to the gradient, times the weight; `fused` takes one kernel for all."""
        self.own, self.rate, self.decay = list(own), rate, decay
        self.fused = fused or None  # None: torch chooses by the device

    def clear(self) -> None:
        """Forget the gradients."""
        for one in self.own:
            one.grad = None

    def step(self) -> None:
        """Take a step; what has no gradient stays as it is."""
        moved = [(number, one) for number, one in enumerate(self.own) if one.grad is not None]
        with torch.no_grad():
            self._move([number for number, _ in moved], [one for _, one in moved])

    def _move(self, numbers: list[int], own: list[Tensor]) -> None:
        raise NotImplementedError


class Adam(Stepper):
    """Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1."""

    def __init__(
        self, own: Iterable[Tensor], rate: float, *, decay: float = 0.0, fused: bool = False
    ) -> None:
        super().__init__(own, rate, decay=decay, fused=fused)
        self._means = [torch.zeros_like(one) for one in self.own]
        self._squares = [torch.zeros_like(one) for one in self.own]
        self._steps = [
            torch.zeros((), device=one.device if fused else "cpu", dtype=torch.float32)
            for one in self.own
        ]

    def _move(self, numbers: list[int], own: list[Tensor]) -> None:
        adam(
            own, _slopes(own), [self._means[one] for one in numbers],
            [self._squares[one] for one in numbers], [], [self._steps[one] for one in numbers],
            fused=self.fused, amsgrad=False, beta1=BETAS[0], beta2=BETAS[1], lr=self.rate,
            weight_decay=self.decay, eps=EPS, maximize=False,
        )  # fmt: skip


class Sgd(Stepper):
    """Stochastic gradient descent, with momentum (Polyak 1964) where it is not zero."""

    def __init__(
        self,
        own: Iterable[Tensor],
        rate: float,
        *,
        momentum: float = 0.0,
        decay: float = 0.0,
        fused: bool = False,
    ) -> None:
        super().__init__(own, rate, decay=decay, fused=fused)
        self.momentum = momentum
        self._speeds: list[Tensor | None] = [None for _ in self.own]

    def _move(self, numbers: list[int], own: list[Tensor]) -> None:
        speeds = [self._speeds[one] for one in numbers] if self.momentum else []
        sgd(
            own, _slopes(own), speeds, fused=self.fused, weight_decay=self.decay,
            momentum=self.momentum, lr=self.rate, dampening=0.0, nesterov=False, maximize=False,
        )  # fmt: skip
        for number, speed in zip(numbers, speeds, strict=False):  # made by the first step
            self._speeds[number] = speed


def _slopes(own: list[Tensor]) -> list[Tensor]:
    return [one.grad for one in own if one.grad is not None]
