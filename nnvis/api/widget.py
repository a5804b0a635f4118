"""A layer of a network in a notebook, to be clicked: the same arrays as in the window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import anywidget
import numpy as np
import traitlets

from nnvis.api.given_pictures import frame_of
from nnvis.api.scaled_picture import ScaledPicture
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.errors import UserError
from nnvis.files.inline_html import png_bytes
from nnvis.models.info import LayerInfo

FRONT = Path(__file__).parent / "widget.js"


class Sees(Protocol):
    """What a widget asks: a ModelView."""

    @property
    def layers(self) -> Sequence[LayerInfo]: ...
    def snapshot(self, layer: str, unit: int, picture: Any) -> Snapshot: ...
    def grid(self, layer: str, picture: Any, *, unit: int) -> Any: ...


class LayerWidget(anywidget.AnyWidget):
    """A sheet of every unit of a layer; a click selects a unit, the list another layer.

    Attributes:
        layer: its name; set it to go to another.
        unit: the selected one.
        snapshot: all that the window would show of it: sheet, unit, classes, as arrays.
    """

    _esm = FRONT
    layers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    layer = traitlets.Unicode().tag(sync=True)
    unit = traitlets.Int(0).tag(sync=True)
    sheet = traitlets.Bytes().tag(sync=True)  # PNG
    overlay = traitlets.Bytes().tag(sync=True)  # PNG: the unit's map over the picture
    # count, rows, cols, height, width, gap of the tiles, in pixels of the sheet
    tiles = traitlets.Dict().tag(sync=True)
    scale = traitlets.Unicode().tag(sync=True)  # what the colours mean, in words
    about = traitlets.Unicode().tag(sync=True)  # what the unit does
    classes: Any = traitlets.List().tag(sync=True)  # label and probability of the likeliest
    problem = traitlets.Unicode().tag(sync=True)

    def __init__(self, view: Sees, picture: Any, layer: str, unit: int) -> None:
        """Look at `picture`; see `ModelView.widget`."""
        self._view, self._frame = view, frame_of(picture)
        self.snapshot: Snapshot | None = None
        super().__init__(layers=[one.name for one in view.layers], layer=layer, unit=unit)
        self._look()
        self.observe(self._look, names=["layer", "unit"])

    def show(self, picture: Any) -> None:
        """Look at another picture.

        Raises:
            UserError: it is none.
        """
        self._frame = frame_of(picture)
        self._look()

    @property
    def grid(self) -> ScaledPicture | None:
        """The sheet as `ModelView.grid` gives it."""
        found: ScaledPicture = self._view.grid(self.layer, self._frame, unit=self.unit)
        return found

    def _look(self, _change: Any = None) -> None:
        try:
            snapshot = self._view.snapshot(self.layer, self.unit, self._frame)
        except UserError as error:
            if self._beyond():  # the other layer had more units
                self.unit = 0  # which looks again
                return
            self.problem = str(error)
            return
        self.snapshot = snapshot
        sheet, unit = snapshot.sheet, snapshot.unit
        grid = sheet.grid
        told = {
            "tiles": {
                "count": grid.count, "rows": grid.rows, "cols": grid.cols, "height": grid.height,
                "width": grid.width, "gap": grid.gap,
            },
            "sheet": png_bytes(np.ascontiguousarray(sheet.picture[..., :3])),
            "overlay": png_bytes(unit.overlay),
            "scale": f"{sheet.low:.4g} to {sheet.high:.4g} ({sheet.colormap})",
            "about": (
                f"{snapshot.layer.name} {unit.index}: {sheet.minima[unit.index]:.4g} to "
                f"{sheet.maxima[unit.index]:.4g}, mean {sheet.means[unit.index]:.4g}"
            ),
            "classes": [[one.label, round(one.probability, 4)] for one in snapshot.top],
            "problem": "",
        }  # fmt: skip
        with self.hold_sync():
            for name, value in told.items():
                setattr(self, name, value)

    def _beyond(self) -> bool:
        known = next((one for one in self._view.layers if one.name == self.layer), None)
        return known is not None and self.unit >= known.units
