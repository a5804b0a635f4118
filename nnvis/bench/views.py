"""How much of the bare forward and backward pass's speed the views keep, and what they leave."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import psutil
import torch

from nnvis.bench.measurement import Measurement, at_least, at_most, plain, rounds
from nnvis.bench.saturated_session import demo_frames
from nnvis.bench.soaking import Soaking
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import AblationRequest, GridShows, Request
from nnvis.imaging.attribution_options import Display, DisplayKind, DisplayOver
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Prepared
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps, drain
from nnvis.views.registry import LIVE_VIEWS, ViewKind
from nnvis.views.request import CELLS, Ablation, AttributionRequest

ROUNDS = 5
SLICE_S = 3.0
SETTLED = 1_000
EVERY = 50


def views(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Pictures/s with a view of the top class, grid, unit and top-5, over bare passes/s.

    The bare pass is forward to the logits and back from the top class to the pixels; it and each
    view take turns, call by call.
    """
    model = drain(load_steps(model_request))
    line = _Line(model, model_request)
    cases: dict[str, tuple[Callable[[], None], float | None]] = {
        "gradient": (lambda: line.turn("gradient"), 0.85),
        "deconv": (lambda: line.turn("deconv"), 0.85),
        "guided": (lambda: line.turn("guided"), None),
        "grid and gradcam": (lambda: line.turn("gradcam", grid=True), 0.75),
        "grid and deconv": (lambda: line.turn("deconv", grid=True), None),
    }
    ratios: dict[str, list[float]] = {name: [] for name in cases}
    for done in rounds(ROUNDS + 1):
        yield Progress(done, ROUNDS + 1, "views and bare passes in turn")
        for name, (turn, _) in cases.items():
            ratio = _paired(turn, line.bare, model.device)
            if done:  # the first round warms up
                ratios[name].append(ratio)
    return [
        plain(f"{name} / bare forward + backward", ratios[name])
        if target is None
        else at_least(f"{name} / bare forward + backward", ratios[name], target)
        for name, (_, target) in cases.items()
    ]


def switching(model_request: ModelRequest, frames: int | None = None) -> Steps[list[Measurement]]:
    """Look at `frames` pictures, another view, layer and unit every 50; measure what stays.

    None: as many as there is time for. Display, seed and grid change as well, and every other time
    a unit is switched off.
    """
    process = psutil.Process()
    model = drain(load_steps(model_request))
    line = _Line(model, model_request)
    with torch.no_grad():
        before = model(line.x)
    settled = highest = 0.0
    layers = line.info.layers
    views = [one.name for one in LIVE_VIEWS.values() if one.kind is not ViewKind.ATTENTION]
    watch = Soaking(frames, SETTLED)
    while watch.goes_on:
        turn = watch.done // EVERY
        layer = layers[(turn * 7) % len(layers)]
        view = views[turn % len(views)]
        unit = (turn * 13) % layer.units
        request = Request(
            layers[0].name if turn % 2 else layer.name,
            attribution=AttributionRequest(
                view, layer.name, unit, CELLS[turn % 3], at=layers[0].name, pinned=True
            ),
            grid=list(GridShows)[turn % 2],
            display=Display(list(DisplayKind)[turn % 4], list(DisplayOver)[turn % 3]),
            ablation=AblationRequest((Ablation(layers[0].name, 0),) if turn % 4 > 1 else ()),
        )
        for _ in range(EVERY):
            line.process_frame(request)
        gc.collect()
        now = process.memory_info().rss / 1e6
        if watch.settling:
            settled = max(settled, now)
        highest = max(highest, now)
        watch.done += EVERY
        yield Progress(watch.done, frames or 0, f"{view} from {layer.name}")
    tables = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    hooks = sum(len(getattr(module, table)) for module in model.modules() for table in tables)
    with torch.no_grad():
        changed = int((model(line.x) != before).sum())
    return [
        at_most("growth of resident memory", [max(0.0, highest - settled)], 20, "MB"),
        at_most("hooks left", [hooks], 0),
        at_most("logits that are not the same to the bit", [changed], 0),
        plain("frames", [watch.done]),
    ]


class _Line:
    """Looks at one frame after another; frames are made ready beside it, as live."""

    def __init__(self, model: VisionModel, model_request: ModelRequest) -> None:
        self.model = model
        self.info = model.info(model_request)
        self.request = Request(self.info.first_look().name)
        self._fed = [
            self.info.preprocess.prepare(frame, self.request.fit) for frame in demo_frames(8)
        ]
        self._next = 0
        self.x = model.tensor(self._fed[0].picture)
        with torch.no_grad():
            self.top = int(model(self.x)[0].argmax())

    def turn(self, view: str, grid: bool = False) -> None:
        """From a frame that is ready to pictures on the host."""
        self.process_frame(
            replace(
                self.request,
                attribution=AttributionRequest(view, unit=self.top, cells="sum", pinned=True),
                grid=GridShows.BACKWARD if grid else GridShows.ACTIVATION,
            )
        )

    def process_frame(self, request: Request) -> None:
        """Look at the next frame."""
        fed = self._frame()
        process_frame(self.model, self.info, fed.frame, request, fed)

    def bare(self) -> None:
        """Forward to the logits, back from the top class to the pixels."""
        x = self.x.detach().requires_grad_()
        torch.autograd.grad(self.model(x)[0, self.top], x)

    def _frame(self) -> Prepared:
        self._next = (self._next + 1) % len(self._fed)
        return self._fed[self._next]


def _paired(turn: Callable[[], None], bare: Callable[[], None], device: torch.device) -> float:
    """Return how often `turn` runs in the time of `bare`, call by call in turn, by the medians."""
    times: tuple[list[float], list[float]] = ([], [])
    end = time.perf_counter() + SLICE_S
    while time.perf_counter() < end:
        for call, taken in zip((turn, bare), times, strict=True):
            start = time.perf_counter()
            call()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            taken.append(time.perf_counter() - start)
    turns, bares = (statistics.median(taken) for taken in times)
    return bares / turns
