"""A tour of a minute and a half: what the window shows, each step beside what it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from nnvis.gui.state.commands import WINDOW, Command
from nnvis.gui.state.context import Context
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.keys import PRESS, FocusBefore, KeepKeys
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr

COMMANDS = (Command("tour", WINDOW, "Tour of 90 seconds"),)
WIDE, AIR = 330, 12  # points of the card, and around it
MOVED = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show)

# Of the bundled network, as nnvis.bench.tour_layers measures them.
LAYERS = {"Layers: edges": "blocks.1", "Textures": "blocks.3", "Parts": "blocks.5"}
TOUR = (
    ("The picture", "What the network is fed, frame by frame, and the classes it takes it for. "
     "Drop a picture, a video or a folder on the window, or choose a camera above."),
    ("Layers: edges", "The network is a row of layers. Early ones answer to colours, and to edges "
     "of one direction. Click a layer: everything is of that one then."),
    ("Textures", "Further on, units answer to fur, stripes, grass. Shuffle pieces of a picture, "
     "and they hardly notice."),
    ("Parts", "Further still, to eyes, wheels, letters. Shuffled, a picture is another one to "
     "them; and their maps are coarse: a cell sees much of the picture."),
    ("A tile", "Each tile is one unit of the layer, live: bright where it finds what it looks for. "
     "The wheel enlarges; a click chooses a unit."),
    ("A unit", "Its map, the map over the picture, and its values. The other pages ask more about "
     "it: what it saw of the picture, which pictures it likes best, what it wants to see."),
    ("What drives it", "This goes back from the unit to the picture and marks what made it answer. "
     "Point at the map to follow a single cell; B shows another way to ask."),
    ("Fool it", "A change too small to be seen, and the network sees something else. The sliders "
     "say how large it may be; Esc ends it."),
    ("Save it", "Ctrl+S writes what is shown, with all that is needed to show it again: drop the "
     "file on the window. Ctrl+Shift+P finds everything else, F1 opens the manual."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to see; `begin` brings it about."""

    title: str
    text: str
    about: QWidget
    begin: Callable[[], object]


def tour_steps(context: Context, about: Mapping[str, QWidget]) -> list[Step]:
    """Return the steps, each beside the widget that `about` has for its title."""

    def begin(title: str) -> None:
        if context.commands["fool"].isChecked() != (title == "Fool it"):
            context.commands["fool"].trigger()
        context.turn_to("back" if title == "What drives it" else "unit")
        info, layer = context.controller.view_state.info, LAYERS.get(title, "")
        if info is not None and info.layer(layer) is not None:
            context.controller.go_layer(layer)

    return [Step(*told, about[told[0]], partial(begin, told[0])) for told in TOUR]


class Tour(QWidget):
    """Lies over the window and lets every click through but those on its card."""

    ended = Signal()

    def __init__(self, parent: QWidget, steps: Sequence[Step]) -> None:
        super().__init__(parent)
        self._over, self._steps, self.at = parent, steps, 0
        self._before = FocusBefore()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(tr("Tour"))
        self.card = QFrame(parent)
        self.card.setObjectName("card")
        self.card.setFixedWidth(WIDE)
        self.title, self.text, self.place = PlainLabel(), PlainLabel(), PlainLabel()
        self.title.setObjectName("title")
        self.text.setWordWrap(True)
        self.place.setObjectName("dim")
        self.back, self.next = QPushButton(tr("Back")), QPushButton(tr("Next"))
        self.leave = QPushButton(tr("Leave"))
        self.next.setObjectName("primary")
        row = QHBoxLayout()
        row.addWidget(self.place, 1)
        for button in (self.leave, self.back, self.next):
            row.addWidget(button)
            button.setAutoDefault(True)  # Enter presses it
            KeepKeys(button, PRESS)
        column = QVBoxLayout(self.card)
        column.setContentsMargins(16, 12, 16, 12)
        for label in (self.title, self.text):
            column.addWidget(label)
        column.addLayout(row)
        self.leave.clicked.connect(self.end)
        self.back.clicked.connect(lambda: self._go(self.at - 1))
        self.next.clicked.connect(lambda: self._go(self.at + 1))
        for one in {parent, *(step.about for step in steps)}:
            one.installEventFilter(self)
        self.hide()
        self.card.hide()

    def begin(self) -> None:
        """Start at the first step."""
        if not self.isVisible():
            self._before.note()
        self.show()
        self.card.show()
        self._go(0)
        self.next.setFocus()

    def end(self) -> None:
        """Leave; what was shown stays."""
        self.hide()
        self.card.hide()
        self._before.give_back()
        self.ended.emit()

    def _go(self, at: int) -> None:
        if at >= len(self._steps):
            self.end()
            return
        self.at = max(0, at)
        step = self._steps[self.at]
        step.begin()
        self.title.setText(step.title)
        self.text.setText(step.text)
        self.place.setText(f"{self.at + 1} / {len(self._steps)}")
        self.back.setEnabled(self.at > 0)
        self.next.setText(tr("Next") if self.at + 1 < len(self._steps) else tr("Done"))
        self._lie()

    def _lie(self) -> None:
        """Put the card beside what it speaks of, within the window."""
        room = self._over.rect()
        self.setGeometry(room)
        self.card.setFixedHeight(self.card.sizeHint().height())
        box, card = self._box(), self.card.size()
        right = box.right() + AIR
        left = box.left() - AIR - card.width()
        x = right if right + card.width() < room.right() else left
        y = box.top() + AIR
        if x < room.left():  # neither side has room: within it, or below what is low
            x = box.center().x() - card.width() // 2
            y = y if box.height() > card.height() + 2 * AIR else box.bottom() + AIR
        y = min(max(AIR, y), room.bottom() - card.height() - AIR)
        self.card.move(max(AIR, x), y)
        self.raise_()
        self.card.raise_()
        self.update()

    def _box(self) -> QRect:
        about = self._steps[self.at].about
        if not about.isVisible() or about.window() is not self._over.window():
            return self._over.rect().adjusted(AIR, AIR, -AIR, -AIR)
        corner = self._over.mapFromGlobal(about.mapToGlobal(QPoint(0, 0)))
        return QRect(corner, about.size()).intersected(self._over.rect())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = self._box()
        shade = QColor(10, 11, 14, 110)
        for part in (
            QRect(0, 0, self.width(), box.top()),
            QRect(0, box.bottom() + 1, self.width(), self.height() - box.bottom()),
            QRect(0, box.top(), box.left(), box.height()),
            QRect(box.right() + 1, box.top(), self.width() - box.right(), box.height()),
        ):
            painter.fillRect(part, shade)
        painter.setPen(QPen(theme.ACCENT, 2))
        painter.drawRect(box.adjusted(1, 1, -1, -1))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in MOVED and self.isVisible():  # or it got another place in the window
            self._lie()
        return False
