"""What went wrong, in one line over the foot of the panes, which stay where they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from nnvis.gui.widgets.controls import icon_button
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.window.over_foot import OverFoot
from nnvis.language import tr

MOST = 20  # older messages are forgotten


@dataclass
class _Message:
    text: str
    details: str
    times: int = 1
    act: tuple[str, Callable[[], object]] | None = None  # what may be done about it


class ErrorBanner(OverFoot):
    """The newest message; the same one again only counts up, closing shows the one before."""

    def __init__(self, over: QWidget, *above: QWidget) -> None:
        super().__init__(over, *above)
        self.setObjectName("banner")
        self._messages: list[_Message] = []
        self.text = PlainLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.count = PlainLabel()
        self.count.setObjectName("dim")
        self.more = QPushButton(tr("Details"))
        self.more.setCheckable(True)
        self.act = QPushButton()
        self.act.setAccessibleName(tr("What may be done about it"))
        self.close_button = icon_button("close", "Close this message")
        self.details = QPlainTextEdit(readOnly=True)
        self.details.setMaximumHeight(150)
        self.details.setAccessibleName(tr("Details of the message"))
        self.details.hide()
        mark = PlainLabel("⚠")
        mark.setObjectName("warn")
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(mark)
        row.addWidget(self.text, 1)
        row.addWidget(self.count)
        row.addWidget(self.act)
        row.addWidget(self.more)
        row.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 8, 6)
        layout.addLayout(row)
        layout.addWidget(self.details)
        self.act.clicked.connect(self._act)
        self.more.toggled.connect(self._open)
        self.close_button.clicked.connect(self.dismiss)
        self.hide()

    def tell(self, text: str, details: str = "") -> None:
        """Show a message."""
        known = next((one for one in self._messages if one.text == text), None)
        if known is not None:
            self._messages.remove(known)
            known.times, known.details = known.times + 1, details or known.details
        self._messages = [*self._messages, known or _Message(text, details)][-MOST:]
        self._show()

    def offer(self, text: str, name: str, act: Callable[[], object]) -> None:
        """Let a button of this name beside the message do something about it."""
        for one in self._messages:
            if one.text == text:
                one.act = (name, act)
        self._show()

    def dismiss(self) -> None:
        """Forget the message that is shown."""
        if self._messages:
            self._messages.pop()
        self._show()

    def forget(self, text: str) -> None:
        """Take a message back that is no longer true."""
        self._messages = [one for one in self._messages if one.text != text]
        self._show()

    def _open(self, on: bool) -> None:
        self.details.setVisible(on)
        self.place()

    def _act(self) -> None:
        act = self._messages[-1].act
        if act is not None:
            self.dismiss()
            act[1]()

    def _show(self) -> None:
        self.setVisible(bool(self._messages))
        if not self._messages:
            return
        message = self._messages[-1]
        self.text.setText(message.text)
        times = f"{message.times} times" if message.times > 1 else ""
        others = f"{len(self._messages) - 1} more" if len(self._messages) > 1 else ""
        self.count.setText(", ".join(tr(part) for part in (times, others) if part))
        self.act.setVisible(message.act is not None)
        self.act.setText(tr(message.act[0]) if message.act else "")
        self.details.setPlainText(message.details)
        self.more.setVisible(bool(message.details))
        self.more.setChecked(self.more.isChecked() and bool(message.details))
        self.place()
