"""A second network beside the one that is attacked: does the same change fool it too?"""

from __future__ import annotations

import logging
import threading

import numpy as np
import torch
from numpy.typing import NDArray

from nnvis.engine.protocol.snapshot import Opinion
from nnvis.engine.render.sheet import scores_of, top_of
from nnvis.errors import UserError, in_window
from nnvis.imaging.host_transfer import to_host
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, drain

log = logging.getLogger(__name__)


class SecondModel:
    """Loads on a thread of its own, which ends with that; then belongs to the one that judges."""

    def __init__(self, model_request: ModelRequest) -> None:
        """Begin to load."""
        self.model_request = model_request
        self._stopping = threading.Event()
        self._ready: tuple[VisionModel, ModelInfo] | None = None
        self._note = f"loading {model_request.spec}"
        threading.Thread(target=self._load, name="nnvis-second", daemon=True).start()

    def stop(self) -> None:
        """End loading after the stage under way."""
        self._stopping.set()

    @torch.inference_mode()
    def judge(self, clean: NDArray[np.uint8], attacked: NDArray[np.uint8]) -> Opinion:
        """(h,w,3) both, as the first network was fed -> what this one says of them.

        Each is stretched to what this network takes, as a file of it would be.
        """
        spec = self.model_request.spec
        if self._ready is None:
            return Opinion(spec, note=self._note)
        model, info = self._ready
        try:
            pair = [model.prepare(one, Fit.STRETCH)[1] for one in (clean, attacked)]
            parts = [top_of(model.judged(model(one))) for one in pair]
        except Exception as error:
            log.debug("%s failed", spec, exc_info=True)
            return Opinion(spec, note=f"{spec} failed: {_line(error)}")
        of_clean, of_attacked = (scores_of(one, info) for one in to_host(parts))
        if not of_clean:
            return Opinion(spec, note=f"{spec} has no classes")
        return Opinion(info.name, of_clean, of_attacked)

    def _load(self) -> None:
        try:
            model = drain(load_steps(self.model_request, guarded=True), self._tell)
            self._ready = model, model.info(self.model_request)
        except _OvertakenError:
            return
        except Exception as error:
            if not isinstance(error, UserError):
                log.exception("loading %s failed", self.model_request.spec)
            self._note = _line(error)

    def _tell(self, _progress: Progress) -> None:
        if self._stopping.is_set():
            raise _OvertakenError


class _OvertakenError(Exception):
    """Nobody asks this network any longer."""


def _line(error: Exception) -> str:
    return (in_window(error).strip().splitlines() or [type(error).__name__])[0]
