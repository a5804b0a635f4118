"""What is observed while a frame passes, and added to its snapshot: lens, pins, triggers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import torch
from torch import Tensor

from nnvis.engine.lens.lens import LensState
from nnvis.engine.lens.pins import Alarm, PinBoard
from nnvis.engine.live.board_reader import BoardReader
from nnvis.engine.live.concept_reading import ConceptReader
from nnvis.engine.live.feature_colours import FeatureColoursState
from nnvis.engine.protocol.observations import PinReading
from nnvis.engine.protocol.observe import MOST_PINS, Pin
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot, TriggerEvent
from nnvis.errors import UserError
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.models.layers import to_maps
from nnvis.models.vision import VisionModel
from nnvis.probe import listen
from nnvis.sources.frame import Frame


class Observers:
    """Costs nothing where nothing is asked.

    The first pass of a look is always that of the clean picture through the whole network; attacks
    and units that are switched off come after it. Only the first pass is heard.
    """

    def __init__(self, model: VisionModel, info: ModelInfo) -> None:
        self._model, self._info = model, info
        self._lens = LensState(model)
        self._board, self._alarm = PinBoard(), Alarm()
        self._frame: Frame | None = None
        self._outputs: dict[str, Tensor] = {}  # of the layers that are looked at closely
        self._colours, self._concepts = FeatureColoursState(), ConceptReader()
        self._values: dict[Pin, Tensor] = {}  # (2,): highest value and mean
        self._tiles = BoardReader(model, info)

    @property
    def owes(self) -> bool:
        """Whether another look at the same frame would tell more."""
        return self._concepts.owes or self._tiles.owes

    @contextmanager
    def hearing(self, request: Request) -> Iterator[None]:
        """Hear what the looks inside put out, as far as `request` asks for it."""
        self._outputs, self._values = {}, {}
        pins: dict[str, list[Pin]] = {}
        for pin in request.observe.pins[:MOST_PINS]:
            layer = self._info.layer(pin.layer)
            if layer is not None and 0 <= pin.unit < layer.units:
                pins.setdefault(pin.layer, []).append(pin)
        observe = request.observe
        closely = {request.layer} if observe.lens or observe.colours else set()
        if observe.concepts is not None:
            closely.add(observe.concepts.layer)
        closely = {name for name in closely if self._info.layer(name)}
        boarded = self._tiles.begin(observe.board)
        heard: set[str] = set()

        def hear(name: str, output: Tensor) -> None:
            if name in heard:
                return
            heard.add(name)
            layer = self._info.layer(name)
            assert layer is not None
            with torch.no_grad():
                if name in closely:
                    self._outputs[name] = output.detach().clone()
                if name in boarded:
                    self._tiles.hear(layer, output)
                for pin in pins.get(name, ()):
                    self._values[pin] = _summary(output, layer, pin.unit)

        names = dict.fromkeys((*closely, *pins, *boarded))
        if not names:
            yield
            return
        with listen(self._model, names, hear):
            yield

    def add(self, snapshot: Snapshot, request: Request) -> Snapshot:
        """Return `snapshot` with what was heard during its look."""
        lens, outputs = None, self._outputs
        self._outputs = {}
        output = outputs.get(request.layer)
        if output is not None and request.observe.lens is not None:
            lens = self._lens.observe(snapshot, request, output)
        snapshot = self._painted(snapshot, request, outputs)
        if request.observe.board is not None:
            tiles = self._tiles.read(snapshot, request)
            found = replace(snapshot.observations, board=tiles)
            snapshot = replace(snapshot, observations=found)
        new, self._frame = snapshot.frame is not self._frame, snapshot.frame
        if lens is None and not self._values and request.observe.trigger is None:
            return snapshot
        of = (snapshot.frame.source, request.fit)
        pins = self._pins(of, new=new)
        found = replace(snapshot.observations, lens=lens, pins=pins)
        snapshot = replace(snapshot, observations=found)
        if not new:
            return snapshot
        top = (snapshot.top[0].index, snapshot.top[0].label) if snapshot.top else None
        also = (*of, request.ablation)  # what a person switches off changes the class as well
        why, last = self._alarm.check(request.observe.trigger, also, pins, top)
        if not why or request.observe.trigger is None:
            return snapshot
        shot = replace(snapshot, observations=replace(snapshot.observations, cause=why))
        fired = TriggerEvent(why, request.observe.trigger.action, shot, last)
        return replace(snapshot, observations=replace(snapshot.observations, fired=(fired,)))

    def _painted(
        self, snapshot: Snapshot, request: Request, outputs: dict[str, Tensor]
    ) -> Snapshot:
        """Add the colours of the layer's cells and the concepts, where they are asked for."""
        observe, found = request.observe, snapshot.observations
        self._concepts.owes = False
        layer = self._info.layer(request.layer)
        if observe.colours is not None and layer is not None and layer.name in outputs:
            colours = self._colours.observe(snapshot, observe.colours, layer, outputs[layer.name])
            found = replace(found, colours=colours)
        if observe.concepts is not None and observe.concepts.layer in outputs:
            output = outputs[observe.concepts.layer]
            with suppress(UserError):  # of another number of tokens, as rare pictures have
                concepts = self._concepts.read(self._model, snapshot, observe.concepts, output)
                found = replace(found, concepts=concepts)
        return snapshot if found is snapshot.observations else replace(snapshot, observations=found)

    def _pins(self, of: object, *, new: bool) -> tuple[PinReading, ...]:
        if not self._values:
            return ()
        table = torch.stack(list(self._values.values())).cpu().tolist()
        rows = [(pin, row[0], row[1]) for pin, row in zip(self._values, table, strict=True)]
        return self._board.follow(of, rows, new=new)


def _summary(output: Tensor, layer: LayerInfo, unit: int) -> Tensor:
    """(2,): the highest value and the mean of a unit's map; NaN where one of its values is."""
    map_ = to_maps(output, layer)[0][unit].float()
    return torch.stack([map_.amax(), map_.mean()])
