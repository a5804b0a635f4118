"""The input as the network sees it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.state.object_boxes import OBJECTS_FROM, object_boxes
from nnvis.gui.state.view_state import Freshness
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.layouts import fill_ground, hbox, vbox
from nnvis.gui.widgets.number_text import TIMES
from nnvis.gui.widgets.picture_view import Box, PictureView
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import verbatim
from nnvis.models.detection.region import FoundObjects


class InputPane(QWidget):
    """Mirroring changes the display only, and says so. Objects that are found are drawn on it."""

    object_chosen = Signal(object)  # Region

    def __init__(self) -> None:
        super().__init__()
        self._objects: FoundObjects | None = None
        self._followed: int | None = None
        self._least = OBJECTS_FROM
        self._others: tuple[Box, ...] = ()  # boxes besides, such as a receptive field
        self.picture = PictureView("Input as the network sees it", least=120)
        self.size_text = ElidedLabel(kind="dim")
        self.caption = ElidedLabel(Qt.TextElideMode.ElideMiddle, kind="dim")
        fill_ground(self.picture, self.size_text, self.caption)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        below = hbox((self.caption, 1), self.size_text, gap=6)
        vbox((self.picture, 1), below, gap=5, edge=0, of=self)
        self.picture.clicked.connect(self._clicked)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show what the network was fed, if it is of the source and model in use."""
        if snapshot is None or not match.picture:
            self.picture.set_stale()
            self.caption.say("…" if snapshot is not None else "")
            return
        self.picture.show_picture(snapshot.fed if snapshot.marked is None else snapshot.marked)
        self._objects, self._followed = snapshot.objects, snapshot.followed
        self._draw()
        height, width = snapshot.fed.shape[:2]
        self.size_text.say(f"{width}{TIMES}{height}, {snapshot.request.fit}")
        self.size_text.setToolTip(plain_tip(snapshot.info.preprocessing))
        self.caption.say(verbatim(snapshot.frame.label))

    def set_boxes(self, boxes: Sequence[Box]) -> None:
        """Draw these boxes beside those of the objects."""
        self._others = tuple(boxes)
        self._draw()

    def draw_from(self, score: float) -> None:
        """Draw the objects that have at least this score."""
        self._least = score
        self._draw()

    def _draw(self) -> None:
        drawn = object_boxes(self._objects, self._least, self._followed)
        self.picture.set_boxes([*drawn, *self._others])

    def _clicked(self, x: float, y: float) -> None:
        number = self._objects.at(x, y, self._least) if self._objects is not None else None
        if self._objects is not None and number is not None:
            self.object_chosen.emit(self._objects.listed[number].region)

    def set_mirrored(self, on: bool) -> None:
        """Exchange left and right on the screen, not for the network."""
        self.picture.set_mirrored(on)
        self.picture.set_note("display mirrored" if on else "")
