"""The window in another language while it runs: Qt's own texts, and ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTableWidget,
    QTabWidget,
    QTreeWidget,
    QWidget,
)

from nnvis.gui.widgets.controls import OPENS
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import language, source_of, tr, use_language
from nnvis.language.choice import ENGLISH

_LOCALES = {"zh": "zh_CN"}


class _Rest(QTranslator):
    """What Qt's own translation leaves in English."""

    def translate(
        self, context: str, text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return tr(text.replace("&", "")) if context == "QFileDialog" else ""


def speak(app: QApplication) -> None:
    """Let Qt's own texts, such as the buttons of its dialogs, be in the language in use."""
    for old in app.findChildren(QTranslator):
        app.removeTranslator(old)
        old.deleteLater()
    if language() == ENGLISH:
        return
    app.installTranslator(_Rest(app))  # what is installed last is asked first
    of_qt = QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if of_qt.load(QLocale(_LOCALES[language()]), "qtbase", "_", folder):
        app.installTranslator(of_qt)


def change_language(chosen: str) -> None:
    """Say all that stands in a window in another language, and what comes from now on."""
    app = QApplication.instance()
    if chosen == language() or not isinstance(app, QApplication):
        return
    use_language(chosen)
    speak(app)
    for widget in app.allWidgets():
        _say_again(widget)
        for action in widget.actions():
            _action_again(action)
        QWidget.update(widget)  # lists have another of that name


def _say_again(widget: QWidget) -> None:
    say_again = getattr(widget, "say_again", None)
    if say_again is not None:
        say_again()
    elif isinstance(widget, (QLabel, QAbstractButton)):
        text = widget.text().removesuffix(OPENS)
        end = widget.text()[len(text) :]
        _again(widget, "text", text, lambda said: widget.setText(said + end))
    _again(widget, "title", widget.windowTitle(), widget.setWindowTitle)
    _again(widget, "name", widget.accessibleName(), widget.setAccessibleName)
    _again(widget, "tip", widget.toolTip(), widget.setToolTip, plain_tip)
    if isinstance(widget, QLineEdit):
        _again(widget, "place", widget.placeholderText(), widget.setPlaceholderText)
    if isinstance(widget, QMenu):
        _again(widget, "menu", widget.title(), widget.setTitle)
    _parts_again(widget)


def _again(
    one: QObject, what: str, shown: str, put: Callable[[str], None], say: Callable[[str], str] = tr
) -> None:
    """Say `what` of `one` in the language in use, and keep the English it was said of on it.

    Two English texts may have one translation; what was kept tells which of them it was.
    """
    key = f"_english_{what}"
    said, english = one.property(key) or ("", "")
    source = english if said == shown else source_of(shown)
    if source:
        put(say(source))
        one.setProperty(key, [say(source), source])


def _parts_again(widget: QWidget) -> None:
    """Say tabs, choices and heads of columns again."""
    if isinstance(widget, QTabWidget):
        for place in range(widget.count()):
            put = partial(widget.setTabText, place)
            _again(widget, f"tab_{place}", widget.tabText(place), put)
    elif isinstance(widget, QComboBox):
        for place in range(widget.count()):
            put = partial(widget.setItemText, place)
            _again(widget, f"item_{place}", widget.itemText(place), put)
    elif isinstance(widget, QTableWidget):
        for place in range(widget.columnCount()):
            item = widget.horizontalHeaderItem(place)
            if item is not None:
                _again(widget, f"head_{place}", item.text(), item.setText)
    elif isinstance(widget, QTreeWidget):
        head = widget.headerItem()
        for place in range(widget.columnCount()):
            _again(widget, f"head_{place}", head.text(place), partial(head.setText, place))


def _action_again(action: QAction) -> None:
    _again(action, "text", action.text(), action.setText)
    icon_text = action.iconText().strip()
    _again(action, "icon", icon_text, lambda said: action.setIconText(f" {said}"))
    _again(action, "tip", action.toolTip(), action.setToolTip, plain_tip)
