"""The attacks by name; a new one is one file and one line here. No torch."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from nnvis.parameters import LEVELS, Option, Parameters, build, option, options
from nnvis.plugins import Registry
from nnvis.structure import limited

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nnvis.attacks.result import AttackOutcome
    from nnvis.progress import Steps

_EPS = "largest change of a value, as in 4/255"
_SLIDER: dict[str, Any] = {"usual": (1 / LEVELS, 32 / LEVELS), "parts": LEVELS}  # of eps
_STEP = "length of a step; 0: 2.5 eps / steps"
_START = "begin at a random place in the ball"
_STOP = "end as soon as the goal is reached"

Norm = Literal["linf", "l2", "l0"]


@dataclass(frozen=True, slots=True)
class Attack:
    """A method by which a network is fooled."""

    name: str
    title: str
    paper: str
    norm: Norm
    code: str  # "module:function", (AttackInput, parameters) -> Steps[RawResult]
    parameters: type[Parameters]
    needs_target: bool = False
    live: bool = False  # what the live attack is, in its norm

    @property
    def options(self) -> tuple[Option, ...]:
        """What can be set, for a form or a command line."""
        return options(self.parameters)

    def __call__(
        self,
        model: nn.Module,
        x: Tensor,
        label: Tensor | int | None = None,
        *,
        target: Tensor | int | None = None,
        seed: int = 0,
        eight_bit: bool = True,
        **values: Any,
    ) -> Steps[AttackOutcome]:
        """Attack `model` at `x`; drain() gives the outcome.

        Args:
            model: (N,C,H,W) in [0,1] -> (N,K) logits, in eval mode, on the device of `x`.
            x: (N,C,H,W) in [0,1]; of 8 bit (multiples of 1/255) unless `eight_bit` is off.
            label: the class that is to be left, one for all or (N,); None: the network's own.
            target: the class that is to be reached; None: any other than `label`.
            seed: of everything random.
            eight_bit: keep the result on the 256 levels of a file, and judge it there.
            values: of `parameters`; text is read as in "4/255".

        Raises:
            UserError: something given cannot be used, or the network cannot be attacked.
        """
        run = pkgutil.resolve_name("nnvis.attacks.attack:run_attack")
        how = build(self.parameters, values, self.name)
        steps: Steps[AttackOutcome] = run(self, how, model, x, label, target, seed, eight_bit)
        return steps


@dataclass(frozen=True, slots=True)
class LbfgsParameters(Parameters):
    """Of box-constrained L-BFGS."""

    searches: int = option(8, "weights tried", 1, 50)
    steps: int = option(15, "iterations of L-BFGS for each weight", 1, 1000)
    weight: float = option(1.0, "the first weight of the size", 1e-6, 1e6)


@dataclass(frozen=True, slots=True)
class FgsmParameters(Parameters):
    """Of FGSM."""

    eps: float = option(4 / 255, _EPS)


@dataclass(frozen=True, slots=True)
class BimParameters(Parameters):
    """Of BIM."""

    eps: float = option(4 / 255, _EPS)
    steps: int = option(10, "steps", 1, 10_000)
    step: float = option(1 / 255, "length of a step", 0, 1)
    stop: bool = option(False, _STOP)


@dataclass(frozen=True, slots=True)
class PgdParameters(Parameters):
    """Of PGD."""

    eps: float = option(4 / 255, _EPS, **_SLIDER)
    steps: int = option(40, "steps", 1, 10_000)
    step: float = option(0.0, _STEP, 0, 1)
    restarts: int = option(1, "attempts; each for those that still resist", 1, 1000)
    random_start: bool = option(True, _START)
    stop: bool = option(False, _STOP)


@dataclass(frozen=True, slots=True)
class PgdL2Parameters(Parameters):
    """Of PGD in L2."""

    eps: float = option(1.0, "Euclidean length of the change", usual=(0.1, 10), parts=10)
    steps: int = option(40, "steps", 1, 10_000)
    step: float = option(0.0, _STEP, 0, 1e6)
    restarts: int = option(1, "attempts; each for those that still resist", 1, 1000)
    random_start: bool = option(True, _START)
    stop: bool = option(False, _STOP)


@dataclass(frozen=True, slots=True)
class MomentumParameters(Parameters):
    """Of MI-FGSM."""

    eps: float = option(4 / 255, _EPS)
    steps: int = option(10, "steps", 1, 10_000)
    step: float = option(0.0, "length of a step; 0: eps / steps", 0, 1)
    decay: float = option(1.0, "how much of the earlier slopes is kept", 0, 10)
    stop: bool = option(False, _STOP)


@dataclass(frozen=True, slots=True)
class DeepFoolParameters(Parameters):
    """Of DeepFool."""

    steps: int = option(50, "steps", 1, 1000)
    candidates: int = option(10, "how many of the likeliest classes are considered", 2, 1000)
    overshoot: float = option(0.02, "how far beyond the boundary, as a share", 0, 10)


@dataclass(frozen=True, slots=True)
class CarliniWagnerParameters(Parameters):
    """Of Carlini & Wagner's attack."""

    searches: int = option(6, "constants tried, by bisection", 1, 20)
    steps: int = option(100, "steps of Adam for each constant", 1, 10_000)
    step: float = option(
        0.001, "learning rate of Adam; theirs is 0.01, for pictures of 32 x 32", 1e-6, 1
    )
    constant: float = option(0.1, "the first constant: weight of the margin", 1e-9, 1e9)
    confidence: float = option(0.0, "margin to win by, in logits", 0, 100)


