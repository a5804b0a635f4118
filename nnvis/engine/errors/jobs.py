"""What is asked of a folder of labelled pictures, as jobs.

Importing this is cheap: torch is loaded by the job, on the runner's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.errors.answers import SurveyRequest, Tried
from nnvis.engine.protocol.job import Job
from nnvis.progress import Steps
from nnvis.views.request import Ablation

if TYPE_CHECKING:
    from nnvis.error_analysis.run import ErrorRun


def survey(request: SurveyRequest, folder: Path) -> Job:
    """Pass the pictures -> Survey, Unmatched, Guessed; what is measured is kept in `folder`."""
    return _job("errors", "survey", request, folder)


def rank(run: ErrorRun, chosen: NDArray[np.bool_], layer: str = "") -> Job:
    """Rank the units that tell the rows `chosen` from others -> RankedUnits."""
    return _job("units at fault", "ranked", run, chosen, layer)


def cover(run: ErrorRun, chosen: NDArray[np.bool_], view: str, how: str) -> Job:
    """Cover regions of the rows `chosen` -> FoundCauses."""
    return _job("what in the picture", "causes", run, chosen, view, how)


def change(
    run: ErrorRun, chosen: NDArray[np.bool_], changes: Sequence[Ablation], draws: int = 20
) -> Job:
    """Change units over the whole folder -> FoundEffect."""
    return _job("units changed", "effect", run, chosen, tuple(changes), draws)


def views(run: ErrorRun, rows: Sequence[int], view: str, layer: str = "") -> Job:
    """Look back from the class said and the class expected -> tuple of ViewsOfPicture.

    The nearest pictures are those in the space of `layer`; "": of the last linear layer's input.
    """
    return _job("predicted and expected", "views_of", run, tuple(rows), view, layer)


def lay_out(run: ErrorRun, how: str) -> Job:
    """Lay the pictures out in the plane by "pca" or "tsne" -> PictureMap."""
    return _job("map of the pictures", "picture_map", run, how)


def report(run: ErrorRun, selections: Sequence[Tried], folder: Path) -> Job:
    """Write the report -> the path of its page."""
    return _job("report", "report", run, tuple(selections), folder)


def _job(title: str, name: str, *asked: Any) -> Job:
    return Job(title, partial(_start, name, asked))


def _start(name: str, asked: tuple[Any, ...], model: Any) -> Steps[Any]:
    work: Callable[..., Steps[Any]] = getattr(import_module("nnvis.engine.errors.work"), name)
    return work(model, *asked)
