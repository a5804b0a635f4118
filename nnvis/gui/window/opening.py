"""Everything that opens something: files, folders, streams, models, weights, saved views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from nnvis.errors import UserError
from nnvis.gui.model.model_dialog import ModelDialog
from nnvis.gui.source.stream_dialog import SCHEMES, StreamDialog
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.file_kinds import FileKind, recognise
from nnvis.models.info import ModelRequest
from nnvis.sources.credentials import hidden, keep_in_keyring
from nnvis.structure import structure


class Opening(QObject):
    """Dialogs are never waited for: the picture goes on behind them."""

    index_chosen = Signal(str)  # the folder of an index

    def __init__(self, controller: Controller, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._window = controller, window
        self.names = BackgroundTask("nnvis-model-names", _model_names, self)

    def open_path(self, name: str) -> None:
        """Take a file or folder for what it is; the banner tells what is wrong with it."""
        try:
            dropped = recognise(Path(name))
            if dropped.kind is FileKind.VIEW:
                self._controller.restore(dropped.meta or {})
            elif dropped.kind is FileKind.WEIGHTS:
                self._controller.load_model(
                    replace(
                        self._controller.model_request, weights=dropped.spec, random_weights=False
                    )
                )
            elif dropped.kind is FileKind.MODEL:
                self.open_model(dropped.spec)
            elif dropped.kind is FileKind.INDEX:
                self.index_chosen.emit(dropped.spec)
            else:
                self._controller.open_source(dropped.spec)
        except UserError as error:
            self._controller.failed.emit(str(error), "")

    def open_model(self, spec: str) -> None:
        """Load a model that was picked from a menu, as it was the last time."""
        stored = self._controller.settings.model_requests.get(spec)
        known = structure(ModelRequest, stored) if isinstance(stored, dict) else None
        device = self._controller.model_request.device
        self._controller.load_model(replace(known or ModelRequest(), spec=spec, device=device))

    def ask_file(self) -> None:
        """Ask for a picture or a video."""
        self._ask("Open picture or video", QFileDialog.FileMode.ExistingFile, self.open_path)

    def ask_folder(self) -> None:
        """Ask for a folder of pictures."""
        self._ask("Open folder of pictures", QFileDialog.FileMode.Directory, self.open_path)

    def ask_index(self) -> None:
        """Ask for the folder of an index of top pictures."""
        self._ask("Index of top pictures", QFileDialog.FileMode.Directory, self.open_index)

    def open_index(self, name: str) -> None:
        """Take a folder for an index; the banner tells where it is none."""
        try:
            if recognise(Path(name)).kind is not FileKind.INDEX:
                raise UserError(
                    f"{name} holds no index; make one with nnvis index FOLDER --out {name}"
                )
            self.open_path(name)
        except UserError as error:
            self._controller.failed.emit(str(error), "")

    def ask_weights(self) -> None:
        """Ask for weights of the model in use."""
        self._ask(
            f"Weights for {self._controller.model_request.spec}",
            QFileDialog.FileMode.ExistingFile,
            self.open_path,
            "Weights (*.safetensors *.pt *.pth *.bin *.ckpt)",
        )

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

    def ask_model(self) -> None:
        """Ask for a model by name."""
        dialog = ModelDialog(self._window, self.names, self._controller.model_request)
        dialog.chosen.connect(self._load_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _load_chosen(self, model_request: ModelRequest) -> None:
        """Load what was typed or picked in the dialog, which asks before code is run."""
        self._controller.run_model(model_request)

    def _ask(
        self,
        title: str,
        mode: QFileDialog.FileMode,
        then: Callable[[str], None],
        names: str = "",
    ) -> None:
        dialog = QFileDialog(self._window, title)
        dialog.setFileMode(mode)
        if names:
            dialog.setNameFilter(names)
        dialog.fileSelected.connect(then)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _model_names() -> list[str]:
    from nnvis.models.registry import models

    return [model.name for model in models()]
