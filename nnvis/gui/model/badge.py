"""What must be known of the answers: random weights, half precision, what scores are taken for."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy, QToolButton

from nnvis.engine.protocol.snapshot import HalfLook, Snapshot
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr
from nnvis.models.info import ModelInfo


class ModelBadge(PlainLabel):
    """Stands over the strongest classes; its tool tip says all that was noticed of the network."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("About the network"))
        self.labels = QToolButton()  # where the classes have no names
        self.labels.setText(tr("Name the classes…"))
        self.labels.setObjectName("segment")
        self.labels.setToolTip(tr("Give the file with the names of the classes"))
        self.labels.hide()
        self._info: ModelInfo | None = None
        self._half: HalfLook | None = None
        self.hide()

    def set_view_state(self, view_state: ViewState) -> None:
        """Say what the model in use is like."""
        info = view_state.info
        if info is not self._info:
            self._info, self._half = info, None
        self._tell()
        self.setToolTip(plain_tip("\n".join(info.notes)) if info is not None else "")
        nameless = info is not None and info.labels is None and bool(info.squash and info.classes)
        self.labels.setVisible(nameless)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Say in what the picture in sight was computed."""
        if snapshot is not None and match.picture and snapshot.half != self._half:
            self._half = snapshot.half
            self._tell()

    def _tell(self) -> None:
        info, half = self._info, self._half
        text = badge_text(info, half) if info is not None else ""
        if text != self.text():
            self.setText(text)
            warned = bool((info and info.random) or (half and half.badge))
            self.setStyleSheet(f"color: {(theme.WARN if warned else theme.DIM).name()}")
        self.setVisible(bool(text))


def badge_text(info: ModelInfo, half: HalfLook | None = None) -> str:
    """Return the badge in a few lines; empty for a trained network whose scores are known."""
    told = (info.random, half.badge if half is not None else "")
    lines = [one[:1].upper() + one[1:] for one in told if one]
    if "guess" in info.scoring or info.scores != "softmax":
        lines.append(f"Scores: {info.scoring}")
    return "\n".join(lines)
