"""Preferences: what is changed is in force at once, and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from nnvis.gui.preferences.kept import keep_keys, keep_look, kept_look
from nnvis.gui.preferences.key_table import KeyTable
from nnvis.gui.state.context import Context
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.widgets.theme import Look
from nnvis.imaging.colour_options import COLORMAPS, SIGNED_COLORMAPS
from nnvis.language import LANGUAGES, chosen_language, tr

THEMES = {"dark": "Dark", "light": "Light", "contrast": "High contrast"}
SIZES = {0.85: "Small", 1.0: "As the system's", 1.2: "Large", 1.5: "Very large", 2.0: "Twice"}
SAFE = ("viridis", "cividis", "batlow", "magma", "inferno", "gray", "blue-orange", "vik", "berlin")


class Preferences(QDialog):
    """Closing it is all there is to confirm."""

    look_chosen = Signal(object)  # Look
    language_chosen = Signal(str)  # "en" or "zh"

    def __init__(self, context: Context, more: Mapping[str, Callable[[], QWidget]]) -> None:
        """`more`: pages of the features, by their titles."""
        super().__init__(context.window)
        self._settings, self._controller = context.controller.settings, context.controller
        self.setWindowTitle(tr("Preferences"))
        self.resize(560, 520)
        look = kept_look(self._settings)
        self.theme = _choice("Theme", THEMES, look.theme)
        self.text = _choice("Size of words", SIZES, _nearest(look.text))
        self.language = _choice("Language", LANGUAGES, self._settings.language)
        shading = self._controller.view_state.request.shading
        self.colours = _choice("Colours of values", _maps(COLORMAPS), shading.colormap)
        self.signed = _choice(
            "Colours of values of both signs", _maps(SIGNED_COLORMAPS), shading.signed_colormap
        )
        page = QWidget()
        form = QFormLayout(page)
        for one in (self.language, self.theme, self.text, self.colours, self.signed):
            form.addRow(one.accessibleName(), one)
        note = PlainLabel("All but red-green can be told apart by people who do not see colours.")
        note.setWordWrap(True)
        note.setObjectName("dim")
        form.addRow(note)
        self.keys = KeyTable(context.commands)
        self.keys.changed.connect(lambda name: self._keep_keys(context, name))
        tabs = QTabWidget()
        tabs.setAccessibleName(tr("Pages of the preferences"))
        tabs.addTab(page, tr("Look"))
        tabs.addTab(self.keys, tr("Keys"))
        for title, make in more.items():
            tabs.addTab(make(), tr(title))
        self.tabs = tabs
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(tabs)
        column.addWidget(close)
        for one in (self.theme, self.text):
            one.currentIndexChanged.connect(lambda _at: self._wear())
        self.language.currentIndexChanged.connect(lambda _at: self._speak())
        for one in (self.colours, self.signed):
            one.currentIndexChanged.connect(lambda _at: self._shade())

    def _wear(self) -> None:
        look = Look(self.theme.currentData(), self.text.currentData())
        keep_look(self._settings, look)
        self.look_chosen.emit(look)

    def _speak(self) -> None:
        self._settings.language = self.language.currentData()
        self.language_chosen.emit(chosen_language(self._settings.language))

    def _shade(self) -> None:
        self._controller.shade(
            replace(
                self._controller.view_state.request.shading,
                colormap=self.colours.currentData(),
                signed_colormap=self.signed.currentData(),
            )
        )

    def _keep_keys(self, context: Context, name: str) -> None:
        command = next(one for one in context.commands.commands if one.name == name)
        keep_keys(self._settings, name, command.keys, context.commands.usual[name])


def _choice(name: str, choices: dict[float, str] | dict[str, str], now: object) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(tr(name))
    for value, text in choices.items():
        box.addItem(tr(text), value)
    box.setCurrentIndex(max(0, box.findData(now)))
    return box


def _maps(names: tuple[str, ...]) -> dict[str, str]:
    return {one: one if one in SAFE else f"{one} (not for everybody)" for one in names}


def _nearest(text: float) -> float:
    return min(SIZES, key=lambda one: abs(one - text))
