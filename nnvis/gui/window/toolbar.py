"""The bar at the top: source, model, device, freeze, snapshot, keys, and everything as a menu."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton

from nnvis.gui.state.commands import CommandActions
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.widgets.controls import choice_button, icon_button
from nnvis.gui.widgets.icons import icon, put_icon
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr

ICON = QSize(18, 18)
WORDY = 1100  # points from which the buttons at the right have words
WIDEST = 230  # points of a button's text


class Toolbar(QFrame):
    """Buttons with words where there is a choice to read, with icons alone at the right."""

    def __init__(self, actions: CommandActions) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.source = _choice("camera", "Source")
        self.model = _choice("network", "Model")
        self.device = _choice("chip", "Device")
        self.device.setMenu(QMenu(self.device))
        self._everything = menu = _button("menu", "Everything nnvis can do")
        menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._all = _everything(menu, actions)
        menu.setMenu(self._all)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(6)
        mark = PlainLabel()
        mark.setPixmap(icon("nnvis").pixmap(QSize(20, 20), self.devicePixelRatioF()))
        mark.setContentsMargins(4, 0, 6, 0)
        layout.addWidget(mark)
        for choice in (self.source, self.model, self.device):
            layout.addWidget(choice)
        layout.addStretch(1)
        self.changed = QToolButton()
        self.changed.setObjectName("changed")
        self.changed.setDefaultAction(actions["put_back"])
        self.changed.hide()
        layout.addWidget(self.changed)
        self._worded = [_for_action(actions[name], _ICONS[name], text) for name, text in _BUTTONS]
        for button in self._worded:
            layout.addWidget(button)
        layout.addWidget(_for_action(actions["help"], "help"))
        layout.addWidget(menu)

    def show_everything(self) -> None:
        """Open the menu of all commands, for the arrow keys to walk through."""
        foot = self._everything.mapToGlobal(self._everything.rect().bottomLeft())
        self._all.popup(foot)
        self._all.setActiveAction(self._all.actions()[0])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the words out where they would be cut."""
        super().resizeEvent(event)
        style = Qt.ToolButtonStyle
        shown = (
            style.ToolButtonTextBesideIcon if self.width() >= WORDY else style.ToolButtonIconOnly
        )
        for button in self._worded:
            button.setToolButtonStyle(shown)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def add_menu(self, menu: QMenu) -> None:
        """Offer `menu` among everything."""
        self._all.addMenu(menu)

    def set_view_state(self, view_state: ViewState) -> None:
        """Remind of units that are switched off, wherever the list of them is out of sight."""
        ablation = view_state.request.ablation
        count = len(ablation.units) + (len(ablation.concepts.off) if ablation.concepts else 0)
        self.changed.setVisible(bool(count))
        self.changed.setText(tr(f"{count} changed"))

    def set_source(self, title: str, tip: str) -> None:
        """Name the source in use."""
        _name(self.source, title, tip)

    def set_model(self, title: str, tip: str) -> None:
        """Name the model in use."""
        _name(self.model, title, tip)

    def set_device(self, title: str, tip: str) -> None:
        """Name the device in use."""
        _name(self.device, title, tip)


_BUTTONS = (
    ("errors", "Errors"),
    ("labs", "Labs"),
    ("fool", "Fool"),
    ("freeze", "Freeze"),
    ("save", "Snapshot"),
)
_ICONS = {
    "errors": "errors", "labs": "labs", "fool": "fool", "freeze": "freeze", "save": "snapshot",
}  # fmt: skip


def _choice(name: str, text: str) -> QToolButton:
    button = choice_button(text)
    put_icon(button, name)
    button.setIconSize(ICON)
    button.setText(" …  ▾")
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return button


def _button(name: str, text: str) -> QToolButton:
    button = icon_button(name, text)
    button.setIconSize(ICON)
    return button


def _for_action(action: QAction, name: str, text: str = "") -> QToolButton:
    put_icon(action, name)
    button = _button(name, action.text())
    button.setDefaultAction(action)
    if text:
        action.setIconText(f" {tr(text)}")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button


def _name(button: QToolButton, title: str, tip: str) -> None:
    title = tr(title)
    short = button.fontMetrics().elidedText(title, Qt.TextElideMode.ElideMiddle, WIDEST)
    button.setText(f" {short}  ▾")
    button.setToolTip(plain_tip(tip))
    button.setAccessibleDescription(title)


def _everything(parent: QToolButton, actions: CommandActions) -> QMenu:
    menu = QMenu(parent)
    for group in actions.groups:
        part = menu.addMenu(tr(group))
        for command in actions.of_group(group):
            part.addAction(actions[command.name])
    return menu
