"""What the network's thread does at each turn: a frame, or nothing; failures become warnings."""

from __future__ import annotations

import gc
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import chain

import torch

from nnvis.engine.attack.live_attack import LiveAttackState
from nnvis.engine.attack.second_model import SecondModel
from nnvis.engine.live.ablation_state import AblationState
from nnvis.engine.live.anticipation import Looks
from nnvis.engine.live.fast_path import FastPath
from nnvis.engine.live.graph_path import GraphPath
from nnvis.engine.live.observers import Observers
from nnvis.engine.live.one_thread import one_thread
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.live.quick_path import QuickPath
from nnvis.engine.live.region_tracks import RegionTracks
from nnvis.engine.protocol.latest import Latest
from nnvis.engine.protocol.request import GridShows, Half, Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.protocol.unit_order import OrderRequest
from nnvis.engine.stream.gather import StreamGatherer
from nnvis.engine.unit_order.held import HeldOrders
from nnvis.errors import UserError
from nnvis.models.half import let_go
from nnvis.models.info import ModelInfo
from nnvis.models.preprocess import Prepared
from nnvis.models.vision import VisionModel
from nnvis.sources.frame import Frame

log = logging.getLogger(__name__)

STILL_S = 0.5  # without a frame for so long, the last one is looked at by PyTorch
SHARED = 1 << 22  # values of a layer from which on its drawing is shared out in any case
THUMBNAILS = 1  # how many thumbnails a live look makes; a still picture gets them all


