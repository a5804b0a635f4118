"""A network that is looked at where it is: its weights of now, and nothing of it is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nnvis.engine.protocol.training import TrainingReport
from nnvis.models.info import ModelInfo
from nnvis.models.vision import VisionModel
from nnvis.sources.frame import Frame

Follow = Callable[[], tuple[VisionModel, ModelInfo]]


class LiveRoom:
    """Behind a door: a network, without a training."""

    training = False
    step = 0

    def __init__(self, title: str, follow: Follow, looking: Callable[[], object]) -> None:
        """Look at what `follow` gives, inside of `looking()`, a context manager."""
        self.title, self._follow, self._looking = title, follow, looking

    def opened(self) -> tuple[VisionModel, ModelInfo]:
        """Return the network."""
        return self._follow()

    def occupied(self, guests: int) -> None:
        """There is nothing to prepare."""

    def batch(self, since: int) -> tuple[int, Frame] | None:
        """There is no training."""

    def renew(self) -> None:
        """Its weights are those of now."""

    def report(self) -> TrainingReport | None:
        """There is no training."""

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Surround every look."""
        with self._looking():  # type: ignore[attr-defined]
            yield

    def may_look(self) -> bool:
        """Nobody else waits."""
        return True
