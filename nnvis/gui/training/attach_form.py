"""Where a training, or a model in another process, is chosen: those of this machine, or any."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from nnvis.engine.remote import access
from nnvis.engine.remote.access import DoorNote
from nnvis.errors import UserError
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr

MOST = 6  # that are offered
_HOW = """In the program that trains:

    with nnvis.watch(model) as watch:
        ...  # your loop

It prints an address and a token. One that runs here is offered below; one elsewhere is reached through a forwarded port:

    ssh -L 5555:127.0.0.1:PORT MACHINE"""  # noqa: E501 - wrapped by the label


class AttachForm(QWidget):
    """`chosen` gives HOST:PORT, and whether a training is known to be there."""

    chosen = Signal(str, bool)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        how = PlainLabel(_HOW, kind="dim", wraps=True)
        self.found = QVBoxLayout()
        self.found.setSpacing(4)
        self.address = QLineEdit(placeholderText="127.0.0.1:5555")
        self.address.setAccessibleName(tr("Address: HOST:PORT"))
        self.token = QLineEdit(placeholderText=tr("its token"))
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setAccessibleName(tr("Token"))
        self.attach = QPushButton(tr("Attach"))
        self.attach.setToolTip(tr("The window goes over to the network that is there"))
        layout = vbox(how, self.found, gap=8, edge=0, of=self)
        for widget in (self.address, self.token, self.attach):
            layout.addWidget(widget)
        self.doors = BackgroundTask("nnvis-doors", access.doors, self)
        self.doors.answered.connect(self._offer)
        self.attach.clicked.connect(self._typed)
        self.token.returnPressed.connect(self._typed)
        self._offer([])

    def look(self) -> None:
        """Find out anew what runs on this machine."""
        self.doors.start()

    def _offer(self, notes: Sequence[DoorNote]) -> None:
        while (item := self.found.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for note in notes[:MOST]:
            kind = "training" if note.training else "model"
            button = QPushButton(_shown(f"{note.title} ({kind})"))
            button.setToolTip(plain_tip(f"{note.title} at {note.address}"))
            button.clicked.connect(partial(self._chose, note))
            self.found.addWidget(button)
        if not notes:
            self.found.addWidget(PlainLabel("Nothing is watched on this machine now.", wraps=True))

    def _chose(self, note: DoorNote, _checked: bool = False) -> None:
        self.chosen.emit(note.address, note.training)

    def _typed(self) -> None:
        given = self.address.text().strip()
        if not given:
            self.failed.emit(
                "no address is given; type the one that the program printed, as in 127.0.0.1:5555"
            )
            return
        try:
            address = access.address_of(given)
        except UserError as error:
            self.failed.emit(error.in_window)
            return
        if token := self.token.text().strip():
            access.remember_token(address, token)
        self.token.clear()
        self.chosen.emit(address, True)


def _shown(text: str) -> str:
    """Return what a button shows as `text`: an ampersand would be a key."""
    return (text[:40] + "…" if len(text) > 41 else text).replace("&", "&&")
