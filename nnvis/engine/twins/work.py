"""Both networks on the newest frame, again and again."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nnvis.comparison.matching import UnitPair
from nnvis.comparison.stream import (
    FEWEST,
    KEPT,
    MOST_UNITS,
    Counterpart,
    StreamComparison,
    parting,
)
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Score
from nnvis.engine.render.sheet import draw, scores_of, top_of
from nnvis.engine.twins.answers import TwinBox, TwinView
from nnvis.errors import UserError
from nnvis.imaging.colormaps import turned
from nnvis.imaging.host_transfer import to_host
from nnvis.models.info import LayerInfo, ModelInfo, ModelRequest
from nnvis.models.layers import to_maps
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.progress import Progress, Steps, drain
from nnvis.sources.frame import Frame
from nnvis.top_images.spec import usual_layers

log = logging.getLogger(__name__)
_REST_S = 0.004  # while nothing is new
_EVERY = 8  # frames after which layers and units are compared anew


def watch_twins(model: VisionModel, asked: ModelRequest, box: TwinBox) -> Steps[None]:
    """Load the second network beside the line, then look at each new frame with both.

    Raises:
        UserError: it cannot be loaded.
    """
    loader = _Loader(asked)
    try:
        while loader.found is None:
            if loader.error is not None:
                raise loader.error
            time.sleep(_REST_S)
            yield Progress(0, 0, f"loading {asked.spec}")
        pair = Pair(model, loader.found)
        seen: tuple[Frame, Request] | None = None
        while True:
            now = box.asked
            if now is None or (seen is not None and now[0] is seen[0] and now[1] is seen[1]):
                time.sleep(_REST_S)
                yield Progress(0, 0, "waiting for a picture" if seen is None else "")
                continue
            new, seen = seen is None or now[0] is not seen[0], now
            yield pair.look(*now, new=new)
    finally:
        loader.stop()


class Pair:
    """Two networks, and what was seen of both over the last frames."""

    def __init__(self, first: VisionModel, second: VisionModel) -> None:
        self._models = (first, second)
        requests = ModelRequest(), ModelRequest()
        self._infos = tuple(
            model.info(one) for model, one in zip(self._models, requests, strict=True)
        )
        self._usual = tuple(
            {one.name: one for one in usual_layers(info.layers)} for info in self._infos
        )
        self._stream = StreamComparison(tuple(self._usual[0]), tuple(self._usual[1]))
        self._counterparts: tuple[Counterpart, ...] = ()
        self._own: StreamComparison | None = None  # of the layer that is shown, if it is no block
        self._shown = "", ""
        self._pairs: tuple[UnitPair, ...] = ()
        self._unrelated = 1.0
        self._count = 0  # frames
        self._agreed: deque[bool] = deque(maxlen=KEPT)

    def look(self, frame: Frame, request: Request, *, new: bool = True) -> TwinView:
        """Pass a frame through both; `new`: it counts among those that are compared."""
        due = new and self._count % _EVERY == 0
        self._count += new
        if not self._counterparts or due:
            self._counterparts = self._stream.counterparts()
        names = self._layers(request.layer)
        try:
            tops, outputs, means = self._pass(frame, request, names)
        except UserError as error:
            return TwinView(0, 0, "", frame=frame, problem=error.in_window)
        stream = self._stream_of(names)
        if new:
            for one in {self._stream, stream}:
                one.add(*means)
            if tops[0] and tops[1]:
                self._agreed.append(tops[0][0].index == tops[1][0].index)
        if self._shown != names or due:
            self._shown = names
            self._pairs, self._unrelated = stream.pairs(*names)
        sheets, apart = self._sheets(request, names, outputs, len(stream))
        return TwinView(
            0, 0, "", frame=frame,
            names=(_named(self._models[0]), _named(self._models[1])),
            tops=tops, layers=names, sheets=sheets, apart=apart,
            counterparts=self._counterparts, pairs=self._pairs, unrelated=self._unrelated,
            frames=len(self._stream),
            parting=parting(self._counterparts),
            agree=float(np.mean(self._agreed)) if self._agreed else float("nan"),
        )  # fmt: skip

    def _layers(self, asked: str) -> tuple[str, str]:
        """Return a layer of the first network and its counterpart."""
        own = self._infos[0].layer(asked)
        first = own.name if own is not None else self._stream.first[0]
        if self._infos[1].layer(first) is not None:
            return first, first
        by_first = {one.first: one.second for one in self._counterparts}
        if first in by_first:
            return first, by_first[first]
        # Not among those that are compared: the counterpart of the nearest before it that is.
        order = [one.name for one in self._infos[0].layers]
        before = [name for name in order[: order.index(first) + 1] if name in by_first]
        return first, by_first[before[-1] if before else self._stream.first[0]]

    @torch.inference_mode()
    def _pass(
        self, frame: Frame, request: Request, names: tuple[str, str]
    ) -> tuple[
        tuple[tuple[Score, ...], tuple[Score, ...]],
        list[Tensor],
        list[dict[str, NDArray[np.float32]]],
    ]:
        tops: list[tuple[Score, ...]] = []
        outputs: list[Tensor] = []
        means: list[dict[str, NDArray[np.float32]]] = []
        for model, info, usual, name in zip(
            self._models, self._infos, self._usual, names, strict=True
        ):
            fed = info.preprocess.prepare(frame, request.fit).picture
            told = {**usual, name: _layer(info, name)}
            keep = {one: partial(_means, layer=layer) for one, layer in told.items()}
            with record(model, keep, keep=keep) as seen, record(model, [name]) as own:
                logits = model(model.tensor(fed))
            missing = next((one for one in told if one not in seen), None)
            if name not in own or missing is not None:
                raise UserError(f"{missing} of {info.name} did not run on this picture")
            outputs.append(own[name])
            tops.append(scores_of(to_host(top_of(model.judged(logits))), info))
            means.append({one: seen[one].float().cpu().numpy() for one in told})
        return (tops[0], tops[1]), outputs, means

    def _stream_of(self, names: tuple[str, str]) -> StreamComparison:
        """Return what is held of two layers; of one that is no block since it is shown."""
        if names[0] in self._usual[0] and names[1] in self._usual[1]:
            return self._stream
        if self._own is None or (self._own.first, self._own.second) != (names[:1], names[1:]):
            self._own = StreamComparison(names[:1], names[1:])
        return self._own

    @torch.inference_mode()
    def _sheets(
        self,
        request: Request,
        names: tuple[str, str],
        outputs: list[Tensor],
        frames: int,
    ) -> tuple[tuple[NDArray[np.uint8], ...], str]:
        """Draw both layers, and the difference of units that are matched.

        The tiles of other units stay empty: a difference of unrelated units would mean nothing.
        """
        drawn, maps = [], []
        for info, name, output in zip(self._infos, names, outputs, strict=True):
            layer = _layer(info, name)
            plain = replace(request, layer=name, unit=0)
            drawn.append(draw(output, layer, plain)[0])
            maps.append(to_maps(output, layer)[0].float())
        units = maps[0].shape[0]
        alike = [one for one in self._pairs if one.correlation > self._unrelated]
        if not alike:
            return tuple(turned(to_host(one).screen) for one in drawn), self._unmatched(frames)
        first = torch.tensor([one.first for one in alike])
        second = torch.tensor([one.second for one in alike])
        other = maps[1].to(maps[0].device)[second]
        if other.shape[1:] != maps[0].shape[1:]:
            other = functional.interpolate(other[None], maps[0].shape[1:], mode="bilinear")[0]
        difference = torch.zeros_like(maps[0])
        difference[first] = maps[0][first] - other
        own = _layer(self._infos[0], names[0])
        flat = replace(own, layout="maps", prefix=0, order=(), shape=tuple(difference.shape))
        plain = replace(request, layer=names[0], unit=0)
        drawn.append(draw(difference[None], flat, plain, signed=True)[0])
        sheets = tuple(turned(to_host(one).screen) for one in drawn)
        for unit in {*range(units)} - {one.first for one in alike}:
            left, top, width, height = drawn[2].grid.rect(unit)
            sheets[2][top : top + height, left : left + width] = 0
        return sheets, (
            f"{len(alike)} of {units} units, matched: correlation above {self._unrelated:.2f}, "
            "which unrelated ones hardly reach; the others are unmatched and left empty"
        )

    def _unmatched(self, frames: int) -> str:
        if frames < FEWEST:
            return f"No difference yet: units are matched over {FEWEST} frames, {frames} passed"
        if not self._pairs:
            return f"No difference: more than {MOST_UNITS:,} units are not matched"
        best = max(one.correlation for one in self._pairs)
        return (
            f"No difference: no unit is matched; unrelated ones reach a correlation of "
            f"{self._unrelated:.2f}, and the best pair {best:.2f}"
        )


class _Loader:
    """Loads a network on a thread of its own, so that the live picture goes on."""

    def __init__(self, asked: ModelRequest) -> None:
        self._asked = asked
        self._stopping = threading.Event()
        self.found: VisionModel | None = None
        self.error: Exception | None = None
        threading.Thread(target=self._load, name="nnvis-twin", daemon=True).start()

    def stop(self) -> None:
        """End loading after the stage under way."""
        self._stopping.set()

    def _load(self) -> None:
        try:
            self.found = drain(load_steps(self._asked, guarded=True), self._check)
        except _OvertakenError:
            return
        except UserError as error:
            self.error = error
        except Exception as error:
            log.exception("loading %s failed", self._asked.spec)
            self.error = UserError(f"{self._asked.spec} cannot be loaded: {error}")

    def _check(self, _progress: Progress) -> None:
        if self._stopping.is_set():
            raise _OvertakenError


class _OvertakenError(Exception):
    """Nobody asks for this network any longer."""


def _means(output: Tensor, layer: LayerInfo) -> Tensor:
    """(1,...) -> (U,) the mean of each unit over its cells."""
    return to_maps(output, layer)[0].float().flatten(1).mean(1)


def _named(model: VisionModel) -> str:
    """Return its name, and what of its weights is random."""
    return f"{model.name} ({model.random})" if model.random else model.name


def _layer(info: ModelInfo, name: str) -> LayerInfo:
    found = info.layer(name)
    assert found is not None
    return found
