"""The layers of the model, from the input to the output, each with what it shows now."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPoint, QSortFilterProxyModel, Qt, QTimer, Signal
from PySide6.QtGui import (
    QHideEvent,
    QIcon,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QLineEdit, QListView, QVBoxLayout, QWidget

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.model.layer_list import LAYER, SEARCH, LayerList
from nnvis.gui.model.layer_row import LayerRow
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.icons import put_icon
from nnvis.gui.widgets.keys import ARROWS, KeepKeys
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr
from nnvis.models.info import LayerInfo, ModelInfo

ALL_S = 1.0  # all rows are painted so often, since thumbnails also grow old
LOW = 330  # points; in a list that is lower, rows are
UP_DOWN = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down})
SETTLE_MS = 80  # a list that is being scrolled asks for thumbnails when it rests


class LayerStrip(QWidget):
    """A list, and a filter to be put above it (`head`); tells which rows are on the screen."""

    layer_chosen = Signal(str)
    visible_changed = Signal(tuple)  # of names

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._info: ModelInfo | None = None
        self._source: str | None = None
        self._selected = ""
        self._visible: tuple[str, ...] = ()
        self._painted_at = 0.0
        self.layers = LayerList()
        self._rows = QSortFilterProxyModel(self)
        self._rows.setSourceModel(self.layers)
        self._rows.setFilterRole(SEARCH)
        self._rows.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.filter = _Filter(placeholderText=tr("Filter layers"), clearButtonEnabled=True)
        self.filter.setAccessibleName(tr("Filter layers by name or kind"))
        self.filter.setToolTip(tr("Filter layers by name or kind"))
        put_icon(self.filter.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition), "search")
        self.list = _List()
        self.list.setModel(self._rows)
        self._row = self.list.row
        self._none = PlainLabel("no layer matches")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._none.setObjectName("dim")
        self._none.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.head = QWidget()
        vbox(self.filter, edge=(8, 6, 2, 6), of=self.head)
        layout.addWidget(self._none)
        layout.addWidget(self.list, 1)
        self.setMinimumSize(150, LOW // 3)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._tell_visible)
        self.filter.textChanged.connect(self._filter)
        self.filter.returnPressed.connect(self._choose_first)
        self.filter.left.connect(self._walk_on)
        self.list.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.list.clicked.connect(self._clicked)
        self.list.walked.connect(self._clicked)

    def set_view_state(self, view_state: ViewState) -> None:
        """List the layers of the model in use and mark the selected one."""
        if view_state.info is not self._info:
            self._info = view_state.info
            self.layers.set_info(view_state.info)
            self._visible = ()
            self._settle.start()
        if view_state.source != self._source:
            self._source = view_state.source
            self.layers.set_old()
            self.list.viewport().update()
        self._mark(view_state.request.layer)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Take the thumbnails of a snapshot of the right model and source."""
        if snapshot is not None and match.picture:
            if snapshot.timings.made - self._painted_at > ALL_S:
                self._painted_at = snapshot.timings.made
                self.list.viewport().update()
            for row in self.layers.add_thumbnails(snapshot.frame, snapshot.thumbnails):
                self.list.renew(self._rows.mapFromSource(row))

    def layer_at(self, at: QPoint) -> str:
        """Return the name of the layer at this place of the list; "" for none."""
        layer: LayerInfo | None = self.list.indexAt(at).data(LAYER)
        return layer.name if layer is not None else ""

    def start_filter(self) -> None:
        """Let the person type a filter, where it is in sight."""
        if self.filter.isVisible():
            self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.filter.selectAll()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._settle.start()
        super().resizeEvent(event)
        if self._row.set_low(self.height() < LOW):
            self.list.doItemsLayout()
            self.list.scrollTo(self.list.currentIndex(), QListView.ScrollHint.PositionAtCenter)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._settle.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tell_visible()

    def _mark(self, name: str) -> None:
        self._selected = name
        row = self.layers.row_of(name)
        index = self._rows.mapFromSource(self.layers.index(row)) if row is not None else None
        if index is None or not index.isValid():
            self.list.clearSelection()
        elif index != self.list.currentIndex():
            seen = self.list.viewport().rect().contains(self.list.visualRect(index))
            self.list.setCurrentIndex(index)
            if not seen:
                self.list.scrollTo(index, QListView.ScrollHint.PositionAtCenter)

    def _filter(self, text: str) -> None:
        self._rows.setFilterFixedString(text.strip())
        self._none.setVisible(self._rows.rowCount() == 0 and self._info is not None)
        self._mark(self._selected)
        self.list.scrollTo(self.list.currentIndex())
        self._settle.start()

    def _choose_first(self) -> None:
        if self._rows.rowCount():
            self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)  # keys are commands again
            self._clicked(self._rows.index(0, 0))

    def _walk_on(self, event: QKeyEvent) -> None:
        """Go on among the matches, from the selected layer where it is one."""
        if not self.list.selectionModel().hasSelection():
            self._choose_first()
        elif self._rows.rowCount():
            self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.list.keyPressEvent(event)

    def _clicked(self, index: QModelIndex) -> None:
        layer: LayerInfo | None = index.data(LAYER)
        if layer is not None:
            self.layer_chosen.emit(layer.name)

    def _scrolled(self) -> None:
        self._settle.start()  # not connected itself: it would take the value for a time

    def _tell_visible(self) -> None:
        height = self.list.viewport().height()
        first = self.list.indexAt(self.list.viewport().rect().topLeft())
        if not first.isValid() or not self.isVisible():
            names: tuple[str, ...] = ()
        else:
            count = height // max(1, self.list.sizeHintForRow(0)) + 2
            last = min(first.row() + count, self._rows.rowCount())
            rows = (self._rows.index(row, 0) for row in range(first.row(), last))
            names = tuple(index.data(LAYER).name for index in rows)
        if names != self._visible:
            self._visible = names
            self.visible_changed.emit(names)


class _Filter(QLineEdit):
    """Up and Down leave it for the list."""

    left = Signal(QKeyEvent)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        KeepKeys(self, UP_DOWN)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in UP_DOWN:
            self.left.emit(event)
        else:
            super().keyPressEvent(event)


class _List(QListView):
    """Rows of one height; the arrow keys choose as they walk."""

    walked = Signal(QModelIndex)

    def __init__(self) -> None:
        super().__init__()
        self.row = LayerRow(self)
        self.setItemDelegate(self.row)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Layers"))
        KeepKeys(self, ARROWS)
        # It fills its ground itself, which its style sheet does not let Qt know (`fill_ground`).
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.PANEL)
        painter.end()
        self.row.painted = event.rect()
        super().paintEvent(event)

    def renew(self, index: QModelIndex) -> None:
        """Paint the thumbnail of a row anew, and not its words."""
        layer: LayerInfo | None = index.data(LAYER)
        if layer is not None:
            box = self.row.thumbnail_box(self.visualRect(index), layer)
            self.viewport().update(box.toAlignedRect())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ARROWS:
            before = self.currentIndex()
            super().keyPressEvent(event)
            if self.currentIndex() != before:
                self.walked.emit(self.currentIndex())
        else:
            event.ignore()
