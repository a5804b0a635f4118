"""A form made of the options of a method: sliders, boxes and menus with what they may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from nnvis.errors import UserError
from nnvis.gui.widgets.controls import menu_button, offer, slider
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.number_box import NumberBox
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.parameters import Option, Value

PLACES = 200  # of a slider that is not counted in whole numbers
WIDEST = 100_000  # a whole number of a larger range is typed


class ParameterSlider:
    """One slider with its number; by factors where the option spans orders of magnitude."""

    def __init__(self, option: Option, changed: Callable[[], object] = lambda: None) -> None:
        self.option = option
        self._whole = isinstance(option.default, int)
        low, high = option.bounds
        self._counted = self._whole and high - low <= PLACES
        places = int(high - low) if self._counted else PLACES
        self.widget = slider(f"{option.label}: {option.help}", places)
        self.number = PlainLabel()
        self.number.setMinimumWidth(self.number.fontMetrics().horizontalAdvance("0.00000"))
        self._default = float(option.default)
        self.widget.valueChanged.connect(lambda _value: self._show())
        self.widget.valueChanged.connect(lambda _value: changed())
        self.set(option.default)

    @property
    def value(self) -> float:
        """The value, within the option's range; exactly the default where that was set."""
        if self.widget.value() == self._at(self._default):
            return self._default
        low, high = self.option.bounds
        if self._counted:
            return low + self.widget.value()
        share = self.widget.value() / PLACES
        if self.option.log:
            value = math.exp(math.log(low) + share * math.log(high / low))
            value = float(f"{value:.2g}")
        else:
            value = float(f"{low + share * (high - low):.3g}")
        value = round(value) if self._whole else value
        return min(max(value, low), high)

    def set(self, value: Value) -> None:
        """Move the slider to `value`."""
        with QSignalBlocker(self.widget):
            self.widget.setValue(self._at(float(value)))
        self._show()

    def _at(self, value: float) -> int:
        low, high = self.option.bounds
        if self._counted:
            return round(value - low)
        if self.option.log:
            return round(PLACES * math.log(value / low) / math.log(high / low))
        return round(PLACES * (value - low) / (high - low))

    def _show(self) -> None:
        value = self.value
        self.number.setText(f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}")


class ParameterBox:
    """A number that is typed; one that cannot be gives way to the one before."""

    def __init__(self, option: Option, changed: Callable[[], object]) -> None:
        self.option, self.value, self._changed = option, option.default, changed
        self.widget = NumberBox(f"{option.label}: {option.help}")
        self.widget.editingFinished.connect(self._typed)
        self.set(option.default)

    def set(self, value: Value) -> None:
        """Show `value`."""
        self.value = value
        self.widget.setModified(False)
        self.widget.setText(f"{value}")

    def _typed(self) -> None:
        before = self.value
        try:
            self.set(self.option.read(self.widget.text()))
        except UserError:
            self.set(before)
        if self.value != before:
            self._changed()


class ParameterMenu:
    """One of a few words, or yes and no."""

    def __init__(self, option: Option, changed: Callable[[], object]) -> None:
        self.option, self.value, self._changed = option, option.default, changed
        text = f"{option.label}: {option.help}"
        self._check = QCheckBox() if isinstance(option.default, bool) else None
        self.widget = self._check or menu_button(text)
        if self._check is not None:
            self._check.setToolTip(plain_tip(text))
            self._check.setAccessibleName(text)
            self._check.toggled.connect(self._choose)
            KeepKeys(self._check, PRESS)
        self.set(option.default)

    def set(self, value: Value) -> None:
        """Show `value`."""
        self.value = value
        if self._check is not None:
            with QSignalBlocker(self._check):
                self._check.setChecked(bool(value))
            return
        offer(self.widget, str(value), [  # type: ignore[arg-type]
            (one, one == value, partial(self._choose, one)) for one in self.option.choices
        ])  # fmt: skip

    def _choose(self, value: Value) -> None:
        self.set(value)
        self._changed()


Control = ParameterSlider | ParameterBox | ParameterMenu


class ParameterForm(QWidget):
    """A row for each option, in one column of rows or in two."""

    changed = Signal()  # by a person

    def __init__(self, options: Sequence[Option], columns: int = 1) -> None:
        super().__init__()
        self.controls: dict[str, Control] = {one.name: self._control(one) for one in options}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        for place, one in enumerate(self.controls.values()):
            row, side = divmod(place, columns)
            name = PlainLabel(one.option.label)
            name.setObjectName("dim")
            name.setToolTip(plain_tip(one.option.help))
            grid.addWidget(name, row, 4 * side)
            if isinstance(one, ParameterSlider):
                grid.addWidget(one.widget, row, 4 * side + 1)
                grid.addWidget(one.number, row, 4 * side + 2)
            else:
                grid.addWidget(one.widget, row, 4 * side + 1, 1, 2)
        for side in range(columns):
            grid.setColumnStretch(4 * side + 1, 1)
        for side in range(1, columns):
            grid.setColumnMinimumWidth(4 * side - 1, 16)

    def values(self) -> dict[str, Value]:
        """What is set, by name, each in its option's own type."""
        return {name: one.option.check(one.value) for name, one in self.controls.items()}

    def show_values(self, values: Mapping[str, Value]) -> None:
        """Show values that came from elsewhere; those of other names are left out."""
        for name, value in values.items():
            if name in self.controls:
                self.controls[name].set(value)

    def hold(self, on: bool) -> None:
        """Hold still while work has these values."""
        for one in self.controls.values():
            one.widget.setEnabled(not on)

    def _control(self, option: Option) -> Control:
        if option.choices or isinstance(option.default, bool):
            return ParameterMenu(option, self.changed.emit)
        low, high = option.bounds
        wide = isinstance(option.default, int) and high - low > WIDEST and not option.log
        if wide or not math.isfinite(high - low):
            return ParameterBox(option, self.changed.emit)
        return ParameterSlider(option, self.changed.emit)
