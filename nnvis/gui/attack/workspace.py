"""The workspace "Fool": an attack on the live picture, where it happens, and how far it reaches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nnvis.engine.protocol.request import AttackRequest
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.attack.attack_page import AttackPage
from nnvis.gui.attack.clean_and_attacked import CleanAndAttackedPanes
from nnvis.gui.attack.controls import START
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.choice import Choice
from nnvis.gui.widgets.controls import scrolled
from nnvis.gui.widgets.keys import PRESS, KeepKeys

if TYPE_CHECKING:
    from nnvis.gui.attack.divergence_page import DivergencePage
    from nnvis.gui.attack.robustness_page import RobustnessPage

LEAST = 320
ATTACK, WHERE, ROBUST = "attack", "where", "robust"


class AttackWorkspace(QWidget):
    """Twins and verdict stay in sight; below them one page of three."""

    fooling_chosen = Signal(object)  # Fooling, or None
    layer_chosen = Signal(str)
    unit_chosen = Signal(str, int)
    asked = Signal(str)  # one of fool_questions.QUESTIONS
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._fooling = START  # the attack when it is next switched on
        self._aim: tuple[object, ...] = ()  # model, source and goal that results are of
        self.where: DivergencePage | None = None
        self.robust: RobustnessPage | None = None
        self.twins = CleanAndAttackedPanes()
        self.attack = AttackPage()
        self.pages = Choice(
            "Page",
            {
                ATTACK: ("Attack", "The change and how it is made"),
                WHERE: ("Where", "Where in the network the two pictures part ways"),
                ROBUST: ("Robust", "How small, how far, and what it survives"),
            },
        )
        self.export = QPushButton("Export")
        self.export.setToolTip("Write both pictures at the size of the frame, and a report")
        KeepKeys(self.export, PRESS)
        self.stack = QStackedWidget()
        self._places: dict[str, int] = {ATTACK: self.stack.addWidget(scrolled(self.attack))}
        bar = QHBoxLayout()
        bar.setSpacing(6)
        bar.addWidget(self.pages, 1)
        bar.addWidget(self.export)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.twins, 3)
        layout.addLayout(bar)
        layout.addWidget(self.stack, 2)
        self.setMinimumWidth(LEAST)
        self.stack.setMinimumHeight(120)
        self.stack.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Fool")
        self.attack.controls.chosen.connect(self.fooling_chosen)
        self.pages.chosen.connect(self.turn_to)
        self.pages.show_choice(ATTACK)

    def turn_to(self, page: str) -> None:
        """Show another page."""
        self.pages.show_choice(page)
        self.stack.setCurrentIndex(self._places[page])

    def switch(self, on: bool) -> None:
        """Begin to attack as before, or end it."""
        self.fooling_chosen.emit(self._fooling if on else None)

    def set_view_state(self, view_state: ViewState) -> None:
        """Keep the attack in force for the next time."""
        fooling: AttackRequest | None = view_state.request.attack
        if fooling is not None:
            self._fooling = replace(fooling, carried=False)
            if self.where is None:
                self._add_pages()
        self.attack.controls.set_view_state(view_state)
        if self.where is not None:
            self.where.set_view_state(view_state)
        now = self._fooling
        aim = (id(view_state.info), view_state.source, now.norm, now.target)
        if aim != self._aim:
            self._aim = aim
            if self.robust is not None:
                self.robust.forget()
            self.cancelled.emit()

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show what is current."""
        if not self.isVisible():
            return
        self.twins.show_snapshot(snapshot, match)
        self.attack.show_snapshot(snapshot, match)
        if self.where is not None:
            self.where.show_snapshot(snapshot, match)

    def _add_pages(self) -> None:
        """Add the pages with curves: late, since their library takes its time to load."""
        from nnvis.gui.attack.divergence_page import DivergencePage
        from nnvis.gui.attack.robustness_page import RobustnessPage

        self.where, self.robust = DivergencePage(), RobustnessPage()
        for name, page in ((WHERE, self.where), (ROBUST, self.robust)):
            self._places[name] = self.stack.addWidget(scrolled(page))
        self.where.layer_chosen.connect(self.layer_chosen)
        self.where.unit_chosen.connect(self.unit_chosen)
        self.robust.asked.connect(self.asked)
        self.robust.cancelled.connect(self.cancelled)
