"""Buttons and sliders that everybody can reach: with an icon, a name and their own keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider, QToolButton

from nnvis.gui.icons import icon
from nnvis.gui.keys import ARROWS, PRESS, KeepKeys


def icon_button(name: str, text: str, *, checkable: bool = False) -> QToolButton:
    """Return a button that shows the icon `name` and says `text`; Space presses it."""
    button = QToolButton()
    button.setIcon(icon(name))
    button.setCheckable(checkable)
    button.setToolTip(text)
    button.setAccessibleName(text)
    KeepKeys(button, PRESS)
    return button


def choice_button(text: str) -> QToolButton:
    """Return a button that opens a menu at once."""
    button = QToolButton()
    button.setObjectName("choice")
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setToolTip(text)
    button.setAccessibleName(text)
    KeepKeys(button, PRESS)
    return button


def slider(text: str, top: int) -> QSlider:
    """Return a slider from 0 to `top`; the arrow keys move it."""
    made = QSlider(Qt.Orientation.Horizontal)
    made.setRange(0, top)
    made.setToolTip(text)
    made.setAccessibleName(text)
    KeepKeys(made, ARROWS)
    return made
