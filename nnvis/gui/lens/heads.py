"""The page of the lens about attention: every head over the picture, side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from nnvis.engine.protocol.observations import HeadTiles
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.layouts import STRETCH, vbox
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip

HINT = (
    "The mouse over the grid, the unit's map or the input chooses the patch that asks. A click on "
    "a head enlarges it, another one shows all. Each head is drawn over its own range."
)
MATRIX_TIP = (
    "Mean of the heads: queries go down, keys go across, as the network numbers its tokens.\n"
    "These are no places of the picture. The colours show the root of the weights"
)


class HeadsView(QWidget):
    """Heads keep their places; the last tile is their mean."""

    def __init__(self) -> None:
        super().__init__()
        self._found: HeadTiles | None = None
        self._head: int | None = None  # the one that is enlarged
        self.about = ElidedLabel(kind="accent")
        self.cell = PictureView("Heads, seen from the patch under the mouse", least=120)
        self.share = ElidedLabel(kind="dim")
        self.token_name = PlainLabel("From the class token", kind="section")
        self.token = PictureView("Heads, seen from the class token", least=120)
        self.matrix_name = ElidedLabel(kind="section")
        self.matrix = PictureView("Queries by keys", pixels=True, least=90)
        self.matrix.setMaximumWidth(200)
        self.matrix_name.setToolTip(plain_tip(MATRIX_TIP))
        hint = PlainLabel(HINT, kind="dim", wraps=True)
        vbox(
            self.about, (self.cell, 30), self.share, self.token_name, (self.token, 30),
            self.matrix_name, (self.matrix, 10), hint, STRETCH, gap=5, edge=0, of=self,
        )  # fmt: skip
        for part in (self.cell, self.token_name, self.token, self.matrix):
            part.hide()  # there may be no attention at all
        for picture in (self.cell, self.token):
            picture.clicked.connect(self._clicked)

    def show_found(self, found: HeadTiles) -> None:
        """Show the heads as they are now."""
        self._found = found
        if self._head is not None and self._head > found.heads:
            self._head = None
        self.about.say(_about(found, self._head))
        for picture, tiles in ((self.cell, found.tiles), (self.token, found.token_tiles)):
            picture.setVisible(tiles is not None)
            if tiles is not None:
                picture.show_picture(self._cut(tiles))
        self.token_name.setVisible(found.token_tiles is not None)
        self.share.setVisible(bool(found.to_tokens.size))
        if found.to_tokens.size:
            mean = float(found.to_tokens.mean())
            at = self._head
            whole = at is None or at >= found.heads
            own = "" if at is None or whole else f", of this head {found.to_tokens[at]:.0%}"
            self.share.say(f"to the class and register tokens {mean:.0%} on average{own}")
        self.matrix.show_picture(found.matrix)
        self.matrix.show()
        self.matrix_name.say(f"{found.queries} queries by {found.keys} keys, mean of the heads")

    def forget(self) -> None:
        """Veil what is shown."""
        self._found = None
        self.about.say("…")
        for picture in (self.cell, self.token, self.matrix):
            picture.set_stale()

    def _cut(self, tiles: NDArray[np.uint8]) -> NDArray[np.uint8]:
        found = self._found
        if self._head is None or found is None or found.grid is None:
            return tiles
        x, y, width, height = found.grid.rect(self._head)
        return tiles[y : y + height, x : x + width].copy()

    def _clicked(self, x: float, y: float) -> None:
        found = self._found
        if found is None or found.grid is None:
            return
        if self._head is not None:
            self._head = None
        else:
            height, width = found.grid.shape
            self._head = found.grid.at(int(x * width), int(y * height))
        self.show_found(found)


def _about(found: HeadTiles, head: int | None) -> str:
    which = f"{found.heads} heads and their mean"
    if head is not None:
        which = "mean of the heads" if head == found.heads else f"head {head} of {found.heads}"
    if found.patches is None:
        return f"{found.heads} heads; where their tokens are is not known"
    if found.query is None:
        if found.token_tiles is not None:
            return f"{which}, from the class token alone"
        return f"{found.heads} heads; where their queries are is not known"
    where = f"{which}, from patch {found.query[0]},{found.query[1]}"
    return f"{where}, in {found.within}" if found.within else where
