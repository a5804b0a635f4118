"""Between the window and the engine: passes requests on, and shows only what answers them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from nnvis.config import Settings, remember
from nnvis.engine.protocol.listener import SourceReport
from nnvis.engine.protocol.observe import GatherRequest, LensRequest, Pin, Trigger
from nnvis.engine.protocol.request import AttackRequest, GridShows, Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.runtime.session import Session
from nnvis.engine.saving.metadata import restore
from nnvis.errors import UserError, in_window
from nnvis.gui.state.bridge import Bridge
from nnvis.gui.state.kept_pins import kept_pins
from nnvis.gui.state.recent_models import remember_model
from nnvis.gui.state.view_state import ViewState
from nnvis.imaging.attribution_options import Display
from nnvis.imaging.colour_options import Shading
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.models.region import Region
from nnvis.models.trusted_code import require_trust, trust
from nnvis.progress import Progress
from nnvis.sources.credentials import hidden
from nnvis.sources.frame import Frame
from nnvis.sources.source import Control
from nnvis.sources.spec_text import reaches_out
from nnvis.views.request import LOGITS, Ablation, AttributionRequest

FALLBACK_SOURCE = "demo"
BUNDLED = ModelRequest().spec


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to go in a model once it is there."""

    model_request: ModelRequest
    layer: str
    unit: int
    asked: Request | None = None  # what else was on


