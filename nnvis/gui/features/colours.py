"""The cells of a layer as colours, and how alike they are to the one under the mouse."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from nnvis.engine.protocol.observations import FeatureColours
from nnvis.gui.widgets.colour_bar import ColourBar
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.number_text import MINUS, short
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr

HINT = "Point at a cell, or at the input: how alike all others are to it"


class ColoursView(QWidget):
    """Two pictures side by side; the second one waits for the mouse."""

    anew = Signal()
    pointed = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self._found: FeatureColours | None = None
        self.share = PlainLabel(kind="dim", wraps=True)
        self.share.setToolTip(
            tr(
                "Of the variance of the layer's cells: what three components can show. They hold, "
                "so that a colour means the same on every frame"
            )
        )
        self.picture = PictureView("Features as colours", pixels=True, least=110)
        self.button = QPushButton(tr("New colours from this frame"))
        KeepKeys(self.button, PRESS)
        self.note = PlainLabel(kind="warn", wraps=True)
        self.hovered = ElidedLabel(kind="dim")
        self.likeness = PictureView("How alike the cells are", least=110)
        self.scale = ColourBar()
        self.scale.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(6)
        pair = QHBoxLayout()
        pair.setSpacing(6)
        for picture in (self.picture, self.likeness):
            pair.addWidget(picture, 1)
        column.addLayout(pair)
        for widget, stretch in (
            (self.share, 0), (self.note, 0), (self.button, 0), (self.hovered, 0), (self.scale, 0),
        ):  # fmt: skip
            column.addWidget(widget, stretch)
        column.addStretch(1)
        self.button.clicked.connect(self.anew)
        for picture in (self.picture, self.likeness):
            picture.pointed.connect(self.pointed)
        self.forget()

    def set_mirrored(self, on: bool) -> None:
        """Show left and right exchanged."""
        for picture in (self.picture, self.likeness):
            picture.set_mirrored(on)

    def show_found(
        self, found: FeatureColours, cell: tuple[int, int] | None, colormap: str
    ) -> None:
        """Show what a frame's cells are, and those like `cell` if it is the one that is wanted."""
        self._found = found
        note = found.note
        if found.bad:
            note = f"{found.bad:,} cells are NaN or infinite, drawn in magenta"
        self.note.setText(note)
        self.note.setVisible(bool(note))
        if found.picture is None:
            self._veil()
            return
        self.picture.show_picture(found.picture)
        self.share.setText(
            f"Three components hold {found.share:.0%} of this frame's variance; "
            f"found on {found.basis_frame}, where they hold {found.basis_share:.0%}"
        )
        at = found.cell
        if found.painted is None or at is None or at != cell or found.likeness is None:
            self.likeness.setVisible(cell is not None)
            self.scale.setVisible(cell is not None)
            self.hovered.say(HINT)
            return
        for widget in (self.likeness, self.scale):
            widget.show()
        self.likeness.show_picture(found.painted)
        others = found.likeness
        self.hovered.say(
            f"Cell {at[0]}, {at[1]}: cosine with all others, "
            f"{short(float(others.min()))} to {short(float(others.max()))}"
        )
        self.scale.show_scale(colormap, (f"{MINUS}1", "1"), signed=True, tip="cosine")

    def forget(self) -> None:
        """Veil what is shown: it is of something else."""
        self._found = None
        self.note.hide()
        self._veil()

    def _veil(self) -> None:
        self.picture.set_stale()
        self.likeness.set_stale()
        self.share.setText("…")
        self.hovered.say(HINT)
        self.scale.forget()
