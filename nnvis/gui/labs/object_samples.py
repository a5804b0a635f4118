"""One of two objects: its name, a button to take pictures of it, and those taken so far."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
)

from nnvis.engine.stream.object_album import SMALL, Pile
from nnvis.gui.labs.still_picture import StillPicture
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import hbox
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.labs.two_objects.lab import LEAST, MOST
from nnvis.language import tr

LONGEST = 30  # letters of a name


class ObjectSamples(QFrame):
    """Knows nothing of the stream; `taking` says whether a person wants pictures now."""

    cleared = Signal(bool)  # False: what was cleared is wanted back
    renamed = Signal()

    def __init__(self, side: str) -> None:
        super().__init__()
        self.side = side
        self.count = 0
        self._usual = f"{side} object"
        self.edit = QLineEdit(maxLength=LONGEST, placeholderText=tr(self._usual))
        self.edit.setAccessibleName(tr(f"Name of the {side} object"))
        self.edit.setToolTip(tr("What it is called in the report"))
        self.hold = QPushButton(tr("Hold while it is in view"))
        self.hold.setToolTip(
            tr("Takes up to five pictures a second while held; Space holds it too")
        )
        self.clear = QPushButton()
        self.clear.setAccessibleName(tr("Take all pictures out"))
        self.clear.setAccessibleName(tr(f"Clear the {side} object"))
        self.note = PlainLabel(kind="dim", wraps=True)
        self.strip = StillPicture()
        self._can_return = self._learnt = False
        self._arrange()
        KeepKeys(self.hold, PRESS)
        KeepKeys(self.clear, PRESS)
        self.clear.clicked.connect(lambda: self.cleared.emit(not self._can_return))
        self.edit.textChanged.connect(self.renamed)
        self.show_pile(Pile(side, 0, None, False))

    @property
    def name(self) -> str:
        """What it is called; fit for a folder."""
        return re.sub(r"[^\w\- ]+", "_", self.edit.text()).strip() or self._usual

    @property
    def taking(self) -> bool:
        """Whether the button is held, and there is room for more."""
        return self.hold.isDown() and self.count < MOST

    @property
    def missing(self) -> int:
        """Pictures without which nothing can be learnt."""
        return max(LEAST - self.count, 0)

    def show_pile(self, pile: Pile) -> None:
        """Show what is in its files."""
        self.count = pile.count
        text = f"{pile.count} picture{'' if pile.count == 1 else 's'}"
        if self.missing:
            text += f", {self.missing} more needed"
        elif pile.count >= MOST:
            text += ", as many as are used"
        self.note.setText(text)
        self.strip.setVisible(pile.strip is not None)
        self._empty.setVisible(pile.strip is None)
        if pile.strip is not None:
            self.strip.show_pixels(pile.strip, f"Newest pictures of the {self.side} object")
        self._can_return = not pile.count and pile.cleared
        self.clear.setText(tr("Bring back") if self._can_return else tr("Clear"))
        self.clear.setToolTip(
            tr("Take the pictures back that were cleared") if self._can_return
            else tr("Put its pictures away; they can be brought back")
        )  # fmt: skip
        self._enable()

    def set_learnt(self, on: bool) -> None:
        """Keep the pictures as they are while a run waits for them or learns them."""
        self._learnt = on
        self._enable()

    def _enable(self) -> None:
        self.clear.setEnabled(not self._learnt and (bool(self.count) or self._can_return))

    def set_note(self, text: str) -> None:
        """Say why nothing comes while the button is held; an empty text takes that back."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def _arrange(self) -> None:
        self.setObjectName("pile")
        self._empty = PlainLabel("No pictures yet", kind="faint")
        self._empty.setMinimumHeight(SMALL)
        self._note = PlainLabel(kind="warn", wraps=True)
        self._note.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(6)
        below = hbox((self.note, 1), (self.clear, 0, Qt.AlignmentFlag.AlignBottom))
        layout.addWidget(self.edit)
        layout.addWidget(self.hold)
        layout.addWidget(self.strip)
        layout.addWidget(self._empty)
        layout.addWidget(self._note)
        layout.addStretch(1)
        layout.addLayout(below)
