"""Who hears whom about looking back and about switched units."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from nnvis.gui.attribution.text import DISPLAYS, OVERS, kind_of
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.window.main_window import BACK, CARD, UNIT, MainWindow
from nnvis.views.request import LIVE_VIEWS, LOGITS, AttributionRequest

CYCLE: tuple[str | None, ...] = (None, *(one for one in LIVE_VIEWS if one != "rollout"))


class AttributionWiring(QObject):
    """Connects the pages at the right, their keys and the desk."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._desk = window, window.desk
        self._last = AttributionRequest()  # the view when it is next switched on
        self._on = False
        desk, pane, controls = window.desk, window.back, window.back.controls
        desk.wanted_changed.connect(pane.set_wanted)
        desk.wanted_changed.connect(self._changed)
        desk.looked.connect(pane.look)
        window.right.turned.connect(lambda page: self.switch(page == BACK))
        controls.back_chosen.connect(desk.set_back)
        window.card.back_chosen.connect(self.switch)
        controls.origin_chosen.connect(desk.hold)
        controls.display_chosen.connect(desk.set_display)
        controls.shading_chosen.connect(desk.shade)
        controls.grid_chosen.connect(desk.set_grid)
        window.back_jobs.failed.connect(window.banner.tell)
        window.grid.cell_hovered.connect(self._pointed)
        window.input.picture.pointed.connect(self._pointed)
        pane.picture.pointed.connect(self._pointed)
        on = window.commands.on
        on("back", lambda: self.step(1))
        on("back_before", lambda: self.step(-1))
        on("hold", self.hold)
        on("back_grid", self.next_grid)
        on("display", self._next_kind)
        on("over", self._next_over)
        self._changed(desk.wanted)

    def switch(self, on: bool) -> None:
        """Look back as before, or no more."""
        if on != (self._desk.wanted.selection.back is not None):
            self._desk.set_back(self._last if on else None)

    def step(self, by: int) -> None:
        """Go on to the next view, or to none."""
        back = self._desk.wanted.selection.back
        now = CYCLE.index(back.view) if back is not None and back.view in CYCLE else 0
        view = CYCLE[(now + by) % len(CYCLE)]
        self._desk.set_back(None if view is None else replace(back or self._last, view=view))

    def hold(self, on: bool) -> None:
        """Hold the selected unit, or follow the selection again."""
        selection = self._desk.wanted.selection
        if on and selection.back is None:
            self._desk.set_back(self._last)
        self._desk.hold(selection.layer if on else None, selection.unit)

    def next_grid(self, _on: bool = False) -> None:
        """Let the grid show backward values, or activations again; switches the view on."""
        selection = self._desk.wanted.selection
        if selection.live is None:
            self._desk.set_back(AttributionRequest(seed=self._last.seed))
        self._desk.set_grid("activation" if selection.backward else "backward")

    def _next_kind(self) -> None:
        display = self._desk.wanted.selection.display
        self._desk.set_display(replace(display, kind=_after(tuple(DISPLAYS), display.kind)))

    def _next_over(self) -> None:
        display = self._desk.wanted.selection.display
        self._desk.set_display(replace(display, over=_after(tuple(OVERS), display.over)))

    @Slot(float, float)
    def _pointed(self, x: float, y: float) -> None:
        """Follow the cell at this place of the unit's map, 0 ... 1, if that is asked for."""
        selection, card = self._desk.wanted.selection, self._desk.wanted.card
        origin = selection.origin
        if card is None or origin is None or kind_of(origin.seed) != "cell":
            return
        layer = None if origin.layer == LOGITS else card.layer(origin.layer)
        height, width = layer.map_shape if layer is not None else (1, 1)
        cell = (min(height - 1, int(y * height)), min(width - 1, int(x * width)))
        if cell != origin.seed and selection.back is not None:
            self._desk.set_back(replace(selection.back, seed=cell))

    @Slot(object)
    def _changed(self, wanted: ViewState) -> None:
        selection, commands = wanted.selection, self._window.commands
        on = selection.back is not None
        if selection.back is not None:
            self._last = replace(selection.back, layer=LOGITS, unit=0)
        commands["hold"].setChecked(selection.held)
        commands["back_grid"].setChecked(selection.backward)
        if on != self._on:
            self._on = on
            page = self._window.right.page
            if page == BACK or (on and page != CARD):  # the card shows it as well
                self._window.right.turn_to(BACK if on else UNIT)


def _after(choices: tuple[str, ...], now: str) -> str:
    return choices[(choices.index(now) + 1) % len(choices)]
