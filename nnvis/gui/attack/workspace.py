"""The workspace "Fool": an attack on the live picture, where it happens, and how far it reaches."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from nnvis.attacks.registry import ATTACKS
from nnvis.engine.protocol.request import AttackShows
from nnvis.gui.attack.attack_page import AttackPage
from nnvis.gui.attack.clean_and_attacked import CleanAndAttackedPanes
from nnvis.gui.attack.controls import START
from nnvis.gui.attack.idle import OF_ATTACK
from nnvis.gui.state.context import Context
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.controls import menu_button, offer, scrolled
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import hbox, vbox
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr
from nnvis.models.detection.region import Region

if TYPE_CHECKING:
    from nnvis.gui.attack.divergence_page import DivergencePage
    from nnvis.gui.attack.robustness_page import RobustnessPage

LEAST = 320
AS_LIVE = "As live"
ATTACK, WHERE, ROBUST = "attack", "where", "robust"


class AttackWorkspace(QWidget):
    """Both pictures and the verdict stay in sight; below them one page of three."""

    asked = Signal(str)  # one of QUESTIONS
    cancelled = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context, self._controller = context, context.controller
        self._attack = START  # when it is next switched on
        self._aim: tuple[object, ...] = ()  # model, source and goal that results are of
        self.where: DivergencePage | None = None
        self.robust: RobustnessPage | None = None
        self.pictures = CleanAndAttackedPanes(context)
        self.attack = AttackPage(context.controller)
        self.pages = ChoiceRow(
            "Page",
            {
                ATTACK: ("Attack", "The change and how it is made"),
                WHERE: ("Where", "Where in the network the two pictures part ways"),
                ROBUST: ("Robust", "How small, how far, and what it survives"),
            },
        )
        self.method = ""  # of what is written; empty: as it is attacked live
        self.methods = menu_button("The method of the attack that Export writes")
        self.export = QPushButton(tr("Export"))
        self.export.setToolTip(tr("Write both pictures at the size of the frame, and a report"))
        KeepKeys(self.export, PRESS)
        self.stack = QStackedWidget()
        self._places: dict[str, int] = {ATTACK: self.stack.addWidget(scrolled(self.attack))}
        self._export_row = hbox((self.methods, 1), self.export, gap=6)
        self._bar = hbox((self.pages, 1), self._export_row, gap=6)
        vbox((self.pictures, 3), self._bar, (self.stack, 2), gap=8, edge=(12, 10, 8, 8), of=self)
        self._fit()
        self.stack.setMinimumHeight(120)
        self.stack.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Fool"))
        self.pages.chosen.connect(self.turn_to)
        self.pages.show_choice(ATTACK)
        self.choose_method("")
        on = context.commands.on
        on("fool", self.switch)
        on("carry", self._carry)
        on("fool_grid", self._next_grid)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Put what exports below the names of the pages where both have no room side by side."""
        pages, export = self.pages.sizeHint().width(), self._export_row.sizeHint().width()
        beside = pages + export + 40 <= self.width()
        way = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        self._bar.setDirection(way)
        self.setMinimumWidth(max(LEAST, pages + 30))

    def turn_to(self, page: str) -> None:
        """Show another page."""
        self.pages.show_choice(page)
        self.stack.setCurrentIndex(self._places[page])

    def choose_method(self, name: str) -> None:
        """Let Export attack by another method: one of ATTACKS, or as it is attacked live."""
        self.method = name
        rows = [("", AS_LIVE), *((one.name, one.title) for one in ATTACKS.values())]
        offer(
            self.methods, dict(rows)[name],
            [(text, key == name, partial(self.choose_method, key)) for key, text in rows],
        )  # fmt: skip
        paper = ATTACKS[name].paper if name else "PGD in the norm and size of this page"
        self.methods.setToolTip(plain_tip(f"The method of the attack that Export writes: {paper}"))

    def switch(self, on: bool) -> None:
        """Begin to attack as before, or end it."""
        if on and self._attack.region is None:
            self._attack = replace(self._attack, region=self._object())
        self._controller.set_attack(self._attack if on else None)

    def _object(self) -> Region | None:
        """Return the object to begin with: what is looked back from, or the strongest one."""
        shown = self._controller.last
        if shown is None or shown.objects is None or not shown.objects.listed:
            return None
        return shown.objects.listed[shown.followed or 0].region

    def set_view_state(self, view_state: ViewState) -> None:
        """Keep the attack in force for the next time."""
        attack = view_state.request.attack
        self._context.commands["fool"].setChecked(attack is not None)
        for name in OF_ATTACK:
            self._context.commands[name].setEnabled(attack is not None)
        if attack is not None:
            self._attack = replace(attack, carried=False, halt=None)
            self._add_pages()
        now = self._attack
        aim = (id(view_state.info), view_state.source, now.norm, now.target, now.region)
        if aim != self._aim:
            self._aim = aim
            if self.robust is not None:
                self.robust.forget()
            self.cancelled.emit()

    def _carry(self) -> None:
        attack = self._controller.view_state.request.attack
        if attack is not None:
            self._controller.set_attack(replace(attack, carried=not attack.carried, halt=None))

    def _next_grid(self) -> None:
        attack = self._controller.view_state.request.attack
        if attack is not None:
            every = list(AttackShows)
            shows = every[(every.index(attack.shows) + 1) % len(every)]
            self._controller.set_attack(replace(attack, shows=shows))

    def _add_pages(self) -> None:
        """Add the pages with curves: late, since their library takes its time to load."""
        if self.where is not None:
            return
        from nnvis.gui.attack.divergence_page import DivergencePage
        from nnvis.gui.attack.robustness_page import RobustnessPage

        self.where, self.robust = DivergencePage(self._controller), RobustnessPage()
        for name, page in ((WHERE, self.where), (ROBUST, self.robust)):
            self._places[name] = self.stack.addWidget(scrolled(page))
        self.where.set_view_state(self._controller.view_state)
        self.robust.asked.connect(self.asked)
        self.robust.cancelled.connect(self.cancelled)
