"""What is found out about an adversarial picture, in numpy: the window holds it without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Probabilities along the line; place 0 is the clean picture, 1 the adversarial one."""

    places: NDArray[np.float64]  # (P,)
    classes: tuple[int, ...]  # those that are ever likely: clean and adversarial class first
    probabilities: NDArray[np.float32]  # (P, len(classes))
    top: NDArray[np.int64]  # (P,) likeliest class


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """The plane of the adversarial direction (across) and a random one at right angles (down)."""

    across: NDArray[np.float64]  # (A,): 0 clean, 1 adversarial
    down: NDArray[np.float64]  # (D,): in lengths of the adversarial change
    top: NDArray[np.int64]  # (D, A) likeliest class
    probability: NDArray[np.float32]  # (D, A) of that class


@dataclass(frozen=True, slots=True)
class Survival:
    """What became of one picture; the goal is that of the attack."""

    treatment: str  # "JPEG 75", "blur 1 px", ...
    fooled: bool  # the treated adversarial picture still reaches the goal
    clean_holds: bool  # the clean picture, treated likewise, is still what it was
    top: int  # likeliest class of the treated adversarial picture
    probability: float
