"""How the panes lie: as at the first start, as kept, or with the workspace "Fool" among them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QWidget

from nnvis.gui.panes.area import PaneArea, PaneShape
from nnvis.gui.panes.pane import SidePane
from nnvis.gui.panes.stage import Stage
from nnvis.gui.widgets import theme

LEFT_WIDE, RIGHT_WIDE = 236, 312  # of the columns beside the grid
INPUT_HIGH, INPUT_PART = 480, 0.62  # of the input above the layers, and its part of the column
MAP_WIDE, MAP_PART = 380, 0.55  # of the map in place of the list, and its part of the column
ATTACK_WIDE = 460  # of the workspace in place of the input
EDGES = 16  # points of the handles between panes
ROOMY = 1100  # points; in less the workspace takes the room of the selected unit


class Arrangement(QObject):
    """Lays out `area`; `attack` stands in place of `plain`, both in the pane of the input."""

    def __init__(
        self, area: PaneArea, stage: Stage, attack: Callable[[], QWidget | None], plain: QWidget
    ) -> None:
        """`attack` gives the workspace, None while it was never wanted."""
        super().__init__(area)
        self._area, self._stage, self._attack, self._plain = area, stage, attack, plain
        self._plain_shape: PaneShape | None = None  # how panes lie without the workspace
        self._list_shape: PaneShape | None = None  # how panes lay before the map came
        self._map_shape: PaneShape | None = None  # and with the map; another one is a person's own
        self._cramped = False  # whether the workspace took the room of the pages
        self.laid_out = False

    @property
    def attacked(self) -> bool:
        """Whether the workspace is there."""
        attack = self._attack()
        return attack is not None and attack.isVisibleTo(self._area.window())

    @property
    def attack_in_sight(self) -> bool:
        """Whether a person sees it."""
        attack = self._attack()
        return attack is not None and attack.isVisible()

    def show_attack(self, on: bool) -> None:
        """Put the workspace "Fool" in place of the input, or take it away."""
        attack = self._attack()
        if attack is None or on == self.attacked:
            return
        if on:
            self._plain_shape = self.shape()
        self._plain.setVisible(not on)
        attack.setVisible(on)
        self.make_room()
        pane, layers = self._area.sides["input"], self._area.sides["layers"]
        if self._stage.before is not None:
            self._stage.before = self.shape()
        elif not on and self._plain_shape is not None:
            self._area.reshape(self._plain_shape)
        elif on and not pane.out:
            if not layers.out and not layers.isHidden():
                self._area.splitDockWidget(pane, layers, Qt.Orientation.Horizontal)
            QTimer.singleShot(0, self._widen_attack)  # once both stand side by side
        if not on:
            self._plain_shape = None

    @Slot()
    def _widen_attack(self) -> None:
        sides = self._area.sides
        input_pane, layers, pages = sides["input"], sides["layers"], sides["pages"]
        if not self.attacked or input_pane.out:
            return
        docks, widths = [input_pane], [0]
        if not layers.out and not layers.isHidden():
            docks.append(layers)
            widths.append(LEFT_WIDE)  # names have room in it
        room = self._room_beside(pages) - sum(widths)
        widths[0] = max(input_pane.minimumSizeHint().width(), min(ATTACK_WIDE, room))
        self._area.resizeDocks(docks, widths, Qt.Orientation.Horizontal)

    def show_map(self, on: bool) -> None:
        """Let the map have more room than the list had; give that back with the list."""
        sides = self._area.sides
        layers, pages = sides["layers"], sides["pages"]
        if not on:
            before, self._list_shape = self._list_shape, None
            if before is not None and self._area.shape() == self._map_shape:
                self._area.reshape(before)
            return
        if layers.out or layers.isHidden() or self.attacked or self._stage.before is not None:
            return
        self._list_shape = self._area.shape()
        room = self._room_beside(pages)
        wide = max(layers.width(), min(round(MAP_WIDE * theme.text_scale()), room))
        self._area.resizeDocks([layers], [wide], Qt.Orientation.Horizontal)
        above, high = sides["input"], round(MAP_PART * self._area.height())
        if above.isVisible() and not above.out and layers.height() < high:
            heights = [self._area.height() - high, high]
            self._area.resizeDocks([above, layers], heights, Qt.Orientation.Vertical)
        QTimer.singleShot(0, self._note_map)  # once all lies so

    def _room_beside(self, pages: SidePane) -> int:
        """Return what the panes at the left may have: that of the pages is a person's own."""
        beside = 0 if pages.out or pages.isHidden() else pages.width()
        return self._area.width() - beside - self._area.centre.minimumSizeHint().width() - EDGES

    @Slot()
    def _note_map(self) -> None:
        self._map_shape = self._area.shape()

    def make_room(self) -> None:
        """Hide the pages while the workspace leaves no room for them."""
        cramped = self.attacked and self._area.window().width() < ROOMY * theme.text_scale()
        if cramped != self._cramped:
            self._cramped = cramped
            self._area.sides["pages"].setVisible(not cramped)

    def reset(self) -> None:
        """Let the panes lie as at the first start: the grid has the room."""
        self.laid_out = True
        self._stage.leave()
        self._area.put_all_back()
        sides, high = self._area.sides, self._area.height()
        self._area.resizeDocks(
            [sides["input"], sides["pages"]], [LEFT_WIDE, RIGHT_WIDE], Qt.Orientation.Horizontal
        )
        first = min(INPUT_HIGH, round(INPUT_PART * high))
        self._area.resizeDocks(
            [sides["input"], sides["layers"]], [first, high - first], Qt.Orientation.Vertical
        )
        self._stay_after_attack()

    def recall(self, shape: PaneShape | None) -> None:
        """Let the panes lie so; None, or what cannot be had: as at the first start."""
        self._stage.leave()
        self.laid_out = shape is not None and self._area.reshape(shape)
        if not self.laid_out and self._area.isVisible():
            self.reset()
        self._stay_after_attack()

    def _stay_after_attack(self) -> None:
        """Let a layout that was chosen while the workspace is open outlive it."""
        if self._plain_shape is not None:
            self._plain_shape = self._area.shape()

    def shape(self) -> PaneShape:
        """Return how the panes lie when nothing is put in their place for a while."""
        return self._plain_shape or self._stage.before or self._area.shape()
