"""The layers of a model as Qt lists them, each with the last thumbnail that came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage

from nnvis.gui.widgets.number_text import shape_text
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.gui.widgets.qimage import to_image
from nnvis.language import tr, verbatim
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.sources.frame import Frame

LAYER = Qt.ItemDataRole.UserRole  # LayerInfo
THUMBNAIL = Qt.ItemDataRole.UserRole + 1  # (QImage, whether it is of now) or None
SEARCH = Qt.ItemDataRole.UserRole + 2  # what the filter looks in

Moment = tuple[str, int, float]  # of a frame, without its pixels: source, index, time
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
OLD_S = 2.0  # thumbnails take turns; one that is so far behind the picture is no longer of now


class LayerList(QAbstractListModel):
    """Rows in execution order."""

    def __init__(self) -> None:
        super().__init__()
        self._layers: tuple[LayerInfo, ...] = ()
        self._rows: dict[str, int] = {}
        self._thumbnails: dict[str, QImage] = {}
        self._moments: dict[str, Moment] = {}  # what each thumbnail shows
        self._now: Moment | None = None  # what the newest ones show

    def set_info(self, info: ModelInfo | None) -> None:
        """List the layers of another model."""
        self.beginResetModel()
        self._layers = info.layers if info else ()
        self._rows = {layer.name: row for row, layer in enumerate(self._layers)}
        self._thumbnails.clear()
        self._moments.clear()
        self.endResetModel()

    def add_thumbnails(
        self, frame: Frame, pictures: Mapping[str, NDArray[np.uint8]]
    ) -> list[QModelIndex]:
        """Show these of `frame` from now on; return the rows to be painted again.

        No dataChanged: at that a QListView lays all of its rows out anew.
        """
        self._now = (frame.source, frame.index, frame.time)
        known = [name for name in pictures if name in self._rows]
        for name in known:
            self._thumbnails[name] = to_image(pictures[name])
            self._moments[name] = self._now
        return [self.index(self._rows[name]) for name in known]

    def set_old(self) -> None:
        """Take every thumbnail for old: they show another source."""
        self._now = None

    def row_of(self, name: str) -> int | None:
        """Return the row of the layer called `name`."""
        return self._rows.get(name)

    def is_fresh(self, name: str) -> bool:
        """Tell whether the thumbnail of the layer called `name` is of now."""
        shown, now = self._moments.get(name), self._now
        if shown is None or now is None or shown[0] != now[0]:
            return False
        return shown == now or now[2] - shown[2] < OLD_S

    def thumbnail(self, name: str) -> tuple[QImage, bool] | None:
        """Return the last thumbnail of the layer called `name`, and whether it is of now."""
        image = self._thumbnails.get(name)
        return None if image is None else (image, self.is_fresh(name))

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._layers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        layer = self._layers[index.row()]
        if role == LAYER:
            return layer
        if role == THUMBNAIL:
            return self.thumbnail(layer.name)
        if role == SEARCH:
            return f"{layer.name} {layer.kind} {layer.family} {tr(layer.family)}"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return layer.name
        if role == Qt.ItemDataRole.ToolTipRole:
            prefix = f", {layer.prefix} class or register tokens" if layer.prefix else ""
            shape = shape_text(layer.units, layer.map_shape)
            kind = f"{layer.kind} ({tr(layer.family)}), {shape}{tr(prefix)}"
            cells = (tr(layer.cells_note),) if layer.cells_note else ()
            return plain_tip(verbatim("\n".join((layer.name, kind, *cells))))
        return None
