"""Sliders for what can be set of a lab."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QGridLayout, QWidget

from nnvis.gui.labs.text import number_text
from nnvis.gui.widgets.controls import slider
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.labs.framework.lab import Lab
from nnvis.parameters import Option

PLACES = 200  # of a slider that is not counted in whole numbers


class ParameterSlider:
    """One slider; by factors where the knob spans orders of magnitude."""

    def __init__(self, knob: Option) -> None:
        self.knob = knob
        self._whole = isinstance(knob.default, int)
        low, high = knob.bounds
        self._counted = self._whole and high - low <= PLACES
        places = int(high - low) if self._counted else PLACES
        self.slider = slider(f"{knob.label}: {knob.help}", places)
        self.number = PlainLabel()
        self.slider.valueChanged.connect(lambda _value: self._show())
        self._default = float(knob.default)
        self.set(self._default)

    @property
    def value(self) -> float:
        """The value, within the knob's range; exactly the default where that was set."""
        if self.slider.value() == self._at(self._default):
            return self._default
        low, high = self.knob.bounds
        if self._counted:
            return low + self.slider.value()
        share = self.slider.value() / PLACES
        if self.knob.log:
            value = math.exp(math.log(low) + share * math.log(high / low))
            value = float(f"{value:.2g}")
        else:
            value = float(f"{low + share * (high - low):.3g}")
        value = round(value) if self._whole else value
        return min(max(value, low), high)

    def set(self, value: float) -> None:
        """Move the slider to `value`."""
        self.slider.setValue(self._at(value))
        self._show()

    def _at(self, value: float) -> int:
        low, high = self.knob.bounds
        if self._counted:
            return round(value - low)
        if self.knob.log:
            return round(PLACES * math.log(value / low) / math.log(high / low))
        return round(PLACES * (value - low) / (high - low))

    def _show(self) -> None:
        self.number.setText(number_text(self.value))


class LabParameters(QWidget):
    """All knobs of a lab in two columns."""

    def __init__(self, lab: Lab) -> None:
        super().__init__()
        self.knobs = {knob.name: ParameterSlider(knob) for knob in lab.options}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        for place, one in enumerate(self.knobs.values()):
            row, side = divmod(place, 2)
            name = PlainLabel(one.knob.label)
            name.setObjectName("dim")
            name.setToolTip(plain_tip(one.knob.help))
            one.number.setMinimumWidth(one.number.fontMetrics().horizontalAdvance("0.00000"))
            for column, part in enumerate((name, one.slider, one.number)):
                grid.addWidget(part, row, 4 * side + column)
        for column in (1, 5):
            grid.setColumnStretch(column, 1)
        grid.setColumnMinimumWidth(3, 16)

    def values(self) -> dict[str, float]:
        """What is set."""
        return {name: one.value for name, one in self.knobs.items()}

    def show_values(self, values: dict[str, float]) -> None:
        """Move the sliders to what a run was given."""
        for name, value in values.items():
            if name in self.knobs:
                self.knobs[name].set(value)

    def set_running(self, on: bool) -> None:
        """Hold still while a run has these values."""
        for one in self.knobs.values():
            one.slider.setEnabled(not on)
