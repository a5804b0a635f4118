"""The menu of sources: cameras by name, samples, patterns, files, streams, and recent ones."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from nnvis.config import Settings
from nnvis.gui.source.camera_choice import CameraChoice
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.commands import CommandActions
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr, verbatim


class SourceMenu(QMenu):
    """Looks for cameras each time it is opened, and at the start; never on this thread."""

    chosen = Signal(str)  # spec
    cameras_found = Signal(tuple)  # of specs

    def __init__(self, parent: QWidget, settings: Settings, actions: CommandActions) -> None:
        super().__init__(parent)
        self._settings = settings
        self._cameras: list[tuple[str, str]] | None = None  # spec, name
        self._samples: list[str] = []
        self._patterns: list[str] = []
        self.question = BackgroundTask("nnvis-cameras", _ask, self)
        self.question.answered.connect(self._answered)
        self.addAction(actions["open_demo"])
        self._camera_place = self.addSeparator()
        self._camera_actions: list[QAction] = []
        self.camera = CameraChoice(self, settings)
        self.camera.changed.connect(self.chosen)
        self.addSeparator()
        self._sample_menu = self.addMenu(tr("Sample photographs"))
        self._pattern_menu = self.addMenu(tr("Test patterns"))
        self.addSeparator()
        for name in ("open_file", "open_folder", "open_stream"):
            self.addAction(actions[name])
        self.addSeparator()
        self.addAction(actions["open_index"])
        self.addSeparator()
        self._recent_menu = self.addMenu(tr("Recent"))
        self.aboutToShow.connect(self.question.start)
        self.aboutToShow.connect(self._fill_recent)
        self._fill_cameras()

    def _answered(self, found: Any) -> None:
        self._cameras, self._samples, self._patterns = found
        for menu, kind, names in (
            (self._sample_menu, "sample", self._samples),
            (self._pattern_menu, "pattern", self._patterns),
        ):
            menu.clear()
            for name in names:
                text = tr(name) if kind == "pattern" else name
                menu.addAction(text, partial(self.chosen.emit, f"{kind}:{name}"))
        self._fill_cameras()
        self.cameras_found.emit(tuple(spec for spec, _ in self._cameras or ()))

    def _fill_cameras(self) -> None:
        for old in self._camera_actions:
            self.removeAction(old)
            old.deleteLater()
        new = []
        for spec, name in self._cameras or ():
            action = QAction(name.replace("&", "&&"), self)
            action.triggered.connect(partial(self._choose_camera, spec))
            new.append(action)
        if not new:
            looking = self._cameras is None
            action = QAction(tr("Looking for cameras…") if looking else tr("No camera found"), self)
            action.setEnabled(False)
            new.append(action)
        self._camera_actions = new
        for menu in self.camera.menus:
            menu.setEnabled(bool(self._cameras))
        self.insertActions(self._camera_place, new)

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for spec in self._settings.recent_sources:
            name = short_name(spec).replace("&", "&&")
            action = self._recent_menu.addAction(name, partial(self.chosen.emit, spec))
            action.setToolTip(plain_tip(verbatim(spec)))
        self._recent_menu.setEnabled(bool(self._settings.recent_sources))

    def _choose_camera(self, spec: str, _checked: bool = False) -> None:
        self.chosen.emit(self.camera.spec(spec))


def short_name(spec: str) -> str:
    """Return a spec as it fits into a menu: of a path the last two parts."""
    path = Path(spec)
    if "://" in spec or not path.is_absolute() or len(path.parts) < 4:
        return spec
    return str(Path("…", *path.parts[-2:]))


def _ask() -> tuple[list[tuple[str, str]], list[str], list[str]]:
    from nnvis.sources import PATTERNS, SAMPLES, list_cameras

    cameras = [(camera.spec, camera.name) for camera in list_cameras()]
    return cameras, list(SAMPLES), list(PATTERNS)
