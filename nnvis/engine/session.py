"""The engine as one object: a source, a model, what to look at, and the threads between them."""

from __future__ import annotations

from pathlib import Path

from nnvis.engine.job import Job
from nnvis.engine.latest import Latest
from nnvis.engine.listener import Listener
from nnvis.engine.selection import Selection
from nnvis.engine.snapshot import Snapshot
from nnvis.models.card import ModelCard, ModelRequest
from nnvis.sources.source import Control


class Session:
    """Every method returns at once; results come through the Listener. Importing this is cheap."""

    def __init__(self, listener: Listener) -> None:
        self.snapshots: Latest[Snapshot] = Latest()

    @property
    def card(self) -> ModelCard | None:
        """The model in use."""

    @property
    def selection(self) -> Selection:
        """What is looked at."""

    @property
    def frozen(self) -> bool:
        """Whether new frames are held back."""

    @property
    def dropped(self) -> int:
        """Frames of this source that the network had no time for."""

    @property
    def silence(self) -> float:
        """Seconds for which a source that should be live has not answered (a hung driver)."""

    def open_source(self, spec: str) -> None:
        """Change to another source once it is open."""

    def control(self, control: Control, value: float) -> None:
        """Ask the source to pause, step, seek ..."""

    def load_model(self, request: ModelRequest) -> None:
        """Change to another model once it is loaded; the latest request wins."""

    def select(self, selection: Selection) -> None:
        """Look at this from now on; a still picture is looked at again."""

    def freeze(self, on: bool) -> None:
        """Keep looking at the last frame."""

    def save(self, folder: Path, *, all_layers: bool = False) -> Job:
        """Write what is shown now as PNGs into `folder`; the job's result is a list of paths."""

    def close(self, timeout: float = 5.0) -> list[str]:
        """End every thread; return the names of those that did not end in time."""
