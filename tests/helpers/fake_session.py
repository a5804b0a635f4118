"""A session without an engine: answers every selection with made-up numbers."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.latest import Latest
from nnvis.engine.protocol.listener import Listener, SourceReport
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Score, Sheet, Snapshot, Timings, UnitMap
from nnvis.engine.runtime.frame_ring import FrameRing
from nnvis.imaging.colormaps import palette, turned
from nnvis.imaging.grid import Grid
from nnvis.models.info import LayerInfo, ModelInfo, ModelRequest
from nnvis.models.preprocess import Preprocess
from nnvis.progress import Progress
from nnvis.sources.frame import Frame
from nnvis.sources.source import Control, SourceState, Status

LABELS = tuple(f"label {index}" for index in range(10))


def layer(
    name: str, units: int, side: int, kind: str = "Conv2d", family: str = "conv"
) -> LayerInfo:
    shape = (units,) if side == 1 else (units, side, side)
    return LayerInfo(name, kind, shape, units, (side, side), family=family)


LAYERS = (
    layer("stem.conv", 16, 12),
    layer("stem.act", 16, 12, "ReLU", "activation"),
    layer("body.conv", 40, 7),
    layer("head", 10, 1, "Linear", "linear"),
)


def model_info(spec: str = "made-up", layers: tuple[LayerInfo, ...] = LAYERS) -> ModelInfo:
    return ModelInfo(
        model_request=ModelRequest(spec),
        name=spec,
        device="cpu",
        parameters=1234,
        input_size=(32, 32),
        channels=3,
        layers=layers,
        labels=LABELS,
        weights_hash="0" * 16,
        preprocess=Preprocess((32, 32), (32, 32)),
        preprocessing="none",
    )


def snapshot(
    model: ModelInfo, request: Request, source: str = "demo", index: int = 0, phase: float = 0.0
) -> Snapshot:
    """A blob that wanders over each unit's map; unit u has the maximum u + 1."""
    layer_info = model.layer(request.layer) or model.layers[0]
    side = layer_info.map_shape[0]
    repeat = -(-20 // side)
    rows, cols = np.mgrid[0:side, 0:side] / max(1, side)
    units = np.arange(layer_info.units)[:, None, None]
    maps = np.exp(-8 * ((rows - 0.5 - 0.4 * np.sin(phase + units)) ** 2
                        + (cols - 0.5 - 0.4 * np.cos(phase + 2 * units)) ** 2))  # fmt: skip
    lut = palette(request.shading.colormap)
    levels = (maps * 253).astype(np.uint8)
    grid = Grid.fit(
        layer_info.units, side * repeat, side * repeat, aspect=request.layout.aspect, gap=2
    )
    sheet = np.full(grid.shape, 254, np.uint8)
    for unit in range(layer_info.units):
        x, y, width, height = grid.rect(unit)
        sheet[y : y + height, x : x + width] = levels[unit].repeat(repeat, 0).repeat(repeat, 1)
    values = maps.astype(np.float32) * (units + 1)
    fed = np.zeros((32, 32, 3), np.uint8)
    fed[..., 0] = np.arange(32) * 8
    now = time.monotonic()
    return Snapshot(
        info=model,
        frame=Frame(fed, index, now, source),
        request=request,
        layer=layer_info,
        fed=fed,
        sheet=Sheet(
            turned(lut[sheet]), grid, 0.0, float(values.max()), False, request.shading.colormap,
            values.min((1, 2)), values.mean((1, 2)), values.max((1, 2)), 0,
        ),
        unit=UnitMap(
            request.unit, values[request.unit], lut[levels[request.unit]], fed,
            np.zeros(0, np.float32),
        ),
        top=tuple(Score(i, LABELS[i], 0.5 / (i + 1)) for i in range(5)),
        thumbnails=dict.fromkeys(request.layout.visible[:2], lut[levels[0]]),
        timings=Timings(0.001, 0.01, 0.012, now),
    )  # fmt: skip


class FakeSession:
    """The methods of Session; nothing happens by itself, `tick` makes one snapshot."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.snapshots: Latest[Snapshot] = Latest()
        self.info: ModelInfo | None = None
        self.source: SourceReport | None = None
        self.request = Request()
        self.frozen = False
        self.recent = FrameRing()
        self.unseen = False
        self.dropped = 0
        self.silence = 0.0
        self.asked: list[Any] = []
        self.ticks = 0
        self.fields: dict[str, Any] = {}  # of the snapshots to come, in place of what is made up

    def open_source(self, spec: str, opener: Any = None) -> None:
        self.asked.append(spec)

    def opened(self, spec: str, controls: frozenset[Control] = frozenset()) -> None:
        self.source = SourceReport(spec, spec, controls, Status(SourceState.LIVE))
        self.listener.source_changed(self.source)

    def load_model(self, model_request: ModelRequest) -> None:
        self.asked.append(model_request)
        self.listener.model_loading(model_request, Progress(0, 0, f"loading {model_request.spec}"))

    def cancel_loading(self) -> None:
        self.asked.append("cancel loading")

    def loaded(self, model: ModelInfo) -> None:
        self.info = model
        self.listener.model_ready(model)

    def select(self, request: Request) -> None:
        self.request = request

    def control(self, control: Control, value: float) -> None:
        self.asked.append((control, value))

    def freeze(self, on: bool, frame: Frame | None = None) -> None:
        self.frozen = on
        if frame is not None:
            self.asked.append(frame)

    def save(
        self, folder: Path, shown: Snapshot, *, all_layers: bool = False,
        still: Snapshot | None = None,
    ) -> Job:  # fmt: skip
        job = Job("snapshot", lambda _: iter(()))  # type: ignore[arg-type,return-value]
        path = folder / f"{shown.layer.name}.png"
        job.state, job.result = JobState.DONE, [path]
        self.asked.append(path)
        return job

    def write(self, job: Job) -> Job:
        self.asked.append(job)
        return job

    def look_away(self, on: bool) -> None:
        self.unseen = on

    def submit(self, job: Job) -> Job:
        self.asked.append(job)
        return job

    def close(self, timeout: float = 5.0) -> list[str]:
        self.asked.append("close")
        return []

    def tick(self, request: Request | None = None) -> None:
        assert self.info is not None
        assert self.source is not None
        self.ticks += 1
        request = request or self.request
        made = snapshot(self.info, request, self.source.spec, self.ticks, 0.1 * self.ticks)
        if self.snapshots.put(replace(made, **self.fields)):
            self.listener.snapshot_ready()


def moved(request: Request, **changes: Any) -> Request:
    return replace(request, **changes)
