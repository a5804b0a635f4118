"""Pattern mode: the grid shows each unit's feature image in place of its map."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from nnvis.engine.unit_card.jobs import Tiles, pattern
from nnvis.gui.grid.grid_pane import GridPane
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.job_slot import JobSlot
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.widgets.qimage import to_image
from nnvis.progress import Progress

SHARE = 0.35  # of the time: the grid is the picture now
KEPT = 4  # layers whose pictures are held ready

Key = tuple[str, str]  # weights, layer


class PreferredGridJobs(QObject):
    """Makes the pictures of the selected layer while the mode is on, from the selected unit on."""

    progressed = Signal(str, int, int)

    def __init__(self, controller: Controller, grid: GridPane) -> None:
        super().__init__(grid)
        self._controller, self._grid = controller, grid
        self._on = self._inset = False
        self._slot = JobSlot(controller, done=lambda _result: None, progressed=self._progress)
        self._key: Key | None = None
        self._taken: dict[int, object] = {}  # the pictures of the job that were made images of
        self._held: OrderedDict[Key, dict[int, QImage]] = OrderedDict()
        controller.view_state_changed.connect(self._changed)

    @property
    def finished(self) -> bool:
        """Whether the mode is on and every picture is there."""
        return self._key is not None and not self._slot.busy

    @property
    def making(self) -> bool:
        """Whether pictures are still being made."""
        return self._slot.busy

    def switch(self, on: bool) -> None:
        """Turn the mode on or off."""
        self._on = on
        self._changed(self._controller.view_state)
        if self._key is not None:
            self._show(self._key[1], self._held[self._key])

    def set_inset(self, on: bool) -> None:
        """Make the pictures for a corner of each tile, or no more."""
        self._inset = on
        self._changed(self._controller.view_state)

    def _show(self, layer: str, pictures: dict[int, QImage]) -> None:
        self._grid.set_patterns(layer, pictures if self._on else None)
        if self._inset:
            self._grid.set_notes(layer, pictures, {})

    def _progress(self, step: Progress | None) -> None:
        if step is None:
            self.progressed.emit("", 0, 0)
        elif isinstance(step, Tiles) and self._key is not None:
            pictures = self._held[self._key]
            new = {unit: one for unit, one in step.pictures if self._taken.get(unit) is not one}
            self._taken.update(new)
            pictures.update((unit, to_image(one)) for unit, one in new.items())
            self._show(self._key[1], pictures)
            self.progressed.emit(step.note, step.done, step.total)

    @Slot(object)
    def _changed(self, view_state: ViewState) -> None:
        info, layer = view_state.info, view_state.layer
        wanted = self._on or self._inset
        key = (info.weights_hash, layer.name) if wanted and info and layer else None
        if key == self._key:
            return
        self._slot.forget()
        self._key = key
        if key is None or layer is None:
            self._show("", {})
            return
        pictures = self._held.setdefault(key, {})
        self._held.move_to_end(key)
        while len(self._held) > KEPT:
            self._held.popitem(last=False)
        self._show(layer.name, pictures)
        first = view_state.request.unit
        units = [*range(first, layer.units), *range(first)]
        self._taken = {}
        self._slot.submit(pattern(key[0], layer.name, units, SHARE))
