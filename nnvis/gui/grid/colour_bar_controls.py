"""How values become colours: the slim bar above the grid."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QSizePolicy,
    QWidget,
)

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.grid.legend import Legend
from nnvis.gui.grid.order_bar import OrderBar
from nnvis.gui.grid.turning_bar import TurningBar, direction
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.controls import NumberBox, menu_button, offer
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.number_text import MINUS, shape_text
from nnvis.imaging.colour_options import (
    BOOSTS,
    COLORMAPS,
    GAMMAS,
    SIGNED_COLORMAPS,
    Range,
    Shading,
)
from nnvis.language import verbatim

EDGES = 24  # points at both sides of the buttons
NAME = 34  # characters of the name and what it is, beside which all may stand in one row
ROOMY = 80  # letters of the whole width, in less of which the name has some of the legend's room
_SHOWN = {
    "clean": "",
    "attacked": "attacked  ",
    "difference": f"attacked {MINUS} clean  ",
    "backward": "backward values  ",
    "change": "change by what is switched off  ",
}


class ColourControls(TurningBar):
    """The layer's name and legend; beside or below them the units' order and the colours.

    Below all stands what the units lie by, where that is not their numbers.
    """

    shading_chosen = Signal(object)  # Shading

    def __init__(self) -> None:
        super().__init__()
        self._shading = Shading()
        self._signed = False
        self._patterns = False
        self._view_state = ViewState()
        self._ends = (0.0, 1.0)  # of what is shown, for whoever wants to keep them
        self.title, self.detail = ElidedLabel(Qt.TextElideMode.ElideLeft), ElidedLabel()
        self.title.setObjectName("title")
        self.detail.setObjectName("dim")
        ignored, fixed = QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed
        self.detail.setSizePolicy(ignored, fixed)  # what the name leaves
        self.legend = Legend()
        place = self.legend.sizePolicy()
        place.setRetainSizeWhenHidden(True)  # so that the grid stays where it is
        self.legend.setSizePolicy(place)
        self._range = menu_button("Range of the colours")
        self._gamma = menu_button("Gamma")
        self._boost = menu_button("Boost of weak units")
        names = (*COLORMAPS, *SIGNED_COLORMAPS)
        self._colormap = menu_button("Colour map", names)  # of one width, signed or not
        self.by_command: dict[str, QWidget] = {
            "range": self._range, "gamma": self._gamma, "boost": self._boost,
            "colormap": self._colormap,
        }  # fmt: skip
        self._low, self._high = NumberBox("Lowest value"), NumberBox("Highest value")
        first = QHBoxLayout()
        first.setContentsMargins(0, 0, 6, 0)
        first.setSpacing(10)
        first.addWidget(self.title)
        first.addWidget(self.detail, 1)
        first.addWidget(self.legend)
        self._choices = second = QHBoxLayout()
        second.setSpacing(5)
        for widget in (self._range, self._low, self._high, self._gamma, self._boost):
            second.addWidget(widget)
        second.addWidget(self._colormap)
        second.addStretch(0)
        self.order = OrderBar()
        self._below = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._below.setSpacing(5)
        self._below.addWidget(self.order, 1)
        self._below.addLayout(second)
        self._whole = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._whole.setSpacing(4)
        self._whole.addLayout(first, 1)
        self._whole.addLayout(self._below)
        vbox(self._whole, self.order.text, gap=4, edge=(12, 5, 2, 5), of=self)
        for box in (self._low, self._high):
            box.editingFinished.connect(self._typed)
        self._fill()

    def minimumSizeHint(self) -> QSize:
        """Return what three rows need, whichever way it lies now."""
        wide = max(self._choices.minimumSize().width(), self.order.minimumSizeHint().width())
        return QSize(wide + 14, super().minimumSizeHint().height())

    def turn(self) -> None:
        letter = self.fontMetrics().averageCharWidth()
        self.legend.set_slim(self.width() < ROOMY * letter)
        buttons = self._choices.minimumSize().width() + self.order.minimumSizeHint().width()
        self._below.setDirection(direction(self.width() >= buttons + EDGES))
        one_row = buttons + self.legend.sizeHint().width() + NAME * letter + 2 * EDGES
        self._whole.setDirection(direction(self.width() >= one_row))

    def set_view_state(self, view_state: ViewState) -> None:
        """Show the choices in force and what they apply to."""
        self._view_state, layer = view_state, view_state.layer
        self.order.set_view_state(view_state)
        if layer is not None:
            self.title.say(verbatim(layer.name))
            shows = "what units want to see  " if self._patterns else _SHOWN[view_state.shows]
            self.detail.say(f"{shows}{layer.kind}  {shape_text(layer.units, layer.map_shape)}")
        if view_state.request.shading != self._shading:
            self._shading = view_state.request.shading
            self._fill()

    def show_patterns(self, on: bool) -> None:
        """Say that the grid shows feature images, which have no scale of colours."""
        self._patterns = on
        self.legend.setVisible(not on)
        for widget in (self._range, self._low, self._high, self._gamma, self._boost):
            widget.setEnabled(not on)
        self.set_view_state(self._view_state)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Follow the sign and the range of what is shown."""
        self.legend.show_snapshot(snapshot, match)
        self.order.show_snapshot(snapshot, match)
        if snapshot is not None and match.layer:
            self._ends = (snapshot.sheet.low, snapshot.sheet.high)
            if snapshot.sheet.signed != self._signed:
                self._signed = snapshot.sheet.signed
                self._fill()

    def next_range(self) -> None:
        """Go on to the next kind of range."""
        kinds = list(Range)
        self._choose_range(kinds[(kinds.index(self._shading.range) + 1) % len(kinds)])

    def next_gamma(self) -> None:
        """Go on to the next gamma."""
        self._choose(self._shading.with_next_gamma())

    def next_boost(self) -> None:
        """Go on to the next boost, which only a range per layer knows."""
        self._choose(replace(self._shading, range=Range.LAYER).with_next_boost())

    def next_colormap(self) -> None:
        """Go on to the next map of the kind in use."""
        maps, now = self._maps()
        self._choose_colormap(maps[(maps.index(now) + 1) % len(maps)])

    def reset(self) -> None:
        """Go back to plain shading; the colour maps stay."""
        maps = self._shading.colormap, self._shading.signed_colormap
        self._choose(Shading(colormap=maps[0], signed_colormap=maps[1]))

    def _choose(self, shading: Shading) -> None:
        self.shading_chosen.emit(shading)

    def _choose_range(self, kind: Range) -> None:
        shading = replace(self._shading, range=kind)
        if kind is Range.FIXED and self._shading.range is not Range.FIXED:
            shading = replace(shading, low=self._ends[0], high=self._ends[1])
        self._choose(shading)

    def _choose_colormap(self, name: str) -> None:
        if self._signed:
            self._choose(replace(self._shading, signed_colormap=name))
        else:
            self._choose(replace(self._shading, colormap=name))

    def _typed(self) -> None:
        low, high = self._low.value(), self._high.value()
        for box in (self._low, self._high):
            box.setModified(False)
        if low < high:
            self._choose(replace(self._shading, low=low, high=high))
        else:
            self._fill()

    def _maps(self) -> tuple[tuple[str, ...], str]:
        if self._signed:
            return SIGNED_COLORMAPS, self._shading.signed_colormap
        return COLORMAPS, self._shading.colormap

    def _fill(self) -> None:
        now = self._shading
        offer(self._range, now.range.value, [
            (kind.value, kind is now.range, partial(self._choose_range, kind)) for kind in Range
        ])  # fmt: skip
        offer(self._gamma, f"\N{GREEK SMALL LETTER GAMMA} {now.gamma:g}", [
            (f"{value:g}", value == now.gamma, partial(self._choose, replace(now, gamma=value)))
            for value in GAMMAS
        ])  # fmt: skip
        offer(self._boost, f"boost {now.boost:g}", [
            (f"{value:g}", value == now.boost, partial(self._choose, replace(now, boost=value)))
            for value in BOOSTS
        ])  # fmt: skip
        maps, chosen = self._maps()
        offer(self._colormap, chosen, [
            (name, name == chosen, partial(self._choose_colormap, name)) for name in maps
        ])  # fmt: skip
        self._boost.setVisible(now.range is Range.LAYER)
        for box, value in ((self._low, now.low), (self._high, now.high)):
            box.setVisible(now.range is Range.FIXED)
            box.show_value(value)
