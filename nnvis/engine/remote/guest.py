"""A window that is attached: what it asks of the network behind the door, and its looks so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Protocol

from nnvis.engine.attribution.concept_jobs import FindConcepts
from nnvis.engine.live.frame_loop import THUMBNAILS, FrameLoop
from nnvis.engine.protocol.request import Half, Request
from nnvis.engine.protocol.training import TrainingReport
from nnvis.engine.remote import messages
from nnvis.engine.remote.messages import Ask, GuestFrame, TextMessage
from nnvis.engine.remote.search import ConceptSearch
from nnvis.engine.remote.wire import Part, WireError, pack
from nnvis.errors import UserError
from nnvis.models.info import ModelInfo
from nnvis.models.preprocess import Prepared
from nnvis.models.vision import VisionModel
from nnvis.sources.frame import Frame

WAITING = "waiting for the next step of the training"
_NO_TRAINING = "there is no training behind this door; choose a source of pictures"
Send = Callable[[bytes, list[Part]], None]


class Room(Protocol):
    """What a door opens on; all but `title` and `training` is used on the door's thread."""

    title: str
    training: bool

    @property
    def step(self) -> int:
        """Of the training, whose weights are looked with; 0: there is none."""
        ...

    def renew(self) -> None:
        """Look with the weights of now."""
        ...

    def opened(self) -> tuple[VisionModel, ModelInfo] | None:
        """Return the network, None while it is not known yet; UserError: it cannot be shown."""
        ...

    def occupied(self, guests: int) -> None:
        """Hear how many are there."""
        ...

    def batch(self, since: int) -> tuple[int, Frame] | None:
        """Return a picture of the training, and its number, if it came after `since`."""
        ...

    def report(self) -> TrainingReport | None:
        """Return how the training goes."""
        ...

    def looking(self) -> AbstractContextManager[None]:
        """Surround every look."""
        ...

    def may_look(self) -> bool:
        """Whether a look that no click asked for may be taken now."""
        ...


class Guest:
    """One window: what it asks, and its looks so far."""

    def __init__(self, model: VisionModel, info: ModelInfo, room: Room, send: Send) -> None:
        self._model, self._info, self._room, self._send = model, info, room, send
        self.search: ConceptSearch | None = None
        # Pictures of a training come seldom: all thumbnails are renewed with each.
        each = len(info.layers) if room.training else THUMBNAILS
        self._ask = Ask(_safe(Request(layer=info.first_look().name)), batch=room.training)
        self._loop = FrameLoop(model, info, self._ask.request, self._saw, self._warned, each)
        self._frame: Prepared | None = None  # of the guest's, not looked at yet
        self._own: Prepared | None = None  # of the guest's, looked at last,
        self._step = 0  # with the weights of this step
        self._number = -1  # of the picture that is looked at
        self._coming = -1
        self._batch = -1  # the training's last picture that was looked at
        self._told = ""
        self._fresh = True  # what is asked has not been looked at
        self.heard_at = time.monotonic()

    def ask(self, asked: Ask) -> None:
        """Show this from now on."""
        request = _safe(asked.request)
        if self._info.layer(request.layer) is None:
            request = replace(request, layer=self._info.first_look().name, unit=0)
        self._fresh = True
        self._ask = replace(asked, request=request)
        self._loop.select(request)

    def take(self, came: GuestFrame) -> None:
        """Look at a picture of the guest's next."""
        size = came.picture.shape
        if size != (*self._info.input_size, 3):
            raise WireError(f"a picture of {size}")
        frame = Frame(came.picture, came.number, time.monotonic(), "guest")
        self._frame = Prepared(frame, came.picture, self._info.preprocess, came.fit)
        self._coming = came.number

    def find(self, asked: FindConcepts | None) -> None:
        """Look for concepts, in place of what is looked for; None: for nothing any more."""
        if self.search is not None:
            self.search.close()
        self.search = None
        if asked is not None:
            self.search = ConceptSearch(asked, self._model, self._info)

    def search_on(self) -> None:
        """Go on with what is looked for, if the room has time for it."""
        if self.search is None or not self._room.may_look():
            return
        with self._room.looking():
            if not self.search.go_on(self._send, self._room.step):
                self.search = None

    def turn(self) -> None:
        """Look, if there is something new to be seen."""
        came = self._next()
        # Of a training's picture all was looked at when it came.
        if came is None and not self._fresh and (self._ask.batch or not self._room.may_look()):
            return
        self._fresh = False
        try:
            with self._room.looking():
                # An attack on a still picture rests: it would go on for ever, beside a training.
                if came is not None:
                    self._loop.frames.put(came)
                self._loop.take(0)
                self._loop.step(busy=True)
        except UserError as error:
            self._warned(str(error))

    def _next(self) -> Prepared | None:
        if not self._ask.batch:
            return self._next_own() if self._room.may_look() else None
        if not self._room.training:
            self._say(_NO_TRAINING)
            return None
        if self._ask.held and self._batch >= 0:
            return None
        found = self._room.batch(self._batch)
        if found is None:
            if self._batch < 0:
                self._say(WAITING)
            return None
        self._batch, frame = found
        self._number = -1
        fit, known = self._ask.request.fit, self._info.preprocess
        fed = frame.picture
        if fed.shape[:2] != self._info.input_size:
            fed = known.feed(fed, fit)
        self._say("")
        return Prepared(frame, fed, known, fit)

    def _next_own(self) -> Prepared | None:
        """Return the guest's picture, the same one again where the training has gone on."""
        self._room.renew()
        came, self._frame = self._frame, None
        if came is None and self._step != self._room.step:
            came = self._own
        if came is not None:
            self._own, self._number, self._step = came, self._coming, self._room.step
        return came

    def _saw(self) -> None:
        snapshot = self._loop.snapshots.take()
        assert snapshot is not None
        seen = replace(snapshot.observations, training=self._room.report())
        frame = snapshot.frame
        if self._number >= 0:  # the guest has it
            frame = replace(frame, picture=frame.picture[:0])
        told: Any = replace(snapshot, info=None, observations=seen, frame=frame)  # type: ignore[arg-type]
        self._send(messages.SEEN, [str(self._number).encode(), *pack(told)])

    def _warned(self, message: str) -> None:
        self._told = message
        self._send(messages.WARNED, pack(TextMessage(message)))

    def _say(self, message: str) -> None:
        if message != self._told:
            self._warned(message)


def _safe(request: Request) -> Request:
    """Leave out what would load a model, write files, or keep another copy of the weights."""
    attack = replace(request.attack, second=None) if request.attack else None
    observe = replace(request.observe, trigger=None, gather=None)
    return replace(request, attack=attack, observe=observe, exact=True, half=Half.OFF)
