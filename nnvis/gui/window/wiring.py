"""Which signal goes where: commands, panes and the controller."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from nnvis import plugins
from nnvis.engine.protocol.listener import SourceReport
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.figure import dialog as figure
from nnvis.gui.grid import commands as grid
from nnvis.gui.source import commands as source
from nnvis.gui.state.clipboard import Clipboard
from nnvis.gui.state.unit_text import model_title
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.unit import walking
from nnvis.gui.widgets.number_text import TIMES
from nnvis.gui.widgets.speak import change_language
from nnvis.gui.window.layout import reset_layout
from nnvis.gui.window.main_window import WORKSPACES, MainWindow
from nnvis.language import tr, verbatim
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.progress import Progress
from nnvis.sources.source import Control, SourceState

FIRST_NOTE = "a few seconds, then everything here is live"
POLL_MS = 500
SILENT_S = 3.0  # a source that has not come back for so long is said to hang


class Wiring(QObject):
    """Connects the parts of `window`, and holds the slots that belong to none of them."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._controller = window, window.controller
        self._info: ModelInfo | None = None
        self._hangs = self._loading = False
        self._tie_controller()
        self._tie_context()
        self._tie_panes()
        self._tie_actions()
        poll = QTimer(self, interval=POLL_MS)
        poll.timeout.connect(self._poll)
        poll.start()

    def _tie_controller(self) -> None:
        window, controller = self._window, self._controller
        for pane in (
            window.toolbar, window.input, window.badge, window.scores, window.film,
            window.map, window.shading, window.grid, window.status,
        ):  # fmt: skip
            controller.attach(pane)
        controller.view_state_changed.connect(self._name_model)
        controller.view_state_changed.connect(
            lambda view_state: window.arrangement.show_attack(view_state.request.attack is not None)
        )
        controller.source_reported.connect(self._source_reported)
        controller.source_opening.connect(self._source_opening)
        controller.model_loading.connect(self._model_loading)
        controller.model_refused.connect(self._model_refused)
        controller.frozen_changed.connect(self._frozen)
        controller.failed.connect(window.banner.tell)
        controller.recovered.connect(window.banner.forget)
        for problem in (*plugins.FAILURES, *window.pages.problems):
            window.banner.tell(problem)

    def _tie_context(self) -> None:
        window, context = self._window, self._window.context
        context.toasted.connect(window.toast.tell)
        context.task_changed.connect(partial(window.status.show_task, cancel=True))
        context.boxes_changed.connect(window.input.set_boxes)
        context.objects_drawn_from.connect(window.input.draw_from)
        window.input.object_chosen.connect(context.object_chosen)
        context.mirrored.connect(window.input.set_mirrored)
        window.status.cancelled.connect(context.cancelled)
        window.status.cancelled.connect(self._cancel_model)
        window.grid.cell_hovered.connect(context.pointed)
        window.grid.unit_toggled.connect(context.unit_toggled)
        window.input.picture.pointed.connect(context.pointed)
        window.opening.index_chosen.connect(context.index_chosen)
        window.opening.session_chosen.connect(context.session_chosen)
        window.patterns.progressed.connect(context.task_changed)

    def _tie_panes(self) -> None:
        window, controller = self._window, self._controller
        window.grid.unit_clicked.connect(controller.go_unit)
        window.grid.unit_hovered.connect(window.status.set_hovered)
        window.grid.aspect_changed.connect(controller.set_aspect)
        window.grid.painted.connect(self._painted)
        window.film.layer_chosen.connect(controller.go_layer)
        window.film.visible_changed.connect(controller.set_visible)
        window.map.layer_chosen.connect(controller.go_layer)
        window.map.visible_changed.connect(controller.set_visible)
        window.film.filter.textChanged.connect(window.map.set_filter)
        window.shading.shading_chosen.connect(controller.shade)
        window.source.transport.asked.connect(controller.control)
        window.source.recent.frame_chosen.connect(controller.freeze_at)
        window.sources.chosen.connect(controller.open_source)
        window.models.chosen.connect(window.opening.open_model)
        window.workspace_closed.connect(lambda name: self._show_workspace(name, False))
        window.help.closed.connect(self._close_help)
        window.badge.labels.clicked.connect(partial(window.opening.ask_model, field="labels"))
        window.hint.dismissed.connect(self._hint_dismissed)

    def _tie_actions(self) -> None:
        window, on = self._window, self._window.commands.on
        window.opening.tie(window.commands)
        source.tie(window.context)
        walking.tie(window.context, window.grid.beside, window.film.start_filter)
        figure.tie(window.context)
        self.clipboard = Clipboard(window.context, window.opening.open_paths)
        window.right_click.copied.connect(self.clipboard.put)
        grid.tie(window.context, window.grid, window.shading, window.patterns)
        on("reset", self._leave)
        on("tour", window.hint.tour.click)  # which goes with it: it need not be offered now
        window.hint.tour.clicked.connect(window.tour.begin)
        on("plain_colours", window.shading.reset)
        for name in WORKSPACES:
            on(name, partial(self._show_workspace, name))
        on("palette", window.finder.open)
        on("help", window.help.setVisible)
        on("menu", window.toolbar.show_everything)
        on("reset_layout", partial(reset_layout, window))
        on("quit", window.close)
        window.about.language_chosen.connect(self._speak)

    @Slot(str)
    def _speak(self, chosen: str) -> None:
        """Say all in another language; what tells of the state is asked to tell it again."""
        window, controller = self._window, self._controller
        change_language(chosen)
        window.commands.say_again()
        self._info = None
        controller.view_state_changed.emit(controller.view_state)
        if controller.report is not None:
            self._source_reported(controller.report)

    @Slot(object)
    def _name_model(self, view_state: ViewState) -> None:
        info = view_state.info
        if info is None or info is self._info:
            return
        self._info = info
        self._window.scores_head.setText("Objects" if info.detects else "Top classes")
        height, width = info.input_size
        self._window.toolbar.set_model(
            verbatim(model_title(info)),
            f"{info.name}\n{info.parameters:,} parameters, {len(info.layers)} layers\n"
            f"input {width} {TIMES} {height}, {info.channels} channels\n"
            f"{info.preprocessing}\nweights {info.weights_hash}",
        )
        asked = info.model_request.device
        text = f"auto: {info.device}" if asked == "auto" else info.device
        self._window.toolbar.set_device(text, f"The network runs on {info.device}")
        devices = self._window.toolbar.device.menu()
        devices.clear()
        for name in ("auto", *info.devices):
            devices.addAction(tr(name), partial(self._choose_device, name))
        self._wait_for_picture()
        self._name_window()

    @Slot(object)
    def _source_reported(self, report: SourceReport) -> None:
        window = self._window
        window.toolbar.set_source(verbatim(report.title), report.spec)
        self._name_window()
        window.source.report(report, frozen=self._controller.session.frozen)
        pause = window.commands["pause"]
        pause.setEnabled(Control.PAUSE in report.controls)
        pause.setChecked(report.status.state is SourceState.PAUSED)
        for name in ("next_picture", "previous_picture"):
            window.commands[name].setEnabled(Control.STEP in report.controls)

    def _name_window(self) -> None:
        """Say in the title what is looked at by what, so that windows can be told apart."""
        info, report = self._controller.view_state.info, self._controller.report
        parts = [model_title(info)] if info else []
        parts += [report.title] if report else []
        self._window.setWindowTitle(" · ".join([*parts, "nnvis"]))

    @Slot(str)
    def _source_opening(self, spec: str) -> None:
        self._window.status.show_task(f"opening {spec}" if spec else "")

    @Slot(object)
    def _model_loading(self, progress: Progress | None) -> None:
        window, self._loading = self._window, progress is not None
        if progress is None:
            window.status.show_task("")
            self._wait_for_picture()
            return
        window.status.show_task(progress.note, progress.done, progress.total, cancel=True)
        if self._controller.view_state.info is None:
            part = progress.done / progress.total if progress.total else None
            spec = self._controller.model_request.spec
            note = progress.note if progress.note != f"loading {spec}" else FIRST_NOTE
            window.grid.set_empty(f"Loading {spec}", note, part)
            window.toolbar.set_model(verbatim(spec), f"{spec} is being loaded")

    @Slot(object, str, str)
    def _model_refused(self, model_request: ModelRequest, line: str, field: str) -> None:
        opening = self._window.opening
        if not opening.take_refused(model_request, line, field):
            self._controller.tell(line, "model")
            self._window.banner.offer(
                line, "Model…", partial(opening.ask_model, model_request, line, field)
            )

    def _wait_for_picture(self) -> None:
        if self._controller.view_state.info is None:
            self._window.grid.set_empty("No model", "Choose one from the menu above", None)
        else:
            self._window.grid.set_empty("Waiting for the first picture", "", None)

    @Slot(object, float)
    def _painted(self, snapshot: Snapshot, at: float) -> None:
        report = self._controller.report
        live = report is not None and report.status.state is SourceState.LIVE
        self._window.status.count(snapshot, at, live=live and not self._controller.session.frozen)

    @Slot(bool)
    def _frozen(self, on: bool) -> None:
        self._window.commands["freeze"].setChecked(on)
        if self._controller.report is not None:
            self._window.source.report(self._controller.report, frozen=on)
        self._show_recent()

    def _show_recent(self) -> None:
        session, report = self._controller.session, self._controller.report
        streams = report is not None and report.status.state is not SourceState.STILL
        frames = session.recent.frames if streams else ()
        at = self._controller.kept_frame if session.frozen else None
        self._window.source.recent.show_frames(frames, at, live=not session.frozen)

    @Slot()
    def _poll(self) -> None:
        self._controller.look_again()
        session, report = self._controller.session, self._controller.report
        self._window.status.set_dropped(session.dropped)
        self._show_recent()
        if report is None or report.status.state is not SourceState.LIVE:
            return
        if session.silence > SILENT_S:
            self._hangs = True
            self._window.source.hangs(f"no answer for {session.silence:.0f} s")
        elif self._hangs:
            self._hangs = False
            self._window.source.report(report, frozen=session.frozen)

    def _choose_device(self, name: str) -> None:
        self._controller.load_model(replace(self._controller.model_request, device=name))

    def _show_workspace(self, name: str, on: bool) -> None:
        window = self._window
        for one in WORKSPACES:
            self._window.commands[one].setChecked(on and one == name)
        shown = getattr(window, name) if on else None
        self._window.show_workspace(shown)
        self._controller.session.look_away(on and name != "twins")
        self._window.status.set_watched(not on)
        (shown or self._window.grid).setFocus()

    @Slot()
    def _cancel_model(self) -> None:
        """Give up the model that is being loaded, where it is that which is shown."""
        if self._loading:
            self._controller.cancel_model()

    def _leave(self) -> None:
        """Esc: the nearest thing that is open goes; nothing that was set does."""
        window = self._window
        own = QApplication.activeWindow()
        if own is not None and own is not window and own.isFullScreen():
            own.showNormal()
        elif window.help.isVisible():
            self._close_help()
        elif window.tour.isVisible():
            window.tour.end()
        elif window.stage.before is not None:
            window.stage.leave()
        elif shown := [name for name, one in window.workspaces.items() if one.isVisible()]:
            self._show_workspace(shown[0], False)
        elif window.film.filter.hasFocus() or window.film.filter.text():
            window.film.filter.clear()
            window.grid.setFocus()
        elif window.arrangement.attack_in_sight:
            self._controller.set_attack(None)
            window.grid.setFocus()
        elif self._controller.view_state.request.attribution is not None:
            self._controller.switch_attribution(False)
            window.grid.setFocus()
        elif window.hint.isVisible():
            window.hint.dismiss()
        else:
            window.grid.fit()

    def _close_help(self) -> None:
        self._window.help.hide()
        self._window.commands["help"].setChecked(False)

    def _hint_dismissed(self) -> None:
        self._controller.settings.window["hinted"] = True
