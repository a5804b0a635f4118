"""The one place that knows what things look like: colours, palette, style sheet."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from nnvis.imaging.colormaps import GAP_COLOR

SHEET = QColor(*GAP_COLOR)  # behind the grid, so that the gaps of a sheet have no edge
PANEL = QColor("#1e2128")
RAISED = QColor("#282c35")
HOVER = QColor("#323743")
LINE = QColor("#343944")
TEXT = QColor("#e4e7ec")
DIM = QColor("#a0a8b6")
FAINT = QColor("#6b7382")
ACCENT = QColor("#4ea8f5")
WARN = QColor("#f0b429")
BAD = QColor("#ff7a6e")
GOOD = QColor("#5cc98f")
OUTLINE = QColor("#ffffff")

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
    QPalette.ColorRole.HighlightedText: QColor("#0e1116"),
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
QToolButton:checked { background: #1f3a57; border-color: %(accent)s; }
QToolButton:focus, QPushButton:focus { border-color: %(accent)s; }
QToolButton:disabled, QPushButton:disabled { color: %(faint)s; }
QToolButton#changed { color: %(warn)s; border-color: %(warn)s; }
QToolButton#segment { padding: 3px 6px; }
QToolButton#narrow { padding: 3px 2px; }
QToolButton#choice { padding: 4px 7px; background: %(raised)s; border-color: %(line)s; }
QToolButton#choice:hover { background: %(hover)s; }
QToolButton#choice:focus { border-color: %(accent)s; }
QToolButton::menu-indicator { image: none; width: 0; }
QPushButton#primary { background: %(accent)s; color: #0e1116; font-weight: 600; }
QPushButton#primary:disabled { background: %(raised)s; color: %(faint)s; }
QLineEdit {
    background: %(raised)s; border: 1px solid %(line)s; border-radius: 6px; padding: 4px 8px;
    selection-background-color: %(accent)s;
}
QLineEdit#number { padding: 4px 3px; }
QLineEdit:focus { border-color: %(accent)s; }
QListView { background: %(panel)s; border: none; outline: none; }
QDialog QListView {
    background: %(sheet)s; border: 1px solid %(line)s; border-radius: 6px; padding: 4px;
}
QDialog QListView::item { padding: 4px 6px; border-radius: 4px; }
QDialog QListView::item:selected { background: #1f3a57; color: %(text)s; }
QMenu { background: %(raised)s; border: 1px solid %(line)s; padding: 5px; }
QMenu::item { padding: 5px 26px 5px 14px; border-radius: 4px; }
QMenu::item:selected { background: %(accent)s; color: #0e1116; }
QMenu::item:disabled { color: %(dim)s; background: transparent; }
QMenu::separator { height: 1px; background: %(line)s; margin: 5px 6px; }
QMenu::indicator { width: 14px; height: 14px; left: 4px; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: #454b58; border-radius: 3px; margin: 2px; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::handle:hover { background: #5c6474; }
QScrollBar::handle:vertical { min-height: 30px; }
QScrollBar::handle:horizontal { min-width: 30px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
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
#banner { background: #43222a; border-bottom: 1px solid #7c3a42; }
#toast { background: %(hover)s; border: 1px solid #4a5160; border-radius: 8px; }
#hint { background: #1d3146; border: none; border-bottom: 1px solid #2b4a69; }
"""


def dress(app: QApplication) -> None:
    """Give `app` the dark look; Fusion everywhere, so that it is the same on every system."""
    app.setStyle("Fusion")
    font = app.font()
    font.setFamilies([*font.families(), "Segoe UI", "Noto Sans", "DejaVu Sans"])
    font.setPointSizeF(max(9.0, font.pointSizeF()))
    app.setFont(font)
    palette = QPalette()
    for role, colour in _ROLES.items():
        palette.setColor(role, colour)
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, FAINT)
    app.setPalette(palette)
    names = {name.lower(): value.name() for name, value in globals().items() if _is_colour(value)}
    app.setStyleSheet(_SHEET % names)


def small(font: QFont, factor: float = 0.88, *, bold: bool = False) -> QFont:
    """Return `font` in another size."""
    other = QFont(font)
    other.setPointSizeF(font.pointSizeF() * factor)
    if bold:
        other.setWeight(QFont.Weight.DemiBold)
    return other


def _is_colour(value: object) -> bool:
    return isinstance(value, QColor)
