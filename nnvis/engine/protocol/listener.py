"""What the engine tells whoever drives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from nnvis.engine.protocol.job import Job
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.progress import Progress
from nnvis.sources.source import Control, Status


@dataclass(frozen=True, slots=True)
class SourceReport:
    """The source now in use."""

    spec: str
    title: str
    controls: frozenset[Control]
    status: Status


class Listener(Protocol):
    """Called on the engine's threads; every method must return at once."""

    def snapshot_ready(self) -> None:
        """`Session.snapshots` has one, after it was empty."""

    def source_changed(self, report: SourceReport) -> None:
        """Another source is in use, or the one in use is doing otherwise than before."""

    def source_failed(self, spec: str, message: str) -> None:
        """`spec` could not be opened or broke for good; a source before it stays in use."""

    def model_loading(self, model_request: ModelRequest, progress: Progress) -> None:
        """A stage of loading is reached."""

    def model_ready(self, info: ModelInfo) -> None:
        """From now on snapshots are of this model."""

    def model_failed(self, model_request: ModelRequest, message: str, field: str = "") -> None:
        """The model before it, if any, stays in use; `field` of the request is to be mended."""

    def job_changed(self, job: Job) -> None:
        """Its state or progress changed."""

    def warned(self, message: str) -> None:
        """A look failed; the live picture goes on with the next frame. "" when that is over."""
