"""Concepts that a guest wants found: a slice at a time, between the looks of a door."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from nnvis.engine.attribution.concept_jobs import (
    MOST_PICTURES,
    ConceptsFound,
    FindConcepts,
    concepts_of_frames,
)
from nnvis.engine.remote import messages
from nnvis.engine.remote.messages import Found, SearchStage
from nnvis.engine.remote.wire import Part, WireError, pack
from nnvis.errors import UserError
from nnvis.models.info import ModelInfo
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps

log = logging.getLogger(__name__)

_SLICE_S = 0.05


class ConceptSearch:
    """The one search of a guest; another one takes its place."""

    def __init__(self, asked: FindConcepts, model: VisionModel, info: ModelInfo) -> None:
        """Begin; nothing is done yet.

        Raises:
            WireError: these are no pictures of this network.
        """
        shape = asked.pictures.shape
        if shape[1:] != (*info.input_size, 3) or not 0 < shape[0] <= MOST_PICTURES:
            raise WireError(f"pictures of {shape}")
        self._number = asked.number
        job = concepts_of_frames(tuple(asked.pictures), asked.layer, asked.options)
        self._weights: list[int] = []  # of which steps they were, at first and now
        self._steps: Steps[ConceptsFound] = job.start(model)

    def close(self) -> None:
        """Leave it as it is."""
        self._steps.close()

    def go_on(self, send: Callable[[bytes, list[Part]], None], weights: int) -> bool:
        """Go on for a moment, with the `weights` of this step of a training, and tell of it.

        Returns whether it goes on.
        """
        self._weights = [*self._weights[:1], weights]
        end, step = time.monotonic() + _SLICE_S, Progress(0)
        try:
            while time.monotonic() < end:
                step = next(self._steps)
        except StopIteration as done:
            send(messages.FOUND, pack(Found(self._number, self._told(done.value))))
            return False
        except Exception as error:  # of anybody's network; the door stays open
            if not isinstance(error, UserError):
                log.exception("concepts cannot be found")
            said = error.in_window if isinstance(error, UserError) else type(error).__name__
            send(messages.LOST, pack(SearchStage(self._number, note=said)))
            return False
        told = SearchStage(self._number, step.done, step.total, step.note)
        send(messages.FINDING, pack(told))
        return True

    def _told(self, found: ConceptsFound) -> ConceptsFound:
        """Say of concepts that they are of no one network, where they are not."""
        first, last = self._weights[0], self._weights[-1]
        if first == last:
            return found
        frames = f"{found.basis.frames}, steps {first:,} to {last:,} of the training"
        return replace(found, basis=replace(found.basis, frames=frames))
