"""The page of the attack: the change itself, its size in numbers, and how it is made."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.attack.controls import AttackControls
from nnvis.gui.attack.text import measured
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.view_state import Freshness
from nnvis.gui.widgets.elided_label import TwoLines
from nnvis.gui.widgets.layouts import STRETCH, hbox, vbox
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr

NAMES = ("amplified", "L∞", "L2", "pixels", "steps", "frames held")
SIDES = (96, 150)  # of the picture of the change
TIPS = {
    "amplified": "How many times as strong the change is shown; grey is no change",
    "L∞": "Largest change of a value, of the picture of 8 bit",
    "L2": "Euclidean length of the change, all values in [0,1]",
    "pixels": "How many pixels are changed",
    "steps": "Steps taken on this frame; a step is a pass forward and one back",
    "frames held": "Frames in a row at whose end the network was fooled",
}


class AttackPage(QWidget):
    """Numbers are those of the picture that is shown, not those that were asked for."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.change = PictureView("The change, amplified around grey")
        self.change.setMinimumSize(SIDES[0], SIDES[0])
        self.change.setMaximumWidth(SIDES[1])
        self.numbers = {name: PlainLabel("…") for name in NAMES}
        self.note = TwoLines(kind="warn")
        self.controls = AttackControls(controller)
        table = QGridLayout()
        table.setHorizontalSpacing(10)
        table.setVerticalSpacing(3)
        for row, (name, number) in enumerate(self.numbers.items()):
            label = PlainLabel("change" if name == "amplified" else name, kind="dim")
            number.setAlignment(Qt.AlignmentFlag.AlignRight)
            number.setAccessibleName(tr(TIPS[name]))
            for part, column in ((label, 0), (number, 1)):
                part.setToolTip(plain_tip(TIPS[name]))
                table.addWidget(part, row, column)
        table.setColumnStretch(1, 1)
        beside = vbox(table, STRETCH)
        top = hbox((self.change, 1, Qt.AlignmentFlag.AlignTop), (beside, 1), gap=12)
        vbox(top, self.note, self.controls, STRETCH, gap=8, edge=(0, 0, 4, 0), of=self)
        controller.attach(self)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show the change that is laid over the picture shown."""
        result = snapshot.attack if snapshot is not None and match.attack else None
        if result is None:
            self.change.set_stale()
            for number in self.numbers.values():
                number.setText("…")
            self.note.say("")
            return
        self.change.show_picture(result.perturbation)
        for name, text in measured(result).items():
            self.numbers[name].setText(text)
        self.note.say(result.note)
