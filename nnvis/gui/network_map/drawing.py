"""The map as it is now: the graph comes from the engine, its layout from a thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from nnvis.engine.network_graph import graph_job
from nnvis.gui.network_map.layout import MapLayout, MapSizes, lay_out
from nnvis.gui.network_map.shown import first_unfolded
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.context import Context
from nnvis.gui.state.job_slot import JobSlot
from nnvis.models.graph.network_graph import NetworkGraph
from nnvis.models.info import ModelInfo

AGAIN_MS = 20


@dataclass(frozen=True, slots=True)
class DrawnMap:
    """A graph, what of it is unfolded, and where all of that stands."""

    graph: NetworkGraph
    unfolded: frozenset[str]
    layout: MapLayout


@dataclass(frozen=True, slots=True)
class _Question:
    graph: NetworkGraph
    unfolded: frozenset[str]
    sizes: MapSizes


class MapDrawing(QObject):
    """Draws the model that it is asked for, once; lays it out whenever blocks open and close."""

    drawn = Signal(object)  # DrawnMap
    told = Signal(str)  # why there is none, or none yet; "" when there is

    def __init__(self, context: Context, sizes: Callable[[], MapSizes]) -> None:
        super().__init__(context)
        self._context, self._sizes = context, sizes
        self._slot = JobSlot(context.controller, done=self._came, failed=self._failed)
        self._task = BackgroundTask("nnvis-map", self._lay_out, self)
        self._task.answered.connect(self._laid_out)
        context.wait_for(self._task)
        self._question: _Question | None = None
        self.graph: NetworkGraph | None = None
        self.unfolded: frozenset[str] = frozenset()
        self._again = QTimer(self, singleShot=True, interval=AGAIN_MS)
        self._again.timeout.connect(self._start)

    def forget(self, info: ModelInfo | None) -> None:
        """Forget the map of another model."""
        if self._slot.ask(info):
            self.graph, self._question, self.unfolded = None, None, frozenset()
            self.told.emit("No model" if info is None else "")

    def need(self) -> None:
        """See to it that there is a map, or will be."""
        if self._slot.question is None or self.graph is not None or self._slot.busy:
            return
        self.told.emit("Following one pass through the network…")
        last = self._context.controller.last
        fed = last.fed if last is not None and last.info is self._slot.question else None
        self._slot.submit(graph_job(fed))

    def unfold(self, blocks: frozenset[str]) -> None:
        """Have exactly these blocks open."""
        if self.graph is not None and blocks != self.unfolded:
            self.unfolded = blocks
            self._start()

    def lay_out_again(self) -> None:
        """Take up other sizes."""
        if self.graph is not None:
            self._start()

    def _came(self, graph: NetworkGraph) -> None:
        self.graph, self.unfolded = graph, first_unfolded(graph)
        self._start()

    def _failed(self, line: str) -> None:
        self.told.emit(line)

    def _start(self) -> None:
        if self.graph is not None:
            self._question = _Question(self.graph, self.unfolded, self._sizes())
            if not self._task.start():  # the last one is under way
                self._again.start()

    def _lay_out(self) -> tuple[_Question, MapLayout] | None:
        asked = self._question
        if asked is None:
            return None
        return asked, lay_out(asked.graph, asked.unfolded, asked.sizes)

    def _laid_out(self, answer: tuple[_Question, MapLayout] | None) -> None:
        if answer is not None and answer[0] is self._question:
            asked, layout = answer
            self.told.emit("")
            self.drawn.emit(DrawnMap(asked.graph, asked.unfolded, layout))
