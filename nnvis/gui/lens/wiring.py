"""Who hears whom about the lens, the pins and the truth panel."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Slot

from nnvis.engine.protocol.observations import ReceptiveField
from nnvis.engine.protocol.observe import MOST_PINS, Pin, Trigger
from nnvis.engine.protocol.snapshot import Snapshot, TriggerEvent
from nnvis.gui.lens.receptive_field import boxes
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.window.main_window import LENS, PINS, TRUTH, UNIT, MainWindow
from nnvis.models.info import ModelInfo


class LensWiring(QObject):
    """Connects the pages at the right, their keys and the desk; keeps pins with the settings."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._controller = window, window.controller
        self._info: ModelInfo | None = None
        self._acted: Snapshot | None = None
        controller = window.controller
        for pane in (window.lens, window.pins, window.truth):
            controller.view_state_changed.connect(pane.set_view_state)
            controller.answered.connect(pane.look)
        controller.view_state_changed.connect(self._changed)
        controller.answered.connect(self._looked)
        # Queued: panes come and go while what is wanted is being told.
        queued = Qt.ConnectionType.QueuedConnection
        window.lens.lens_chosen.connect(controller.set_lens, queued)
        window.lens.unit_chosen.connect(controller.go)
        window.pins.unit_chosen.connect(controller.go)
        window.pins.pins_chosen.connect(controller.set_pins)
        window.pins.trigger_chosen.connect(self._set_trigger)
        window.truth.fit_chosen.connect(controller.set_fit)
        for pointed in (
            window.grid.cell_hovered,
            window.unit.map.pointed,
            window.input.picture.pointed,
        ):
            pointed.connect(window.lens.point_at)
        on = window.commands.on
        on("unit_page", lambda: window.right.turn_to(UNIT))
        on("lens", self._next_page)
        on("pins", lambda: window.right.turn_to(PINS))
        on("truth", lambda: window.right.turn_to(TRUTH))
        on("pin", lambda _on: window.pins.toggle())
        on("trigger", lambda _on: window.pins.switch())
        stored = controller.settings.window.get("trigger")
        controller.set_trigger(_trigger(stored) if isinstance(stored, dict) else None)

    def _next_page(self) -> None:
        if self._window.right.page == LENS:
            self._window.lens.next_page()
        else:
            self._window.right.turn_to(LENS)

    def _set_trigger(self, trigger: Trigger | None) -> None:
        self._controller.set_trigger(trigger)
        saves = trigger is not None and trigger.action == "save"
        if saves and not self._controller.settings.snapshot_folder:
            self._window.saving.ask_folder()

    @Slot(object)
    def _changed(self, view_state: ViewState) -> None:
        kept = self._controller.settings.window
        if view_state.info is not None and view_state.info is not self._info:
            self._info = view_state.info
            stored = kept.get("pins")
            of = (
                stored.get(view_state.info.model_request.spec) if isinstance(stored, dict) else None
            )
            self._controller.set_pins(_pins(of, view_state.info))
            return
        if view_state.info is None:
            return
        request, asked = view_state.request, view_state.request.observe
        pins = dict(kept["pins"]) if isinstance(kept.get("pins"), dict) else {}
        pins[view_state.info.model_request.spec] = [[one.layer, one.unit] for one in asked.pins]
        kept["pins"] = {spec: of for spec, of in pins.items() if of}
        kept["trigger"] = asdict(asked.trigger) if asked.trigger is not None else None
        self._window.commands["trigger"].setChecked(asked.trigger is not None)
        self._window.commands["pin"].setChecked(Pin(request.layer, request.unit) in asked.pins)

    @Slot(object, object)
    def _looked(self, snapshot: Snapshot | None, match: Freshness) -> None:
        self._show_field(snapshot, match)
        if snapshot is None or not match.picture:
            return
        if snapshot is not self._acted:  # what is shown is told more than once
            self._acted = snapshot
            for fired in snapshot.observations.fired:
                self._act(fired)

    def _show_field(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Draw the field of the lens on the input as well."""
        window, found = self._window, None
        lens = snapshot.observations.lens if snapshot is not None and match.picture else None
        request = self._controller.view_state.request
        asked = request.observe.lens
        if lens is not None and asked is not None:
            same = (lens.layer, lens.unit) == (request.layer, request.unit)
            cell, field = asked.cell, lens.found
            if same and isinstance(field, ReceptiveField):
                found = field if cell in (None, field.cell) else None
        drawn = boxes(found, *found.picture.shape[:2]) if found is not None else ()
        window.input.picture.set_boxes(drawn)

    def _act(self, fired: TriggerEvent) -> None:
        rest = ", and rests now" if fired.last else ""
        if fired.action == "freeze":
            self._controller.freeze_at(fired.shot.frame)
            self._window.toast.tell(f"Frozen: {fired.why}{rest}")
            return
        folder = self._controller.settings.snapshot_folder
        if not folder:
            self._window.banner.tell(
                f"{fired.why}, but no folder for snapshots is chosen; choose one in the menu Save"
            )
            return
        self._window.saving.save_shot(fired.shot, Path(folder), f"{fired.why}{rest}")


def _pins(stored: Any, info: ModelInfo) -> tuple[Pin, ...]:
    """Read the pins of a model; what it does not have is left out."""
    made = []
    for one in stored if isinstance(stored, list) else []:
        if isinstance(one, list) and len(one) == 2 and isinstance(one[0], str):
            layer = info.layer(one[0])
            if layer is not None and isinstance(one[1], int) and 0 <= one[1] < layer.units:
                made.append(Pin(one[0], one[1]))
    return tuple(made[:MOST_PINS])


def _trigger(stored: dict[str, Any]) -> Trigger:
    """Read a trigger; what does not fit takes its default."""
    plain = Trigger()
    sigmas, pause = stored.get("sigmas"), stored.get("pause")
    return Trigger(
        sigmas=float(sigmas) if isinstance(sigmas, float) and 0 <= sigmas <= 100 else plain.sigmas,
        top=stored.get("top") is True,
        action="save" if stored.get("action") == "save" else "freeze",
        pause=float(pause) if isinstance(pause, float) and 1 <= pause <= 3600 else plain.pause,
    )
