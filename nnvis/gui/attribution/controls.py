"""What is looked back from, by which view, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnvis.engine.protocol.request import GridShows
from nnvis.gui.attribution.text import (
    CELLS,
    DISPLAYS,
    GRIDS,
    OVERS,
    kind_of,
    origin_text,
    takes_time,
)
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.controls import menu_button, offer, slider
from nnvis.gui.widgets.layouts import STRETCH, hbox
from nnvis.gui.widgets.parameter_form import ParameterForm
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.imaging.attribution_options import MOST_BLUR, Display, DisplayKind, DisplayOver
from nnvis.imaging.colour_options import SIGNED_COLORMAPS, Shading
from nnvis.language import tr, verbatim
from nnvis.models.detection.region import FoundObject
from nnvis.parameters import Value
from nnvis.views.registry import EVERY_VIEW, LIVE_VIEWS, SLOW_VIEWS, ViewKind
from nnvis.views.request import LOGITS, AttributionRequest

REST_MS = 300  # a slider that is drawn begins no job until it rests
WIDEST = 190  # points of what is written on a button
MOST_OBJECTS = 20  # that are offered
FINE = 5  # steps of the blur slider to a pixel


class AttributionControls(QWidget):
    """Says to the controller what is wanted from now on."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._attribution, self._display, self._shading = AttributionRequest(), Display(), Shading()
        self._view_state = ViewState()
        self._offered: tuple[object, ...] = ()  # what the menus were filled for
        self._objects: tuple[FoundObject, ...] = ()
        self._classes: tuple[tuple[int, str], ...] = ()  # that are seen now
        self.view = menu_button("View")
        self.origin = menu_button("What is looked back from")
        self.cells = menu_button("Which cells of the unit are followed")
        self.at = menu_button("Whose maps the CAM weighs")
        self.at_name = PlainLabel("Maps")
        self.through = menu_button("What the relevance passes")
        self.through_name = PlainLabel("Through")
        self.colours = menu_button("Colours of values with a sign")
        self.kind = ChoiceRow("Display", DISPLAYS)
        self.over = ChoiceRow("Together with the input", OVERS)
        self.grid = ChoiceRow("Grid", GRIDS)
        self.strength = slider("Strength over the input", 100)
        self.blur = slider("Blur in pixels", round(MOST_BLUR * FINE))
        self._strength_text, self._blur_text = PlainLabel(), PlainLabel()
        self._forms: dict[str, ParameterForm] = {}  # by slow view, made when it is first chosen
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(
            lambda: self._choose(parameters=self._parameters(self._attribution.view))
        )
        self._arrange()
        self.kind.chosen.connect(lambda key: self._show_so(kind=key))
        self.over.chosen.connect(lambda key: self._show_so(over=key))
        self.strength.valueChanged.connect(lambda value: self._show_so(strength=value / 100))
        self.blur.valueChanged.connect(lambda value: self._show_so(blur=value / FINE))
        self.grid.chosen.connect(controller.set_grid)
        self.origin.menu().aboutToShow.connect(self._offer_origins)

    def set_view_state(self, view_state: ViewState) -> None:
        """Show the choices in force."""
        request = view_state.request
        self._view_state = view_state
        if request.attribution is None:
            return
        self._attribution = request.attribution
        self._display, self._shading = request.display, request.shading
        self._fill()

    def set_classes(self, classes: tuple[tuple[int, str], ...]) -> None:
        """Take in which classes the network sees now, to be offered."""
        self._classes = classes

    def set_objects(self, objects: tuple[FoundObject, ...]) -> None:
        """Take in which objects the network finds now, to be offered."""
        self._objects = objects[:MOST_OBJECTS]

    def _fill(self) -> None:
        self._offer_choices()
        self._show_form()
        display, request = self._display, self._view_state.request
        with QSignalBlocker(self.strength), QSignalBlocker(self.blur):
            self.strength.setValue(round(100 * display.strength))
            self.blur.setValue(round(FINE * display.blur))
        self.kind.show_choice(display.kind)
        self.over.show_choice(display.over)
        self.grid.show_choice(GridShows.BACKWARD if request.backward_grid else GridShows.ACTIVATION)
        self.grid.setEnabled(not takes_time(self._attribution.view))
        self.strength.setEnabled(display.over != DisplayOver.ALONE)
        self.blur.setEnabled(display.kind == DisplayKind.BLURRED)
        self._strength_text.setText(f"{100 * display.strength:.0f} %")
        self._blur_text.setText(f"{display.blur:.1f} px")

    def _offer_choices(self) -> None:
        """Fill the menus anew, unless they say so already: menus take their time."""
        now, info, request = self._attribution, self._view_state.info, self._view_state.request
        attends = info is not None and any(one.family == "attention" for one in info.layers)
        kind, colours = kind_of(now.cells), self._shading.signed_colormap
        key = (
            now.view,
            now.region,
            attends,
            kind,
            colours,
            request.origin,
            request.layer,
            request.unit,
            request.pinned,
            now.through,
        )
        if key == self._offered:
            return
        self._offered = key
        rows = [
            (view.name, view.title)
            for view in LIVE_VIEWS.values()
            if attends or view.kind is not ViewKind.ATTENTION
        ]
        rows += [("", "")] + [(view.name, f"{view.title} (a job)") for view in SLOW_VIEWS.values()]
        chosen = EVERY_VIEW[now.view]
        offer(self.view, chosen.title, [
            (text, one == now.view, partial(self._choose_view, one)) for one, text in rows
        ])  # fmt: skip
        self.view.setToolTip(plain_tip(f"{chosen.title}: {chosen.help}"))
        offer(self.cells, CELLS[kind][0], [
            (text, one == kind, partial(self._choose, cells=(0, 0) if one == "cell" else one))
            for one, (text, _tip) in CELLS.items()
        ])  # fmt: skip
        self.cells.setToolTip(plain_tip(f"{CELLS[kind][0]}: {CELLS[kind][1]}"))
        rows_at = [("", "Last that can speak"), (request.layer, verbatim(request.layer))]
        if now.at not in ("", request.layer):
            rows_at.append((now.at, verbatim(now.at)))
        offer(self.at, self._short(verbatim(now.at) or "Last that can speak"), [
            (text, one == now.at, partial(self._choose, at=one)) for one, text in rows_at
        ])  # fmt: skip
        self.cells.setEnabled(not request.pinned or now.region is None)
        for widget in (self.at, self.at_name):
            widget.setVisible(chosen.kind is ViewKind.CAM)
        offer(self.colours, colours, [
            (name, name == colours, partial(self._colour, name)) for name in SIGNED_COLORMAPS
        ])  # fmt: skip
        self._offer_through(chosen.through, on=now.through)
        self._offer_origins()

    def _offer_through(self, can: bool, *, on: bool) -> None:
        request = self._view_state.request
        for widget in (self.through, self.through_name):
            widget.setVisible(can and request.pinned)
        rows = (
            (False, "All of the network"),
            (True, f"The selected unit, {request.layer}:{request.unit}"),
        )
        offer(self.through, self._short(rows[on][1]), [
            (text, one is on, partial(self._choose, through=one)) for one, text in rows
        ])  # fmt: skip
        self.through.setToolTip(
            tr("All of the relevance, or only what passes the selected unit (CRP)")
        )

    def _offer_origins(self) -> None:
        view_state, request = self._view_state, self._view_state.request
        info, origin = view_state.info, request.origin
        if info is None or origin is None:
            return
        here = f"{request.layer}:{request.unit}"
        named = origin_text(info, replace(origin, passed=None))
        follows, pin = not request.pinned, self._controller.pin_origin
        look_from = self._controller.pin_object
        rows: list[tuple[str, bool, Callable[[], None]]] = [
            ("The selected unit", follows, partial(pin, None, 0)),
            (
                f"Hold {here}",
                False,
                partial(pin, request.layer, request.unit),
            ),
        ]
        if request.pinned:
            held = f"Held: {named}"
            rows.append((held, True, partial(pin, origin.layer, origin.unit)))
        if self._classes or self._objects:
            rows.append(("", False, lambda: None))
        rows += [
            (f"Class: {label}", False, partial(pin, LOGITS, index))
            for index, label in self._classes
        ]
        rows += [
            (f"Object: {one.name} {one.score:.2f}", False, partial(look_from, one.region))
            for one in self._objects
        ]
        text = f"Held: {named}" if request.pinned else "The selected unit"
        offer(self.origin, self._short(text), rows)
        self.origin.setToolTip(
            plain_tip(f"{text}\nD holds the unit while you look at other layers")
        )

    def _short(self, text: str) -> str:
        said = self.fontMetrics().elidedText(tr(text), Qt.TextElideMode.ElideMiddle, WIDEST)
        return verbatim(said)

    def _choose_view(self, view: str) -> None:
        self._choose(view=view, parameters=self._parameters(view))

    def _parameters(self, view: str) -> tuple[tuple[str, Value], ...]:
        """Return what is set of a view, where that is not the default."""
        form = self._forms.get(view)
        values = form.values() if form is not None else {}
        known = EVERY_VIEW[view].options if values else ()
        return tuple(
            (one.name, values[one.name]) for one in known if values[one.name] != one.default
        )

    def _show_form(self) -> None:
        """Show what can be set of the view, as it is in force."""
        view = EVERY_VIEW[self._attribution.view]
        if view.options and not view.live and view.name not in self._forms:
            form = self._forms[view.name] = ParameterForm(view.options)
            form.changed.connect(self._rest.start)
            self._form_rows.addWidget(form)
        for name, form in self._forms.items():
            form.setVisible(name == view.name)
        if view.name in self._forms and not self._rest.isActive():
            plain = {one.name: one.default for one in view.options}
            self._forms[view.name].show_values({**plain, **dict(self._attribution.parameters)})

    def _choose(self, **changes: Any) -> None:
        self._controller.set_attribution(replace(self._attribution, **changes))

    def _show_so(self, **changes: Any) -> None:
        self._controller.set_display(replace(self._display, **changes))

    def _colour(self, name: str) -> None:
        self._controller.shade(replace(self._shading, signed_colormap=name))

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(7)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self._form_rows = QVBoxLayout()
        rows: tuple[tuple[str, QWidget | QBoxLayout], ...] = (
            ("View", _left(self.view)),
            ("From", _left(self.origin)),
            ("Cells", _left(self.cells)),
            ("Maps", _left(self.at)),
            ("Through", _left(self.through)),
            ("", self._form_rows),
            ("", self.kind),
            ("", self.over),
            ("Mix", _with_number(self.strength, self._strength_text)),
            ("Blur", _with_number(self.blur, self._blur_text)),
            ("Colours", _left(self.colours)),
            ("Grid", self.grid),
        )
        for row, (name, part) in enumerate(rows):
            own = {"Maps": self.at_name, "Through": self.through_name}
            label = own.get(name) or PlainLabel(name)
            label.setObjectName("dim")
            if name:
                grid.addWidget(label, row, 0)
            if isinstance(part, QWidget):
                grid.addWidget(part, row, 1 if name else 0, 1, 1 if name else 2)
            else:
                grid.addLayout(part, row, 1 if name else 0, 1, 1 if name else 2)


def _left(widget: QWidget) -> QHBoxLayout:
    return hbox(widget, STRETCH)


def _with_number(made: QWidget, number: QLabel) -> QHBoxLayout:
    number.setMinimumWidth(number.fontMetrics().horizontalAdvance("20.0 px"))
    number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return hbox((made, 1), number, gap=8)