@dataclass(frozen=True, slots=True)
class SparseParameters(Parameters):
    """Of sparse PGD."""

    pixels: int = option(300, "how many pixels may change", 1)
    steps: int = option(40, "steps", 1, 10_000)
    step: float = option(0.05, "mean change of a value in a step", 1e-6, 1000)
    restarts: int = option(1, "attempts; each for those that still resist", 1, 1000)
    random_start: bool = option(True, _START)
    stop: bool = option(False, _STOP)


@dataclass(frozen=True, slots=True)
class OnePixelParameters(Parameters):
    """Of the one-pixel attack."""

    pixels: int = option(1, "how many pixels may change", 1, 100)
    population: int = option(100, "individuals", 4, 2000)
    generations: int = option(30, "how often each has a child", 1, 1000)


@dataclass(frozen=True, slots=True)
class UniversalParameters(Parameters):
    """Of the universal perturbation."""

    eps: float = option(10 / 255, "largest change of a value, as in 4/255")
    passes: int = option(5, "over all the pictures", 1, 100)
    share: float = option(0.8, "of the pictures that is to be fooled", 0, 1)
    steps: int = option(10, "of DeepFool for each picture and pass", 1, 100)
    candidates: int = option(5, "classes that DeepFool considers", 2, 1000)


@dataclass(frozen=True, slots=True)
class PatchParameters(Parameters):
    """Of the adversarial patch."""

    share: float = option(0.1, "of the picture that the patch covers", 0.001, 0.9)
    steps: int = option(300, "steps", 1, 100_000)
    step: float = option(0.05, "change of a value in a step at first; it falls to 0", 1e-4, 1)
    turn: float = option(20.0, "degrees that it is turned, to either side", 0, 180)
    zoom: float = option(1.2, "factor of its size, up and down", 1, 4)
    views: int = option(4, "placements of the patch on each picture in a step", 1, 64)


@dataclass(frozen=True, slots=True)
class SquareParameters(Parameters):
    """Of the Square attack."""

    eps: float = option(8 / 255, "largest change of a value, as in 4/255")
    queries: int = option(1000, "pictures that the network may be shown", 1, 1_000_000)
    share: float = option(0.05, "of the picture that the first squares cover", 1e-4, 1)
    stop: bool = option(True, "end as soon as the goal is reached")


@dataclass(frozen=True, slots=True)
class ExpectationParameters(Parameters):
    """Of expectation over transformations."""

    eps: float = option(16 / 255, "largest change of a value, as in 4/255")
    steps: int = option(60, "steps", 1, 10_000)
    step: float = option(0.0, "length of a step; 0: 2.5 eps / steps", 0, 1)
    views: int = option(4, "views of each picture in a step", 1, 256)
    turn: float = option(15.0, "degrees, to either side", 0, 180)
    zoom: float = option(1.2, "factor, in and out", 1, 10)
    shift: float = option(0.05, "share of the side, each way", 0, 1)
    light: float = option(0.1, "brightness added or taken away", 0, 1)
    grain: float = option(0.02, "spread of gaussian noise", 0, 1)


@dataclass(frozen=True, slots=True)
class FoolingParameters(Parameters):
    """Of fooling images."""

    steps: int = option(200, "steps at most", 1, 100_000)
    step: float = option(0.01, "mean change of a value in a step", 1e-5, 1)
    confidence: float = option(0.99, "probability at which it ends", 0.01, 1)
    spread: float = option(0.2, "of the noise around grey that it begins with", 0, 1)


@dataclass(frozen=True, slots=True)
class NoiseParameters(Parameters):
    """Of random noise."""

    eps: float = option(4 / 255, "largest change of a value, as in 4/255")
    draws: int = option(50, "how often", 1, 100_000)
    kind: str = option("sign", "of the changes", choices=("sign", "uniform", "gaussian"))


