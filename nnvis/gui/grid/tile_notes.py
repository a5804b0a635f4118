"""What each tile bears of its unit: its preferred picture, its top picture, what it fires for."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from nnvis.engine.unit_card.known_units import KnownLayer, known_units
from nnvis.errors import UserError
from nnvis.gui.grid.grid_pane import GridPane
from nnvis.gui.grid.preferred_grid import PreferredGridJobs
from nnvis.gui.grid.tile_note import TileNote
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.context import Context
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.widgets.qimage import to_image
from nnvis.models.info import ModelInfo

Asked = tuple[str, str, str]  # index, weights, layer


class TileNotes(QObject):
    """Asks the index once for each layer, on a thread of its own."""

    changed = Signal(object)  # TileNote

    def __init__(self, context: Context, grid: GridPane, preferred: PreferredGridJobs) -> None:
        super().__init__(grid)
        self._context, self._grid, self._preferred = context, grid, preferred
        self.note = TileNote.NOTHING
        self._index = context.controller.settings.index
        self._asked: Asked | None = None
        self._reading = False  # until the answer is here, which a thread may outlive
        self._task = BackgroundTask("nnvis-known-units", lambda: None, self)
        context.index_chosen.connect(self._take_index)
        context.controller.view_state_changed.connect(self._follow)

    def choose(self, note: TileNote) -> None:
        """Let the tiles bear this."""
        self.note, self._asked = note, None
        self._grid.set_notes("", {}, {})
        self._preferred.set_inset(note is TileNote.PREFERRED)
        self._follow(self._context.controller.view_state)
        self.changed.emit(note)

    def next(self) -> None:
        """Let the tiles bear the next thing."""
        notes = list(TileNote)
        self.choose(notes[(notes.index(self.note) + 1) % len(notes)])

    def _take_index(self, path: str) -> None:
        self._index, self._asked = path, None
        self._follow(self._context.controller.view_state)

    @Slot(object)
    def _follow(self, view_state: ViewState) -> None:
        info, layer = view_state.info, view_state.layer
        if self.note not in (TileNote.TOP, TileNote.LABEL) or info is None or layer is None:
            return
        asked = (self._index, info.weights_hash, layer.name)
        if asked == self._asked:
            return
        self._grid.set_notes("", {}, {})  # of another network, layer or index
        if not self._index:
            self._asked = asked
            self._context.notify(
                "no index of top pictures is open; open one (Ctrl+I): nnvis index FOLDER makes it"
            )
            return
        if self._reading and not self._task.wait(0):
            return  # its answer asks again
        self._asked, self._reading = asked, True
        self._task = BackgroundTask("nnvis-known-units", partial(_ask, asked, info), self)
        self._context.wait_for(self._task)
        self._task.answered.connect(self._answered)
        self._task.start()

    @Slot(object)
    def _answered(self, answer: tuple[Asked, KnownLayer]) -> None:
        asked, found = answer
        self._reading = False
        view_state = self._context.controller.view_state
        info, layer = view_state.info, view_state.layer
        if info and layer and asked == self._asked == (self._index, info.weights_hash, layer.name):
            self._show(found)
        self._follow(view_state)

    def _show(self, found: KnownLayer) -> None:
        if found.problem:
            self._context.notify(found.problem)
        pictures: dict[int, QImage] = {}
        texts: dict[int, str] = {}
        for unit, one in found.units.items():
            if self.note is TileNote.TOP and one.thumbnail is not None:
                pictures[unit] = to_image(one.thumbnail)
            if self.note is TileNote.LABEL:
                texts[unit] = one.text or "one folder"
        self._grid.set_notes(found.layer, pictures, texts)


def _ask(asked: Asked, info: ModelInfo) -> tuple[Asked, KnownLayer]:
    index, _, layer = asked
    try:
        return asked, known_units(Path(index), info, layer)
    except UserError as error:
        return asked, KnownLayer(layer, {}, error.in_window)
