"""The window in another language while it runs: Qt's own texts, and ours."""

from __future__ import annotations

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

from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import language, source_of, tr, use_language
from nnvis.language.choice import ENGLISH

_LOCALES = {"zh": "zh_CN"}


def speak(app: QApplication) -> None:
    """Let Qt's own texts, such as the buttons of its dialogs, be in the language in use."""
    for old in app.findChildren(QTranslator):
        app.removeTranslator(old)
        old.deleteLater()
    if language() == ENGLISH:
        return
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
        widget.update()


def _say_again(widget: QWidget) -> None:
    say_again = getattr(widget, "say_again", None)
    if say_again is not None:
        say_again()
    elif isinstance(widget, (QLabel, QAbstractButton)) and (source := source_of(widget.text())):
        widget.setText(tr(source))
    if source := source_of(widget.windowTitle()):
        widget.setWindowTitle(tr(source))
    if source := source_of(widget.accessibleName()):
        widget.setAccessibleName(tr(source))
    if tip := source_of(widget.toolTip()):
        widget.setToolTip(plain_tip(tip))
    if isinstance(widget, QLineEdit) and (source := source_of(widget.placeholderText())):
        widget.setPlaceholderText(tr(source))
    if isinstance(widget, QMenu) and (source := source_of(widget.title())):
        widget.setTitle(tr(source))
    _parts_again(widget)


def _parts_again(widget: QObject) -> None:
    """Say tabs, choices and heads of columns again."""
    if isinstance(widget, QTabWidget):
        for place in range(widget.count()):
            if source := source_of(widget.tabText(place)):
                widget.setTabText(place, tr(source))
    elif isinstance(widget, QComboBox):
        for place in range(widget.count()):
            if source := source_of(widget.itemText(place)):
                widget.setItemText(place, tr(source))
    elif isinstance(widget, QTableWidget):
        for place in range(widget.columnCount()):
            item = widget.horizontalHeaderItem(place)
            if item is not None and (source := source_of(item.text())):
                item.setText(tr(source))
    elif isinstance(widget, QTreeWidget):
        head = widget.headerItem()
        for place in range(widget.columnCount()):
            if source := source_of(head.text(place)):
                head.setText(place, tr(source))


def _action_again(action: QAction) -> None:
    if source := source_of(action.text()):
        action.setText(tr(source))
    if source := source_of(action.iconText().strip()):
        action.setIconText(f" {tr(source)}")
    if tip := source_of(action.toolTip()):
        action.setToolTip(plain_tip(tip))
