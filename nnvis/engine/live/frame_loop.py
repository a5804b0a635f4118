"""What the network's thread does at each turn: a frame, or nothing; failures become warnings."""

from __future__ import annotations

import gc
import logging
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

import torch

from nnvis.engine.live.anticipation import Looks
from nnvis.engine.live.attempts import Asked, Attempts, BegunLook
from nnvis.engine.live.fast_path import FastPath
from nnvis.engine.live.graph_path import GraphPath
from nnvis.engine.live.observers import Observers
from nnvis.engine.live.one_thread import one_thread
from nnvis.engine.live.quick_path import QuickPath
from nnvis.engine.protocol.latest import Latest
from nnvis.engine.protocol.request import Half, Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.stream.gather import StreamGatherer
from nnvis.errors import UserError
from nnvis.imaging.device_link import CudaLink, DeviceLink
from nnvis.models.half import let_go
from nnvis.models.info import ModelInfo
from nnvis.models.preprocess import Prepared
from nnvis.models.vision import VisionModel
from nnvis.sources.frame import Frame

log = logging.getLogger(__name__)

STILL_S = 0.5  # without a frame for so long, the last one is looked at by PyTorch
SHARED = 1 << 22  # values of a layer from which on its drawing is shared out in any case
THUMBNAILS = 1  # how many thumbnails a live look makes; a still picture gets them all
FULL = "the device is out of memory; choose a smaller layer, model or input"
T = TypeVar("T")


class FrameLoop:
    """Holds what lasts from one look to the next; stands between two boxes of one place.

    Where the device works beside the host and the next frame waits, the device is given that look
    before this one is read, so that it has something to do while the host makes a snapshot: at most
    one look is under way, and none while this thread waits for a frame or does anything else.

    Attributes:
        frames: what is to be looked at, put there by the thread that reads the source.
        reserve: newer than those, looked at if no other one comes.
        request: what to show of it, from the next look on.
        snapshots: what was seen, for the window's thread.
        link: to a device that works beside the host; None: a look ends before the next one begins.
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
        self._attempts = Attempts(model, info)
        self._observers = Observers(model, info)
        self._stream = StreamGatherer(model, info)
        cuda = model.device.type == "cuda"
        self.fast: QuickPath = (GraphPath if cuda else FastPath)(model, info)
        self.link: DeviceLink | None = CudaLink(model.device) if cuda else None
        self._begun: BegunLook | None = None  # the look that is under way
        self._tight: Request | None = None  # for two looks at this there is no memory
        self._rough = False  # the last look was not by PyTorch
        self._came_at = 0.0  # the last frame, time.monotonic()
        self._warning = ""

    def select(self, request: Request) -> None:
        """Show `request` from now on, of a still picture too; on any thread."""
        self.request = request
        self.frames.wake()

    def take(self, timeout: float) -> Prepared | None:
        """Take the newest frame, waiting for one at most `timeout` seconds."""
        if not self.frames.full:
            self.settle()
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
        if self._begun is not None and not (new and request is self._answered):
            self.settle()
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
        plain = request.only_looks and not request.exact
        fast = self.fast if new and plain else None
        asked = Asked(fed, request, names, fast, bool(self._warning))
        if new and self._may_overlap(request):
            self._begin(asked)
        else:
            self._show(partial(self._whole, asked))

    def settle(self) -> None:
        """Finish the look that is under way, if one is."""
        begun, self._begun = self._begun, None
        if begun is not None:
            self._show(partial(self._finished, begun))

    def close(self) -> None:
        """Keep what was gathered; a look that is under way is of no use any more."""
        self._begun = None
        self.fast.close()
        self._stream.close()

    def _some(self, visible: list[str]) -> list[str]:
        """Take turns, so that each thumbnail is renewed as often as any other."""
        if not visible:
            return []
        first = self._next % len(visible)
        self._next = first + self._each
        return (visible + visible)[first : first + min(self._each, len(visible))]

    def _may_overlap(self, request: Request) -> bool:
        """Whether a look can begin before the one before it is read."""
        told = request.attack is None and not request.listens and not self.info.detects
        return self.link is not None and told and request is not self._tight

    def _begin(self, asked: Asked) -> None:
        """Begin a look, then finish the one before; and this one, if no other frame waits."""
        if self._begun is not None and _is_first(self._begun):
            self.settle()
        overlaps = self._begun is not None
        begun, message = self._guarded(partial(self._launched, asked))
        self.settle()
        if begun is None:
            if message is FULL and overlaps:
                self._tight = asked.request
                self._show(partial(self._whole, asked))
            else:
                self._tell(None, message)
            return
        self._begun = begun
        self.looks.ready()
        if self.frames.full and not _is_first(begun):
            return
        with suppress(Exception):  # which comes again where it is read
            begun.look.arrival.wait()
        if not self.frames.full or _is_first(begun):
            self.settle()

    def _launched(self, asked: Asked) -> BegunLook:
        with self._observers.hearing(asked.request), self._stream.hearing(asked.request):
            return self._attempts.begin(asked, self.link)

    def _finished(self, begun: BegunLook) -> tuple[Snapshot, str]:
        snapshot, note = self._attempts.finish(begun)
        return self._added(snapshot, begun.asked, begun.refused), note

    def _whole(self, asked: Asked) -> tuple[Snapshot, str]:
        """Begin a look and finish it."""
        request = asked.request
        with (
            self._observers.hearing(request),
            self._stream.hearing(request),
            self._alone(asked.fast, request),
        ):
            snapshot, note = self._attempts.finish(self._attempts.begin(asked, self.link))
        return self._added(snapshot, asked), note

    def _added(self, snapshot: Snapshot, asked: Asked, refused: str | None = None) -> Snapshot:
        """Add what was heard in passing, and why it was not faster; None: that is known now."""
        request, fast = asked.request, asked.fast
        if fast is not None and not snapshot.path:
            if request.half is Half.OFF:
                fast.took(snapshot.timings.model)
            why = fast.refused if refused is None else refused
            snapshot = replace(snapshot, plain=f"not by {fast.title}: {why}" if why else "")
        return self._stream.add(self._observers.add(snapshot, request), request)

    def _show(self, work: Callable[[], tuple[Snapshot, str]]) -> None:
        """Tell what `work` makes."""
        made, message = self._guarded(work)
        self._tell(*(made or (None, message)))

    def _guarded(self, work: Callable[[], T]) -> tuple[T | None, str]:
        """Return what `work` makes; or why it failed."""
        try:
            return work(), ""
        except torch.OutOfMemoryError:
            message = FULL
        except Exception as error:
            if not isinstance(error, UserError) and not self._warning:
                log.exception("look failed")
            message = self._attempts.said(error)
        if message is FULL:  # outside of the handler, whose traceback would keep the tensors alive
            gc.collect()  # which stops every thread for a moment, so only where it may help
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
        return None, message

    def _tell(self, snapshot: Snapshot | None, message: str) -> None:
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


def _is_first(begun: BegunLook) -> bool:
    """Whether a look is read before another one is begun, though that waits.

    The device is done with it, and has nothing to do while it is read. But to begin a pass of
    PyTorch takes the host some hundreds of launches, by which this look would be shown later.
    """
    if begun.look.quick:
        return False
    try:
        return begun.look.arrival.done
    except Exception:  # noqa: BLE001 - the device failed at it, which comes again where it is read
        return True


def _goes_on(request: Request) -> bool:
    """Whether even a still picture changes: an attack takes its steps."""
    return request.attack is not None and not request.attack.carried
