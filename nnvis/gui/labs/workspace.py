"""The workspace "Labs": a card for each experiment in the order of the story, and its page."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nnvis.engine.lab_process import LabRequest, new_folder
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.labs.jobs import LabJobs, LabState
from nnvis.gui.labs.lab_page import LabPage
from nnvis.gui.labs.own_network import OBJECTS, OwnNetworkLabs
from nnvis.gui.labs.text import state_text
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.controls import icon_button, scrolled
from nnvis.gui.widgets.given_files import ask_folder
from nnvis.gui.widgets.layouts import hbox
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.labs.registry import EVERY, LABS, OWN
from nnvis.language import tr

DRAW_MS = 150  # curves grow more smoothly than anybody can see
CARD_WIDE = 282


class LabCard(QPushButton):
    """The title of a lab and how it stands."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setObjectName("lab")
        self.show_text("Not run yet")

    def show_text(self, text: str) -> None:
        """Say how the lab stands."""
        self.setText(tr(f"{self.title}\n{text}"))
        self.setToolTip(plain_tip(text))
        self.setAccessibleName(tr(f"{self.title}: {text}"))


class LabsWorkspace(QWidget):
    """Pages are made when they are first turned to."""

    closed = Signal()
    failed = Signal(str, str)
    exported = Signal(str, object)  # one line, folder

    def __init__(self, jobs: LabJobs) -> None:
        super().__init__()
        self.jobs = jobs
        self.cards = {name: LabCard(lab.title) for name, lab in EVERY.items()}
        self.all = QPushButton(tr("Run all, quickly"))
        self.close_button = icon_button("close", "Back to the live picture (F2)")
        self.stack = QStackedWidget()
        self.own = OwnNetworkLabs(self)
        self.pages: dict[str, LabPage] = {}
        self.name = next(iter(LABS))
        self._news: set[str] = set()
        self._copying: BackgroundTask | None = None
        self._draw = QTimer(self, interval=DRAW_MS, singleShot=True)
        self._draw.timeout.connect(self._show_news)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._tick)
        self._arrange()
        jobs.changed.connect(self._changed)
        jobs.failed.connect(self.failed)
        self.own.objects.failed.connect(self.failed)
        self.own.changed.connect(self._own_changed)
        self.all.clicked.connect(self._run_all)
        self.close_button.clicked.connect(self.closed)
        for name, card in self.cards.items():
            card.clicked.connect(lambda _checked=False, name=name: self.turn_to(name))
        self._recalled = False

    def turn_to(self, name: str) -> LabPage:
        """Show the page of the lab `name`."""
        self.name = name
        if name not in self.pages:
            page = self.own.page(name) if name in OWN else LabPage(LABS[name])
            page.run_asked.connect(lambda: self._run(name, self.pages[name].quick))
            page.cancel_asked.connect(lambda: self.jobs.cancel(name))
            page.export_asked.connect(lambda: self._ask_export(name))
            page.unopened.connect(
                lambda path: self.exported.emit(f"No browser here; the report is {path}", None)
            )
            page.folder_asked.connect(
                lambda: ask_folder(self, "A folder of pictures", page.set_data)
            )
            self.pages[name] = page
            self.stack.addWidget(page)
            if name in OWN:
                page.set_unready(self.own.missing(name, page.data))
        self.stack.setCurrentWidget(self.pages[name])
        self.cards[name].setChecked(True)
        self.pages[name].show_state(self.jobs.states[name])
        return self.pages[name]

    def set_view_state(self, view_state: ViewState) -> None:
        """Take over which network and layer there are."""
        self.own.set_view_state(view_state)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Take over what the network is fed now."""
        self.own.objects.show_snapshot(snapshot, match)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        """Make the list as wide as its widest title."""
        widest = max(card.sizeHint().width() for card in self.cards.values())
        self._list.setFixedWidth(max(CARD_WIDE, widest + 40))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._recalled:
            self._recalled = True
            self.jobs.memory.start()
            self.own.objects.album.open()
        self.turn_to(self.name)
        self._clock.start()

    @Slot(str)
    def _own_changed(self, name: str) -> None:
        page = self.pages.get(name)
        if page is not None:
            page.set_unready(self.own.missing(name, page.data))
            page.show_state(self.jobs.states[name])

    def _run(self, name: str, quick: bool) -> None:
        page = self.pages.get(name)
        values = EVERY[name].values(page.parameters.values() if page else {})
        data = page.data if page else ""
        plain = LabRequest(name, new_folder(name), values=values, data=data, quick=quick)
        order = self.own.complete(plain) if name in OWN else plain
        if order is not None:
            self.jobs.run(order)
            self._show_news()  # a click is answered at once

    def _run_all(self) -> None:
        for name in LABS:
            self._run(name, True)

    @Slot(str)
    def _changed(self, name: str) -> None:
        self._news.add(name)
        if not self._draw.isActive():
            self._draw.start()

    def _show_news(self) -> None:
        news, self._news = self._news, set()
        for name in news:
            self._say(name, self.jobs.states[name])
        state = self.jobs.states[OBJECTS]
        self.own.objects.set_learnt(state.running or state.waiting is not None)
        if self.name in news and self.name in self.pages and self.isVisible():
            self.pages[self.name].show_state(self.jobs.states[self.name])

    def _tick(self) -> None:
        """Time goes on though nothing was told."""
        if not self.isVisible():
            self._clock.stop()
            return
        running = self.jobs.running
        if running:
            self._say(running, self.jobs.states[running])
            if running == self.name:
                self.pages[running].show_progress(self.jobs.states[running])

    def _say(self, name: str, state: LabState) -> None:
        self.cards[name].show_text(state_text(state, time.monotonic()))

    def _ask_export(self, name: str) -> None:
        ask_folder(
            self,
            "Folder for the report",
            lambda chosen: self.export_to(name, Path(chosen)),
            to_save=True,
        )

    def export_to(self, name: str, where: Path) -> None:
        """Copy the report of the lab into a new folder in `where`, without waiting for it."""
        folder = self.jobs.states[name].folder
        if folder is None:
            return
        target = where / f"nnvis-{name}-{folder.name}"
        self._copying = BackgroundTask("nnvis-lab-export", lambda: _copied(folder, target), self)
        self._copying.answered.connect(self._exported)
        self._copying.start()

    @Slot(object)
    def _exported(self, answer: Path | str) -> None:
        if isinstance(answer, Path):
            self.exported.emit(f"Saved the report to {answer}", answer)
        else:
            self.failed.emit(answer, "")

    def _arrange(self) -> None:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(6)
        head = QHBoxLayout()
        title = PlainLabel("Labs", kind="title")
        head.addWidget(title, 1)
        head.addWidget(self.close_button)
        column.addLayout(head)
        claim = PlainLabel(
            "Train networks, and see what is odd about them happen.", kind="dim", wraps=True
        )
        column.addWidget(claim)
        for card in self.cards.values():
            column.addWidget(card)
        column.addWidget(self.all)
        column.addStretch(1)
        self._list = area = scrolled(side)
        self._fit()
        line = QFrame()
        line.setFixedWidth(1)
        line.setObjectName("line")
        hbox(area, line, (self.stack, 1), gap=0, edge=0, of=self)


def _copied(folder: Path, target: Path) -> Path | str:
    try:
        shutil.copytree(folder, target, dirs_exist_ok=True)
    except OSError as error:
        return f"{target} cannot be written: {error.strerror or error}"
    return target
