"""The door to a network in this process: guests ask for looks, and looks are all they get.

Bound to this machine alone, and to those who have the token: the handshake (CURVE) comes before
any message, and each part of a message has a limit. What a guest sends is read by its types; it
names no file, no model and no code.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Protocol

from nnvis.engine.live.frame_loop import THUMBNAILS, FrameLoop
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.training import TrainingReport
from nnvis.engine.remote import messages
from nnvis.engine.remote.access import HOST, DoorNote, forget, keep, new_token, secret_key
from nnvis.engine.remote.messages import Ask, GuestFrame, TextMessage, Welcome
from nnvis.engine.remote.wire import Part, WireError, pack, unpack
from nnvis.errors import UserError
from nnvis.extras import require
from nnvis.models.info import ModelInfo
from nnvis.models.preprocess import Prepared
from nnvis.models.vision import VisionModel
from nnvis.sources.frame import Frame

log = logging.getLogger(__name__)

MOST_GUESTS = 4
_BUSY_MS, _IDLE_MS = 100, 250  # how long to wait for a message while there are guests, or none
_WAITING = "waiting for the next step of the training"
_NO_TRAINING = "there is no training behind this door; choose a source of pictures"
Send = Callable[[bytes, list[Part]], None]


class Room(Protocol):
    """What a door opens on; all but `title` and `training` is used on the door's thread."""

    title: str
    training: bool

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


class Door:
    """Open from the start; `close` ends it. Everything happens on a thread of its own."""

    def __init__(self, room: Room, port: int = 0, token: str = "") -> None:
        """Open on `room` at `port`, or any that is free.

        Raises:
            UserError: the port is taken, or pyzmq is missing.
        """
        require("remote", "attaching to a network")
        import zmq
        from zmq.auth.thread import ThreadAuthenticator

        self.token = token or new_token()
        self._room = room
        self._guests: dict[bytes, Guest] = {}
        self._silent: deque[bytes] = deque(maxlen=16)  # who was a guest, and may still listen
        self._stopping = threading.Event()
        self._hailed = 0.0  # when somebody last said hello, who may wait for a first step
        self._context = zmq.Context()
        self._guard = ThreadAuthenticator(self._context)
        self._guard.start()
        self._guard.configure_curve_callback(
            domain="nnvis", credentials_provider=_OnlyGuest(self.token)
        )
        self._socket = self._context.socket(zmq.ROUTER)
        secret = secret_key(self.token, "door")
        for option, value in (
            (zmq.CURVE_SERVER, True), (zmq.CURVE_SECRETKEY, secret),
            (zmq.CURVE_PUBLICKEY, zmq.curve_public(secret)), (zmq.ZAP_DOMAIN, b"nnvis"),
            (zmq.MAXMSGSIZE, messages.MOST_GUEST_BYTES), (zmq.RCVHWM, 8), (zmq.SNDHWM, 4),
            (zmq.HANDSHAKE_IVL, 3000), (zmq.LINGER, 300), (zmq.BACKLOG, 16),
            (zmq.HEARTBEAT_IVL, 2000), (zmq.HEARTBEAT_TIMEOUT, 6000),
        ):  # fmt: skip
            self._socket.setsockopt(option, value)
        try:
            self._socket.bind(f"tcp://{HOST}:{port or '*'}")
        except zmq.ZMQError as error:
            self._end()
            raise UserError(f"port {port} cannot be opened ({error}); give another one") from error
        bound = bytes(self._socket.getsockopt(zmq.LAST_ENDPOINT))
        self.port = int(bound.rstrip(b"\0").rpartition(b":")[2])
        self.address = f"{HOST}:{self.port}"
        try:
            self._note = DoorNote(self.port, os.getpid(), self.token, room.title, room.training)
            keep(self._note)
        except UserError:
            self._end()
            raise
        self._thread = threading.Thread(target=self._run, name="nnvis-door", daemon=True)
        self._thread.start()

    @property
    def guests(self) -> int:
        """How many windows are attached."""
        return len(self._guests)

    def close(self, timeout: float = 5.0) -> None:
        """Say goodbye to the guests, and close; returns once the thread has ended."""
        self._stopping.set()
        self._thread.join(timeout)
        forget(self._note)

    def _run(self) -> None:
        import zmq

        try:
            while not self._stopping.is_set():
                if self._socket.poll(_BUSY_MS if self._guests else _IDLE_MS):
                    with contextlib.suppress(zmq.Again):
                        for _ in range(8):
                            self._heard(self._socket.recv_multipart(zmq.NOBLOCK))
                self._forget_silent()
                for guest in self._guests.values():
                    guest.turn()
        except Exception:
            log.exception("the door has failed")
        finally:
            for identity in {*self._guests, *self._silent}:
                self._send(identity, messages.BYE, [])
            self._room.occupied(0)
            self._guests = {}
            self._end()

    def _end(self) -> None:
        self._guard.stop()
        self._socket.close()
        self._context.term()

    def _heard(self, parts: list[bytes]) -> None:
        identity, kind, rest = parts[0], parts[1] if len(parts) > 1 else b"", parts[2:]
        try:
            if kind == messages.HELLO:
                self._hello(identity, unpack(TextMessage, rest).version)
                return
            guest = self._guests.get(identity)
            if guest is None:
                self._send(identity, messages.UNKNOWN, [])
                return
            if kind == messages.BYE:
                del self._guests[identity]
                self._room.occupied(len(self._guests))
                return
            guest.heard_at = time.monotonic()
            if kind == messages.PING:
                self._send(identity, messages.PONG, [])
            elif kind == messages.ASK:
                guest.ask(unpack(Ask, rest))
            elif kind == messages.FRAME:
                guest.take(unpack(GuestFrame, rest))
        except WireError as error:
            log.warning("a guest sent what cannot be read: %s", error)

    def _hello(self, identity: bytes, version: int) -> None:
        if version != messages.VERSION:
            self._refuse(identity, "nnvis there and nnvis here are of other versions")
            return
        if identity not in self._guests and len(self._guests) >= MOST_GUESTS:
            self._refuse(identity, f"{MOST_GUESTS} windows are attached already; close one")
            return
        self._hailed = time.monotonic()
        self._room.occupied(max(1, len(self._guests)))
        try:
            opened = self._room.opened()
        except Exception as error:  # a network of anybody's; the door stays open
            if not isinstance(error, UserError):
                log.exception("%s cannot be shown", self._room.title)
            self._refuse(identity, str(error) or type(error).__name__)
            return
        if opened is None:
            self._send(identity, messages.PONG, pack(TextMessage(_WAITING)))
            return
        model, info = opened
        self._guests[identity] = Guest(
            model, info, self._room, lambda kind, rest: self._send(identity, kind, rest)
        )
        self._room.occupied(len(self._guests))
        welcome = Welcome(info, self._room.title, self._room.training)
        self._send(identity, messages.WELCOME, pack(welcome))

    def _refuse(self, identity: bytes, why: str) -> None:
        self._send(identity, messages.REFUSED, pack(TextMessage(why)))

    def _send(self, identity: bytes, kind: bytes, parts: list[Part]) -> None:
        import zmq

        with contextlib.suppress(zmq.Again):  # who does not take is not waited for
            self._socket.send_multipart([identity, kind, *parts], zmq.NOBLOCK)

    def _forget_silent(self) -> None:
        now = time.monotonic()
        gone = [
            identity
            for identity, guest in self._guests.items()
            if now - guest.heard_at > messages.SILENT_S
        ]
        for identity in gone:
            del self._guests[identity]
            self._silent.append(identity)
        if gone or (self._hailed and not self._guests and now - self._hailed > messages.SILENT_S):
            self._hailed = 0.0
            self._room.occupied(len(self._guests))


