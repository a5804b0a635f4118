"""Buttons, sliders and number boxes that all can reach, with a name and keys; scrolled pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractItemModel, QLocale, QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QDoubleValidator, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QCompleter,
    QFrame,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
    QSlider,
    QToolButton,
    QWidget,
)

from nnvis.gui.widgets.icons import put_icon
from nnvis.gui.widgets.keys import ARROWS, PRESS, KeepKeys
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr

OPENS = " ▾"  # behind what a button with a menu says


def icon_button(name: str, text: str, *, checkable: bool = False) -> QToolButton:
    """Return a button that shows the icon `name` and says `text`; Space presses it."""
    button = QToolButton()
    put_icon(button, name)
    button.setCheckable(checkable)
    button.setToolTip(plain_tip(text))
    button.setAccessibleName(tr(text))
    KeepKeys(button, PRESS)
    return button


class _OneWidth(QToolButton):
    """As wide as the longest of its texts, so that nothing moves when it says another."""

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__()
        self._texts = tuple(texts)

    def sizeHint(self) -> QSize:
        wide = self.fontMetrics().horizontalAdvance
        longest = max((wide(tr(text) + OPENS) for text in self._texts), default=0)
        return super().sizeHint() + QSize(max(0, longest - wide(self.text())), 0)


def choice_button(text: str, texts: Sequence[str] = ()) -> QToolButton:
    """Return a button that opens a menu at once; it has room for the longest of `texts`."""
    button = _OneWidth(texts)
    button.setObjectName("choice")
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setToolTip(plain_tip(text))
    button.setAccessibleName(tr(text))
    KeepKeys(button, PRESS)
    return button


def menu_button(text: str, texts: Sequence[str] = ()) -> QToolButton:
    """Return a button with an empty menu for `offer`; it has room for the longest of `texts`."""
    button = choice_button(text, texts)
    button.setMenu(QMenu(button))
    return button


def offer(
    button: QToolButton, text: str, choices: Sequence[tuple[str, bool, Callable[[], None]]]
) -> None:
    """Write `text` on a menu button; offer choices by name, whether in force, and what they do.

    A choice without a name is a line between two groups.
    """
    button.setText(tr(text) + OPENS)
    menu = button.menu()
    empty(menu)
    group = QActionGroup(menu)
    for name, chosen, choose in choices:
        if not name:
            menu.addSeparator()
            continue
        action = menu.addAction(tr(name).replace("&", "&&"))  # one alone would mark a key
        action.setCheckable(True)
        action.setChecked(chosen)
        group.addAction(action)
        action.triggered.connect(lambda _checked, choose=choose: choose())


def submenus(menu: QMenu) -> dict[QAction, QMenu]:
    """Return the menus that `menu` has made, by the actions that open them.

    `QAction.menu()` is not asked: in PySide6 6.7 the answer is gone as soon as the action is.
    """
    found = menu.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return {one.menuAction(): one for one in found}


def empty(menu: QMenu) -> None:
    """Take everything out of `menu`; one of its actions may just be telling that it was chosen."""
    below = submenus(menu)
    for action in menu.actions():
        menu.removeAction(action)
        if action in below:
            below[action].deleteLater()
        elif action.parent() is menu:  # the others stand elsewhere, too
            action.deleteLater()
    for group in menu.findChildren(QActionGroup):
        group.deleteLater()


class _Slider(QSlider):
    """Leaves the wheel to what is scrolled, unless a person has gone to it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class HeldButton(QPushButton):
    """Tells when it is held and when it is let go, wherever the pointer is by then."""

    held = Signal(bool)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._held = False
        self.pressed.connect(lambda: self._tell(on=True))
        self.released.connect(lambda: self._tell(on=False))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._tell(on=self.isDown())  # Qt is silent where the button has moved from the pointer

    def _tell(self, *, on: bool) -> None:
        if on != self._held:
            self._held = on
            self.held.emit(on)


def slider(text: str, top: int) -> QSlider:
    """Return a slider from 0 to `top`; the arrow keys move it."""
    made = _Slider(Qt.Orientation.Horizontal)
    made.setRange(0, top)
    made.setToolTip(plain_tip(text))
    made.setAccessibleName(tr(text))
    KeepKeys(made, ARROWS)
    return made


def with_key(text: str, letter: str) -> str:
    """Return `text` of a button that Alt and `letter` press; behind words that lack the letter."""
    at = text.lower().find(letter.lower())
    return f"{text[:at]}&{text[at:]}" if at >= 0 else f"{text} (&{letter})"


def scrolled(page: QWidget) -> QScrollArea:
    """Return `page` in a frame of any height; it is as wide as the frame, which leaves it room.

    The bar keeps its room where there is nothing to scroll: a page with a picture grows shorter as
    the bar makes it narrower, and Qt would show and hide the bar in turn, without an end.
    """
    area = _Scrolled()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    bar = area.verticalScrollBar()
    bar.setEnabled(False)
    bar.rangeChanged.connect(lambda low, high: bar.setEnabled(high > low))
    area.setWidget(page)
    return area


class _Scrolled(QScrollArea):
    """As wide as what is in it: that would be cut where the bar below is off."""

    def minimumSizeHint(self) -> QSize:
        least, page = super().minimumSizeHint(), self.widget()
        if page is None:
            return least
        inside = page.minimumSizeHint().expandedTo(page.minimumSize()).width()
        return QSize(inside + self.verticalScrollBar().sizeHint().width(), least.height())


def suggestions(names: QAbstractItemModel, parent: QObject) -> QCompleter:
    """Return what offers those of `names` that hold what is typed, whatever its case."""
    made = QCompleter(names, parent)
    made.setFilterMode(Qt.MatchFlag.MatchContains)
    made.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    return dressed(made)


def dressed(completer: QCompleter) -> QCompleter:
    """Let its list look as others do: it is a window of its own, in no dialog."""
    popup = completer.popup()
    if popup is not None:
        popup.setObjectName("suggestions")
    return completer


class NumberBox(QLineEdit):
    """A number with as many digits as it needs."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("number")
        self.setToolTip(plain_tip(name))
        self.setAccessibleName(tr(name))
        self.setLocale(QLocale.c())
        validator = QDoubleValidator(self)
        validator.setLocale(QLocale.c())
        self.setValidator(validator)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setFixedWidth(58)

    def show_value(self, value: float) -> None:
        """Show `value`, unless the person is typing another one."""
        if not self.isModified():
            self.setText(f"{value:.4g}")

    def value(self) -> float:
        """Return what is typed, as the validator lets it through."""
        number, _ok = self.locale().toDouble(self.text())
        return number
