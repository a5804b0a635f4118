"""The methods that are one descent: FGSM, BIM, PGD, MI-FGSM and sparse PGD."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nnvis.attacks.attack import Attack, AttackInput
from nnvis.attacks.gradient_loop import Descent, descend
from nnvis.attacks.norms import L_0, L_2, LINF
from nnvis.attacks.result import RawResult
from nnvis.parameters import option
from nnvis.progress import Steps

_EPS = "largest change of a value, as in 4/255"
_STEP = "length of a step; 0: 2.5 eps / steps"
_START = "begin at a random place in the ball"
_STOP = "end as soon as the goal is reached"


@dataclass(frozen=True, slots=True)
class FgsmParameters:
    """Of FGSM."""

    eps: float = option(4 / 255, _EPS)


def fgsm(case: AttackInput, how: FgsmParameters) -> Steps[RawResult]:
    """One step along the sign of the gradient: Goodfellow, Shlens & Szegedy 2015, sec. 4.

    With a target it is the one-step target class method of Kurakin, Goodfellow & Bengio 2017,
    sec. 3 ("Adversarial machine learning at scale").
    """
    return descend(case, Descent(LINF, how.eps, steps=1, size=how.eps))


@dataclass(frozen=True, slots=True)
class BimParameters:
    """Of BIM."""

    eps: float = option(4 / 255, _EPS)
    steps: int = option(10, "steps", 1, 10_000)
    step: float = option(1 / 255, "length of a step", 0, 1)
    stop: bool = option(False, _STOP)


def bim(case: AttackInput, how: BimParameters) -> Steps[RawResult]:
    """FGSM again and again, clipped: Kurakin, Goodfellow & Bengio 2017, sec. 2.2.

    "Adversarial examples in the physical world", whose step of one level is the default here.
    """
    size = how.step or 2.5 * how.eps / how.steps
    return descend(case, Descent(LINF, how.eps, how.steps, size, stop=how.stop))


@dataclass(frozen=True, slots=True)
class PgdParameters:
    """Of PGD."""

    eps: float = option(4 / 255, _EPS)
    steps: int = option(40, "steps", 1, 10_000)
    step: float = option(0.0, _STEP, 0, 1)
    restarts: int = option(1, "attempts; each for those that still resist", 1, 1000)
    random_start: bool = option(True, _START)
    stop: bool = option(False, _STOP)


def pgd(case: AttackInput, how: PgdParameters) -> Steps[RawResult]:
    """Projected gradient descent in L-inf from random starts: Madry et al. 2018, sec. 2.1."""
    size = how.step or 2.5 * how.eps / how.steps
    walk = Descent(LINF, how.eps, how.steps, size, how.restarts, how.random_start, stop=how.stop)
    return descend(case, walk)


@dataclass(frozen=True, slots=True)
class PgdL2Parameters:
    """Of PGD in L2."""

    eps: float = option(1.0, "Euclidean length of the change")
    steps: int = option(40, "steps", 1, 10_000)
    step: float = option(0.0, _STEP, 0, 1e6)
    restarts: int = option(1, "attempts; each for those that still resist", 1, 1000)
    random_start: bool = option(True, _START)
    stop: bool = option(False, _STOP)


def pgd_l2(case: AttackInput, how: PgdL2Parameters) -> Steps[RawResult]:
    """The same in L2: Madry et al. 2018, sec. 5."""
    size = how.step or 2.5 * how.eps / how.steps
    walk = Descent(L_2, how.eps, how.steps, size, how.restarts, how.random_start, stop=how.stop)
    return descend(case, walk)


@dataclass(frozen=True, slots=True)
class MomentumParameters:
    """Of MI-FGSM."""

    eps: float = option(4 / 255, _EPS)
    steps: int = option(10, "steps", 1, 10_000)
    step: float = option(0.0, "length of a step; 0: eps / steps", 0, 1)
    decay: float = option(1.0, "how much of the earlier slopes is kept", 0, 10)
    stop: bool = option(False, _STOP)


def momentum(case: AttackInput, how: MomentumParameters) -> Steps[RawResult]:
    """Steps along the sign of a running sum of normalised gradients: Dong et al. 2018, sec. 3.1."""
    size = how.step or how.eps / how.steps
    return descend(case, Descent(LINF, how.eps, how.steps, size, momentum=how.decay, stop=how.stop))


@dataclass(frozen=True, slots=True)
class SparseParameters:
    """Of sparse PGD."""

    pixels: int = option(300, "how many pixels may change", 1)
    steps: int = option(40, "steps", 1, 10_000)
    step: float = option(0.05, "mean change of a value in a step", 1e-6, 1000)
    restarts: int = option(1, "attempts; each for those that still resist", 1, 1000)
    random_start: bool = option(True, _START)
    stop: bool = option(False, _STOP)


def sparse(case: AttackInput, how: SparseParameters) -> Steps[RawResult]:
    """PGD that may change a number of pixels by any amount: Croce & Hein 2019, sec. 3 (PGD_0).

    It stands for JSMA (Papernot et al. 2016), whose search over pairs of pixels is out of reach
    for photographs. The step is said per value, so that it fits any size; theirs
    is 0.15, for pictures of 32 x 32.
    """
    pixels = min(how.pixels, math.prod(case.x.shape[2:]))
    return descend(
        case,
        Descent(L_0, pixels, how.steps, how.step, how.restarts, how.random_start, stop=how.stop),
    )


FGSM = Attack("fgsm", "fast gradient sign", "Goodfellow et al. 2015", "linf", FgsmParameters, fgsm)
BIM = Attack("bim", "basic iterative", "Kurakin et al. 2017", "linf", BimParameters, bim)
PGD = Attack("pgd", "projected gradient", "Madry et al. 2018", "linf", PgdParameters, pgd)
PGD_L2 = Attack(
    "pgd-l2", "projected gradient, L2", "Madry et al. 2018", "l2", PgdL2Parameters, pgd_l2
)
MOMENTUM = Attack(
    "mi-fgsm", "momentum iterative", "Dong et al. 2018", "linf", MomentumParameters, momentum
)
SPARSE = Attack(
    "sparse", "sparse projected gradient", "Croce & Hein 2019", "l0", SparseParameters, sparse
)
