"""Everything that opens something: files, folders, streams, models, weights, saved views."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from nnvis.errors import UserError
from nnvis.gui.model.model_form import ModelForm, asked_again
from nnvis.gui.source.file_kinds import FileKind, recognise
from nnvis.gui.source.stream_dialog import SCHEMES, StreamDialog
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.commands import LENS, MODEL, SOURCE, Command, CommandActions
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.recent_models import recalled
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.widgets.given_files import ask_file, ask_folder, file_kind
from nnvis.models.info import WEIGHT_SUFFIXES, ModelRequest
from nnvis.progress import Progress
from nnvis.sources.network.credentials import hidden, keep_in_keyring
from nnvis.sources.spec_text import spec_of_files
from nnvis.sources.suffixes import PICTURES, VIDEOS

COMMANDS = (
    Command("open_file", SOURCE, "Open picture or video…", ("Ctrl+O",)),
    Command("open_folder", SOURCE, "Open folder of pictures…", ("Ctrl+Alt+O",)),
    Command("open_stream", SOURCE, "Open network stream…", ("Ctrl+L",)),
    Command("open_index", LENS, "Open an index of top pictures…", ("Ctrl+I",)),
    Command("open_model", MODEL, "Model…", ("Ctrl+Shift+O", "Ctrl+M")),
    Command("open_weights", MODEL, "Open weights…", ("Ctrl+Shift+M",)),
)
_NETWORKS = (*WEIGHT_SUFFIXES, ".onnx", ".py")


class Opening(QObject):
    """Dialogs are never waited for: the picture goes on behind them."""

    index_chosen = Signal(str)  # the folder of an index
    session_chosen = Signal(str)  # the file of a session

    def __init__(self, controller: Controller, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._window = controller, window
        self.form: ModelForm | None = None  # while it is open
        self._picked: ModelRequest | None = None  # the last model that a person picked
        controller.model_loading.connect(self._model_loading)
        controller.view_state_changed.connect(self._view_state_changed)
        self.names = BackgroundTask("nnvis-model-names", _model_names, self)

    def tie(self, commands: CommandActions) -> None:
        """Let the commands do what they say."""
        commands.on("open_file", self.ask_file)
        commands.on("open_folder", self.ask_folder)
        commands.on("open_stream", self.ask_stream)
        commands.on("open_index", self.ask_index)
        commands.on("open_model", lambda: self.ask_model())
        commands.on("open_weights", self.ask_weights)

    def open_path(self, name: str) -> None:
        """Take a file or folder for what it is; the banner tells what is wrong with it."""
        try:
            dropped = recognise(Path(name))
            if dropped.kind is FileKind.VIEW:
                self._controller.restore(dropped.meta or {})
                self._controller.settle("file", "source")
            elif dropped.kind is FileKind.SESSION:
                self.session_chosen.emit(dropped.spec)
            elif dropped.kind is FileKind.WEIGHTS:
                now = self._controller.model_request
                self.open_model(asked_again(now, weights=dropped.spec))
            elif dropped.kind is FileKind.MODEL:
                self.open_model(recalled(self._controller.settings, dropped.spec))
            elif dropped.kind is FileKind.CODE:
                self.ask_model(ModelRequest(dropped.spec, self._controller.model_request.device))
            elif dropped.kind is FileKind.INDEX:
                self.index_chosen.emit(dropped.spec)
            else:
                self._controller.open_source(dropped.spec)
        except UserError as error:
            self._controller.tell(error.in_window, "file")

    def open_paths(self, names: list[str]) -> None:
        """Take files that were dropped together: pictures as one source, of the rest the first."""
        pictures = [one for one in names if Path(one).suffix.lower() in PICTURES]
        others = [one for one in names if one not in pictures]
        network = bool(others) and Path(others[0]).suffix.lower() in _NETWORKS
        taken = others[:1] if others else []
        if pictures and (not others or network):
            taken += pictures
            if len(pictures) == 1:
                self.open_path(pictures[0])
            else:
                self._controller.open_source(spec_of_files(pictures))
        if others:
            self.open_path(others[0])
        left = [Path(one).name for one in names if one not in taken]
        if left:
            line = f"left out {', '.join(left[:3])}{', ...' * (len(left) > 3)}; drop it by itself"
            self._controller.failed.emit(line, "")

    def open_model(self, model_request: ModelRequest) -> None:
        """Load a model that a person picked; the form is offered where that does not go."""
        self._picked = model_request
        self._controller.load_model(model_request)

    def ask_file(self) -> None:
        """Ask for a picture or a video."""
        shown = file_kind("Pictures and videos", (*PICTURES, *VIDEOS))
        kinds = (shown, file_kind("All files", ("",)))
        ask_file(self._window, "Open picture or video", self.open_path, kinds)

    def ask_folder(self) -> None:
        """Ask for a folder of pictures."""
        ask_folder(self._window, "Open folder of pictures", self.open_path)

    def ask_index(self) -> None:
        """Ask for the folder of an index of top pictures."""
        ask_folder(self._window, "Index of top pictures", self.open_index)

    def open_index(self, name: str) -> None:
        """Take a folder for an index; the banner tells where it is none."""
        try:
            if recognise(Path(name)).kind is not FileKind.INDEX:
                raise UserError(
                    f"{name} holds no index; in a terminal nnvis index FOLDER makes one"
                )
            self.open_path(name)
        except UserError as error:
            self._controller.tell(error.in_window, "file")

    def ask_weights(self) -> None:
        """Ask for weights of the model in use."""
        title = f"Weights for {self._controller.model_request.spec}"
        kinds = (file_kind("Weights", WEIGHT_SUFFIXES), file_kind("All files", ("",)))
        ask_file(self._window, title, self.open_path, kinds)

    def ask_stream(self) -> None:
        """Ask for the address of a network stream."""
        recent = self._controller.settings.recent_sources
        last = next((spec for spec in recent if spec.startswith(SCHEMES)), "")
        dialog = StreamDialog(self._window, last)
        dialog.chosen.connect(self._controller.open_source)
        dialog.keyring_wanted.connect(self._keep_password)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _keep_password(self, address: str) -> None:
        """Give it to the keyring, which may ask the person first and so is waited for elsewhere."""
        task = BackgroundTask("nnvis-keyring", partial(keep_in_keyring, hidden(address)), self)
        task.answered.connect(self._kept_password)
        task.start()

    def _kept_password(self, why_not: str) -> None:
        if why_not:
            self._controller.failed.emit(why_not, "")

    def ask_model(
        self, model_request: ModelRequest | None = None, line: str = "", field: str = "spec"
    ) -> None:
        """Ask which model is meant; `line` says what is wrong with `field` of the request."""
        controller = self._controller
        if self.form is None:
            now, info = controller.model_request, controller.view_state.info
            self.form = ModelForm(self._window, self.names, now, info)
            self.form.chosen.connect(lambda asked, mark: controller.run_model(asked, mark=mark))
            self.form.cancelled.connect(controller.cancel_model)
            self.form.finished.connect(self._form_closed)
        if model_request is not None:
            self.form.fill(model_request)
        self.form.show()
        self.form.activateWindow()
        self.form.rows[field or "spec"].edit.setFocus()
        if line:
            self.form.refuse(line, field)

    def take_refused(self, model_request: ModelRequest, line: str, field: str) -> bool:
        """Say in the form why a model that was picked cannot be had; whether it was one."""
        mine = self.form is not None and self.form.asked == model_request
        if mine or model_request == self._picked:
            self._picked = None
            self.ask_model(None if mine else model_request, line, field)
            return True
        return False

    def _model_loading(self, progress: Progress | None) -> None:
        if self.form is not None and self.form.asked is not None:
            self.form.show_progress(progress)

    def _view_state_changed(self, view_state: ViewState) -> None:
        if self.form is not None and view_state.info is not None:
            self.form.show_info(view_state.info)

    def _form_closed(self) -> None:
        if self.form is not None:
            self.form.deleteLater()
            self.form = None


def _model_names() -> list[str]:
    from nnvis.models.offers import models

    return [model.name for model in models()]
