"""A form made of the options of a method: sliders, boxes and menus with what they may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QToolButton, QWidget

from nnvis.errors import UserError
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.controls import NumberBox, menu_button, offer, slider
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import hbox
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr
from nnvis.parameters import Option, Value

PLACES = 200  # of a slider that counts nothing
WIDEST = 100_000  # a whole number of a larger range is typed


class ParameterSlider:
    """One slider with its number; by factors where the option spans orders of magnitude."""

    def __init__(self, option: Option, changed: Callable[[], object] = lambda: None) -> None:
        self.widget = slider("", PLACES)
        self.number = PlainLabel()
        self.number.setMinimumWidth(self.number.fontMetrics().horizontalAdvance("0.00000"))
        self.set_option(option)
        self.widget.valueChanged.connect(lambda _place: self._moved())
        self.widget.valueChanged.connect(lambda _place: changed())

    def set_option(self, option: Option) -> None:
        """Span what `option` may be, from its default on."""
        self.option = option
        self._whole = isinstance(option.default, int)
        low, high = option.span
        self._parts = option.parts or (1 if self._whole and high - low <= PLACES else 0)
        name_it(self.widget, option)
        with QSignalBlocker(self.widget):
            self.widget.setRange(0, round((high - low) * self._parts) if self._parts else PLACES)
        self.set(option.default)

    def set(self, value: Value) -> None:
        """Show `value`; one that lies beyond the slider's ends is kept as well."""
        self.value = float(value)
        with QSignalBlocker(self.widget):
            self.widget.setValue(self._place(self.value))
        self.number.setText(self.option.text(self.value))

    def _moved(self) -> None:
        place, default = self.widget.value(), float(self.option.default)
        self.value = default if place == self._place(default) else self._value(place)
        self.number.setText(self.option.text(self.value))

    def _value(self, place: int) -> float:
        low, high = self.option.span
        if self._parts:
            return (round(low * self._parts) + place) / self._parts
        share = place / PLACES
        if self.option.log:
            value = math.exp(math.log(low) + share * math.log(high / low))
            value = float(f"{value:.2g}")
        else:
            value = float(f"{low + share * (high - low):.3g}")
        value = round(value) if self._whole else value
        return min(max(value, low), high)

    def _place(self, value: float) -> int:
        low, high = self.option.span
        value = min(max(value, low), high)
        if self._parts:
            return round((value - low) * self._parts)
        if self.option.log:
            return round(PLACES * math.log(value / low) / math.log(high / low))
        return round(PLACES * (value - low) / (high - low))


class ParameterBox:
    """A number that is typed; one that cannot be gives way to the one before."""

    def __init__(self, option: Option, changed: Callable[[], object]) -> None:
        self.option, self.value, self._changed = option, option.default, changed
        self.widget = NumberBox("")
        name_it(self.widget, option)
        self.widget.editingFinished.connect(self._typed)
        self.set(option.default)

    def set(self, value: Value) -> None:
        """Show `value`."""
        self.value = value
        self.widget.setModified(False)
        self.widget.setText(f"{value:g}" if isinstance(value, float) else f"{value}")

    def _typed(self) -> None:
        before = self.value
        try:
            self.set(self.option.read(self.widget.text()))
        except UserError:
            self.set(before)
        if self.value != before:
            self._changed()


class ParameterCheck:
    """Yes or no."""

    def __init__(self, option: Option, changed: Callable[[], object]) -> None:
        self.option = option
        self.widget = QCheckBox()
        name_it(self.widget, option)
        KeepKeys(self.widget, PRESS)
        self.set(option.default)
        self.widget.toggled.connect(lambda _on: changed())

    @property
    def value(self) -> bool:
        """Whether it is on."""
        return self.widget.isChecked()

    def set(self, value: Value) -> None:
        """Show `value`."""
        with QSignalBlocker(self.widget):
            self.widget.setChecked(bool(value))


class ParameterMenu:
    """One of a few words: in a menu, or on buttons where the option says what they tell."""

    def __init__(self, option: Option, changed: Callable[[], object]) -> None:
        self.option, self.value, self._changed = option, option.default, changed
        self.widget: ChoiceRow | QToolButton
        if option.words:
            self.widget = ChoiceRow(option.label, option.words)
            self.widget.chosen.connect(self._choose)
        else:
            self.widget = menu_button(f"{option.label}: {option.help}")
        self.set(option.default)

    def set(self, value: Value) -> None:
        """Show `value`."""
        self.value = value
        if isinstance(self.widget, ChoiceRow):
            self.widget.show_choice(value)
            return
        offer(self.widget, str(value), [
            (one, one == value, partial(self._choose, one)) for one in self.option.choices
        ])  # fmt: skip

    def _choose(self, value: Value) -> None:
        self.set(value)
        self._changed()


def name_it(widget: QWidget, option: Option) -> None:
    """Say on `widget` what it sets."""
    text = f"{tr(option.label)}: {tr(option.help)}"
    widget.setToolTip(plain_tip(text))
    widget.setAccessibleName(text)


Control = ParameterSlider | ParameterBox | ParameterCheck | ParameterMenu


class ParameterForm(QWidget):
    """A row for each option, in one column of rows or in two."""

    changed = Signal()  # by a person

    def __init__(
        self,
        options: Sequence[Option],
        columns: int = 1,
        *,
        editors: Mapping[str, QWidget] | None = None,
        beside: Mapping[str, QWidget] | None = None,
    ) -> None:
        """Make it.

        Args:
            options: in the order of the rows.
            columns: of rows.
            editors: by option, of those that have one of their own; `values` leaves them out.
            beside: by option, what is told at the end of its row.
        """
        super().__init__()
        editors, beside = editors or {}, beside or {}
        self.controls: dict[str, Control] = {
            one.name: self._control(one) for one in options if one.name not in editors
        }
        self._rows: dict[str, tuple[QWidget, ...]] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        for place, one in enumerate(options):
            row, side = divmod(place, columns)
            name = PlainLabel(one.label, kind="dim")
            name.setToolTip(plain_tip(one.help))
            control = self.controls.get(one.name)
            widget = control.widget if control is not None else editors[one.name]
            grid.addWidget(name, row, 4 * side)
            if isinstance(control, ParameterSlider):
                grid.addWidget(widget, row, 4 * side + 1)
                grid.addWidget(control.number, row, 4 * side + 2)
            elif one.name in beside:
                both = hbox(widget, (beside[one.name], 1))
                grid.addLayout(both, row, 4 * side + 1, 1, 2)
            else:
                grid.addWidget(widget, row, 4 * side + 1, 1, 2)
            self._rows[one.name] = (name, widget)
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

    def show_row(self, name: str, *, on: bool) -> None:
        """Show the row of an option, or hide it."""
        for widget in self._rows[name]:
            widget.setVisible(on)

    def hold(self, on: bool) -> None:
        """Hold still while work has these values."""
        for one in self.controls.values():
            one.widget.setEnabled(not on)

    def _control(self, option: Option) -> Control:
        if option.choices or option.words:
            return ParameterMenu(option, self.changed.emit)
        if isinstance(option.default, bool):
            return ParameterCheck(option, self.changed.emit)
        low, high = option.span
        wide = isinstance(option.default, int) and high - low > WIDEST and not option.log
        if wide or not math.isfinite(high - low):
            return ParameterBox(option, self.changed.emit)
        return ParameterSlider(option, self.changed.emit)
