"""Ways to fool a network; ATTACKS has them by name."""

from nnvis.attacks.attack import Attack
from nnvis.attacks.carlini_wagner import CARLINI_WAGNER
from nnvis.attacks.deepfool import DEEPFOOL
from nnvis.attacks.eot import EXPECTATION
from nnvis.attacks.fooling_images import FOOLING
from nnvis.attacks.gradient_methods import BIM, FGSM, MOMENTUM, PGD, PGD_L2, SPARSE
from nnvis.attacks.lbfgs import LBFGS
from nnvis.attacks.noise import NOISE
from nnvis.attacks.one_pixel import ONE_PIXEL
from nnvis.attacks.patch import PATCH
from nnvis.attacks.result import AttackOutcome
from nnvis.attacks.square import SQUARE
from nnvis.attacks.universal import UNIVERSAL

ATTACKS: dict[str, Attack] = {
    one.name: one
    for one in (
        LBFGS, FGSM, BIM, PGD, PGD_L2, MOMENTUM, DEEPFOOL, CARLINI_WAGNER, SPARSE, ONE_PIXEL,
        UNIVERSAL, PATCH, SQUARE, EXPECTATION, FOOLING, NOISE,
    )
}  # fmt: skip

__all__ = ["ATTACKS", "Attack", "AttackOutcome"]
