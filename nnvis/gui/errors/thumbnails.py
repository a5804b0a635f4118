"""Small pictures of rows of the pass, read on a thread of their own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QListWidget, QListWidgetItem

from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.gui.widgets.qimage import to_image
from nnvis.language import tr
from nnvis.top_images.list_pictures import Reference

SIDE = 84
_KEPT = 2000  # pictures in memory
_AT_ONCE = 24  # that one reading of the thread takes, so that the first ones come soon
ROW = Qt.ItemDataRole.UserRole


class ThumbnailReader(QObject):
    """Reads what was asked for last; what came once is kept."""

    came = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.known: OrderedDict[Reference, NDArray[np.uint8]] = OrderedDict()
        self._wanted: list[Reference] = []
        self.task = BackgroundTask("nnvis-error-pictures", self._read, self)
        self.task.answered.connect(self._take)

    def want(self, references: Sequence[Reference]) -> None:
        """Read these, before whatever was wanted until now."""
        new = [one for one in references if one not in self.known]
        self._wanted = [*new, *(one for one in self._wanted if one not in set(new))][:_KEPT]
        if self._wanted:
            self.task.start()

    def _read(self) -> dict[Reference, NDArray[np.uint8]]:
        from nnvis.error_analysis.analysis import thumbnail  # torch comes with the network

        return {one: thumbnail(one, 2 * SIDE) for one in self._wanted[:_AT_ONCE]}

    def _take(self, found: dict[Reference, NDArray[np.uint8]]) -> None:
        self.known.update(found)
        while len(self.known) > _KEPT:
            self.known.popitem(last=False)
        self._wanted = [one for one in self._wanted if one not in self.known]
        self.came.emit()
        if self._wanted:
            self.task.start()


class ThumbnailList(QListWidget):
    """Pictures with a line below each; several can be marked by hand."""

    def __init__(self, name: str, reader: ThumbnailReader, side: int = SIDE) -> None:
        super().__init__()
        self.setAccessibleName(tr(name))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setIconSize(QSize(side, side))
        self.setGridSize(QSize(side + 22, side + 2 * self.fontMetrics().lineSpacing() + 8))
        self.setWordWrap(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._reader = reader
        self._references: dict[int, Reference] = {}
        self._waiting: set[int] = set()
        reader.came.connect(self._draw)

    def show_rows(
        self,
        rows: Sequence[int],
        reference: Callable[[int], Reference],
        text: Callable[[int], tuple[str, str]],
    ) -> None:
        """Show pictures; `text` of a row gives the line below it and its tool tip."""
        self.clear()
        self._references = {row: reference(row) for row in rows}
        blank = QPixmap(self.iconSize())
        blank.fill(Qt.GlobalColor.black)
        for row in rows:
            line, tip = text(row)
            item = QListWidgetItem(QIcon(blank), line)
            item.setToolTip(plain_tip(tip))
            item.setData(ROW, row)
            self.addItem(item)
        self._waiting = set(rows)
        self._reader.want(list(self._references.values()))
        self._draw()

    def marked(self) -> list[int]:
        """Return the rows that are marked by hand."""
        return [int(item.data(ROW)) for item in self.selectedItems()]

    def _draw(self) -> None:
        if not self._waiting:
            return
        for place in range(self.count()):
            item = self.item(place)
            row = int(item.data(ROW))
            picture = (
                self._reader.known.get(self._references[row]) if row in self._waiting else None
            )
            if picture is not None:
                self._waiting.discard(row)
                pixmap = QPixmap.fromImage(to_image(picture)).scaled(
                    self.iconSize(), Qt.AspectRatioMode.KeepAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )  # fmt: skip
                item.setIcon(QIcon(pixmap))
