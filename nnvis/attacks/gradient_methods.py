"""The methods that are one descent: FGSM, BIM, PGD, MI-FGSM and sparse PGD."""

from __future__ import annotations

import math

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.gradient_loop import Descent, descend
from nnvis.attacks.norms import L_0, L_2, LINF
from nnvis.attacks.registry import (
    BimParameters,
    FgsmParameters,
    MomentumParameters,
    PgdL2Parameters,
    PgdParameters,
    SparseParameters,
)
from nnvis.attacks.result import RawResult
from nnvis.progress import Steps


def fgsm(case: AttackInput, how: FgsmParameters) -> Steps[RawResult]:
    """One step along the sign of the gradient: Goodfellow, Shlens & Szegedy 2015, sec. 4.

    With a target it is the one-step target class method of Kurakin, Goodfellow & Bengio 2017,
    sec. 3 ("Adversarial machine learning at scale").
    """
    return descend(case, Descent(LINF, how.eps, steps=1, size=how.eps))


def bim(case: AttackInput, how: BimParameters) -> Steps[RawResult]:
    """FGSM again and again, clipped: Kurakin, Goodfellow & Bengio 2017, sec. 2.2.

    "Adversarial examples in the physical world", whose step of one level is the default here.
    """
    size = how.step or 2.5 * how.eps / how.steps
    return descend(case, Descent(LINF, how.eps, how.steps, size, stop=how.stop))


def pgd(case: AttackInput, how: PgdParameters) -> Steps[RawResult]:
    """Projected gradient descent in L-inf from random starts: Madry et al. 2018, sec. 2.1."""
    size = how.step or 2.5 * how.eps / how.steps
    walk = Descent(LINF, how.eps, how.steps, size, how.restarts, how.random_start, stop=how.stop)
    return descend(case, walk)


def pgd_l2(case: AttackInput, how: PgdL2Parameters) -> Steps[RawResult]:
    """The same in L2: Madry et al. 2018, sec. 5."""
    size = how.step or 2.5 * how.eps / how.steps
    walk = Descent(L_2, how.eps, how.steps, size, how.restarts, how.random_start, stop=how.stop)
    return descend(case, walk)


def momentum(case: AttackInput, how: MomentumParameters) -> Steps[RawResult]:
    """Steps along the sign of a running sum of normalised gradients: Dong et al. 2018, sec. 3.1."""
    size = how.step or how.eps / how.steps
    return descend(case, Descent(LINF, how.eps, how.steps, size, momentum=how.decay, stop=how.stop))


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
