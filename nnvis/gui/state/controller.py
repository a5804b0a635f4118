"""Which model is in use, or is to be; the whole of what is chosen, to keep and to go back to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from PySide6.QtCore import Signal, Slot

from nnvis.config import Settings
from nnvis.engine.protocol.request import Request
from nnvis.engine.runtime.session import Session
from nnvis.engine.saving.metadata import SavedView, restore
from nnvis.errors import UserError, in_window
from nnvis.gui.state.bridge import QUEUED, Bridge
from nnvis.gui.state.code_check import CodeCheck
from nnvis.gui.state.kept_pins import kept_pins
from nnvis.gui.state.recent_models import remember_model
from nnvis.gui.state.source_controller import KEPT, SourceController
from nnvis.models.info import ModelInfo, ModelRequest, is_attached
from nnvis.models.trusted_code import CodeSeen, runs_code, trust
from nnvis.progress import Progress
from nnvis.sources.source import SourceState
from nnvis.sources.spec_text import reaches_out
from nnvis.sources.training import SPEC as TRAINING

BUNDLED = ModelRequest().spec


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to go in a model once it is there."""

    model_request: ModelRequest
    layer: str
    unit: int
    asked: Request | None = None  # what else was on
    weights_hash: str = ""  # of the network that a saved picture shows


