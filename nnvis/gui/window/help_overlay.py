"""All keys at a glance, from the registry of actions."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from nnvis.gui.state.commands import (
    FOOL,
    LENS,
    LOOK,
    MODEL,
    OFF,
    PANES,
    PICTURE,
    SAVE,
    SOURCE,
    UNITS,
    WINDOW,
    CommandActions,
    keys_text,
)
from nnvis.gui.widgets.keys import FocusBefore
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr

MOUSE = (
    (("click",), "Select a unit or a layer"),
    (("double click",), "Enlarge a unit, and back"),
    (("Ctrl+click",), "Switch a unit off, or put it back"),
    (("wheel",), "Zoom at the pointer"),
    (("drag",), "Move the enlarged grid"),
    (("drop",), "Open a picture, video, folder, weights or snapshot"),
)

Columns = tuple[tuple[str, ...], ...]
WIDE: Columns = (
    (SOURCE, LENS, MODEL),
    (UNITS, LOOK, SAVE, PANES, "Mouse"),
    (PICTURE, OFF, FOOL, WINDOW),
)
NARROW: Columns = (
    (SOURCE, LENS, MODEL, SAVE, WINDOW, "Mouse", OFF),
    (UNITS, PICTURE, LOOK, FOOL, PANES),
)
ONE: Columns = (tuple(group for groups in NARROW for group in groups),)

_SCROLLS = {
    Qt.Key.Key_Up: QAbstractSlider.SliderAction.SliderSingleStepSub,
    Qt.Key.Key_Down: QAbstractSlider.SliderAction.SliderSingleStepAdd,
    Qt.Key.Key_PageUp: QAbstractSlider.SliderAction.SliderPageStepSub,
    Qt.Key.Key_PageDown: QAbstractSlider.SliderAction.SliderPageStepAdd,
    Qt.Key.Key_Home: QAbstractSlider.SliderAction.SliderToMinimum,
    Qt.Key.Key_End: QAbstractSlider.SliderAction.SliderToMaximum,
}


class HelpOverlay(QWidget):
    """Covers `parent`; a click beside the keys closes it. What is typed leaves what has it."""

    closed = Signal()

    def __init__(self, parent: QWidget, commands: CommandActions) -> None:
        super().__init__(parent)
        self._commands = commands
        self._over = parent
        self._asked: tuple[str, float] = "", 0.0  # the words of the search and their size
        self._widths: dict[Columns, int] = {}  # of the cards for that, which take long to make
        self._laid_out: Columns | None = None
        self._before = FocusBefore()
        self.setAccessibleName(tr("Keys"))
        self.search = QLineEdit(placeholderText=tr("Search the keys"), clearButtonEnabled=True)
        self.search.setAccessibleName(tr("Search the keys"))
        self.search.setFixedWidth(360)
        self.area = QScrollArea(widgetResizable=True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setStyleSheet(
            "QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; }"
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addWidget(self.search, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.area)
        self.search.textChanged.connect(lambda _text: self._arrange())
        self.search.installEventFilter(self)
        parent.installEventFilter(self)
        self.hide()

    def _arrange(self) -> None:
        """Lay the groups out side by side, as many as there is room for."""
        asked = self.search.text(), self.font().pointSizeF()
        if asked != self._asked:
            self._asked, self._widths, self._laid_out = asked, {}, None
        room = self.width() - 24 - self.area.verticalScrollBar().sizeHint().width()
        for columns in (WIDE, NARROW, ONE):
            card = None
            if columns not in self._widths:
                card = self._card(columns)
                self._widths[columns] = card.sizeHint().width()
            if self._widths[columns] <= room or columns is ONE:
                break
            if card is not None:
                card.deleteLater()
        if columns is not self._laid_out:
            self._laid_out = columns
            self._lay_out(card or self._card(columns))

    def _lay_out(self, card: QFrame) -> None:
        middle = QWidget()
        around = QHBoxLayout(middle)
        around.setContentsMargins(0, 0, 0, 0)
        around.addStretch(1)
        around.addWidget(card, 0, Qt.AlignmentFlag.AlignTop)
        around.addStretch(1)
        self.area.setWidget(middle)

    def _card(self, columns: Columns) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        row = QHBoxLayout(card)
        row.setContentsMargins(20, 16, 20, 18)
        row.setSpacing(26)
        known = [group for groups in columns for group in groups]
        new = [group for group in self._commands.groups if group not in known]
        for groups in (*columns[:-1], (*columns[-1], *new)):
            column = QVBoxLayout()
            column.setSpacing(4)
            for group in groups:
                if rows := self._rows(group):
                    _add_group(column, group, rows)
            column.addStretch(1)
            row.addLayout(column)
        return card

    def _rows(self, group: str) -> Sequence[tuple[Sequence[str], str]]:
        rows: Sequence[tuple[Sequence[str], str]] = MOUSE
        if group != "Mouse":
            commands = self._commands.of_group(group)
            rows = [(keys_text(one), one.text) for one in commands if one.keys]
        words = self.search.text().casefold().split()
        said = [
            f"{group} {tr(group)} {' '.join(keys)} {text} {tr(text)}".casefold()
            for keys, text in rows
        ]
        return [row for row, all_of in zip(rows, said, strict=True) if _has(all_of, words)]

    def _cover(self) -> None:
        self.setGeometry(self._over.rect())
        self._arrange()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._before.give_back()

    def showEvent(self, event: QEvent) -> None:
        self._before.note()
        self._widths, self._laid_out = {}, None  # keys and languages may have changed
        self.search.clear()
        self._cover()
        self.raise_()
        self.search.setFocus()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._scrolled(event):
            super().keyPressEvent(event)

    def _scrolled(self, event: QKeyEvent) -> bool:
        action = _SCROLLS.get(Qt.Key(event.key()))
        if action is not None:
            self.area.verticalScrollBar().triggerAction(action)
        return action is not None

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(10, 11, 14, 190))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search:
            # Home and End are about what is typed, where something is.
            typing = event.type() != QEvent.Type.KeyPress or self.search.text()
            return not typing and isinstance(event, QKeyEvent) and self._scrolled(event)
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._cover()
        return False


def _has(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)


def _add_group(column: QVBoxLayout, title: str, rows: Sequence[tuple[Sequence[str], str]]) -> None:
    head = PlainLabel(title)
    head.setObjectName("group")
    column.addWidget(head)
    table = QGridLayout()
    table.setHorizontalSpacing(14)
    table.setVerticalSpacing(4)
    for number, (keys, text) in enumerate(rows):
        caps = QHBoxLayout()
        caps.setSpacing(4)
        for key in keys:
            cap = PlainLabel(tr(key))
            cap.setObjectName("cap")
            caps.addWidget(cap)
        caps.addStretch(1)
        what = PlainLabel(text)
        what.setObjectName("dim")
        table.addLayout(caps, number, 0)
        table.addWidget(what, number, 1)
    table.setColumnStretch(1, 1)
    column.addLayout(table)
