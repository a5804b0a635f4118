"""What must be known of the answers: that weights are random, and what scores are taken for."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy, QToolButton

from nnvis.gui.state.view_state import ViewState
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
        self.hide()

    def set_view_state(self, view_state: ViewState) -> None:
        """Say what the model in use is like."""
        info = view_state.info
        text = badge_text(info) if info is not None else ""
        if text != self.text():
            self.setText(text)
            warned = info is not None and bool(info.random)
            self.setStyleSheet(f"color: {(theme.WARN if warned else theme.DIM).name()}")
        self.setToolTip(plain_tip("\n".join(info.notes)) if info is not None else "")
        self.setVisible(bool(text))
        nameless = info is not None and info.labels is None and bool(info.squash and info.classes)
        self.labels.setVisible(nameless)


def badge_text(info: ModelInfo) -> str:
    """Return the badge in a line or two; empty for a trained network whose scores are known."""
    lines = [info.random[:1].upper() + info.random[1:]] if info.random else []
    if "guess" in info.scoring or info.scores != "softmax":
        lines.append(f"Scores: {info.scoring}")
    return "\n".join(lines)
