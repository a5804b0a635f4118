"""The page of the lens about the unit's kernel."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy, QWidget

from nnvis.engine.protocol.observations import Weights
from nnvis.gui.widgets.colour_bar import ColourBar
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.layouts import STRETCH, vbox
from nnvis.gui.widgets.number_text import TIMES, short
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel


class WeightsView(QWidget):
    """One scale for all slices; the mouse names the one under it."""

    def __init__(self) -> None:
        super().__init__()
        self._found: Weights | None = None
        self.picture = PictureView("Weights of the unit", pixels=True, least=110)
        self.scale = ColourBar()
        self.scale.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.about = ElidedLabel(kind="dim")
        self.hovered = ElidedLabel()
        self.note = PlainLabel(
            "In the first layer what is multiplied are the normalised pixels.",
            kind="dim", wraps=True,
        )  # fmt: skip
        vbox(
            self.about, (self.picture, 30), self.scale, self.hovered, self.note, STRETCH,
            gap=6, edge=0, of=self,
        )  # fmt: skip
        self.picture.pointed.connect(self._pointed)

    def show_found(self, found: Weights) -> None:
        """Show a kernel."""
        if found is self._found:
            return
        self._found = found
        for part in (self.picture, self.scale, self.hovered):
            part.show()
        self.picture.show_picture(found.picture)
        ends = (short(-found.reach), short(found.reach))
        tip = f"one scale for the whole kernel: {ends[0]} to {ends[1]}"
        if found.colours:
            tip += "\nthe first tile shows R, G and B together; middle grey is 0"
        self.scale.show_scale(found.colormap, ends, signed=True, tip=tip)
        count, height, width = found.values.shape
        count -= found.colours
        size = f"{count:,}" if height == width == 1 else f"{count:,}{TIMES}{height}{TIMES}{width}"
        bias = f", bias {short(found.bias)}" if found.bias is not None else ", no bias"
        self.about.say(f"{size} weights{bias}")
        self.hovered.say(found.note)
        self.note.setVisible(found.colours)

    def forget(self) -> None:
        """Veil what is shown: it is of another unit."""
        self._found = None
        self.picture.set_stale()
        self.scale.forget()
        self.about.say("")
        self.hovered.say("")
        self.note.hide()

    def show_nothing(self) -> None:
        """Leave the room empty: there is no kernel."""
        self.forget()
        for part in (self.picture, self.scale, self.hovered):
            part.hide()

    def _pointed(self, x: float, y: float) -> None:
        found = self._found
        if found is None:
            return
        height, width = found.grid.shape
        column, row = int(x * width), int(y * height)
        tile = found.grid.at(column, row)
        if tile is None:
            return
        left, top, wide, high = found.grid.rect(tile)
        _count, rows, columns = found.values.shape
        at = ((row - top) * rows // high, (column - left) * columns // wide)
        place = "" if rows == columns == 1 else f" at {at[0]},{at[1]}"
        if found.colours and tile == 0:
            parts = (short(float(found.values[one][at])) for one in (1, 2, 3))
            self.hovered.say(f"R, G, B{place}: {', '.join(parts)}")
        else:
            self.hovered.say(f"{found.names[tile]}{place}: {short(float(found.values[tile][at]))}")
