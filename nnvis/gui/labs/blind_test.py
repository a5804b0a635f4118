"""A blind test: what is this row? The answer at once, and how well a person tells them apart."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget

from nnvis.gui.labs.still_picture import StillPicture
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.layouts import hbox, vbox
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.labs.framework.outcome import LabPicture
from nnvis.labs.framework.statistics import hits
from nnvis.language import tr


class BlindTest(QWidget):
    """Shows the rows of a picture one by one; nothing is kept but the score."""

    def __init__(self) -> None:
        super().__init__()
        self.row = StillPicture()
        self.note, self.score = PlainLabel(), PlainLabel()
        self.again = QPushButton(tr("Again"))
        self.guesses: dict[str, QPushButton] = {}
        self._one: LabPicture | None = None
        self._at = self._right = 0
        self._buttons = hbox(self.again, (self.note, 1), gap=8)
        self.note.setWordWrap(True)
        self.score.setWordWrap(True)
        self.score.setObjectName("dim")
        vbox(self.row, self._buttons, self.score, gap=8, edge=0, of=self)
        self.again.clicked.connect(self._begin)

    def show_picture(self, one: LabPicture) -> None:
        """Play with the rows of `one`, from the first on."""
        self._one = one
        for button in self.guesses.values():
            self._buttons.removeWidget(button)
            button.deleteLater()
        self.guesses = {
            answer: QPushButton(tr(answer.capitalize())) for answer in sorted(set(one.answers))
        }
        for place, (answer, button) in enumerate(self.guesses.items()):
            self._buttons.insertWidget(place, button)
            button.clicked.connect(lambda _checked=False, answer=answer: self.guess(answer))
        self._begin()

    def guess(self, answer: str) -> None:
        """Take `answer` for the row that is shown, say what it was, and show the next."""
        one = self._one
        if one is None or self._at >= len(one.answers):
            return
        right = one.answers[self._at]
        hit = answer == right
        self._right += hit
        self._at += 1
        colour = theme.GOOD if hit else theme.WARN
        self.note.setStyleSheet(f"color: {colour.name()};")
        self.note.setText(tr(f"{'Right' if hit else 'Wrong'}: row {self._at} was {right}."))
        self._show()

    def _begin(self) -> None:
        self._at = self._right = 0
        self.note.setText("")
        self._show()

    def _show(self) -> None:
        one = self._one
        assert one is not None
        rows = len(one.answers)
        over = self._at >= rows
        if not over:
            high = one.picture.shape[0] / rows
            top, bottom = round(self._at * high), round((self._at + 1) * high)
            self.row.show_pixels(one.picture[top:bottom], f"row {self._at + 1} of {rows}")
        for button in self.guesses.values():
            button.setEnabled(not over)
        self.again.setVisible(over)
        self.score.setText(_score(self._right, self._at, rows, len(self.guesses)))


def _score(right: int, of: int, rows: int, kinds: int) -> str:
    """What the guesses so far say, with the interval of the rate behind them."""
    if of == 0:
        return f"Row 1 of {rows}. What is it? Guess."
    low, high = hits(right, of)
    note = (
        f"{right} of {of} right: a rate of {100 * low:.0f} to {100 * high:.0f} % "
        "(95 % interval, Clopper & Pearson)."
    )
    if of < rows:
        return f"Row {of + 1} of {rows}. {note}"
    if low > 1 / kinds:
        return f"{note} You can tell them apart."
    if high < 1 / kinds:
        return f"{note} You can tell them apart, but take one for the other."
    return f"{note} That is what guessing gives, too: no sign that you can tell them apart."
