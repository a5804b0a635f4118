"""The keys of looking back, and when its page comes into sight."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from PySide6.QtCore import QObject, Slot

from nnvis.engine.protocol.request import GridShows
from nnvis.gui.attribution.text import kind_of
from nnvis.gui.state.context import Context
from nnvis.gui.state.view_state import ViewState
from nnvis.imaging.attribution_options import DisplayKind, DisplayOver
from nnvis.views.registry import LIVE_VIEWS, ViewKind
from nnvis.views.request import LOGITS, AttributionRequest

T = TypeVar("T")
BACK, CARD, UNIT = "back", "card", "unit"  # pages


class AttributionKeys(QObject):
    """Also while there is no page yet; it is in sight while a view is on."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._controller = context, context.controller
        self._on = False
        self._controller.view_state_changed.connect(self._changed)
        context.page_turned.connect(self._turned)
        context.pointed.connect(self.point_at)
        on = context.commands.on
        on("back", lambda: self.step(1))
        on("back_before", lambda: self.step(-1))
        on("hold", self.hold)
        on("back_grid", self.next_grid)
        on("display", self._next_kind)
        on("over", self._next_over)

    @Slot(str)
    def _turned(self, page: str) -> None:
        self._controller.switch_attribution(page == BACK)

    def step(self, by: int) -> None:
        """Go on to the next view, or to none."""
        attribution = self._controller.view_state.request.attribution
        unlike = (one.name for one in LIVE_VIEWS.values() if one.kind is not ViewKind.ATTENTION)
        cycle: list[str | None] = [None, *unlike]
        now = (
            cycle.index(attribution.view)
            if attribution is not None and attribution.view in cycle
            else 0
        )
        view = cycle[(now + by) % len(cycle)]
        last = attribution or self._controller.last_attribution
        self._controller.set_attribution(
            None if view is None else replace(last, view=view, parameters=())
        )

    def hold(self, on: bool) -> None:
        """Hold the selected unit, or follow the selection again."""
        request = self._controller.view_state.request
        if on:
            self._controller.switch_attribution(True)
        self._controller.pin_origin(request.layer if on else None, request.unit)

    def next_grid(self, _on: bool = False) -> None:
        """Let the grid show backward values, or activations again; switches the view on."""
        request = self._controller.view_state.request
        if request.live_origin is None:
            self._controller.set_attribution(
                AttributionRequest(cells=self._controller.last_attribution.cells)
            )
        self._controller.set_grid(
            GridShows.ACTIVATION if request.backward_grid else GridShows.BACKWARD
        )

    def _next_kind(self) -> None:
        display = self._controller.view_state.request.display
        self._controller.set_display(replace(display, kind=_after(list(DisplayKind), display.kind)))

    def _next_over(self) -> None:
        display = self._controller.view_state.request.display
        self._controller.set_display(replace(display, over=_after(list(DisplayOver), display.over)))

    @Slot(float, float)
    def point_at(self, x: float, y: float) -> None:
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
        request, commands = view_state.request, self._context.commands
        on = request.attribution is not None
        commands["hold"].setChecked(request.pinned)
        commands["back_grid"].setChecked(request.backward_grid)
        if on != self._on:
            self._on = on
            page = self._context.page
            if page == BACK or (on and page != CARD):  # the card shows it as well
                self._context.turn_to(BACK if on else UNIT)


def _after(choices: list[T], now: T) -> T:
    return choices[(choices.index(now) + 1) % len(choices)]
