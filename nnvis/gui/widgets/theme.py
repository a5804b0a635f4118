"""The one place that knows what things look like: colours, palette, style sheet."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Concatenate, Literal, ParamSpec, TypeVar

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QLayout, QWidget

from nnvis.imaging.colormaps import GAP_COLOR
from nnvis.structure import limited


@dataclass(frozen=True, slots=True)
class Look:
    """What a person chose of it; settings keep it."""

    theme: Literal["dark", "light", "contrast"] = "dark"
    text: float = limited(1.0, 0.8, 2.0)  # times the size of the system's words


W = TypeVar("W", bound=QWidget)
P = ParamSpec("P")
_GAP = QColor(*GAP_COLOR).name()
# Whoever has one of the colours has it of every theme: a theme writes into them.
_DARK = {
    "SHEET": _GAP,  # behind the grid, so that the gaps of a sheet have no edge
    "PANEL": "#1e2128", "RAISED": "#282c35", "HOVER": "#323743", "LINE": "#343944",
    "TEXT": "#e4e7ec", "DIM": "#a0a8b6", "FAINT": "#8f98a8", "ACCENT": "#4ea8f5",
    "WARN": "#f0b429", "BAD": "#ff7a6e", "GOOD": "#5cc98f", "OUTLINE": "#ffffff",
    "ON_ACCENT": "#0e1116", "CHOSEN": "#1f3a57", "HANDLE": "#5c6474", "BAR": "#5d738c",
    "ALARM": "#43222a", "HINT": "#1d3146",
}  # fmt: skip
_LIGHT = {
    "SHEET": "#e3e6eb", "PANEL": "#f6f7f9", "RAISED": "#ffffff", "HOVER": "#e4e8ee",
    "LINE": "#c8ced8", "TEXT": "#1b1f26", "DIM": "#4c5563", "FAINT": "#5a6371",
    "ACCENT": "#0b63b5", "WARN": "#8a5a00", "BAD": "#b3261e", "GOOD": "#1a7044",
    "OUTLINE": "#d0021b", "ON_ACCENT": "#ffffff", "CHOSEN": "#cfe3f7", "HANDLE": "#98a1af",
    "BAR": "#7b94b0", "ALARM": "#fbe1df", "HINT": "#dcebfa",
}  # fmt: skip
_CONTRAST = {
    "SHEET": "#000000", "PANEL": "#000000", "RAISED": "#0d0d0d", "HOVER": "#2a2a2a",
    "LINE": "#9a9a9a", "TEXT": "#ffffff", "DIM": "#e6e6e6", "FAINT": "#c4c4c4",
    "ACCENT": "#5cc8ff", "WARN": "#ffd54a", "BAD": "#ff9a90", "GOOD": "#7dffb2",
    "OUTLINE": "#ffffff", "ON_ACCENT": "#000000", "CHOSEN": "#00457a", "HANDLE": "#d0d0d0",
    "BAR": "#a9c3e0", "ALARM": "#5c0010", "HINT": "#003a66",
}  # fmt: skip
THEMES: Mapping[str, Mapping[str, str]] = {"dark": _DARK, "light": _LIGHT, "contrast": _CONTRAST}

SHEET, PANEL, RAISED = QColor(_GAP), QColor(_DARK["PANEL"]), QColor(_DARK["RAISED"])
HOVER, LINE, TEXT = QColor(_DARK["HOVER"]), QColor(_DARK["LINE"]), QColor(_DARK["TEXT"])
DIM, FAINT, ACCENT = QColor(_DARK["DIM"]), QColor(_DARK["FAINT"]), QColor(_DARK["ACCENT"])
WARN, BAD, GOOD = QColor(_DARK["WARN"]), QColor(_DARK["BAD"]), QColor(_DARK["GOOD"])
OUTLINE, ON_ACCENT = QColor(_DARK["OUTLINE"]), QColor(_DARK["ON_ACCENT"])
CHOSEN, HANDLE, BAR = QColor(_DARK["CHOSEN"]), QColor(_DARK["HANDLE"]), QColor(_DARK["BAR"])
ALARM, HINT = QColor(_DARK["ALARM"]), QColor(_DARK["HINT"])

ON_PICTURE = QColor("#f4f6f8")  # words on a dark tag, in every theme

FAMILIES = {
    "conv": QColor("#4ea8f5"),
    "norm": QColor("#8a93a5"),
    "activation": QColor("#f2a65a"),
    "pool": QColor("#45bfae"),
    "linear": QColor("#e879a6"),
    "attention": QColor("#a98bf0"),
    "block": QColor("#c3c9d4"),
    "other": QColor("#6b7382"),
}

_ROLES = {
    QPalette.ColorRole.Window: PANEL,
    QPalette.ColorRole.WindowText: TEXT,
    QPalette.ColorRole.Base: RAISED,
    QPalette.ColorRole.AlternateBase: PANEL,
    QPalette.ColorRole.Text: TEXT,
    QPalette.ColorRole.Button: RAISED,
    QPalette.ColorRole.ButtonText: TEXT,
    QPalette.ColorRole.BrightText: BAD,
    QPalette.ColorRole.Highlight: ACCENT,
    QPalette.ColorRole.HighlightedText: ON_ACCENT,
    QPalette.ColorRole.ToolTipBase: HOVER,
    QPalette.ColorRole.ToolTipText: TEXT,
    QPalette.ColorRole.PlaceholderText: FAINT,
    QPalette.ColorRole.Link: ACCENT,
}

_SHEET = """
QWidget { color: %(text)s; }
QMainWindow, QDialog { background: %(panel)s; }
QToolTip { background: %(hover)s; color: %(text)s; border: 1px solid %(line)s; padding: 3px 6px; }
#bar { background: %(panel)s; border-bottom: 1px solid %(line)s; }
#mat { background: %(sheet)s; border-top: 1px solid %(line)s; }
#status { background: %(panel)s; border-top: 1px solid %(line)s; }
#status QLabel { color: %(dim)s; }
QLabel#title { font-weight: 600; }
QLabel#dim { color: %(dim)s; }
QLabel#accent { color: %(accent)s; }
QLabel#section { color: %(dim)s; font-weight: 600; }
QLabel#warn { color: %(warn)s; }
QLabel#bad { color: %(bad)s; }
QToolButton, QPushButton {
    background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 4px 9px;
}
QPushButton { background: %(raised)s; border-color: %(line)s; padding: 5px 14px; }
QToolButton:hover, QPushButton:hover { background: %(hover)s; }
QToolButton:pressed, QToolButton:open, QPushButton:pressed { background: %(line)s; }
QToolButton:checked { background: %(chosen)s; border-color: %(accent)s; }
QToolButton:focus, QPushButton:focus { border-color: %(accent)s; }
QToolButton:checked:focus { border: 2px solid %(text)s; padding: 3px 8px; }
QToolButton:disabled, QPushButton:disabled { color: %(faint)s; }
QToolButton#changed { color: %(warn)s; border-color: %(warn)s; }
QFileDialog QToolButton { padding: 4px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QToolButton#segment { padding: 3px 6px; }
QToolButton#segment:checked:focus { padding: 2px 5px; }
QToolButton#narrow { padding: 3px 2px; }
QToolButton#narrow:checked:focus { padding: 2px 1px; }
QToolButton#choice { padding: 4px 7px; background: %(raised)s; border-color: %(line)s; }
QToolButton#choice:hover { background: %(hover)s; }
QToolButton#choice:focus { border-color: %(accent)s; }
QToolButton::menu-indicator { image: none; width: 0; }
QPushButton#primary { background: %(accent)s; color: %(on_accent)s; font-weight: 600; }
QPushButton#primary:focus { border: 2px solid %(text)s; padding: 4px 13px; }
QPushButton#primary:disabled { background: %(raised)s; color: %(faint)s; }
QLineEdit {
    background: %(raised)s; border: 1px solid %(line)s; border-radius: 6px; padding: 4px 8px;
    selection-background-color: %(accent)s;
}
QLineEdit#number { padding: 4px 3px; }
QLineEdit:focus { border-color: %(accent)s; }
QListView { background: %(panel)s; border: none; outline: none; }
QDialog QListView, QListView#suggestions {
    background: %(sheet)s; border: 1px solid %(line)s; border-radius: 6px; padding: 4px;
}
QDialog QListView::item, QListView#suggestions::item { padding: 4px 6px; border-radius: 4px; }
QDialog QListView::item:selected, QListView#suggestions::item:selected {
    background: %(chosen)s; color: %(text)s;
}
QHeaderView::section {
    background: %(panel)s; color: %(dim)s; border: none; border-bottom: 1px solid %(line)s;
    padding: 3px 6px;
}
QMenu { background: %(raised)s; border: 1px solid %(line)s; padding: 5px; }
QMenu::item { padding: 5px 26px 5px 14px; border-radius: 4px; }
QMenu::item:selected { background: %(accent)s; color: %(on_accent)s; }
QMenu::item:disabled { color: %(dim)s; background: transparent; }
QMenu::separator { height: 1px; background: %(line)s; margin: 5px 6px; }
QMenu::indicator { width: 14px; height: 14px; left: 4px; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: %(handle)s; border-radius: 3px; margin: 2px; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::handle:hover { background: %(accent)s; }
QScrollBar::handle:vertical { min-height: 30px; }
QScrollBar::handle:horizontal { min-width: 30px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QCheckBox::indicator:unchecked, QRadioButton::indicator:unchecked,
QAbstractItemView::indicator:unchecked {
    width: 11px; height: 11px; border-radius: 2px;
    background: %(raised)s; border: 1px solid %(faint)s;
}
QRadioButton::indicator:unchecked { border-radius: 6px; }
QSlider { min-height: 18px; }
QSlider::groove:horizontal { height: 4px; background: %(line)s; border-radius: 2px; }
QSlider::sub-page:horizontal { background: %(accent)s; border-radius: 2px; }
QSlider::handle:horizontal {
    width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; background: %(text)s;
}
QSlider::handle:horizontal:focus { background: %(accent)s; }
QSlider::sub-page:horizontal:disabled { background: %(line)s; }
QProgressBar { background: %(line)s; border: none; border-radius: 2px; height: 4px; }
QProgressBar::chunk { background: %(accent)s; border-radius: 2px; }
QSplitter::handle, QMainWindow::separator { background: %(line)s; }
QMainWindow::separator { width: 3px; height: 3px; }
QMainWindow::separator:hover { background: %(accent)s; }
QToolButton#handle { padding: 2px 0; }
#banner { background: %(alarm)s; border-bottom: 1px solid %(bad)s; }
#toast { background: %(hover)s; border: 1px solid %(handle)s; border-radius: 8px; }
#bubble {
    background: %(raised)s; border: 1px solid %(faint)s; border-radius: 5px; padding: 3px 7px;
}
#card, #palette { background: %(panel)s; border: 1px solid %(faint)s; border-radius: 12px; }
#cap {
    background: %(raised)s; border: 1px solid %(line)s; border-bottom-color: %(faint)s;
    border-radius: 4px; padding: 1px 6px;
}
#group { color: %(accent)s; font-weight: 600; padding-top: 6px; }
#pile { background: %(sheet)s; border: 1px solid %(line)s; border-radius: 8px; }
QLabel#faint { color: %(faint)s; }
#finding {
    background: %(raised)s; border: 1px solid %(line)s; border-radius: 8px; padding: 10px 12px;
}
#lab { text-align: left; padding: 9px 12px; border-radius: 8px; }
#lab:checked { background: %(chosen)s; border-color: %(accent)s; }
#lab:checked:focus { border: 2px solid %(text)s; padding: 8px 11px; }
QTabWidget::pane { border: none; border-top: 1px solid %(line)s; }
QTabBar::tab { padding: 5px 11px; border: 1px solid transparent; border-radius: 6px; }
QTabBar::tab:hover { background: %(hover)s; }
QTabBar::tab:selected { background: %(chosen)s; border-color: %(accent)s; }
QTabBar::tab:selected:focus { border: 2px solid %(text)s; padding: 4px 10px; }
QTabBar::scroller { width: 40px; }
QTabBar QToolButton { background: %(raised)s; border-color: %(line)s; padding: 0; }
#line { background: %(line)s; }
#hint { background: %(hint)s; border: none; border-bottom: 1px solid %(accent)s; }
"""


def dress(app: QApplication, look: Look | None = None) -> dict[str, str]:
    """Give `app` this look; Fusion everywhere, so that it is the same on every system.

    Returns:
        Of each colour that was, the one that took its place.
    """
    look = look or Look()
    if app.property("look") == look and app.styleSheet():
        return {}
    app.setProperty("look", look)
    plain = app.property("plain font")  # the system's, whatever was chosen since
    if not isinstance(plain, QFont):
        plain = QFont(app.font())
        app.setProperty("plain font", plain)
    font = QFont(plain)
    font.setFamilies([*font.families(), "Segoe UI", "Noto Sans", "DejaVu Sans"])
    font.setPointSizeF(max(9.0, font.pointSizeF()) * look.text)
    app.setFont(font)
    changed = {}
    for name, written in THEMES[look.theme].items():
        colour: QColor = globals()[name]
        changed[colour.name()] = written
        colour.setRgba(QColor(written).rgba())
    sheet = _SHEET % {one.lower(): globals()[one].name() for one in _DARK}
    if app.styleSheet() == sheet:  # laid upon a thousand widgets again it would take a second
        for one in app.allWidgets():  # to whom Qt tells nothing of it, in the face of a sheet
            app.sendEvent(one, QEvent(QEvent.Type.ApplicationFontChange))
        return changed
    app.setStyle("Fusion")
    palette = QPalette()
    for role, colour in _ROLES.items():
        palette.setColor(role, colour)
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, FAINT)
    app.setPalette(palette)
    app.setStyleSheet(sheet)
    return changed


def dressed_when_whole(
    build: Callable[Concatenate[W, P], None],
) -> Callable[Concatenate[W, P], None]:
    """Lay the style sheet upon the window that `build` makes once it is whole.

    Upon parts it would be laid again each time one is put into another: for a window of 1,900
    parts that takes three times as long as building it.
    """

    @functools.wraps(build)
    def built(self: W, /, *args: P.args, **kwargs: P.kwargs) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        sheet = app.styleSheet()
        app.setStyleSheet("")
        try:
            build(self, *args, **kwargs)
        finally:
            app.setStyleSheet(sheet)
        for layout in self.findChildren(QLayout):
            layout.invalidate()  # what is hidden keeps the sizes of parts without a sheet

    return built


def enlarged(look: Look, times: float) -> Look:
    """Return `look` with words so many times as large."""
    return replace(look, text=look.text * times)


def text_scale() -> float:
    """Return how many times as large as the system's words are now."""
    app = QApplication.instance()
    plain = app.property("plain font") if isinstance(app, QApplication) else None
    if not isinstance(app, QApplication) or not isinstance(plain, QFont):
        return 1.0
    return app.font().pointSizeF() / max(9.0, plain.pointSizeF())


def small(font: QFont, factor: float = 0.88, *, bold: bool = False) -> QFont:
    """Return `font` in another size."""
    other = QFont(font)
    other.setPointSizeF(font.pointSizeF() * factor)
    if bold:
        other.setWeight(QFont.Weight.DemiBold)
    return other