class Guest:
    """One window: what it asks, and its looks so far."""

    def __init__(self, model: VisionModel, info: ModelInfo, room: Room, send: Send) -> None:
        self._info, self._room, self._send = info, room, send
        # Pictures of a training come seldom: all thumbnails are renewed with each.
        each = len(info.layers) if room.training else THUMBNAILS
        self._ask = Ask(_safe(Request(layer=info.first_look().name)), batch=room.training)
        self._loop = FrameLoop(model, info, self._ask.request, self._saw, self._warned, each)
        self._frame: Prepared | None = None  # of the guest's, not looked at yet
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

    def turn(self) -> None:
        """Look, if there is something new to be seen."""
        came = self._next()
        if came is None and not self._fresh and not self._room.may_look():
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
            if self._frame is None or not self._room.may_look():
                return None
            came, self._frame, self._number = self._frame, None, self._coming
            return came
        if not self._room.training:
            self._say(_NO_TRAINING)
            return None
        if self._ask.held and self._batch >= 0:
            return None
        found = self._room.batch(self._batch)
        if found is None:
            if self._batch < 0:
                self._say(_WAITING)
            return None
        self._batch, frame = found
        self._number = -1
        fit, known = self._ask.request.fit, self._info.preprocess
        fed = frame.picture
        if fed.shape[:2] != self._info.input_size:
            fed = known.feed(fed, fit)
        self._say("")
        return Prepared(frame, fed, known, fit)

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


class _OnlyGuest:
    """Lets in who has the key that is made of the token."""

    def __init__(self, token: str) -> None:
        import zmq

        self._key = zmq.curve_public(secret_key(token, "guest"))

    def callback(self, domain: str, key: bytes) -> bool:
        """Tell whether the holder of `key` may come in."""
        del domain
        return hmac.compare_digest(key, self._key)


def _safe(request: Request) -> Request:
    """Leave out what would load a model, write files, or keep another copy of the weights."""
    attack = replace(request.attack, second=None) if request.attack else None
    observe = replace(request.observe, trigger=None, gather=None)
    return replace(request, attack=attack, observe=observe, exact=True)
