"""The live picture by a CUDA graph, while it is only looked at; checked against PyTorch's own pass.

A pass is some hundreds of launches, which take the host longer than a fast GPU needs for them. A
plain look that goes on asking for the same layers is recorded once, what hears the layers included,
and replayed with one launch: the same kernels over the same memory. So there is nothing in it that
could differ, and yet it is held against a plain pass on the frame that it was recorded with, and
again every few hundred looks. Frames are copied into the tensor that was recorded, and what came
out is copied before the next one.

Weights that change in place are followed; where they move, or another layer, other thumbnails or
another precision is asked for, the pass is recorded anew. Views, attacks, what is switched off and
what listens runs Python or goes back in each pass, and is not asked for here. A network that waits
for the device, decides by values or has hooks of its own is left to PyTorch for good.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from nnvis.engine.live.cuda_graph import BusyError, CudaRecorder, PassRecorder, Recorded
from nnvis.engine.live.quick_path import Keep, Outputs
from nnvis.engine.render.thumbnails import magnitude
from nnvis.errors import first_line
from nnvis.models.formats.to_onnx import LOGITS
from nnvis.models.info import ModelInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import Waits, record

log = logging.getLogger(__name__)

STEADY = 30  # looks that ask for the same before it is recorded
APART = 1e-6  # of the standard deviation of the logits, a layer or a thumbnail
EVERY = 300  # looks between two checks


@dataclass(frozen=True, slots=True)
class _Question:
    """What a recording answers."""

    model: VisionModel  # or its copy in half precision; compared by identity
    shape: tuple[int, ...]
    whole: frozenset[str]  # layers of which the output is wanted
    small: frozenset[str]  # of these a thumbnail


@dataclass(frozen=True, slots=True, eq=False)
class _Recording:
    question: _Question
    x: Tensor  # read by each replay
    recorded: Recorded[Outputs]
    weights: list[Tensor]  # kept, so that nothing else comes to lie where they were
    places: tuple[int, ...]  # of the weights
    apart: float  # from a plain pass, over the standard deviation


class GraphPath:
    """Belongs to the thread of the network; stands where FastPath does on processors."""

    title = "a recorded CUDA graph"
    own_threads = False

    def __init__(
        self, model: VisionModel, info: ModelInfo, recorder: PassRecorder | None = None
    ) -> None:
        self._model, self._info = model, info
        self._recorder: PassRecorder = recorder or CudaRecorder(model.device)
        self._refused = self._recorder.missing
        if not self._refused and info.detects:
            self._refused = "it finds objects, and how many hangs on values"
        if not self._refused and any(map(_hooked, model.network.modules())):
            self._refused = "it has hooks of its own, which run at each pass"
        self._recording: _Recording | None = None
        self._question: _Question | None = None
        self._since = 0  # looks that asked the same
        self._looks = 0

    @property
    def refused(self) -> str:
        """Why everything is computed by PyTorch; empty where it is not so."""
        return self._refused

    def look(
        self,
        model: VisionModel,
        x: Tensor,
        layers: Sequence[str],
        keep: Keep,
        visible: Sequence[str],
    ) -> tuple[Outputs, str] | None:
        """Look, once the same was asked for some time."""
        if self._refused:
            return None
        whole = frozenset(layers) - keep.keys()
        small = {one for one in visible if self._info.layer(one)} | keep.keys()
        question = _Question(model, tuple(x.shape), whole, frozenset(small - whole))
        if self._recording is None or not _holds(self._recording, question):
            self._wait_for(question, x, keep)
            return None
        self._looks += 1
        found = _replayed(self._recording, x)
        if self._looks % EVERY == 0:
            self._check(x, keep, found)
            if self._refused:
                return None
        wanted = (LOGITS, *layers)
        return {name: found[name].clone() for name in wanted}, _said(self._recording.apart)

    def took(self, seconds: float) -> None:
        """A pass of PyTorch took so long: whatever it was, the launches are part of it."""

    def close(self) -> None:
        """Record nothing more, and give the memory back."""
        self._refused = "it is closed"
        self._drop()

    def _wait_for(self, question: _Question, x: Tensor, keep: Keep) -> None:
        """Record once the same was asked for some time; until then PyTorch computes."""
        self._since = self._since + 1 if question == self._question else 1
        self._question = question
        if self._since < STEADY:
            return
        self._since = 0
        self._drop()
        try:
            self._recording = recording = self._recorded(question, x, keep)
            if recording is not None and not recording.apart <= APART:
                self._refused = _differs(recording.apart)
        except BusyError:
            return
        except torch.OutOfMemoryError:
            self._refused = "there is no memory for it"
        except Exception as error:  # noqa: BLE001 - what people's networks do may be anything
            self._refused = f"it cannot be recorded: {first_line(error)}"
        if self._refused:
            self._drop()
            log.info("%s is not replayed: %s", question.model.name, self._refused)

    def _recorded(self, question: _Question, x: Tensor, keep: Keep) -> _Recording | None:
        model = question.model
        run = _pass(self._info, question, keep)
        ran = run(x)  # first of all: what is made once, and kept, is not recorded
        with Waits(x.device) as waits:
            run(x)
        if waits.first:
            self._refused = waits.first
            return None
        if question.whole - ran.keys():  # a branch that was not taken
            return None
        with torch.inference_mode():
            held = x.clone()
        weights = [*model.network.parameters(), *model.network.buffers(), model.mean, model.std]
        recorded = self._recorder.record(partial(run, held))
        apart = _apart(ran, _replayed_by(recorded, held, x))
        places = tuple(one.data_ptr() for one in weights)
        return _Recording(question, held, recorded, weights, places, apart)

    def _check(self, x: Tensor, keep: Keep, found: Outputs) -> None:
        """Hold what a replay gave for `x` against a plain pass."""
        assert self._recording is not None
        apart = _apart(_pass(self._info, self._recording.question, keep)(x), found)
        if not apart <= APART:
            self._refused = _differs(apart)
            self._drop()

    def _drop(self) -> None:
        if self._recording is not None:
            recording, self._recording = self._recording, None
            recording.recorded.free()


def _hooked(module: nn.Module) -> bool:
    return bool(module._forward_hooks or module._forward_pre_hooks)


def _holds(recording: _Recording, question: _Question) -> bool:
    same = recording.question == question
    return same and recording.places == tuple(one.data_ptr() for one in recording.weights)


def _pass(info: ModelInfo, question: _Question, keep: Keep) -> Callable[[Tensor], Outputs]:
    small: dict[str, Callable[[Tensor], Tensor]] = {
        name: keep.get(name) or partial(magnitude, layer=info.require_layer(name))
        for name in sorted(question.small)
    }

    @torch.inference_mode()
    def run(x: Tensor) -> Outputs:
        model = question.model
        with record(model, [*sorted(question.whole), *small], keep=small) as seen:
            logits = model(x)
        return {**seen, LOGITS: logits}

    return run


def _replayed(recording: _Recording, x: Tensor) -> Outputs:
    return _replayed_by(recording.recorded, recording.x, x)


@torch.inference_mode()
def _replayed_by(recorded: Recorded[Outputs], held: Tensor, x: Tensor) -> Outputs:
    held.copy_(x)
    recorded.replay()
    return recorded.made


def _apart(exact: Outputs, found: Outputs) -> float:
    """Return the largest difference over the deviation of its tensor; NaN is NaN's equal."""
    worst = 0.0
    for name, values in exact.items():
        if name not in found:
            return torch.inf
        mine, other = values.float(), found[name].float()
        off = torch.where((mine == other) | (mine.isnan() & other.isnan()), 0.0, mine - other)
        largest = float(off.abs().nan_to_num(torch.inf, torch.inf).max()) if off.numel() else 0.0
        if largest > 0:
            finite = mine[mine.isfinite()]
            deviation = float(finite.std()) if finite.numel() > 1 else 0.0
            worst = max(worst, largest / max(deviation, torch.finfo(torch.float32).tiny))
    return worst


def _differs(apart: float) -> str:
    return f"it differs by {apart:.1g} of the deviation from PyTorch's own pass"


def _said(apart: float) -> str:
    if not apart:
        return "a CUDA graph, the same as PyTorch's own pass to the bit"
    return f"a CUDA graph; from PyTorch's own pass it differs by {apart:.1g} of the deviation"
