"""Units switched off, turned up and held still: keys, clicks and the list."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from nnvis.gui.ablation.page import AblationPage, change_of
from nnvis.gui.state.context import Context
from nnvis.gui.state.view_state import ViewState
from nnvis.views.request import Ablation, AblationMode

CYCLE: tuple[AblationMode | None, ...] = (
    None,
    AblationMode.SCALE,
    AblationMode.CLAMP,
    AblationMode.MEAN,
    AblationMode.FREEZE,
)
TWICE = 2.0  # the factor to begin with


class AblationCommands(QObject):
    """Connects the list, its keys and the clicks on the grid with the controller."""

    def __init__(self, context: Context, page: AblationPage) -> None:
        super().__init__(page)
        self._context, self._controller = context, context.controller
        self._controller.view_state_changed.connect(self._changed)
        page.chosen.connect(self._controller.set_ablations)
        page.unit_chosen.connect(self._controller.go)
        page.how_chosen.connect(self.change)
        context.unit_toggled.connect(self._toggle)
        on = context.commands.on
        on("switch_off", self._toggle)
        on("switch_how", self._next_how)
        on("put_back", self._controller.put_back)
        on("compare", self._controller.compare)
        self._changed(self._controller.view_state)

    def change(self, how: AblationMode | None, unit: int | None = None) -> None:
        """Let this become of a unit of the layer, by default the selected one."""
        view_state = self._controller.view_state
        if view_state.layer is None:
            return
        layer = view_state.request.layer
        unit = view_state.request.unit if unit is None else unit
        others = tuple(
            one
            for one in view_state.request.ablation.units
            if (one.layer, one.unit) != (layer, unit)
        )
        mine = () if how is None else (self._begin(layer, unit, how),)
        self._controller.set_ablations((*others, *mine))

    @Slot()
    @Slot(int)
    def _toggle(self, unit: int | None = None) -> None:
        request = self._controller.view_state.request
        unit = request.unit if unit is None else unit
        now = change_of(request.ablation.units, request.layer, unit)
        self.change(AblationMode.ZERO if now is None else None, unit)

    def _next_how(self) -> None:
        request = self._controller.view_state.request
        now = change_of(request.ablation.units, request.layer, request.unit)
        how = now.how if now is not None else None
        place = CYCLE.index(how) if how in CYCLE else 0
        self.change(CYCLE[(place + 1) % len(CYCLE)])

    def _begin(self, layer: str, unit: int, how: AblationMode) -> Ablation:
        if how is not AblationMode.CLAMP:
            return Ablation(layer, unit, how, TWICE if how is AblationMode.SCALE else 1.0)
        snapshot, low, high = self._controller.last, 0.0, 1.0
        plain = snapshot is not None and self._controller.view_state.shows == "clean"
        if snapshot is not None and plain and self._controller.view_state.match(snapshot).layer:
            low = float(snapshot.sheet.minima[unit])
            high = (low + float(snapshot.sheet.maxima[unit])) / 2  # so that something is cut off
        return Ablation(layer, unit, how, low=low, high=high)

    @Slot(object)
    def _changed(self, view_state: ViewState) -> None:
        changes, commands = view_state.request.ablation.changes, self._context.commands
        for name in ("put_back", "compare"):
            commands[name].setEnabled(changes)
        commands["compare"].setChecked(view_state.request.ablation.compared)


def build(context: Context) -> AblationPage:
    """Return the list, connected."""
    page = AblationPage()
    AblationCommands(context, page)
    return page