@dataclass(frozen=True, slots=True)
class OnlineAttackParameters(Parameters):
    """Of the attack that follows a live picture."""

    norm: Norm = option("linf", "what of the change is bounded", words={
        "linf": ("L∞", "The largest change of a value is bounded"),
        "l2": ("L2", "The Euclidean length of the change is bounded"),
    })  # fmt: skip
    eps: float = option(4 / 255, _EPS, title="Size", **_SLIDER)  # of L-inf; see `live_size`
    step: float = option(0.0, "length of a step; 0: eps / 4", 0, title="Step size")
    steps: int = option(1, "on each frame, while there is time", 0, 1000, usual=(1, 20))
    target: int | None = option(None, "class to be seen; none: any but the clean one", 0)
    carried: bool = option(False, "what becomes of frames to come", title="Frames", words={
        False: ("Attack each", "Go on attacking on every frame"),
        True: ("Carry over", "Lay the change found over the frames to come"),
    })  # fmt: skip
    halt: int | None = limited(None, 0)  # steps on one picture after which it stands still


_BUILT_IN = (
    Attack(
        "lbfgs", "L-BFGS in the box", "Szegedy et al. 2014", "l2",
        "nnvis.attacks.lbfgs:lbfgs", LbfgsParameters,
    ),
    Attack(
        "fgsm", "fast gradient sign", "Goodfellow et al. 2015", "linf",
        "nnvis.attacks.gradient_methods:fgsm", FgsmParameters,
    ),
    Attack(
        "bim", "basic iterative", "Kurakin et al. 2017", "linf",
        "nnvis.attacks.gradient_methods:bim", BimParameters,
    ),
    Attack(
        "pgd", "projected gradient", "Madry et al. 2018", "linf",
        "nnvis.attacks.gradient_methods:pgd", PgdParameters, live=True,
    ),
    Attack(
        "pgd-l2", "projected gradient, L2", "Madry et al. 2018", "l2",
        "nnvis.attacks.gradient_methods:pgd_l2", PgdL2Parameters, live=True,
    ),
    Attack(
        "mi-fgsm", "momentum iterative", "Dong et al. 2018", "linf",
        "nnvis.attacks.gradient_methods:momentum", MomentumParameters,
    ),
    Attack(
        "deepfool", "DeepFool", "Moosavi-Dezfooli et al. 2016", "l2",
        "nnvis.attacks.deepfool:deepfool", DeepFoolParameters,
    ),
    Attack(
        "cw", "Carlini & Wagner", "Carlini & Wagner 2017", "l2",
        "nnvis.attacks.carlini_wagner:carlini_wagner", CarliniWagnerParameters,
    ),
    Attack(
        "sparse", "sparse projected gradient", "Croce & Hein 2019", "l0",
        "nnvis.attacks.gradient_methods:sparse", SparseParameters,
    ),
    Attack(
        "one-pixel", "one pixel by evolution", "Su et al. 2019", "l0",
        "nnvis.attacks.one_pixel:one_pixel", OnePixelParameters,
    ),
    Attack(
        "universal", "one change for many", "Moosavi-Dezfooli et al. 2017", "linf",
        "nnvis.attacks.universal:universal", UniversalParameters,
    ),
    Attack(
        "patch", "adversarial patch", "Brown et al. 2017", "l0",
        "nnvis.attacks.patch:patch", PatchParameters,
    ),
    Attack(
        "square", "random squares, no gradient", "Andriushchenko et al. 2020", "linf",
        "nnvis.attacks.square:square", SquareParameters,
    ),
    Attack(
        "eot", "expectation over views", "Athalye et al. 2018", "linf",
        "nnvis.attacks.eot:expectation", ExpectationParameters,
    ),
    Attack(
        "fooling", "fooling image from noise", "Nguyen et al. 2015", "l2",
        "nnvis.attacks.fooling_images:fooling", FoolingParameters, needs_target=True,
    ),
    Attack(
        "noise", "random changes: the control", "Goodfellow et al. 2015", "linf",
        "nnvis.attacks.noise:noise", NoiseParameters,
    ),
)  # fmt: skip

ATTACKS = Registry("attacks", Attack, _BUILT_IN)
# The method that follows a live picture, by norm.
LIVE = {one.norm: one.name for one in _BUILT_IN if one.live}


def live_size(norm: Norm) -> Option:
    """Return how large the change of a live picture is in `norm`: as of the same method."""
    size = next(one for one in ATTACKS[LIVE[norm]].options if one.name == "eps")
    return replace(size, title="Size")
