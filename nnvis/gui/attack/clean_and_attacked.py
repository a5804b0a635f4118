"""The clean picture and the attacked one side by side, and which class each is taken for."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.attack.class_bars import ClassBars
from nnvis.gui.attack.text import verdict
from nnvis.gui.state.context import Context
from nnvis.gui.state.object_boxes import OBJECTS_FROM, object_boxes
from nnvis.gui.state.view_state import NOTHING, Freshness
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.layouts import hbox, vbox
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr, verbatim

_COLOURS = {"fooled": theme.BAD, "not yet": theme.WARN, "holds": theme.GOOD}


class CleanAndAttackedPanes(QWidget):
    """The clean half goes on while there is no attack to show."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.clean = PictureView("Clean picture as the network sees it")
        self.attacked = PictureView("Attacked picture as the network sees it")
        self._least = OBJECTS_FROM
        self._shown: tuple[Snapshot | None, Freshness] = (None, NOTHING)
        self.clean_bars = ClassBars("Strongest classes of the clean picture")
        self.attacked_bars = ClassBars("Strongest classes of the attacked picture")
        self.word = PlainLabel(kind="title")
        self.change = PlainLabel(wraps=True)
        self.change.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.caption = ElidedLabel(Qt.TextElideMode.ElideMiddle, kind="dim")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        pair = QHBoxLayout()
        pair.setSpacing(12)
        for head, picture, bars in (
            ("Clean", self.clean, self.clean_bars),
            ("Attacked", self.attacked, self.attacked_bars),
        ):
            pair.addLayout(self._column(head, picture, bars))
        self.word.setAlignment(Qt.AlignmentFlag.AlignTop)
        line = hbox(self.word, (self.change, 1), gap=6)
        vbox((pair, 1), line, gap=6, edge=0, of=self)
        self._fit()
        context.mirrored.connect(self.set_mirrored)
        context.objects_drawn_from.connect(self._draw_from)
        context.controller.attach(self)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        """Keep room for the longest verdict, and two lines beside it."""
        metrics = QFontMetrics(theme.small(self.font(), 1, bold=True))
        self.word.setFixedWidth(metrics.horizontalAdvance("not yet  "))
        self.change.setFixedHeight(2 * metrics.lineSpacing() + 2)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show what is current of `snapshot`, veil what is not."""
        self._shown = (snapshot, match)
        if not self.isVisible():
            return
        if snapshot is None or not match.picture:
            self.clean.set_stale()
            self.clean_bars.set_stale()
            self.caption.say("…" if snapshot is not None else "")
        else:
            self.clean.show_picture(snapshot.fed if snapshot.marked is None else snapshot.marked)
            self.clean.set_boxes(object_boxes(snapshot.objects, self._least, snapshot.followed))
            self.caption.say(verbatim(snapshot.frame.label))
            self.clean_bars.show_scores(snapshot.top, _colours(snapshot))
        result = snapshot.attack if snapshot is not None and match.attack else None
        asked = snapshot.request.attack if snapshot is not None else None
        if snapshot is None or result is None or asked is None:
            self.attacked.set_stale()
            self.attacked_bars.set_stale()
            self._say("", "…")
            return
        self.attacked.show_picture(result.adversarial if result.marked is None else result.marked)
        asked_of = snapshot.now(asked.region) if asked.region is not None else None
        same = result.objects.find(asked_of) if result.objects is not None and asked_of else None
        self.attacked.set_boxes(object_boxes(result.objects, self._least, same))
        self.attacked_bars.show_scores(result.top, _colours(snapshot))
        self._say(*verdict(snapshot, result, asked))

    def _draw_from(self, score: float) -> None:
        self._least = score
        self.show_snapshot(*self._shown)

    def set_mirrored(self, on: bool) -> None:
        """Exchange left and right on the screen, not for the network."""
        for picture in (self.clean, self.attacked):
            picture.set_mirrored(on)
            picture.set_note("display mirrored" if on else "")

    def _say(self, word: str, change: str) -> None:
        if tr(word) != self.word.text():
            self.word.setText(word)
            self.word.setStyleSheet(f"color: {_COLOURS.get(word, theme.DIM).name()};")
        if tr(change) != self.change.text():
            self.change.setText(change)
            self.change.setToolTip(plain_tip(change))

    def _column(self, head: str, picture: PictureView, bars: ClassBars) -> QVBoxLayout:
        title = PlainLabel(head, kind="section")
        top = hbox(title, gap=8)
        if picture is self.clean:
            top.addWidget(self.caption, 1)
        else:
            top.addStretch(1)
        return vbox(top, (picture, 1), bars, gap=5)


def _colours(snapshot: Snapshot) -> dict[int, QColor]:
    """Give the clean top class one colour and what the attack made of it another."""
    result = snapshot.attack
    made = {result.top[0].index: theme.BAD} if result is not None and result.top else {}
    return {**made, **({snapshot.top[0].index: theme.ACCENT} if snapshot.top else {})}
