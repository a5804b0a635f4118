"""Predicted against expected: the views of both classes and their difference, a row a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nnvis.engine.errors.answers import ClassView, ViewsOfPicture
from nnvis.gui.errors.thumbnails import ThumbnailList, ThumbnailReader
from nnvis.gui.widgets.controls import scrolled
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.number_text import MINUS, short
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.gui.widgets.qimage import to_image
from nnvis.language import tr
from nnvis.top_images.list_pictures import Reference

SIDE = 116
MOST = 8  # pictures at a time
NEAR = "Click a picture for the ones that are nearest to it."


class ViewsPanel(QWidget):
    """The first pictures of the selection, or those that are marked."""

    asked = Signal(str, str)  # view, layer of the nearest pictures

    def __init__(self, views: Iterable[str], reader: ThumbnailReader) -> None:
        super().__init__()
        self.view = QComboBox()
        self.view.addItems(list(views))
        self.view.setCurrentText("gradcam")
        self.view.setAccessibleName(tr("View"))
        self.layer = QComboBox()
        self.layer.setAccessibleName(tr("Layer in whose space pictures are near"))
        self.start = QPushButton(tr("Show"))
        self.start.setObjectName("primary")
        self.start.setToolTip(
            tr("Look back from both classes, on the marked pictures or the first")
        )
        KeepKeys(self.start, PRESS)
        self.near = ThumbnailList("The nearest pictures", reader, 64)
        self.near.setFixedHeight(132)
        self.near_note = PlainLabel(NEAR)
        self.near_note.setObjectName("dim")
        self.rows: list[QPushButton] = []
        self._found: tuple[ViewsOfPicture, ...] = ()
        self._near = ""
        self._reference: Callable[[int], Reference] | None = None
        self._text: Callable[[int], tuple[str, str]] | None = None
        page = QWidget()
        self._grid = QGridLayout(page)
        self._grid.setSpacing(6)
        self._grid.setColumnStretch(4, 1)
        top = QHBoxLayout()
        for widget in (
            self.start, PlainLabel("View"), self.view, PlainLabel("Near in"), self.layer,
        ):  # fmt: skip
            top.addWidget(widget)
        top.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(scrolled(page), 1)
        layout.addWidget(self.near_note)
        layout.addWidget(self.near)
        self.start.clicked.connect(self._ask)

    def set_layers(self, names: Sequence[str]) -> None:
        """Offer the layers of the network."""
        self.layer.clear()
        self.layer.addItem(tr("what the last layer is given"), "")
        for name in names:
            self.layer.addItem(name, name)

    def show_views(
        self,
        found: tuple[ViewsOfPicture, ...],
        reference: Callable[[int], Reference],
        text: Callable[[int], tuple[str, str]],
        classes: Callable[[int], tuple[str, str]],
        near: str = "",
    ) -> None:
        """Show pictures; `classes` of a row names the class said and the one expected.

        `near` is the layer in whose space the nearest pictures are; "": what the last is given.
        """
        self._near = near
        self._found, self._reference, self._text = found, reference, text
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self.rows = []
        for place, one in enumerate(found):
            said, expected = classes(one.row)
            first = QPushButton(text(one.row)[0].partition("\n")[0][:18] or "picture")
            first.setToolTip(plain_tip(text(one.row)[1]))
            first.setFlat(True)
            KeepKeys(first, PRESS)
            first.clicked.connect(lambda _checked=False, place=place: self.show_near(place))
            self.rows.append(first)
            self._add(2 * place, 0, one.fed, text(one.row)[1], first)
            for column, (shown, title) in enumerate(
                (
                    (one.said, f"said: {said}"),
                    (one.expected, f"expected: {expected}"),
                    (one.difference, f"said {MINUS} expected"),
                ),
                start=1,
            ):
                cut = title if len(title) < 22 else f"{title[:20]}…"
                label = PlainLabel(f"{cut}\n{_numbers(shown)}")
                label.setToolTip(plain_tip(f"{title}: {_told(shown)}"))
                self._add(2 * place, column, shown.picture, title, label)
        self._grid.setRowStretch(2 * len(found), 1)
        self.near.clear()
        self.near_note.setText(NEAR)
        if found:
            self.show_near(0)

    def _add(
        self, row: int, column: int, picture: NDArray[np.uint8], name: str, below: QWidget
    ) -> None:
        image = PlainLabel()
        image.setPixmap(QPixmap.fromImage(to_image(picture)).scaledToHeight(SIDE))
        image.setAccessibleName(tr(name))
        self._grid.addWidget(image, row, column)
        self._grid.addWidget(below, row + 1, column)

    def show_near(self, place: int) -> None:
        """Show the pictures nearest to the one at `place`."""
        one = self._found[place]
        assert self._reference is not None
        assert self._text is not None
        name = self._text(one.row)[1].partition(": ")[0]
        self.near_note.setText(
            f"Nearest to {name}, in layer {self._near}:" if self._near
            else f"Nearest to {name}, in what the last layer is given:"
        )  # fmt: skip
        self.near.show_rows(one.nearest, self._reference, self._text)

    def _ask(self) -> None:
        self.asked.emit(self.view.currentText(), str(self.layer.currentData() or ""))


def _numbers(shown: ClassView) -> str:
    return f"logit {short(shown.logit)}, {_percent(shown)}\nsum {short(shown.total)}"


def _told(shown: ClassView) -> str:
    return (
        f"it explains a logit of {short(shown.logit)} (probability {_percent(shown)}); its values "
        f"add up to {short(shown.total)}, and the colour at the end stands for {short(shown.reach)}"
    )


def _percent(shown: ClassView) -> str:
    return f"{100 * shown.probability:.0f} %".replace("-", MINUS)
