"""The workspace "Errors" as it stands on the screen: what there is, and where."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from nnvis.gui.errors.causes_panel import CausesPanel
from nnvis.gui.errors.overview import Overview
from nnvis.gui.errors.thumbnails import ThumbnailList, ThumbnailReader
from nnvis.gui.errors.units_panel import UnitsPanel
from nnvis.gui.errors.views_panel import ViewsPanel
from nnvis.gui.errors.waiting import Waiting
from nnvis.gui.widgets.controls import icon_button, menu_button
from nnvis.gui.widgets.elided_label import ElidedLabel, TwoLines
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr
from nnvis.progress import Progress
from nnvis.views.registry import VIEWS, ViewKind

CLASS_VIEWS = tuple(
    name for name, view in VIEWS.items()
    if view.kind not in (ViewKind.ACTIVATION, ViewKind.ATTENTION)
)  # fmt: skip
WELCOME = (  # broken by hand: a label that wraps itself is cut where it is centred
    "Drop a folder here: a folder of pictures for each class,\n"
    "or pictures and a CSV table with the columns picture and label.\n\n"
    "The network that is open looks at each picture once.\n"
    "Then you see where it is wrong, and can find out why."
)


class ErrorsLayout(QWidget):
    """How the network fares at the left, the selected pictures and what is found at the right."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.reader = ThumbnailReader(self)
        self.close_button = icon_button("close", "Back to the live picture (F3)")
        self.open, self.open_table = QPushButton(tr("Folder…")), QPushButton(tr("Table…"))
        self.open.setToolTip(tr("A folder with a folder of pictures for each class"))
        self.open_table.setToolTip(tr("A CSV table of pictures and labels, beside the pictures"))
        self.save = QPushButton(tr("Save report…"))
        self.save.setEnabled(False)
        self.first = QPushButton(tr("Choose a folder…"))
        self.first.setObjectName("primary")
        self.cancel = QPushButton(tr("Cancel"))
        self.keep = QPushButton(tr("Keep the marked ones"))
        self.keep.setToolTip(tr("Make a selection of the pictures that are marked by hand"))
        for button in (self.open, self.open_table, self.save, self.first, self.cancel, self.keep):
            KeepKeys(button, PRESS)
        self.source, self.network, self.note = ElidedLabel(), ElidedLabel(), ElidedLabel()
        self.headline = TwoLines()
        self.other = PlainLabel("These errors are of another network; open the folder again.")
        self.other.setObjectName("warn")
        self.other.hide()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedWidth(160)
        self.only_errors = QCheckBox(tr("only errors"))
        self.only_errors.setToolTip(tr("Leave out the pictures that the network gets right"))
        self.title = ElidedLabel()
        self.back = menu_button("Selections that were looked into, with what was found of them")
        self.back.hide()
        self.pictures = ThumbnailList("Selected pictures", self.reader)
        self.overview = Overview()
        self.causes = CausesPanel(CLASS_VIEWS)
        self.views = ViewsPanel(CLASS_VIEWS, self.reader)
        self.units = UnitsPanel(self.reader)
        title = PlainLabel("Errors")
        title.setObjectName("title")
        top = QHBoxLayout()
        for widget, share in (
            (title, 0), (self.source, 1), (self.network, 0), (self.open, 0), (self.open_table, 0),
            (self.save, 0), (self.close_button, 0),
        ):  # fmt: skip
            top.addWidget(widget, share)
        state = QHBoxLayout()
        state.addWidget(self.headline, 1)
        state.addWidget(self.note)
        state.addWidget(self.bar)
        state.addWidget(self.cancel)
        self.stack = QStackedWidget()
        self.welcome = self._welcome()
        self.stack.addWidget(self.welcome)
        self.waiting = Waiting()
        self.stack.addWidget(self.waiting)
        self.body = self._body()
        self.stack.addWidget(self.body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addLayout(top)
        layout.addLayout(state)
        layout.addWidget(self.other)
        layout.addWidget(self.stack, 1)
        self.show_progress(None)

    def show_progress(self, step: Progress | None) -> None:
        """Show how far a job is; None: nothing is under way."""
        busy = step is not None
        self.bar.setVisible(busy)
        self.cancel.setVisible(busy)
        if step is not None:
            self.note.say(step.note)
            self.bar.setRange(0, step.total)
            self.bar.setValue(step.done)
        else:
            self.note.say("")

    def _welcome(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        told = PlainLabel(WELCOME)
        told.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        column.addWidget(told, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.first, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return page

    def _body(self) -> QWidget:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(8, 0, 0, 0)
        head = QHBoxLayout()
        self.title.setObjectName("title")
        head.addWidget(self.title, 1)
        head.addWidget(self.back)
        head.addWidget(self.only_errors)
        head.addWidget(self.keep)
        column.addLayout(head)
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        for page, name in (
            (self.pictures, "Pictures"), (self.causes, "What in the picture"),
            (self.units, "Which units"), (self.views, "Said and expected"),
        ):  # fmt: skip
            tabs.addTab(page, tr(name))
        self.tabs = tabs
        column.addWidget(tabs, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        splitter.addWidget(self.overview)
        splitter.addWidget(right)
        splitter.setStretchFactor(0, 5)
        splitter.setStretchFactor(1, 6)
        return splitter