class Controller(SourceController):
    """Adds the models to the sources and to what is looked at of them."""

    model_loading = Signal(object)  # Progress; None when it is there or given up
    model_refused = Signal(object, str, str)  # ModelRequest, one line, the field to be mended
    restored = Signal(object)  # Request: of a saved picture, once it is in force

    def attach(self, pane: object) -> None:
        """Tell `pane` also what a saved picture was asked for (`take_restored`)."""
        super().attach(pane)
        if take_restored := getattr(pane, "take_restored", None):
            self.restored.connect(take_restored)

    def __init__(self, session: Session, bridge: Bridge, settings: Settings) -> None:
        super().__init__(session, bridge, settings)
        self._destination: Destination | None = None
        self._check: CodeCheck | None = None  # of code that is to be run once it is read
        self._warning = ""
        self._fallbacks: list[ModelRequest] = []  # came in place of what a person asked for
        bridge.model_progressed.connect(self._model_progressed, QUEUED)
        bridge.model_came.connect(self._model_came, QUEUED)
        bridge.model_broken.connect(self._model_broken, QUEUED)
        bridge.warning_given.connect(self._warned, QUEUED)
        bridge.crashed.connect(self.failed, QUEUED)

    # What a person does.

    def load_model(
        self,
        model_request: ModelRequest,
        layer: str = "",
        unit: int = 0,
        saved: SavedView | None = None,
    ) -> None:
        """Change the model, and go to `layer` of it; without one, stay where one is if possible.

        Python code is loaded only where a person started it here before, as it is now.
        """
        self._check = None
        self._destination = Destination(
            model_request, layer, unit,
            saved.request if saved else None, saved.weights_hash if saved else "",
        )  # fmt: skip
        if self.view_state.info is None:
            self.model_request = model_request
        self.session.load_model(model_request)

    def run_model(
        self, model_request: ModelRequest, layer: str = "", unit: int = 0, mark: str = ""
    ) -> None:
        """Change to a model that a person has just asked for, Python code included.

        `mark` is of the code that the person saw, empty: its file as it is now.
        """
        if runs_code(model_request.spec) and not mark:
            check = self._check = CodeCheck(self)
            check.answered.connect(partial(self._run_seen, check, model_request, layer, unit))
            check.ask(model_request.spec)
            return
        if mark:
            trust(mark)
        self.load_model(model_request, layer, unit)

    def _run_seen(
        self, check: CodeCheck, asked: ModelRequest, layer: str, unit: int, seen: CodeSeen
    ) -> None:
        check.deleteLater()
        if check is self._check:  # nothing else was asked for meanwhile
            self.run_model(asked, layer, unit, seen.mark)

    def cancel_model(self) -> None:
        """Give up the model that is being loaded; the one in use stays."""
        self.session.cancel_loading()
        self._destination = self._check = None
        self.model_loading.emit(None)
        self._fall_back(self.model_request)

    def restore(self, meta: dict[str, Any]) -> None:
        """Go to the view that a saved picture describes.

        Raises:
            UserError: its model runs in another process.
        """
        self.go_back(restore(meta))

    @property
    def saved_view(self) -> SavedView:
        """All that is chosen now, with the frame where no source will show it again."""
        spec = self.report.spec if self.report is not None else ""
        shown, info = self.last, self.view_state.info
        if shown is not None and shown.frame.source != spec:
            shown = None
        state = self.report.status.state if self.report is not None else None
        frozen = self.session.frozen and state is not SourceState.STILL
        request, order = self.view_state.request, shown.sheet.order if shown is not None else None
        if order and shown and shown.request.order == request.order:  # found on an earlier frame
            given = order.given(shown.layer.name)
            request = replace(request, order=replace(request.order, given=given))
        if request.attack is not None and shown is not None and shown.attack is not None:
            halted = replace(request.attack, halt=shown.attack.walked)  # after as many steps
            request = replace(request, attack=halted)
        gone = frozen or reaches_out(spec) or spec == TRAINING or spec.startswith(KEPT)
        return SavedView(
            spec,
            self.model_request,
            request,
            shown.frame.position if shown is not None else None,
            info.weights_hash if info is not None else "",
            paused=state in (SourceState.PAUSED, SourceState.STILL),
            frozen=frozen,
            frame=shown.frame if shown is not None and gone else None,
        )

    def go_back(self, view: SavedView) -> None:
        """Go to what was saved: all that was chosen, the place in the source, its freeze.

        Raises:
            UserError: its model runs in another process.
        """
        if is_attached(view.model_request.spec) and view.model_request != self.model_request:
            raise UserError(
                f"this was made with a network that runs at {view.model_request.spec}; attach to "
                "it yourself, then open this again"
            )
        model_request = replace(view.model_request, device=self.model_request.device)
        layer, unit = view.request.layer, view.request.unit
        layout = replace(self.view_state.request.layout, overlay=view.request.layout.overlay)
        self._select(shading=view.request.shading, fit=view.request.fit, layout=layout)
        info = self.view_state.info
        if info is not None and model_request == info.model_request:
            self.go(layer, unit)
            self._aspect_held = True
            self._change(self.view_state.with_views(view.request))
            self._told_restored(view.request, info, view.weights_hash)
        else:
            self.load_model(model_request, layer, unit, view)
        self.go_to_frame(view)

    def _told_restored(self, asked: Request, info: ModelInfo, weights_hash: str) -> None:
        self.restored.emit(asked)
        self.settle("weights")
        if weights_hash and weights_hash != info.weights_hash:
            self.tell(
                f"the picture was made with other weights of {info.name} ({weights_hash}; these "
                f"are {info.weights_hash}): what is shown now differs from it",
                "weights",
            )

    # What the engine answers.

    @Slot(object, object)
    def _model_progressed(self, _model_request: ModelRequest, progress: Progress) -> None:
        self.model_loading.emit(progress)

    @Slot(object)
    def _model_came(self, info: ModelInfo) -> None:
        self.model_request = info.model_request
        if info.model_request not in self._fallbacks:
            self.settle("model", "layer", "file", "weights")
        remember_model(self.settings, info.model_request)
        self.model_loading.emit(None)
        view_state = self.view_state.with_info(info)
        destination, self._destination = self._destination, None
        saved: Request | None = None
        if (
            destination is not None
            and destination.model_request == info.model_request
            and destination.layer
        ):
            if info.layer(destination.layer) is None:
                self.tell(in_window(info.no_such_layer(destination.layer)), "layer")
            else:
                view_state = view_state.at(destination.layer, destination.unit)
                saved = destination.asked
        if self._aspect_held:
            self._aspect_held = False
            layout = replace(view_state.request.layout, aspect=self._pane_aspect)
            view_state = replace(view_state, request=replace(view_state.request, layout=layout))
        request = view_state.request
        pins = kept_pins(self.settings, info)
        view_state = replace(
            view_state,
            request=replace(
                request,
                layout=replace(request.layout, visible=()),
                observe=replace(request.observe, pins=pins),
            ),
        )
        if saved is not None:
            self._aspect_held = True
            view_state = view_state.with_views(saved)
        self._change(view_state)
        if saved is not None and destination is not None:
            self._told_restored(saved, info, destination.weights_hash)

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
