"""What the jobs on errors are asked and answer, as far as a window needs it; numpy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit

if TYPE_CHECKING:
    from nnvis.error_analysis.ablation import AblationEffect
    from nnvis.error_analysis.findings import Causes, Units
    from nnvis.error_analysis.run import ErrorRun


@dataclass(frozen=True, slots=True)
class SurveyRequest:
    """Which labelled pictures are to be passed."""

    folder: str
    table: str | None = None  # a CSV file of labels
    renamed: Mapping[str, str] = field(default_factory=dict)  # label -> class; "": left out
    fit: Fit = Fit.CROP
    model_request: ModelRequest = field(default_factory=ModelRequest)
    classes: bool = False  # a person says that the outputs are classes


@dataclass(frozen=True, slots=True)
class Guessed:
    """Outputs that may be no classes: a person says whether they are."""

    request: SurveyRequest
    line: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Labels that fit no class: a person says which is meant."""

    request: SurveyRequest
    line: str
    lost: tuple[str, ...]
    nearest: Mapping[str, str]
    class_names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """A pass that was analysed, in words as well."""

    run: ErrorRun
    headline: str
    calibration: str
    left_out: int
    lists: Mapping[str, tuple[NDArray[np.int64], int]]  # rows, at most so many, and their number


@dataclass(frozen=True, slots=True, eq=False)
class RankedUnits:
    """Units that tell a selection from others, in words as well, and each with its pictures."""

    units: Units
    text: str
    tops: Mapping[tuple[str, int], NDArray[np.int64]]  # rows in which each is strongest


@dataclass(frozen=True, slots=True, eq=False)
class FoundCauses:
    """What covering regions of a selection did."""

    causes: Causes
    text: str
    examples: tuple[NDArray[np.uint8], ...]  # (h,w,3) the first picture, each region covered


@dataclass(frozen=True, slots=True, eq=False)
class FoundEffect:
    """What changing units did over the whole folder."""

    effect: AblationEffect
    text: str
    confusion: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """A selection and what was found of it, for the report."""

    title: str
    rows: NDArray[np.int64]
    units: Units | None
    causes: Causes | None
    effects: tuple[AblationEffect, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ClassView:
    """A view of a class, or of two apart, and what it explains."""

    picture: NDArray[np.uint8]  # (h,w,3)
    logit: float
    probability: float  # as the logit, of two apart their difference
    total: float  # of the view's values
    reach: float  # what the colour at the end stands for; the same for both classes


@dataclass(frozen=True, slots=True, eq=False)
class ViewsOfPicture:
    """A picture with the view of the class it was said to be, of the other, and of both apart."""

    row: int
    fed: NDArray[np.uint8]  # (h,w,3)
    said: ClassView
    expected: ClassView
    difference: ClassView
    nearest: tuple[int, ...]  # rows of the most similar pictures
