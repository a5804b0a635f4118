"""What is asked of the engine, and held against what it answers; the sources and models aside."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from nnvis.config import Settings
from nnvis.engine.protocol.observe import (
    BoardRequest,
    FeatureColoursRequest,
    GatherRequest,
    LensRequest,
    Pin,
    Trigger,
)
from nnvis.engine.protocol.request import AttackRequest, GridShows, Half, Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.protocol.unit_order import GivenOrder, OrderRequest
from nnvis.engine.runtime.session import Session
from nnvis.engine.unit_order.registry import TELLS
from nnvis.errors import in_window
from nnvis.gui.state.bridge import Bridge
from nnvis.gui.state.view_state import ViewState
from nnvis.imaging.attribution_options import Display
from nnvis.imaging.colour_options import Shading
from nnvis.models.detection.region import Region
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.sources.frame import Frame
from nnvis.views.features.concept_basis import ConceptBasis
from nnvis.views.request import LOGITS, Ablation, AttributionRequest, ConceptsOff


class ViewController(QObject):
    """Holds what is wanted; never waits, never computes."""

    view_state_changed = Signal(object)  # ViewState
    failed = Signal(str, str)  # one line, details
    recovered = Signal(str)  # the line that is no longer true
    frozen_changed = Signal(bool)

    def __init__(self, session: Session, bridge: Bridge, settings: Settings) -> None:
        super().__init__()
        self.session, self.bridge, self.settings = session, bridge, settings
        bridge.session = session
        self.answered = bridge.answered
        self.model_request = ModelRequest()  # of the model in use or, at the start, the one to come
        self.last_attribution = AttributionRequest()  # the view when it is next switched on
        self._pane_aspect = self.view_state.request.layout.aspect
        self._aspect_held = False  # the sheet is laid out as in a saved picture
        self.kept_frame: Frame | None = None  # that a person went back to
        self._standing: dict[str, list[str]] = {}  # lines that are told, by what they are about
        self._newcomers: list[object] | None = None  # who are attached just now

    @property
    def view_state(self) -> ViewState:
        """What is asked."""
        return self.bridge.view_state

    @property
    def last(self) -> Snapshot | None:
        """The last answer, whatever was asked since."""
        return self.bridge.last

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
        if self._newcomers is not None:
            self._newcomers.append(pane)

    @contextmanager
    def brought_up_to_date(self) -> Iterator[None]:
        """Tell all that is attached within, at the end, what is asked and answered by then."""
        before, self._newcomers = self._newcomers, []
        try:
            yield
            newcomers = self._newcomers
        finally:
            self._newcomers = before
        for pane in newcomers:
            if set_view_state := getattr(pane, "set_view_state", None):
                set_view_state(self.view_state)
        for pane in newcomers if self.last is not None else ():
            if show_snapshot := getattr(pane, "show_snapshot", None):
                show_snapshot(self.last, self.view_state.match(self.last))

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

    # What a person looks at.

    def go(self, layer: str, unit: int) -> None:
        """Select a unit of a layer; tells the person where the model has no such layer."""
        info = self.view_state.info
        if info is not None and info.layer(layer) is None:
            self.tell(in_window(info.no_such_layer(layer)), "layer")
            return
        self.settle("layer")
        if layer != self.view_state.request.layer and self._aspect_held:
            self._aspect_held = False
            self.set_aspect(self._pane_aspect)
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
        """Lay the sheet out for a pane of another shape, unless it is that of a saved picture."""
        self._pane_aspect = aspect
        if not self._aspect_held:
            self._lay_out(aspect=aspect)

    def set_visible(self, layers: tuple[str, ...]) -> None:
        """Ask for the thumbnails of other layers."""
        self._lay_out(visible=layers)

    def set_divergence(self, shown: bool) -> None:
        """Compare all layers of an attacked picture with those of the clean one, or not."""
        self._lay_out(divergence=shown)

    def set_overlaid(self, shown: bool) -> None:
        """Draw the unit's map over the input, or not."""
        self._lay_out(overlaid=shown)

    def choose(self, asked: Request) -> None:
        """Take over all that a person chose in `asked`; what is in sight stays asked for."""
        now = self.view_state.request
        self._select(
            **{one.name: getattr(asked, one.name) for one in fields(Request)}
            | {
                "layout": replace(now.layout, overlay=asked.layout.overlay),
                "observe": replace(
                    now.observe, pins=asked.observe.pins, trigger=asked.observe.trigger
                ),
            }
        )

    def set_overlay(self, strength: float) -> None:
        """Lay the map over the input more or less strongly."""
        self._lay_out(overlay=min(1.0, max(0.0, round(strength, 2))))

    def order_units(self, by: str, given: GivenOrder | None = None) -> None:
        """Lay the units out so, anew even where they lie so already."""
        asked = self.view_state.request
        before = asked.order
        self._select(
            order=OrderRequest(by, before.most, before.asked + 1, asked.layer, asked.unit, given)
        )

    def show_most(self, most: int) -> None:
        """Show so many of the first units; 0: all."""
        now = self.view_state.request.order
        given = now.given if now.by == TELLS else None  # a saved picture's has only its own tiles
        self._select(order=replace(now, most=most, given=given))

    def set_fit(self, fit: str) -> None:
        """Let the network see the frame cropped, stretched or whole."""
        self._select(fit=Fit(fit))

    def set_exact(self, exact: bool) -> None:
        """Let PyTorch alone compute, or also what is faster and the same up to rounding."""
        self._select(exact=exact)

    def set_half(self, half: Half) -> None:
        """Compute a plain look in half precision, or as the network is."""
        self._select(half=half)

    def set_attack(self, attack: AttackRequest | None) -> None:
        """Attack every frame so, or none."""
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
        attribution = asked.attribution or self.last_attribution
        cells = "map" if isinstance(attribution.cells, tuple) else attribution.cells
        attribution = replace(
            attribution, layer=LOGITS, unit=region.label, cells=cells, pinned=True, region=region
        )
        self._select(attribution=attribution)

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

    def set_concepts(
        self, basis: ConceptBasis | None, off: tuple[int, ...] = (), *, painted: bool = True
    ) -> None:
        """Subtract these concepts of `basis` from their layer, and paint all of them or none."""
        subtracted = ConceptsOff(basis, off) if basis is not None and off else None
        request = self.view_state.request
        self._select(
            ablation=replace(request.ablation, concepts=subtracted),
            observe=replace(request.observe, concepts=basis if painted else None),
        )

    def put_back(self) -> None:
        """Let the network be as it was: units and concepts."""
        now = self.view_state.request.ablation
        self._select(ablation=replace(now, units=(), concepts=None))

    def set_colours(self, colours: FeatureColoursRequest | None) -> None:
        """Colour the layer's cells so, or no more."""
        self._observe(colours=colours)

    def compare(self, on: bool) -> None:
        """Let the layers after what is switched off show the change, or what they put out."""
        self._select(ablation=replace(self.view_state.request.ablation, compared=on))

    def set_board(self, board: BoardRequest | None) -> None:
        """Renew these tiles with the frames, or none."""
        self._observe(board=board)

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
        self.kept_frame = None
        self.session.freeze(on)
        self.frozen_changed.emit(on)

    def freeze_at(self, frame: Frame) -> None:
        """Go back to a frame that came before, and keep it."""
        self.kept_frame = frame
        self.session.freeze(True, frame)
        self.frozen_changed.emit(True)

    def step_recent(self, step: int) -> None:
        """Go so many frames back or on among those of the last half minute, and stay there."""
        frames = self.session.recent.frames
        now = self.kept_frame if self.session.frozen else None
        now = now or (self.last.frame if self.last is not None else None)
        if now is None or len(frames) < 2:
            return
        after = bisect_left(frames, now.time, key=lambda one: one.time)
        there = after < len(frames) and frames[after].time == now.time
        place = after + step - (0 if there or step < 0 else 1)
        self.freeze_at(frames[min(max(0, place), len(frames) - 1)])

    def look_again(self) -> None:
        """Take the snapshot that waits, whoever should have told of it."""
        self.bridge.deliver()

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
        before, self.bridge.view_state = self.view_state, view_state
        if view_state.info is not None:
            self.settings.layer, self.settings.unit = asked.layer, asked.unit
        if asked != before.request or view_state.info is not before.info:
            self.session.select(asked)
        self.view_state_changed.emit(view_state)
        self.bridge.answer()
