"""Gathers the strongest frames of the stream beside the looks; finds the units that see a thing.

Nothing is heard and nothing held while it is off. What was gathered is kept as an index, by a
thread of its own: every two minutes and at the end beside that of earlier streams, with which it is
joined when it is switched off, or the next time it is switched on.
"""

from __future__ import annotations

import io
import logging
import shutil
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from nnvis import config
from nnvis.engine.protocol.observations import StreamFrame, StreamResult, UnitRanking
from nnvis.engine.protocol.observe import GatherRequest
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.errors import UserError
from nnvis.export import file_name
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import listen
from nnvis.top_images.extrema import Extrema, extremes
from nnvis.top_images.spec import IndexedLayer, IndexSpec
from nnvis.top_images.stream import LEAST_WITH, LEAST_WITHOUT, Sightings, StreamStill, StreamTop

log = logging.getLogger(__name__)

KEEP_S = 120.0  # seconds between two times at which what was gathered is written
THUMBNAIL = 96  # pixels of the longer side
MOST = 40  # units of a ranking that are told


def folder_of(info: ModelInfo, layers: Sequence[str]) -> Path:
    """Return where what streams showed to these layers of this model is kept, an index."""
    of = f"{zlib.crc32(' '.join(layers).encode()):08x}"
    return config.data_folder() / "streams" / file_name(info.name, info.weights_hash, of)


