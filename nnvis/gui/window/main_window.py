"""The window: every pane in its place."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial

from PySide6.QtCore import QEvent, QSize, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QMainWindow,
    QMenu,
    QMessageBox,
    QScrollArea,
    QWidget,
)

from nnvis.gui.errors.workspace import ErrorsWorkspace
from nnvis.gui.grid.colour_bar_controls import ColourControls
from nnvis.gui.grid.grid_pane import GridPane
from nnvis.gui.grid.preferred_grid import PreferredGridJobs
from nnvis.gui.guide.tour import LAYERS, Tour, tour_steps
from nnvis.gui.labs.jobs import LabJobs
from nnvis.gui.labs.workspace import LabsWorkspace
from nnvis.gui.model.badge import ModelBadge
from nnvis.gui.model.layer_strip import LayerStrip
from nnvis.gui.model.model_menu import ModelMenu
from nnvis.gui.network_map.layer_forms import LayerForms
from nnvis.gui.network_map.network_map import NetworkMap
from nnvis.gui.palette.palette import CommandPalette
from nnvis.gui.panes import commands as panes
from nnvis.gui.panes.area import PaneArea
from nnvis.gui.panes.arrangement import Arrangement
from nnvis.gui.panes.layout_menu import LayoutMenu
from nnvis.gui.panes.pane import CentrePane, SidePane
from nnvis.gui.panes.presentation import Presentation
from nnvis.gui.panes.stage import Stage
from nnvis.gui.panes.workspace_keys import WorkspaceKeys
from nnvis.gui.preferences.kept import kept_keys, kept_look
from nnvis.gui.recording.choice import RecordingForm
from nnvis.gui.recording.recording import Recording
from nnvis.gui.right_click.menus import RightClick
from nnvis.gui.source.drop_target import DropTarget
from nnvis.gui.source.input_pane import InputPane
from nnvis.gui.source.source_menu import SourceMenu
from nnvis.gui.source.source_strip import SourceStrip
from nnvis.gui.state.commands import CommandActions
from nnvis.gui.state.context import Context
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.history import History
from nnvis.gui.state.page import Page
from nnvis.gui.twins.workspace import TwinsWorkspace
from nnvis.gui.unit.top_classes import TopClasses
from nnvis.gui.widgets.icons import icon
from nnvis.gui.widgets.keys import tab_within
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.plain_text import PlainBox, PlainLabel
from nnvis.gui.widgets.theme import dressed_when_whole, enlarged
from nnvis.gui.window.about import AboutProgram
from nnvis.gui.window.commands import COMMANDS
from nnvis.gui.window.error_banner import ErrorBanner
from nnvis.gui.window.findable import Findable
from nnvis.gui.window.help_overlay import HelpOverlay
from nnvis.gui.window.looks import wear
from nnvis.gui.window.opening import Opening
from nnvis.gui.window.page_stack import PageStack
from nnvis.gui.window.pages import WindowPages
from nnvis.gui.window.status_line import StatusLine
from nnvis.gui.window.toast import Toast
from nnvis.gui.window.toolbar import Toolbar
from nnvis.gui.window.welcome_hint import WelcomeHint
from nnvis.language import tr

LEAST = (900, 560)
USUAL = (1280, 800)
WORKSPACES = ("labs", "errors", "twins")  # each an attribute of the window, and a command


class MainWindow(QMainWindow):
    """Panes know nothing of each other; `Wiring` connects them through the controller."""

    workspace_closed = Signal(str)  # which

    @dressed_when_whole
    def __init__(self, controller: Controller, closed: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.controller = controller
        self._closed, self._sure = closed, False
        self.closing_box: PlainBox | None = None  # while a person is asked
        self.setWindowTitle(tr("nnvis"))
        self.setWindowIcon(icon("nnvis"))
        self.setMinimumSize(QSize(*LEAST).boundedTo(self.screen().availableSize()))
        self.resize(*USUAL)
        self.commands = CommandActions(self, kept_keys(controller.settings))
        self.commands.add(COMMANDS)
        self.context = Context(self, controller, self.commands)
        self.pages = WindowPages(self.context)
        self.toolbar = Toolbar(self.commands)
        self.source = SourceStrip()
        self.input = InputPane()
        self.badge = ModelBadge()
        self.scores = TopClasses()
        self.labs_jobs = LabJobs(self)
        self.context.at_work["labs"] = lambda: tr("a lab") if self.labs_jobs.running else ""
        self.film = LayerStrip()
        self.map = NetworkMap(self.context, self.film.layers.thumbnail)
        self.layer_forms = LayerForms(self.film, self.film.head, self.map, self.commands)
        self.shading = ColourControls()
        self.grid = GridPane()
        self.right = PageStack(self.context, self.pages)
        self.status = StatusLine()
        self._input_column = self._build_input_column()
        self.pages.came.connect(self._take_workspace)
        centre = QWidget()
        self.hint = WelcomeHint(centre, self.status)
        self.banner = ErrorBanner(centre, self.hint, self.status)
        self.panes = self._build_panes()
        self.room = self._arrange(centre)
        self.stage = Stage(self.panes, (self.toolbar, self.hint, self.status))
        self.arrangement = Arrangement(
            self.panes, self.stage, lambda: self.pages.built.get("attack"), self._plain_left
        )
        self.layer_forms.map_chosen.connect(self.arrangement.show_map)
        self.setCentralWidget(centre)
        panes.tie(self.commands, self.panes, self.stage)
        self.presentation = Presentation(self, self.stage, controller.settings, self._enlarge)
        self.presentation.tie(self.commands, self.panes)
        self.stage.changed.connect(
            lambda on: self.commands["grid_alone"].setChecked(on and not self.presentation.on)
        )
        self.layouts = LayoutMenu(
            self,
            controller.settings,
            self.commands,
            self.arrangement.shape,
            self.arrangement.recall,
        )
        self.toolbar.add_menu(self.layouts)
        self.history = History(controller)
        self.history.tie(self.commands)
        self.recording = self._build_recording()
        self.stage.changed.connect(self._place_mark)
        self.about = AboutProgram(
            self.context, {"Recording": lambda: RecordingForm(controller.settings)}
        )
        self.commands.on("record_how", lambda: self.about.show_preferences("Recording"))
        self.about.look_chosen.connect(wear)
        self.toast = Toast(centre, self.banner, self.hint, self.status)
        self.help = HelpOverlay(centre, self.commands)
        WorkspaceKeys(self.help, self.commands)
        self.patterns = PreferredGridJobs(controller, self.grid)
        self.opening = Opening(controller, self)
        self.drop_target = DropTarget(self, self.opening.open_paths)
        self.sources = SourceMenu(self, controller.settings, self.commands)
        self.toolbar.source.setMenu(self.sources)
        self.models = ModelMenu(self, controller.settings, self.commands)
        self.toolbar.model.setMenu(self.models)
        menus: dict[str, QMenu] = {
            "Source": self.sources, "Model": self.models, "Layout": self.layouts
        }  # fmt: skip
        findable = Findable(self.context, self.opening, menus, lambda: self.labs)
        self.finder = CommandPalette(centre, findable.entries)
        findable.grown.connect(self.finder.refresh)
        self.right_click = RightClick(self.context)
        self.right_click.on_tiles(self.grid, self.grid.unit_at)
        self.right_click.on_layers(self.film.list, self.film.layer_at)
        self.right_click.on_layers(self.map, self.map.layer_at)
        self.right_click.on_classes(self.scores, self.scores.class_at)
        self.right_click.on_picture(self.input.picture)
        self._say_keys()
        layers = dict.fromkeys(LAYERS, self.layer_forms)
        about = {
            "The picture": self.input, **layers, "A tile": self.grid, "A unit": self.right,
            "What drives it": self.right, "Fool it": self._input_column, "Save it": self.toolbar,
        }  # fmt: skip
        self.tour = Tour(centre, tour_steps(self.context, about))
        self.grid.setFocus()

    @cached_property
    def labs(self) -> LabsWorkspace:
        """The workspace of the labs, built when it is first asked for."""
        workspace = LabsWorkspace(self.labs_jobs)
        workspace.own.set_index(self.controller.settings.index)
        self.opening.index_chosen.connect(workspace.own.set_index)
        workspace.failed.connect(self.banner.tell)
        workspace.exported.connect(self.toast.tell)
        WorkspaceKeys(workspace, self.commands)
        self._add_workspace("labs", workspace)
        return workspace

    @cached_property
    def errors(self) -> ErrorsWorkspace:
        """The workspace of errors, built when it is first asked for."""
        workspace = ErrorsWorkspace(self.context)
        WorkspaceKeys(workspace, self.commands)
        self._add_workspace("errors", workspace)
        return workspace

    @cached_property
    def twins(self) -> TwinsWorkspace:
        """The workspace of two networks, built when it is first asked for."""
        workspace = TwinsWorkspace(self.context)
        self._add_workspace("twins", workspace)
        return workspace

    def _add_workspace(
        self, name: str, workspace: LabsWorkspace | ErrorsWorkspace | TwinsWorkspace
    ) -> None:
        workspace.hide()
        workspace.closed.connect(partial(self.workspace_closed.emit, name))
        self._rows.insertWidget(self._rows.indexOf(self.status), workspace, 1)
        with self.controller.brought_up_to_date():
            self.controller.attach(workspace)

    @property
    def workspaces(self) -> dict[str, QWidget]:
        """Those that are there already, in sight or not."""
        return {name: vars(self)[name] for name in WORKSPACES if name in vars(self)}

    def _say_keys(self) -> None:
        """Let what is pressed say the key that does the same."""
        transport, shading = self.source.transport, self.shading
        for name, widget in {
            "pause": transport.pause, "next_picture": transport.forward,
            "previous_picture": transport.back, **shading.by_command,
        }.items():  # fmt: skip
            self.commands.say_key(name, widget)
        self.commands.say_key("find_layer", self.film.filter)

    @property
    def attack(self) -> QWidget:
        """The workspace "Fool", built when it is first asked for."""
        return self.pages["attack"]

    @Slot(object, QWidget)
    def _take_workspace(self, page: Page, widget: QWidget) -> None:
        """Keep a workspace where it takes the place of the left column."""
        if page.place == "workspace":
            widget.hide()
            self._rows_of_input.addWidget(widget, 1)

    def closeEvent(self, event: QCloseEvent) -> None:
        going = [] if self._sure else self.context.going_on
        if going:
            event.ignore()
            self._ask_to_close(going)
            return
        self.hide()  # at once; what follows may take a moment
        self.panes.hide_windows()
        self._closed()
        super().closeEvent(event)

    def close_now(self) -> None:
        """Close whatever goes on; a person has agreed, or is not there to ask."""
        self._sure = True
        self.close()

    def _ask_to_close(self, going: list[str]) -> None:
        if self.closing_box is not None:
            return
        text = tr(" and ").join(map(tr, going))
        box = PlainBox(self, "nnvis", f"{text[:1].upper()}{text[1:]} would be ended.")
        quit_button = box.addButton(tr("Quit"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(tr("Stay"), QMessageBox.ButtonRole.RejectRole)
        quit_button.clicked.connect(self.close_now)
        box.finished.connect(self._asked)
        self.closing_box = box
        box.open()

    def _asked(self) -> None:
        if self.closing_box is not None:
            self.closing_box.deleteLater()
            self.closing_box = None

    def _enlarge(self, times: float) -> None:
        wear(enlarged(kept_look(self.controller.settings), times))

    def show_workspace(self, shown: QWidget | None) -> None:
        """Put a workspace in place of all panes, or take it away; all goes on behind."""
        for one in self.workspaces.values():
            one.setVisible(one is shown)
        self.room.setVisible(shown is None)
        self.hint.give_way(shown is not None)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.arrangement.laid_out:  # only now all have their sizes
            self.arrangement.reset()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrangement.make_room()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab stays within what lies over the window until that is closed."""
        over = [one for one in (self.finder, self.help, self.tour.card) if one.isVisible()]
        return tab_within(over[0], forward=forward) if over else super().focusNextPrevChild(forward)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.isVisible():
            self.arrangement.make_room()

    def _build_panes(self) -> PaneArea:
        area = PaneArea(
            CentrePane("grid", "Grid", self.shading, _padded(self.grid)),
            [
                SidePane("input", "Input", self.source, self._input_column),
                SidePane("layers", "Layers", self.layer_forms.head, self.layer_forms),
            ],
            [SidePane("pages", "Pages", self.right.tabs, self.right)],
        )
        area.sight_changed.connect(
            lambda name, on: self.right.set_in_sight(on) if name == "pages" else None
        )
        return area

    def _build_recording(self) -> Recording:
        shown = {"window": self, "grid": self.panes.centre.content, **self.panes.sides}
        recording = Recording(self.context, shown)
        self.status.add(recording.mark)
        return recording

    def _place_mark(self, on: bool) -> None:
        """Let the mark of a recording be seen where there is no status line."""
        self.recording.mark.lie_over(self.centralWidget() if on else None)
        if not on:
            self.status.add(self.recording.mark)

    def _arrange(self, centre: QWidget) -> QScrollArea:
        room = QScrollArea(widgetResizable=True)
        room.setFrameShape(QFrame.Shape.NoFrame)
        room.setWidget(self.panes)
        self._rows = vbox(self.toolbar, (room, 1), self.status, gap=0, edge=0, of=centre)
        return room

    def _build_input_column(self) -> QWidget:
        column = QWidget()
        self._rows_of_input = vbox(self._left(), gap=0, edge=0, of=column)
        return column

    def _left(self) -> QWidget:
        column = QWidget()
        layout = vbox(gap=8, edge=(12, 10, 12, 10), of=column)
        self.scores_head = head = PlainLabel("Top classes")
        head.setObjectName("section")
        layout.addWidget(self.input)
        layout.addSpacing(4)
        layout.addWidget(head)
        layout.addWidget(self.badge)
        layout.addWidget(self.badge.labels)
        layout.addWidget(self.scores)
        layout.addSpacing(2)
        for page in self.pages.of("left"):
            layout.addWidget(self.pages[page.name])
        layout.addStretch(1)
        column.setMinimumWidth(190)
        self._plain_left = column
        return column


def _padded(grid: GridPane) -> QFrame:
    """A little air around the grid, in its own colour."""
    frame = QFrame()
    frame.setObjectName("mat")
    vbox(grid, edge=4, of=frame)
    return frame
