"""The sheet that the grid holds: which unit lies where on it, and what its tile shows."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QImage

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.widgets.pan_zoom import PanZoomView
from nnvis.gui.widgets.qimage import screen_image


class SheetOnScreen:
    """A snapshot's sheet, the part of it that is seen, and whether it is of the layer in view."""

    def __init__(self) -> None:
        self.view = PanZoomView()
        self.snapshot: Snapshot | None = None  # whose picture is held
        self.image = QImage()
        self.current = False
        self.patterns: tuple[str, dict[int, QImage] | None] = ("", None)  # in place of a layer's

    def take(self, snapshot: Snapshot) -> None:
        """Hold the sheet of `snapshot`."""
        self.snapshot, self.image = snapshot, screen_image(snapshot.sheet.screen)

    def unit_at(self, at: QPointF | QPoint) -> int | None:
        """Return the unit under a point of the viewport."""
        if self.snapshot is None or not self.current:
            return None
        x, y = self.view.to_sheet((at.x(), at.y()))
        sheet = self.snapshot.sheet
        tile = sheet.grid.at(int(x // 1), int(y // 1))
        return sheet.unit_of(tile) if tile is not None else None

    def place_of(self, unit: int) -> tuple[int, int, int, int] | None:
        """Return where a unit lies on the sheet, None where it is not shown."""
        sheet = self.snapshot.sheet if self.snapshot is not None else None
        tile = sheet.tile_of(unit) if sheet is not None else None
        return sheet.grid.rect(tile) if sheet is not None and tile is not None else None

    def picture_of(self, unit: int) -> tuple[str, QImage] | None:
        """Return the tile of a unit, as it is coloured, and what it is."""
        place = self.place_of(unit)
        if self.snapshot is None or place is None:
            return None
        layer, (of, pictures) = self.snapshot.layer.name, self.patterns
        if pictures is not None and of == layer:
            wanted = pictures.get(unit)
            return (f"what unit {unit} of {layer} wants to see", wanted) if wanted else None
        return f"unit {unit} of {layer}", self.image.copy(*place)

    def cell_at(self, unit: int, at: QPoint) -> tuple[float, float] | None:
        """Return where on the tile of `unit` a point of the viewport lies, 0 ... 1 each."""
        place = self.place_of(unit)
        if place is None:
            return None
        x, y = self.view.to_sheet((at.x(), at.y()))
        left, top, width, height = place
        return (x - left) / width, (y - top) / height

    def beside(self, unit: int, dx: int, dy: int) -> int:
        """Return the unit so many columns and rows from `unit`, held at the edges."""
        if self.snapshot is None or not self.current:
            return unit
        sheet, grid = self.snapshot.sheet, self.snapshot.sheet.grid
        if not grid.count:
            return unit
        now = sheet.tile_of(unit)
        if now is None:  # it is not among those shown: begin with the first of them
            return sheet.unit_of(0)
        row, col = divmod(now, grid.cols)
        row, col = min(max(0, row + dy), grid.rows - 1), min(max(0, col + dx), grid.cols - 1)
        tile = row * grid.cols + col
        if tile >= grid.count:
            tile = max(0, grid.count - 1 if dx else tile - grid.cols)
        return sheet.unit_of(tile)
