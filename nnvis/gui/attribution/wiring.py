"""Who hears whom about looking back and about switched units."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from nnvis.gui.attribution.text import DISPLAYS, OVERS, kind_of
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.window.main_window import BACK, CARD, UNIT, MainWindow
from nnvis.views.registry import LIVE_VIEWS, ViewKind
from nnvis.views.request import LOGITS, AttributionRequest


class AttributionWiring(QObject):
    """Connects the pages at the right, their keys and the desk."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._controller = window, window.controller
        self._last = AttributionRequest()  # the view when it is next switched on
        self._on = False
        controller, pane, controls = window.controller, window.back, window.back.controls
        controller.view_state_changed.connect(pane.set_view_state)
        controller.view_state_changed.connect(self._changed)
        controller.answered.connect(pane.look)
        window.right.turned.connect(lambda page: self.switch(page == BACK))
        controls.back_chosen.connect(controller.set_attribution)
        window.card.back_chosen.connect(self.switch)
        controls.origin_chosen.connect(controller.pin_origin)
        controls.display_chosen.connect(controller.set_display)
        controls.shading_chosen.connect(controller.shade)
        controls.grid_chosen.connect(controller.set_grid)
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
        self._changed(controller.view_state)

    def switch(self, on: bool) -> None:
        """Look back as before, or no more."""
        if on != (self._controller.view_state.request.attribution is not None):
            self._controller.set_attribution(self._last if on else None)

    def step(self, by: int) -> None:
        """Go on to the next view, or to none."""
        back = self._controller.view_state.request.attribution
        unlike = (one.name for one in LIVE_VIEWS.values() if one.kind is not ViewKind.ATTENTION)
        cycle: list[str | None] = [None, *unlike]
        now = cycle.index(back.view) if back is not None and back.view in cycle else 0
        view = cycle[(now + by) % len(cycle)]
        self._controller.set_attribution(
            None if view is None else replace(back or self._last, view=view)
        )

    def hold(self, on: bool) -> None:
        """Hold the selected unit, or follow the selection again."""
        request = self._controller.view_state.request
        if on and request.attribution is None:
            self._controller.set_attribution(self._last)
        self._controller.pin_origin(request.layer if on else None, request.unit)

    def next_grid(self, _on: bool = False) -> None:
        """Let the grid show backward values, or activations again; switches the view on."""
        request = self._controller.view_state.request
        if request.live_origin is None:
            self._controller.set_attribution(AttributionRequest(cells=self._last.cells))
        self._controller.set_grid("activation" if request.backward_grid else "backward")

    def _next_kind(self) -> None:
        display = self._controller.view_state.request.display
        self._controller.set_display(replace(display, kind=_after(tuple(DISPLAYS), display.kind)))

    def _next_over(self) -> None:
        display = self._controller.view_state.request.display
        self._controller.set_display(replace(display, over=_after(tuple(OVERS), display.over)))

    @Slot(float, float)
    def _pointed(self, x: float, y: float) -> None:
        """Follow the cell at this place of the unit's map, 0 ... 1, if that is asked for."""
        request, info = self._controller.view_state.request, self._controller.view_state.info
        origin = request.origin
        if info is None or origin is None or kind_of(origin.cells) != "cell":
            return
        layer = None if origin.layer == LOGITS else info.layer(origin.layer)
        height, width = layer.map_shape if layer is not None else (1, 1)
        cell = (min(height - 1, int(y * height)), min(width - 1, int(x * width)))
        if cell != origin.cells and request.attribution is not None:
            self._controller.set_attribution(replace(request.attribution, cells=cell))

    @Slot(object)
    def _changed(self, view_state: ViewState) -> None:
        request, commands = view_state.request, self._window.commands
        on = request.attribution is not None
        if request.attribution is not None:
            self._last = replace(request.attribution, layer=LOGITS, unit=0)
        commands["hold"].setChecked(request.pinned)
        commands["back_grid"].setChecked(request.backward_grid)
        if on != self._on:
            self._on = on
            page = self._window.right.page
            if page == BACK or (on and page != CARD):  # the card shows it as well
                self._window.right.turn_to(BACK if on else UNIT)


def _after(choices: tuple[str, ...], now: str) -> str:
    return choices[(choices.index(now) + 1) % len(choices)]
