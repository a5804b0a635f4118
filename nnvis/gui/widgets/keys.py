"""Keys that a focused widget keeps for itself, and Tab within what lies over the window."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

ARROWS = frozenset(
    {
        Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home,
        Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
    }
)  # fmt: skip
PRESS = frozenset({Qt.Key.Key_Space})


class KeepKeys(QObject):
    """An event filter for `widget`, which owns it."""

    def __init__(self, widget: QWidget, keys: frozenset[Qt.Key]) -> None:
        super().__init__(widget)
        self._keys = keys
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in (
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.KeypadModifier,
            )
            if plain and event.key() in self._keys:
                event.accept()
                return True
        return False


def tab_within(over: QWidget, *, forward: bool) -> bool:
    """Let Tab lead from part to part of `over`, round and round, and to nothing behind it."""
    now = QApplication.focusWidget() or over
    one: QWidget | None = now
    while one is not None:
        one = one.nextInFocusChain() if forward else one.previousInFocusChain()
        if one is None or one is now:
            break  # it has nothing else
        takes = one.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
        if takes and over.isAncestorOf(one) and one.isVisible() and one.isEnabled():
            back = Qt.FocusReason.BacktabFocusReason
            one.setFocus(Qt.FocusReason.TabFocusReason if forward else back)
            break
    return True


class FocusBefore:
    """Which widget had the keys before something came over the window that takes them."""

    def __init__(self) -> None:
        self._had: QWidget | None = None

    def note(self) -> None:
        """Remember which has them now."""
        self._had = QApplication.focusWidget()

    def give_back(self) -> None:
        """Give them back, where that one is still in sight."""
        had, self._had = self._had, None
        with suppress(RuntimeError):  # it is gone
            if had is not None and had.isVisible():
                had.setFocus()
