"""Which resolution and rate cameras are asked for."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from nnvis.config import Settings
from nnvis.language import tr

AS_IT_IS = "as the camera likes"
SIZES = ("", "640x480", "800x600", "1280x720", "1920x1080")
RATES = ("", "15", "30", "60")


class CameraChoice(QObject):
    """Two menus of one choice each, kept in the settings; applies to the camera in use at once."""

    changed = Signal(str)  # the spec of the camera in use, with the new choice

    def __init__(self, menu: QMenu, settings: Settings) -> None:
        super().__init__(menu)
        self._settings = settings
        kept = settings.window.get("camera")
        self._asked: dict[str, str] = {"size": "", "fps": ""}
        if isinstance(kept, dict):
            self._asked.update({key: str(kept[key]) for key in self._asked if key in kept})
        self.menus = [
            self._menu(menu, "Camera resolution", "size", SIZES, "{}"),
            self._menu(menu, "Camera rate", "fps", RATES, "{} pictures/s"),
        ]

    def spec(self, camera: str) -> str:
        """Return `camera` ("camera:0", perhaps with options) with what is chosen here."""
        plain = camera.partition("?")[0]
        options = "&".join(f"{key}={value}" for key, value in self._asked.items() if value)
        return f"{plain}?{options}" if options else plain

    def _menu(
        self, parent: QMenu, title: str, key: str, values: tuple[str, ...], form: str
    ) -> QMenu:
        menu = parent.addMenu(tr(title))
        group = QActionGroup(menu)
        for value in values:
            action = QAction(tr(form.format(value) if value else AS_IT_IS), menu, checkable=True)
            action.setChecked(value == self._asked[key])
            action.triggered.connect(partial(self._choose, key, value))
            group.addAction(action)
            menu.addAction(action)
        return menu

    def _choose(self, key: str, value: str, _checked: bool = False) -> None:
        self._asked[key] = value
        self._settings.window["camera"] = dict(self._asked)
        if self._settings.source.startswith("camera:"):
            self.changed.emit(self.spec(self._settings.source))