class FrameLoop:
    """Holds what lasts from one look to the next; stands between two boxes of one place.

    Attributes:
        frames: what is to be looked at, put there by the thread that reads the source.
        reserve: newer than those, looked at if no other one comes.
        request: what to show of it, from the next look on.
        snapshots: what was seen, for the window's thread.
    """

    def __init__(
        self,
        model: VisionModel,
        info: ModelInfo,
        request: Request,
        saw: Callable[[], None],
        warned: Callable[[str], None],
        thumbnails: int = THUMBNAILS,
    ) -> None:
        """Call `saw` when a snapshot lies where none was, `warned` with what is wrong or "".

        With each new frame so many `thumbnails` are renewed.
        """
        self._each = thumbnails
        self._model, self._saw, self._warned = model, saw, warned
        self.info, self.request = info, request
        self.frames: Latest[Prepared] = Latest()
        self.reserve: Latest[Frame] = Latest()
        self.snapshots: Latest[Snapshot] = Latest()
        self.looks = Looks()
        self._came: Prepared | None = None  # and was not looked at yet
        self._prepared: Prepared | None = None
        self._answered: Request | None = None
        self._thumbnails: dict[str, Frame] = {}  # which frame each layer's thumbnail shows
        self._next = 0  # whose thumbnail is due
        self._attack_state: LiveAttackState | None = None
        self._ablation_state = AblationState()
        self._tracks = RegionTracks()
        self._orders = HeldOrders()
        self._second: SecondModel | None = None
        self._observers = Observers(model, info)
        self._stream = StreamGatherer(model, info)
        cuda = model.device.type == "cuda"
        self.fast: QuickPath = (GraphPath if cuda else FastPath)(model, info)
        self._rough = False  # the last look was not by PyTorch
        self._came_at = 0.0  # the last frame, time.monotonic()
        self._warning = ""

    def select(self, request: Request) -> None:
        """Show `request` from now on, of a still picture too; on any thread."""
        self.request = request
        self.frames.wake()

    def take(self, timeout: float) -> Prepared | None:
        """Take the newest frame, waiting for one at most `timeout` seconds."""
        self._came = self.frames.take(timeout)
        return self._came

    def step(self, *, busy: bool = False, hasty: bool = False) -> None:
        """Look at what was taken; without anything new, again at the last if there is reason to.

        While jobs are `busy`, an attack on a still picture rests: they would hardly get on.
        `hasty`: that nothing came does not mean that the picture is still.
        """
        self.looks.begin()
        request = self.request
        if self._came is None and (held := self.reserve.take()) is not None:
            self._came = self.info.preprocess.prepare(held, request.fit)
        new = self._came is not None
        self._prepared = fed = self._came or self._prepared
        self._came = None
        if fed is None:
            return
        frame = fed.frame
        if self._answered is None or self._answered.shading != request.shading:
            self._thumbnails.clear()  # in other colours now
        visible = [name for name in request.layout.visible if self.info.layer(name)]
        stale = [name for name in visible if self._thumbnails.get(name) is not frame]
        if new:
            self._came_at = time.monotonic()
            names = self._some(visible)
        elif (
            request is not self._answered
            or (stale and not hasty)
            or (self._rough and time.monotonic() - self._came_at > STILL_S)
            or (not busy and (_goes_on(request) or self._observers.owes))
        ):
            names = stale
        else:
            return
        if request.half is Half.OFF:
            let_go(self._model)
        self._answered = request
        self._thumbnails.update(dict.fromkeys(names, frame))
        self._process(fed, request, names, live=new)

    def close(self) -> None:
        """Keep what was gathered."""
        self.fast.close()
        self._stream.close()

    def _some(self, visible: list[str]) -> list[str]:
        """Take turns, so that each thumbnail is renewed as often as any other."""
        if not visible:
            return []
        first = self._next % len(visible)
        self._next = first + self._each
        return (visible + visible)[first : first + min(self._each, len(visible))]

    def _process(
        self, fed: Prepared, request: Request, thumbnails: list[str], *, live: bool
    ) -> None:
        message, full = "", False
        if request.attack is None:
            self._attack_state = None
        elif self._attack_state is None:
            self._attack_state = LiveAttackState()
        snapshot: Snapshot | None = None
        try:
            with self._observers.hearing(request), self._stream.hearing(request):
                plain = request.only_looks and not request.exact
                fast = self.fast if live and plain else None
                with self._alone(fast, request):
                    snapshot, message = self._snapshot(fed, request, thumbnails, fast)
                if fast is not None and not snapshot.path:
                    if request.half is Half.OFF:
                        fast.took(snapshot.timings.model)
                    snapshot = replace(snapshot, plain=_why_plain(fast))
            snapshot = self._observers.add(snapshot, request)
            snapshot = self._stream.add(snapshot, request)
        except torch.OutOfMemoryError:
            message = "the device is out of memory; choose a smaller layer, model or input"
            full = True
        except Exception as error:
            if not isinstance(error, UserError) and not self._warning:
                log.exception("look failed")
            message = self._said(error)
        if full:  # outside of the handler, whose traceback would keep the tensors alive
            gc.collect()  # which stops every thread for a moment, so only where it may help
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
        if snapshot is not None:
            self._rough = bool(snapshot.path)
            if self.snapshots.put(snapshot, Snapshot.kept_after):
                self._saw()
        if message != self._warning:
            self._warning = message
            self._warned(message)

    def _alone(self, fast: QuickPath | None, request: Request) -> AbstractContextManager[None]:
        """Keep OpenMP's threads out of the way of those that pass the network."""
        layer = self.info.layer(request.layer)
        if fast is None or not self._rough or not fast.own_threads or layer is None:
            return nullcontext()
        return one_thread() if math.prod(layer.shape) < SHARED else nullcontext()

    def _snapshot(
        self,
        fed: Prepared,
        request: Request,
        thumbnails: list[str],
        fast: QuickPath | None,
    ) -> tuple[Snapshot, str]:
        """Look; where something asked for cannot be had, say why and go on without it."""
        note = ""
        for asked in chain((request,), _plainer(request)):
            try:
                snapshot = process_frame(
                    self._model, self.info, fed.frame, asked, fed, thumbnails,
                    attack_state=self._attack_state, ablation_state=self._ablation_state, fast=fast,
                    tracks=self._tracks, orders=self._orders,
                )  # fmt: skip
            except torch.OutOfMemoryError:
                raise
            except Exception as error:
                if asked == _plain(request):
                    raise
                if not note and not isinstance(error, UserError) and not self._warning:
                    log.exception("look failed")
                note = note or self._said(error)
                continue
            if asked.attack is None:
                self._attack_state = None
            return self._with_opinion(snapshot), note
        raise AssertionError("the plainest look either raises or shows")

    def _said(self, error: Exception) -> str:
        if isinstance(error, UserError):
            return error.in_window
        return f"{self.info.name} failed on this picture: {_line(error)}"

    def _with_opinion(self, snapshot: Snapshot) -> Snapshot:
        """Add what the second network says, where one is asked."""
        asked, found = snapshot.request.attack, snapshot.attack
        if asked is None or found is None or asked.second is None:
            self._drop_second()
            return snapshot
        if self._second is None or self._second.model_request != asked.second:
            self._drop_second()
            self._second = SecondModel(asked.second)
        opinion = self._second.judge(snapshot.fed, found.adversarial)
        return replace(snapshot, attack=replace(found, second=opinion))

    def _drop_second(self) -> None:
        if self._second is not None:
            self._second.stop()
            self._second = None


def _plainer(request: Request) -> Iterator[Request]:
    """Give up one thing, then the others, until nothing is asked but to look."""
    plain = _plain(request)
    once = (
        replace(request, order=OrderRequest()),
        replace(request, attribution=None, grid=GridShows.ACTIVATION),
        replace(request, attack=None),
        replace(request, ablation=replace(request.ablation, units=(), concepts=None)),
    )
    yield from (one for one in once if one not in (request, plain))
    if plain != request:
        yield plain


def _plain(request: Request) -> Request:
    ablation = replace(request.ablation, units=(), concepts=None)
    return replace(
        request, attribution=None, grid=GridShows.ACTIVATION, attack=None, ablation=ablation,
        order=OrderRequest(),
    )  # fmt: skip


def _why_plain(fast: QuickPath) -> str:
    return f"not by {fast.title}: {fast.refused}" if fast.refused else ""


def _goes_on(request: Request) -> bool:
    """Whether even a still picture changes: an attack takes its steps."""
    return request.attack is not None and not request.attack.carried


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
