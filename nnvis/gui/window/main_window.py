"""The window: every pane in its place."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QMainWindow,
    QMenu,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from nnvis.gui.errors.workspace import ErrorsWorkspace
from nnvis.gui.grid.colour_bar_controls import ColourControls
from nnvis.gui.grid.grid_pane import GridPane
from nnvis.gui.grid.preferred_grid import PreferredGridJobs
from nnvis.gui.labs.jobs import LabJobs
from nnvis.gui.labs.workspace import LabsWorkspace
from nnvis.gui.model.badge import ModelBadge
from nnvis.gui.model.layer_strip import LayerStrip
from nnvis.gui.model.model_menu import ModelMenu
from nnvis.gui.palette.palette import CommandPalette
from nnvis.gui.source.input_pane import InputPane
from nnvis.gui.source.source_menu import SourceMenu
from nnvis.gui.source.source_strip import SourceStrip
from nnvis.gui.state.commands import CommandActions
from nnvis.gui.state.context import Context
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.page import Page
from nnvis.gui.twins.workspace import TwinsWorkspace
from nnvis.gui.unit.top_classes import TopClasses
from nnvis.gui.widgets.icons import icon
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.window.commands import COMMANDS
from nnvis.gui.window.error_banner import ErrorBanner
from nnvis.gui.window.findable import Findable
from nnvis.gui.window.help_overlay import HelpOverlay
from nnvis.gui.window.opening import Opening
from nnvis.gui.window.page_stack import PageStack
from nnvis.gui.window.pages import PAGES
from nnvis.gui.window.status_line import StatusLine
from nnvis.gui.window.toast import Toast
from nnvis.gui.window.toolbar import Toolbar
from nnvis.gui.window.welcome_hint import WelcomeHint

log = logging.getLogger(__name__)
LEAST = (900, 560)
USUAL = (1280, 800)
SIZES = [250, 240, 560, 250]  # of input, layers, grid and unit
ATTACK_WIDE = 460  # of the workspace in place of the input
RIGHT_WIDE = 345  # of the right column while it shows more than the unit
ROOMY = 1100  # points; in less the workspace takes the room of the selected unit


class MainWindow(QMainWindow):
    """Panes know nothing of each other; `Wiring` connects them through the controller."""

    def __init__(self, controller: Controller, closed: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.controller = controller
        self._closed = closed
        self.setWindowTitle("nnvis")
        self.setWindowIcon(icon("nnvis"))
        self.setMinimumSize(*LEAST)
        self.resize(*USUAL)
        self.setAcceptDrops(True)
        self.commands = CommandActions(self)
        self.commands.add(COMMANDS)
        self.context = Context(self, controller, self.commands)
        self.problems: list[str] = []  # pages that were left out
        self.pages = self._build_pages()
        self.toolbar = Toolbar(self.commands)
        self.hint = WelcomeHint()
        self.source = SourceStrip()
        self.input = InputPane()
        self.badge = ModelBadge()
        self.scores = TopClasses()
        self.attack = self.pages["attack"]
        self.attack.hide()
        self.labs_jobs = LabJobs(self)
        self.labs = LabsWorkspace(self.labs_jobs)
        self.labs.hide()
        self.errors = ErrorsWorkspace(self.context)
        self.errors.hide()
        self.twins = TwinsWorkspace(self.context)
        self.twins.hide()
        self._plain_sizes: list[int] = []
        self._narrow: int | None = None  # width of the right column while it is wider
        self.film = LayerStrip()
        self.shading = ColourControls()
        self.grid = GridPane()
        self.right = PageStack(self.context, self._placed("right"))
        self.context.page_turned.connect(lambda page: self.widen_right(page != self.right.first))
        self.status = StatusLine()
        centre = QWidget()
        self.banner = ErrorBanner(centre, self.status)
        self.splitter = self._arrange(centre)
        self.setCentralWidget(centre)
        self.toast = Toast(centre)
        self.help = HelpOverlay(centre, self.commands)
        self.patterns = PreferredGridJobs(controller, self.grid)
        self.opening = Opening(controller, self)
        self.sources = SourceMenu(self, controller.settings, self.commands)
        self.toolbar.source.setMenu(self.sources)
        self.models = ModelMenu(self, controller.settings, self.commands)
        self.toolbar.model.setMenu(self.models)
        menus: dict[str, QMenu] = {"Source": self.sources, "Model": self.models}
        findable = Findable(self.context, self.opening, menus, self.labs)
        self.finder = CommandPalette(centre, findable.entries)
        findable.grown.connect(self.finder.refresh)
        self.grid.setFocus()

    def _build_pages(self) -> dict[str, QWidget]:
        """Build the pages; one that fails is left out, and said in `problems`."""
        built, known = {}, list(self.commands.commands)
        for page in PAGES.values():
            try:
                self.commands.add(page.commands)
                built[page.name] = page.build(self.context)
            except Exception as error:
                log.exception("the page %s cannot be built", page.name)
                self.commands.drop([one for one in page.commands if one not in known])
                why = f"{type(error).__name__}: {error}"
                self.problems.append(f"left out the page {page.title}: {why}")
            known = list(self.commands.commands)
        return built

    def _placed(self, place: str) -> list[tuple[Page, QWidget]]:
        known = self.pages.items()
        return [(PAGES[name], widget) for name, widget in known if PAGES[name].place == place]

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = _dropped(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.opening.open_path(paths[0])

    def closeEvent(self, event: QCloseEvent) -> None:
        self.hide()  # at once; what follows may take a moment
        self._closed()
        super().closeEvent(event)

    def show_attack(self, on: bool) -> None:
        """Put the workspace "Fool" in place of the left column, or take it away."""
        if on == self.attack.isVisibleTo(self):
            return
        sizes = self.splitter.sizes()
        if on:
            self._plain_sizes = sizes
        self._plain_left.setVisible(not on)
        self.attack.setVisible(on)
        self._make_room()
        wide = min(ATTACK_WIDE, self.width() * 3 // 8)
        self.splitter.setSizes(
            [wide, sizes[1], sizes[2] + sizes[0] - wide, sizes[3]] if on else self.plain_sizes()
        )

    def show_workspace(self, shown: QWidget | None) -> None:
        """Put a workspace in place of all panes, or take it away; all goes on behind."""
        for one in (self.labs, self.errors, self.twins):
            one.setVisible(one is shown)
        self.splitter.setVisible(shown is None)

    def widen_right(self, on: bool) -> None:
        """Give the right column the room that its other pages take, or give it back."""
        if on == (self._narrow is not None):
            return
        sizes = self.splitter.sizes()
        if on:
            more = max(0, min(RIGHT_WIDE, self.width() // 3) - sizes[3])
            self._narrow = sizes[3]
        else:
            more, self._narrow = (self._narrow or 0) - sizes[3], None
        self.splitter.setSizes([*sizes[:2], sizes[2] - more, sizes[3] + more])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        self.right.setVisible(not self.attack.isVisibleTo(self) or self.width() >= ROOMY)

    def plain_sizes(self) -> list[int]:
        """Return the sizes of the panes as they are without a workspace."""
        return self._plain_sizes or self.splitter.sizes()

    def _arrange(self, centre: QWidget) -> QSplitter:
        splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False, handleWidth=1)
        for pane, share in (
            (_column(self.source, self._left(), self.attack), 0),
            (self.film, 0),
            (_column(self.shading, _padded(self.grid)), 1),
            (self.right, 0),
        ):
            splitter.addWidget(pane)
            splitter.setStretchFactor(splitter.count() - 1, share)
        splitter.setSizes(SIZES)
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self.toolbar, self.hint):
            layout.addWidget(widget)
        layout.addWidget(splitter, 1)
        layout.addWidget(self.labs, 1)
        layout.addWidget(self.errors, 1)
        layout.addWidget(self.twins, 1)
        layout.addWidget(self.status)
        return splitter

    def _left(self) -> QWidget:
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        self.scores_head = head = PlainLabel("Top classes")
        head.setObjectName("section")
        layout.addWidget(self.input)
        layout.addSpacing(4)
        layout.addWidget(head)
        layout.addWidget(self.badge)
        layout.addWidget(self.badge.labels)
        layout.addWidget(self.scores)
        layout.addSpacing(2)
        for _page, widget in self._placed("left"):
            layout.addWidget(widget)
        layout.addStretch(1)
        column.setMinimumWidth(170)
        self._plain_left = column
        return column


def _column(*widgets: QWidget) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for widget in widgets:
        layout.addWidget(widget)
    layout.setStretch(len(widgets) - 1, 1)
    return column


def _padded(grid: GridPane) -> QFrame:
    """A little air around the grid, in its own colour."""
    frame = QFrame()
    frame.setObjectName("mat")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(8, 8, 8, 8)
    layout.addWidget(grid)
    return frame


def _dropped(data: QMimeData) -> list[str]:
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
