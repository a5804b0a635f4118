"""The live picture by a library that only runs networks, while it is only looked at.

A plain look - no view, no attack, nothing switched off, nothing listened to - needs the logits and
what some layers put out, and no gradients. OpenVINO and ONNX Runtime give the same numbers up to
rounding in a fraction of the time: they fold batch norm into convolutions where nobody looks
between the two. The network is written down and checked against PyTorch on a thread of its own
while the plain line goes on, and whatever differs too much, at first or at one of the checks that
go on, is computed by PyTorch. What PyTorch leaves free, some 40 MB, then goes back to the system.
"""

from __future__ import annotations

import copy
import logging
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis import extras
from nnvis.engine.live.quick_path import Keep, Outputs
from nnvis.errors import UserError
from nnvis.heaps import return_memory
from nnvis.imaging.colormaps import LEVELS
from nnvis.models.formats.graph_libraries import Run, graph_libraries, refusal
from nnvis.models.formats.to_onnx import LOGITS, LayeredGraph, layered_graph
from nnvis.models.info import ModelInfo
from nnvis.models.layers import to_maps
from nnvis.models.vision import VisionModel
from nnvis.probe import record

log = logging.getLogger(__name__)

LOOKS = 20  # by PyTorch before the network is written down
LEAST_S = 0.004  # a pass that takes less is left to PyTorch
APART = 1e-4  # of the standard deviation of the logits, or of a layer
LEVEL = 1.0  # of the colours, what a unit's may differ by
EVERY = 300  # looks between two checks
CLOSING_S = 2.0
KEPT = 2  # sessions, each with weights of its own


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two ways of computing one look are apart."""

    logits: float  # the largest, over the standard deviation of the logits
    levels: float  # the largest of the colours of any unit over its own range
    far: tuple[str, ...]  # layers that are too far apart to be shown


@dataclass(frozen=True, slots=True, eq=False)
class _Session:
    title: str  # of what runs it
    layers: frozenset[str]
    run: Run
    difference: Difference

    def gives(self, layers: Sequence[str], keep: Keep) -> bool:
        near = set(layers) - set(self.difference.far)
        return self.layers >= set(layers) and all(one in near or one in keep for one in layers)


class FastPath:
    """Belongs to the thread of the network; only `_prepare` runs on another one."""

    own_threads = True

    def __init__(self, model: VisionModel, info: ModelInfo) -> None:
        self._libraries = graph_libraries()
        self.title = ", ".join(one.title for one in self._libraries) or "OpenVINO"
        self._model, self._info = model, info
        self._sessions: list[_Session] = []  # the newest last; replaced whole
        self._graph: LayeredGraph | None = None
        self._twin: VisionModel | None = None  # of the thread that prepares
        self.preparing: threading.Thread | None = None
        self._asked: set[frozenset[str]] = set()
        self._beside = False  # PyTorch has computed something since, and left memory free
        self._looks, self._least = 0, math.inf  # seconds of a pass
        self._refused = refusal(model)

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
        """Look, once it was written down; of a copy in half precision there is no such way."""
        if model is not self._model:
            return None
        self._looks += 1
        if self._refused:
            return None
        session = next((one for one in self._sessions if one.gives(layers, keep)), None)
        if session is None:
            if self._looks > LOOKS:
                self._ask(x, frozenset((*layers, *visible)))
            return None
        try:
            found = session.run(x, layers)
        except Exception as error:
            log.exception("no fast path any longer")
            self._refused, self._sessions = f"it failed ({type(error).__name__})", []
            return None
        if self._looks % EVERY == 0:
            difference = apart(_exact(self._model, x, layers), found, self._info)
            self._beside = True
            if set(difference.far) - set(keep) or difference.logits > APART:
                self._refused = "it differed from PyTorch on this stream"
                self._sessions = []
                return None
        for name, small in keep.items():
            if name in found:
                found[name] = small(found[name])
        if self._beside:
            self._beside = False
            return_memory()
        return found, _said(session)

    def close(self) -> None:
        """Prepare nothing more, and wait a moment for what is under way."""
        self._refused, self._sessions = "it is closed", []
        if self.preparing is not None:
            self.preparing.join(CLOSING_S)

    def took(self, seconds: float) -> None:
        """Take note of how long a pass of PyTorch took: a short one is left as it is."""
        self._least = min(self._least, seconds)
        if self._looks == LOOKS and self._least < LEAST_S:
            self._refused = "PyTorch is fast enough"

    def _ask(self, x: Tensor, layers: frozenset[str]) -> None:
        if layers in self._asked or (self.preparing is not None and self.preparing.is_alive()):
            return
        try:
            weights = {id(one): one for one in self._model.parameters()}
            self._twin = self._twin or copy.deepcopy(self._model, dict(weights))
        except Exception as error:  # noqa: BLE001 - what people's modules hold may be anything
            self._refused = f"the network cannot be copied ({type(error).__name__})"
            return
        self._asked.add(layers)
        picture = x.clone()
        self.preparing = threading.Thread(
            target=self._prepare, args=(picture, layers), name="nnvis-fast", daemon=True
        )
        self.preparing.start()

    def _prepare(self, x: Tensor, layers: frozenset[str]) -> None:
        twin = self._twin
        assert twin is not None
        try:
            names = [layer.name for layer in self._info.layers]
            ran = _exact(twin, x, names, dict.fromkeys({*names} - layers, _nothing))
            if self._graph is None:
                names = [name for name in names if name in ran]
                self._graph = layered_graph(twin, names, x)
            wanted = [name for name in sorted(layers) if name in self._graph.layers]
            made = self._made(x, wanted, {name: ran[name] for name in (LOGITS, *wanted)})
            self._sessions, self._beside = [*self._sessions[-(KEPT - 1) :], made], True
        except ImportError:
            gone = ", ".join(extras.missing("fast"))
            self._refused = f"not installed: {gone}; {extras.command('fast')}"
        except UserError as error:
            self._refused = str(error)
        except Exception as error:
            log.exception("no fast path")
            self._refused = f"it cannot be written down ({type(error).__name__})"

    def _made(self, x: Tensor, layers: Sequence[str], exact: Outputs) -> _Session:
        """Let the first library that takes the network and gives the same have it.

        Raises:
            UserError: none does.
            ImportError: none is installed.
        """
        assert self._graph is not None
        why = ""
        for library in self._libraries:
            try:
                run = library.make(self._graph, layers)
                difference = apart(exact, run(x, layers), self._info)
            except Exception as error:  # noqa: BLE001 - a library may fail in any way
                said = f"{library.title} cannot run it ({type(error).__name__})"
            else:
                if difference.logits <= APART:
                    return _Session(library.title, frozenset(layers), run, difference)
                off = f"{difference.logits:.1g}"
                said = f"{library.title} differs by {off} of the logits' deviation"
            log.info("%s", said)
            why = why or said
        if not why:
            raise ImportError
        raise UserError(why)


def apart(exact: Outputs, fast: Outputs, info: ModelInfo) -> Difference:
    """Compare one look computed in two ways; NaN and infinite in one alone is infinitely far."""
    levels, far = 0.0, []
    for name, values in exact.items():
        if name == LOGITS:
            continue
        layer = info.layer(name)
        assert layer is not None
        mine, others = (to_maps(one, layer)[0].flatten(1) for one in (values, fast[name]))
        change = _largest(mine - others, 1)
        reach = (mine.amax(1) - mine.amin(1)).clamp(min=torch.finfo(torch.float32).tiny)
        worst = float((change / reach * (LEVELS - 1)).where(change > 0, 0.0).max())
        if worst < LEVEL and float(change.max()) <= APART * float(mine.std()):
            levels = max(levels, worst)
        elif float(change.max()) > 0:
            far.append(name)
    logits = exact[LOGITS]
    deviation = max(float(logits.std()), torch.finfo(torch.float32).tiny)
    off = float(_largest((logits - fast[LOGITS]).flatten(), 0))
    return Difference(off / deviation if logits.numel() > 1 else off, levels, tuple(far))


def _largest(difference: Tensor, axis: int) -> Tensor:
    return difference.abs().nan_to_num(torch.inf, torch.inf).amax(axis)


@torch.inference_mode()
def _exact(
    model: VisionModel, x: Tensor, layers: Sequence[str], keep: Keep | None = None
) -> Outputs:
    with record(model, layers, keep=keep) as seen:
        logits = model(x)
    return {**seen, LOGITS: logits}


def _nothing(values: Tensor) -> Tensor:
    return values.new_empty(0)


def _said(session: _Session) -> str:
    difference = session.difference
    return (
        f"{session.title}; from PyTorch it differs by at most {difference.logits:.1g} of the "
        f"logits' deviation and {difference.levels:.2g} of {LEVELS - 1} grey levels"
    )