class Controller(QObject):
    """Holds what is wanted; never waits, never computes."""

    view_state_changed = Signal(object)  # ViewState
    answered = Signal(object, object)  # Snapshot or None, Freshness: what may be shown now
    source_reported = Signal(object)  # SourceReport
    source_opening = Signal(str)  # spec; "" when it is open or given up
    model_loading = Signal(object)  # Progress; None when it is there or given up
    failed = Signal(str, str)  # one line, details
    model_refused = Signal(object, str, str)  # ModelRequest, one line, the field to be mended
    recovered = Signal(str)  # the line that is no longer true
    frozen_changed = Signal(bool)

    def __init__(self, session: Session, bridge: Bridge, settings: Settings) -> None:
        super().__init__()
        self.session, self.bridge = session, bridge
        self.settings = settings
        settings.source = hidden(settings.source)  # an older version kept passwords
        settings.recent_sources = [hidden(one) for one in settings.recent_sources]
        self.view_state = ViewState()
        self.model_request = ModelRequest()  # of the model in use or, at the start, the one to come
        self.last_attribution = AttributionRequest()  # the view when it is next switched on
        self.report: SourceReport | None = None
        self.last: Snapshot | None = None
        self._destination: Destination | None = None
        self._opening = ""
        self._sought: float | None = None  # where the source that is opened is to begin
        self._warning = ""
        self._standing: dict[str, list[str]] = {}  # lines that are told, by what they are about
        self._fallbacks: list[object] = []  # what came in place of what a person asked for
        bridge.snapshot_arrived.connect(self._snapshot_arrived)
        bridge.source_reported.connect(self._source_reported)
        bridge.source_broken.connect(self._source_broken)
        bridge.model_progressed.connect(self._model_progressed)
        bridge.model_came.connect(self._model_came)
        bridge.model_broken.connect(self._model_broken)
        bridge.warning_given.connect(self._warned)
        bridge.crashed.connect(self.failed)

    @property
    def shown(self) -> Snapshot | None:
        """The snapshot that answers everything wanted, None while there is none."""
        return self.last if self.view_state.match(self.last).unit else None

    def attach(self, pane: object) -> None:
        """Tell `pane` what is asked (`set_view_state`) and answered (`show_snapshot`)."""
        if set_view_state := getattr(pane, "set_view_state", None):
            self.view_state_changed.connect(set_view_state)
        if show_snapshot := getattr(pane, "show_snapshot", None):
            self.answered.connect(show_snapshot)

    # What is told.

    def tell(self, line: str, about: str) -> None:
        """Tell what is wrong, until `settle(about)`."""
        self._standing.setdefault(about, []).append(line)
        self.failed.emit(line, "")

    def settle(self, *about: str) -> None:
        """Take back what was told about this: it is not so any longer."""
        for one in about:
            for line in self._standing.pop(one, []):
                self.recovered.emit(line)

    # What a person does.

    def open_source(self, spec: str) -> None:
        """Change the source; the one in use goes on until the other is open."""
        spec, self._sought = hidden(spec), None
        self._opening = spec
        self.source_opening.emit(spec)
        self.session.open_source(spec)

    def control(self, control: Control, value: float) -> None:
        """Ask the source to pause, step, seek, loop."""
        if self.report is not None and control in self.report.controls:
            self.session.control(control, value)

    def load_model(
        self,
        model_request: ModelRequest,
        layer: str = "",
        unit: int = 0,
        asked: Request | None = None,
    ) -> None:
        """Change the model, and go to `layer` of it; without one, stay where one is if possible.

        Python code is loaded only where a person started it here before.
        """
        try:
            require_trust(model_request.spec)
        except UserError as error:
            self._model_broken(model_request, error.in_window, error.field)
            return
        self._destination = Destination(model_request, layer, unit, asked)
        if self.view_state.info is None:
            self.model_request = model_request
        self.session.load_model(model_request)

    def run_model(self, model_request: ModelRequest, layer: str = "", unit: int = 0) -> None:
        """Change to a model that a person has just asked for, Python code included."""
        try:
            trust(model_request.spec)
        except UserError as error:
            self.failed.emit(error.in_window, "")
        self.load_model(model_request, layer, unit)

    def cancel_model(self) -> None:
        """Give up the model that is being loaded; the one in use stays."""
        self.session.cancel_loading()
        self._destination = None
        self.model_loading.emit(None)
        self._fall_back(self.model_request)

    def restore(self, meta: dict[str, Any]) -> None:
        """Go to the view that a saved picture describes.

        Raises:
            UserError: its model is Python code that nobody started here.
        """
        view = restore(meta)
        require_trust(view.model_request.spec)
        model_request = replace(view.model_request, device=self.model_request.device)
        layer, unit = view.request.layer, view.request.unit
        layout = replace(self.view_state.request.layout, overlay=view.request.layout.overlay)
        self._select(shading=view.request.shading, fit=view.request.fit, layout=layout)
        if self.view_state.info is not None and model_request == self.view_state.info.model_request:
            self.go(layer, unit)
            self._change(self.view_state.with_views(view.request))
        else:
            self.load_model(model_request, layer, unit, view.request)
        now = self.report.spec if self.report else ""
        source = view.source or now or FALLBACK_SOURCE
        if source != now and reaches_out(source) and source not in self.settings.recent_sources:
            self.failed.emit(f"the picture was made of {source}; open that yourself to see it", "")
        elif source != now:
            self.open_source(source)
            self._sought = view.position  # once it is open
        else:
            self._seek(view.position)

    def _seek(self, position: float | None) -> None:
        """Show the frame there, and stay on it."""
        if position is not None:
            self.control(Control.PAUSE, 1)
            self.control(Control.SEEK, position)

    def go(self, layer: str, unit: int) -> None:
        """Select a unit of a layer; tells the person where the model has no such layer."""
        info = self.view_state.info
        if info is not None and info.layer(layer) is None:
            self.tell(in_window(info.no_such_layer(layer)), "layer")
            return
        self.settle("layer")
        self._change(self.view_state.at(layer, unit))

    def go_layer(self, layer: str) -> None:
        """Select a layer, and in it the unit of the same number."""
        self.go(layer, self.view_state.request.unit)

    def go_unit(self, unit: int) -> None:
        """Select a unit of the layer."""
        if self.view_state.layer is not None:
            self.go(self.view_state.request.layer, unit)

    def step_layer(self, step: int) -> None:
        """Go to the layer before or after."""
        if self.view_state.layer is not None:
            self.go_layer(self.view_state.neighbour(step))

    def shade(self, shading: Shading) -> None:
        """Colour otherwise from now on."""
        self._select(shading=shading)

    def set_aspect(self, aspect: float) -> None:
        """Lay the sheet out for a pane of another shape."""
        self._lay_out(aspect=aspect)

    def set_visible(self, layers: tuple[str, ...]) -> None:
        """Ask for the thumbnails of other layers."""
        self._lay_out(visible=layers)

    def set_divergence(self, shown: bool) -> None:
        """Compare all layers of an attacked picture with those of the clean one, or not."""
        self._lay_out(divergence=shown)

    def set_overlay(self, strength: float) -> None:
        """Lay the map over the input more or less strongly."""
        self._lay_out(overlay=min(1.0, max(0.0, round(strength, 2))))

    def set_fit(self, fit: str) -> None:
        """Let the network see the frame cropped, stretched or whole."""
        self._select(fit=Fit(fit))

    def set_exact(self, exact: bool) -> None:
        """Let PyTorch alone compute, or also what is faster and the same up to rounding."""
        self._select(exact=exact)

    def set_attack(self, attack: AttackRequest | None) -> None:
        """Attack every frame so, or none; a second network of code must be known here."""
        if attack is not None and attack.second is not None:
            try:
                require_trust(attack.second.spec)
            except UserError as error:
                self.tell(error.in_window, "second model")
                attack = replace(attack, second=None)
        self._select(attack=attack)

    def set_attribution(self, asked: AttributionRequest | None) -> None:
        """Look back so, or not at all; a unit that is pinned stays."""
        now = self.view_state.request.attribution
        if asked is None:
            self._select(attribution=None, grid=GridShows.ACTIVATION)
        elif now is not None and now.pinned:
            asked = replace(asked, layer=now.layer, unit=now.unit, pinned=True)
            self._select(attribution=asked)
        else:
            self._select(attribution=replace(asked, pinned=False, through=False))

    def switch_attribution(self, on: bool) -> None:
        """Look back as before, or no more."""
        if on != (self.view_state.request.attribution is not None):
            self.set_attribution(self.last_attribution if on else None)

    def pin_origin(self, layer: str | None, unit: int = 0) -> None:
        """Look back from this unit, or class, whatever is selected; None: from what is selected."""
        now = self.view_state.request
        attribution = now.attribution
        if attribution is None:
            return
        if isinstance(attribution.cells, tuple) and (layer, unit) != (now.layer, now.unit):
            attribution = replace(attribution, cells="map")  # the cell was of other maps
        if layer is None:
            attribution = replace(attribution, pinned=False, region=None)
        else:
            attribution = replace(attribution, layer=layer, unit=unit, pinned=True, region=None)
        self._select(attribution=attribution)

    def pin_object(self, region: Region) -> None:
        """Look back from this object, and follow it from frame to frame; fool about it if on."""
        asked = self.view_state.request
        if asked.attack is not None:
            self.set_attack(replace(asked.attack, region=region))
            return
        back = asked.attribution or self.last_attribution
        if isinstance(back.cells, tuple):
            back = replace(back, cells="map")
        back = replace(back, layer=LOGITS, unit=region.label, pinned=True, region=region)
        self._select(attribution=back)

    def set_grid(self, shows: str) -> None:
        """Let the grid show activations or, where a view is on, backward values."""
        if self.view_state.request.attribution is not None or shows == GridShows.ACTIVATION:
            self._select(grid=GridShows(shows))

    def set_display(self, display: Display) -> None:
        """Show what came back so."""
        self._select(display=display)

    def set_ablations(self, units: tuple[Ablation, ...]) -> None:
        """Switch exactly these units off."""
        self._select(ablation=replace(self.view_state.request.ablation, units=units))

    def compare(self, on: bool) -> None:
        """Let the layers after what is switched off show the change, or what they put out."""
        self._select(ablation=replace(self.view_state.request.ablation, compared=on))

    def set_lens(self, lens: LensRequest | None) -> None:
        """Look closely at the selected unit, or no more."""
        self._observe(lens=lens)

    def set_pins(self, pins: tuple[Pin, ...]) -> None:
        """Watch these units whatever is selected."""
        self._observe(pins=pins)

    def set_trigger(self, trigger: Trigger | None) -> None:
        """Let something happen by itself, or nothing."""
        self._observe(trigger=trigger)

    def set_gather(self, gather: GatherRequest | None) -> None:
        """Gather the strongest frames of the stream so, or not."""
        self._observe(gather=gather)

    def freeze(self, on: bool) -> None:
        """Keep the frame."""
        self.session.freeze(on)
        self.frozen_changed.emit(on)

    def freeze_at(self, frame: Frame) -> None:
        """Go back to a frame that was looked at, and keep it."""
        self.session.freeze(True, frame)
        self.frozen_changed.emit(True)

    def look_again(self) -> None:
        """Take the snapshot that waits, whoever should have told of it."""
        self.bridge.deliver()

    # What the engine answers.

    @Slot(object)
    def _snapshot_arrived(self, snapshot: Snapshot) -> None:
        self.last = snapshot
        self.answered.emit(snapshot, self.view_state.match(snapshot))

    @Slot(object)
    def _source_reported(self, report: SourceReport) -> None:
        other = report.spec != self.view_state.source
        self.report = report
        if self._opening and (other or report.spec == self._opening):
            sought, self._sought = self._sought, None
            if report.spec == self._opening:
                self._seek(sought)
            self._opening = ""
            self.source_opening.emit("")
            if report.spec not in self._fallbacks:
                self.settle("source", "file")
        if other:
            self.settings.source = report.spec
            if report.spec != FALLBACK_SOURCE:  # which has a place of its own in the menu
                recent = self.settings.recent_sources
                self.settings.recent_sources = remember(recent, report.spec)
            self._change(replace(self.view_state, source=report.spec))
        self.source_reported.emit(report)

    @Slot(str, str)
    def _source_broken(self, spec: str, message: str) -> None:
        if spec == self._opening:
            self._opening = ""
            self.source_opening.emit("")
        if "://" not in spec:  # what is on the network may only be off
            recent = self.settings.recent_sources
            self.settings.recent_sources = [one for one in recent if one != spec]
        self.tell(message, "source")
        if self.view_state.source is None and spec != FALLBACK_SOURCE:
            self.open_source(FALLBACK_SOURCE)
            self._fallbacks.append(FALLBACK_SOURCE)

    @Slot(object, object)
    def _model_progressed(self, _model_request: ModelRequest, progress: Progress) -> None:
        self.model_loading.emit(progress)

    @Slot(object)
    def _model_came(self, info: ModelInfo) -> None:
        self.model_request = info.model_request
        if info.model_request not in self._fallbacks:
            self.settle("model", "layer", "file")
        remember_model(self.settings, info.model_request)
        self.model_loading.emit(None)
        view_state = self.view_state.with_info(info)
        destination, self._destination = self._destination, None
        if (
            destination is not None
            and destination.model_request == info.model_request
            and destination.layer
        ):
            if info.layer(destination.layer) is None:
                self.tell(in_window(info.no_such_layer(destination.layer)), "layer")
            else:
                view_state = view_state.at(destination.layer, destination.unit)
                view_state = (
                    view_state.with_views(destination.asked) if destination.asked else view_state
                )
        request = view_state.request
        self._change(
            replace(
                view_state,
                request=replace(
                    request,
                    layout=replace(request.layout, visible=()),
                    observe=replace(request.observe, pins=kept_pins(self.settings, info)),
                ),
            )
        )

    @Slot(object, str, str)
    def _model_broken(self, model_request: ModelRequest, message: str, field: str) -> None:
        self.model_loading.emit(None)
        self.model_refused.emit(model_request, message, field)
        self._fall_back(model_request)

    def _fall_back(self, given_up: ModelRequest) -> None:
        """Load the bundled model where there would be none."""
        fallback = ModelRequest(device=given_up.device if given_up.spec != BUNDLED else "auto")
        if self.view_state.info is None and given_up != fallback:
            self._fallbacks.append(fallback)
            self.load_model(fallback)

    @Slot(str)
    def _warned(self, message: str) -> None:
        if message:
            self.failed.emit(message, "")
        else:
            self.recovered.emit(self._warning)
        self._warning = message

    def _lay_out(self, **changes: Any) -> None:
        self._select(layout=replace(self.view_state.request.layout, **changes))

    def _observe(self, **changes: Any) -> None:
        self._select(observe=replace(self.view_state.request.observe, **changes))

    def _select(self, **changes: Any) -> None:
        request = replace(self.view_state.request, **changes)
        if request != self.view_state.request:
            self._change(replace(self.view_state, request=request))

    def _change(self, view_state: ViewState) -> None:
        if view_state == self.view_state:
            return
        asked: Request = view_state.request
        if asked.attribution is not None:
            self.last_attribution = replace(asked.attribution, layer=LOGITS, unit=0, region=None)
        before = self.view_state
        self.view_state = view_state
        if view_state.info is not None:
            self.settings.layer, self.settings.unit = asked.layer, asked.unit
        if asked != before.request or view_state.info is not before.info:
            self.session.select(asked)
        self.view_state_changed.emit(view_state)
        self.answered.emit(self.last, view_state.match(self.last))
