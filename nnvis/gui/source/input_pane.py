"""The input as the network sees it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.state.view_state import Freshness
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.number_text import TIMES
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip


class InputPane(QWidget):
    """Mirroring changes the display only, and says so."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = PictureView("Input as the network sees it", least=120)
        self.size_text = PlainLabel()
        self.size_text.setObjectName("dim")
        self.caption = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.caption.setObjectName("dim")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        below = QHBoxLayout()
        below.setSpacing(6)
        below.addWidget(self.caption, 1)
        below.addWidget(self.size_text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addWidget(self.picture, 1)
        layout.addLayout(below)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show what the network was fed, if it is of the source and model in use."""
        if snapshot is None or not match.picture:
            self.picture.set_stale()
            self.caption.say("…" if snapshot is not None else "")
            return
        self.picture.show_picture(snapshot.fed)
        height, width = snapshot.fed.shape[:2]
        self.size_text.setText(f"{width}{TIMES}{height}, {snapshot.request.fit}")
        self.size_text.setToolTip(plain_tip(snapshot.info.preprocessing))
        self.caption.say(snapshot.frame.label)

    def set_mirrored(self, on: bool) -> None:
        """Exchange left and right on the screen, not for the network."""
        self.picture.set_mirrored(on)
        self.picture.set_note("display mirrored" if on else "")
