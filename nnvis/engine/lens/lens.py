"""The lens on the selected unit: which page is worked on, and when it begins anew."""

from __future__ import annotations

import logging
from typing import Protocol

from torch import Tensor

from nnvis.engine.lens.activity import ActivityPage
from nnvis.engine.lens.connections import ConnectionsPage
from nnvis.engine.lens.context import LensContext
from nnvis.engine.lens.correlation import CorrelationPage
from nnvis.engine.lens.heads import HeadsPage
from nnvis.engine.lens.receptive_field import ReceptiveFieldPage
from nnvis.engine.lens.weights import WeightsPage
from nnvis.engine.protocol.observations import (
    Activity,
    Connections,
    HeadTiles,
    LensResult,
    ReceptiveField,
    UnitCorrelation,
    Weights,
)
from nnvis.engine.protocol.observe import LensTopic
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.errors import UserError, first_line
from nnvis.models.layers import to_maps
from nnvis.models.vision import VisionModel
from nnvis.sources.frame import Frame
from nnvis.views.unit_weights import kernel_before

log = logging.getLogger(__name__)


class PageObserver(Protocol):
    """Is of one unit of one layer, and keeps what it needs from look to look."""

    def observe(
        self, context: LensContext
    ) -> Activity | Weights | UnitCorrelation | ReceptiveField | Connections | HeadTiles | None: ...


PAGES: dict[LensTopic, type[PageObserver]] = {
    LensTopic.ACTIVITY: ActivityPage,
    LensTopic.WEIGHTS: WeightsPage,
    LensTopic.CORRELATION: CorrelationPage,
    LensTopic.RECEPTIVE_FIELD: ReceptiveFieldPage,
    LensTopic.CONNECTIONS: ConnectionsPage,
    LensTopic.HEADS: HeadsPage,
}


class LensState:
    """One page at a time; another unit, source or fit begins it anew."""

    def __init__(self, model: VisionModel) -> None:
        self._model = model
        self._key: tuple[object, ...] = ()
        self._page: PageObserver | None = None
        self._frame: Frame | None = None
        self._note = ""

    def observe(self, snapshot: Snapshot, request: Request, output: Tensor) -> LensResult | None:
        """Work on the page that is asked for, of what the selected layer put out.

        What cannot be found out is said in the answer's note.
        """
        lens, layer = request.observe.lens, snapshot.layer
        if lens is None or lens.page not in PAGES:
            return None
        unit = request.unit
        key = (lens.page, layer.name, unit, snapshot.frame.source, request.fit)
        if key != self._key:
            self._key, self._page, self._frame = key, PAGES[lens.page](), None
        height, width = layer.map_shape
        row, column = lens.cell or (height // 2, width // 2)
        context = LensContext(
            model=self._model,
            layer=layer,
            unit=unit,
            cell=(min(max(0, row), height - 1), min(max(0, column), width - 1)),
            maps=to_maps(output, layer)[0],
            frame=snapshot.frame,
            fed=snapshot.fed,
            new=snapshot.frame is not self._frame,
            shading=request.shading,
        )
        self._frame = snapshot.frame
        assert self._page is not None
        note, found = "", None
        try:
            found = self._page.observe(context)
        except UserError as error:
            note = error.in_window
        except Exception as error:
            note = first_line(error)
            if note != self._note:
                log.exception("the lens failed")
        self._note = note
        instead = (
            kernel_before(self._model, layer.name)
            if note and lens.page == LensTopic.WEIGHTS
            else ""
        )
        return LensResult(lens.page, layer.name, unit, found, note, instead)
