"""What in the pictures the answer hangs on: regions are covered, and as large ones elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from nnvis.engine.errors.answers import FoundCauses
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.widgets.table import PickTable
from nnvis.language import tr

COVERS = {
    "grey": ("Grey", "The network's mean colour"),
    "blur": ("Blur", "The picture itself, blurred"),
    "inpaint": ("Inpaint", "Filled from around by OpenCV (Telea 2004)"),
}


HEADS = {
    "covered": "The region that is covered, in pixels of what the network is fed",
    "class changes": "The share of the pictures whose class changes when it is covered",
    "elsewhere": "The same with as large a region elsewhere, the mean of several",
    "p, corrected": "Of as many changes by chance; corrected for all regions (Holm)",
}
MISSING = (
    "What is missing in a picture cannot be covered: click what the network is right on (green), "
    "and see what those answers hang on."
)


class CausesPanel(QWidget):
    """One button; the sentence that it brings stands above the regions."""

    asked = Signal(str, str)  # view, cover

    def __init__(self, views: Iterable[str]) -> None:
        super().__init__()
        self.start = QPushButton(tr("Find what it hangs on"))
        self.start.setObjectName("primary")
        self.start.setToolTip(tr("Cover regions of these pictures and see the class change"))
        KeepKeys(self.start, PRESS)
        self.cover = ChoiceRow("Covered with", COVERS)
        self.cover.show_choice("grey")
        self._cover = "grey"
        self.cover.chosen.connect(lambda key: setattr(self, "_cover", key))
        self.view = QComboBox()
        self.view.addItems(list(views))
        self.view.setCurrentText("gradcam")
        self.view.setToolTip(tr("The view whose strongest tenth is covered as well"))
        self.view.setAccessibleName(tr("View that names a region"))
        self.text = PlainLabel("Nothing was covered yet.")
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.regions = PickTable("Regions", HEADS)
        self.picture = PictureView("The first picture with the region covered", least=120)
        self._found: FoundCauses | None = None
        self.start.clicked.connect(self._ask)
        self.regions.picked.connect(self._show_region)
        top = QHBoxLayout()
        top.addWidget(self.start)
        top.addWidget(self.cover)
        top.addWidget(self.view)
        top.addStretch(1)
        below = QHBoxLayout()
        below.addWidget(self.regions, 3)
        below.addWidget(self.picture, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.text)
        layout.addLayout(below, 1)

    def _ask(self) -> None:
        self.show_causes(None)
        self.text.setText("Covering regions …")
        self.asked.emit(self.view.currentText(), self._cover)

    def show_causes(self, found: FoundCauses | None) -> None:
        """Show what was found; None: nothing was tried yet."""
        self._found = found
        self.picture.setVisible(found is not None)
        if found is None:
            self.text.setText("Nothing was covered yet.")
            self.regions.show_rows([])
            return
        clear = any(one.corrected < 0.05 for one in found.causes.effects)
        self.text.setText(found.text if clear else f"{found.text} {MISSING}")
        self.regions.show_rows(
            [
                (one.region, f"{one.flipped:.0%}", f"{one.flipped_random:.0%}",
                 "< 0.001" if one.corrected < 0.001 else f"{one.corrected:.2g}")
                for one in found.causes.effects
            ]
        )  # fmt: skip
        self._show_region(0)

    def show_stopped(self, line: str) -> None:
        """Say why nothing comes."""
        self.show_causes(None)
        self.text.setText(line)

    def _show_region(self, place: int) -> None:
        if self._found is not None and place < len(self._found.examples):
            self.picture.show_picture(self._found.examples[place])