class StreamGatherer:
    """Belongs to the runner's thread."""

    def __init__(self, model: VisionModel, info: ModelInfo) -> None:
        self._model, self._info = model, info
        self._gather: GatherRequest | None = None
        self._layers: tuple[LayerInfo, ...] = ()
        self._heard: dict[str, Tensor] = {}
        self._frame: object = None
        self._top = StreamTop(0)
        self._sightings = Sightings()
        self._asked = False  # a question waits for frames without the thing
        self._ranking: UnitRanking | None = None
        self._kept_at = 0.0
        self._keeping: threading.Thread | None = None
        self._problem = ""

    @contextmanager
    def hearing(self, request: Request) -> Iterator[None]:
        """Hear the first pass of the look inside, which is that of the clean picture."""
        self._heard = {}
        self._switch(request.observe.gather)
        if not self._layers:
            yield
            return
        layers = {layer.name: layer for layer in self._layers}

        def hear(name: str, output: Tensor) -> None:
            if name in self._heard:
                return
            try:
                with torch.no_grad():
                    self._heard[name] = extremes(output.detach(), layers[name])
            except UserError as error:  # a number of tokens that it did not have at first
                self._problem = error.in_window

        with listen(self._model, layers, hear):
            yield

    def add(self, snapshot: Snapshot, request: Request) -> Snapshot:
        """Take the frame that was looked at, and tell what there is so far."""
        gather, heard = self._gather, self._heard
        self._heard = {}
        if gather is None or not self._layers:  # or it was asked of the layers of another model
            return snapshot
        if snapshot.frame is not self._frame and len(heard) == len(self._layers):
            self._frame = snapshot.frame
            self._take(snapshot, gather, heard)
        return replace(
            snapshot, observations=replace(snapshot.observations, stream=self._look(request))
        )

    def close(self) -> None:
        """Keep what was gathered, to be joined the next time; waits until it is written."""
        self._keep(last=False, anyway=True)
        if self._keeping is not None:
            self._keeping.join()

    def _take(self, snapshot: Snapshot, gather: GatherRequest, heard: dict[str, Tensor]) -> None:
        peaks = Extrema.finish(torch.cat([heard[layer.name] for layer in self._layers], 2))
        frame = snapshot.frame

        def still(number: int) -> StreamStill:
            picture = Image.fromarray(snapshot.fed)
            picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
            buffer = io.BytesIO()
            picture.save(buffer, "JPEG", quality=85)
            return StreamStill(number, frame.index, frame.source, frame.time, buffer.getvalue())

        self._top.add(peaks, frame.time, still)
        self._sightings.add(peaks.highs[0], gather.present)
        present, absent = self._sightings.counts
        if self._asked and not gather.present and absent >= LEAST_WITHOUT:
            self._asked = False
            if present >= LEAST_WITH:
                self._ranking = self._rank(gather.question, present, absent)
        if time.monotonic() - self._kept_at > KEEP_S:
            self._keep()

    def _rank(self, question: int, present: int, absent: int) -> UnitRanking:
        areas = self._sightings.ranked()
        order = [int(at) for at in (-areas).argsort(kind="stable") if areas[at] == areas[at]]
        names = [(layer.name, unit) for layer in self._layers for unit in range(layer.units)]
        best = tuple((*names[at], float(areas[at])) for at in order[:MOST])
        return UnitRanking(question, present, absent, best)

    def _look(self, request: Request) -> StreamResult:
        gather = self._gather
        assert gather is not None
        first, kept, gathered = 0, tuple[StreamFrame, ...](), False
        for layer in self._layers:
            if layer.name == request.layer:
                gathered = True
                if 0 <= request.unit < layer.units:
                    kept = self._kept(first + request.unit, layer.map_shape[1])
            first += layer.units
        present, absent = self._sightings.counts
        return StreamResult(
            layer=request.layer,
            unit=request.unit,
            gathered=gathered,
            units=first,
            frames=self._top.frames,
            kept=kept,
            present=present,
            absent=absent,
            ranking=self._ranking,
            problem=self._problem,
        )

    def _kept(self, unit: int, width: int) -> tuple[StreamFrame, ...]:
        return tuple(
            StreamFrame(
                one.value, divmod(one.cell, width), one.still.time, one.still.index, one.still.jpeg
            )
            for one in self._top.of(unit)
        )

    def _switch(self, gather: GatherRequest | None) -> None:
        before, self._gather = self._gather, gather
        if gather is None:
            if before is not None:
                self._keep(last=True)
                self._layers = ()
                self._top, self._sightings, self._ranking = StreamTop(0), Sightings(), None
            return
        if before is None or before.layers != gather.layers:
            if before is not None:
                self._keep(last=True)
            known = (self._info.layer(name) for name in dict.fromkeys(gather.layers))
            self._layers = tuple(layer for layer in known if layer is not None)
            self._top = StreamTop(sum(layer.units for layer in self._layers))
            self._sightings, self._ranking, self._asked = Sightings(), None, False
            self._kept_at = time.monotonic()
            path = folder_of(self._info, [layer.name for layer in self._layers])
            self._start(lambda: _adopt(path.with_name(f"{path.name}.unsaved"), path))
        if before is not None and gather.question != before.question:  # the key was let go
            self._asked = True
        if gather.present and (before is None or not before.present):
            self._sightings.forget()
            self._ranking, self._asked = None, False

    def _keep(self, *, last: bool = False, anyway: bool = False) -> None:
        """Write what was gathered, beside the live line; the `last` time where it shall stay."""
        self._kept_at = time.monotonic()
        if self._top.frames and (last or anyway or not self._busy):
            gathered, spec = self._top.copied(), self._spec()
            path = folder_of(self._info, [layer.name for layer in spec.layers])
            unsaved = path.with_name(f"{path.name}.unsaved")
            if last:
                self._start(lambda: _end(gathered, spec, path, unsaved))
            else:
                self._start(lambda: _keep_aside(gathered, spec, unsaved))

    @property
    def _busy(self) -> bool:
        return self._keeping is not None and self._keeping.is_alive()

    def _start(self, work: Callable[[], None]) -> None:
        """Do `work` on a thread, after what is under way."""
        before = self._keeping

        def run() -> None:
            if before is not None:
                before.join()
            try:
                work()
            except UserError as error:
                self._problem = error.in_window
            except Exception:
                log.exception("keeping what was gathered failed")
                self._problem = "what was gathered could not be kept; the log says more"

        self._keeping = threading.Thread(target=run, name="nnvis-keep", daemon=True)
        self._keeping.start()

    def _spec(self) -> IndexSpec:
        info = self._info
        return IndexSpec(
            source="stream",
            model=info.model_request.spec,
            weights_hash=info.weights_hash,
            preprocessing=info.preprocess.describe(),
            input_size=info.input_size,
            device=info.device.partition(":")[0],
            layers=tuple(
                IndexedLayer(layer.name, layer.units, layer.map_shape) for layer in self._layers
            ),
        )


# Of the library of tables, which is large, nothing is loaded before a stream is gathered.


def _adopt(unsaved: Path, path: Path) -> None:
    from nnvis.top_images.stream_index import adopt

    adopt(unsaved, path)


def _keep_aside(gathered: StreamTop, spec: IndexSpec, unsaved: Path) -> None:
    from nnvis.top_images.stream_index import keep

    keep(gathered, spec, unsaved, join=False)


def _end(gathered: StreamTop, spec: IndexSpec, path: Path, unsaved: Path) -> None:
    from nnvis.top_images.stream_index import keep

    keep(gathered, spec, path)
    shutil.rmtree(unsaved, ignore_errors=True)
