"""Stands where the thread of a model stands, for a network that runs in another process."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections import OrderedDict
from dataclasses import replace
from typing import Any, Protocol

from nnvis.engine.live.anticipation import Looks
from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.latest import Latest
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Sheet, Snapshot
from nnvis.engine.remote import access, messages
from nnvis.engine.remote.asked_jobs import AskedJobs
from nnvis.engine.remote.messages import Ask, GuestFrame, TextMessage, Welcome
from nnvis.engine.remote.wire import WireError, pack, unpack
from nnvis.errors import UserError
from nnvis.extras import require
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.models.preprocess import Prepared
from nnvis.progress import Progress
from nnvis.sources.frame import Frame
from nnvis.sources.training import SPEC as TRAINING

log = logging.getLogger(__name__)

PATIENCE_S = 8.0  # for the first answer
_POLL_MS = 10
_KEPT = 8  # pictures that were sent and may still be answered
_ANSWER_S = 10.0  # for a picture, after which the next one is sent all the same


class HostSession(Protocol):
    """Whom the runner tells; called on its thread, must return at once."""

    frozen: bool  # whether the picture is to stay

    def runner_loading(self, runner: Any, progress: Progress) -> None: ...
    def runner_ready(self, runner: Any, frame_loop: Any) -> None: ...
    def runner_failed(self, runner: Any, error: Exception) -> None: ...
    def snapshot_ready(self) -> None: ...
    def runner_warned(self, runner: Any, message: str) -> None: ...
    def job_changed(self, job: Job) -> None: ...


class AttachedLoop:
    """The boxes between a session and the other process; see FrameLoop, in whose place it is."""

    def __init__(self, info: ModelInfo, request: Request) -> None:
        self.info, self.request = info, request
        self.frames: Latest[Prepared] = Latest()
        self.reserve: Latest[Frame] = Latest()
        self.snapshots: Latest[Snapshot] = Latest()
        self.looks = Looks()

    def select(self, request: Request) -> None:
        """Show `request` from now on."""
        self.request = request

    def take(self) -> Prepared | None:
        """Take the newest frame, if there is one."""
        came = self.frames.take()
        if came is None and (held := self.reserve.take()) is not None:
            return self.info.preprocess.prepare(held, self.request.fit)
        return came


class AttachedRunner:
    """Sends what is asked and the pictures there are; tells the snapshots that come back."""

    def __init__(self, model_request: ModelRequest, owner: HostSession, request: Request) -> None:
        self.model_request = model_request
        self.unseen = False
        self._owner, self._request = owner, request
        self._stopping = threading.Event()
        self._jobs = AskedJobs(owner.job_changed)
        self._address = ""
        self._warning = ""

    def submit(self, job: Job) -> Job:
        """Let the other process do `job`, if it is one that it does; else it fails."""
        return self._jobs.submit(job)

    def ask_to_stop(self) -> None:
        """Leave; nothing is told after this."""
        self._stopping.set()

    def run(self) -> None:
        """Do all this on the calling thread until asked to stop."""
        try:
            require("remote", "attaching to a network")
            self._address = access.address_of(self.model_request.spec)
            line = _Line(self._address)
        except Exception as error:  # noqa: BLE001 - a thread's edge: told, not lost
            self._owner.runner_failed(self, error)
            return
        try:
            welcome = self._welcomed(line)
            if welcome is None:
                return
            info = replace(welcome.info, model_request=self.model_request)
            loop = AttachedLoop(info, self._request)
            self._owner.runner_ready(self, loop)
            self._attached(line, loop)
        except Exception as error:
            if not isinstance(error, UserError):
                log.exception("attaching to %s failed", self._address)
            if not self._stopping.is_set():
                self._owner.runner_failed(self, error)
        finally:
            self._jobs.close()
            line.close()

    def _welcomed(self, line: _Line) -> Welcome | None:
        """Say hello until there is an answer; None where it was asked to stop.

        Raises:
            UserError: there is none, or it is a refusal.
        """
        self._owner.runner_loading(self, Progress(0, 0, f"attaching to {self._address}"))
        begun, said, answered = time.monotonic(), 0.0, False
        while not self._stopping.is_set():
            now = time.monotonic()
            greeting = now - said > messages.PING_S
            if greeting and line.send(messages.HELLO, pack(TextMessage("hello"))):
                said, greeting = now, False
            kind, parts = line.heard(_POLL_MS if greeting else _POLL_MS * 5)
            if kind == messages.WELCOME:
                with contextlib.suppress(WireError):
                    return unpack(Welcome, parts)
                raise UserError(f"what {self._address} says cannot be read; is it this nnvis?")
            if kind == messages.REFUSED:
                raise UserError(f"{self._address}: {_words(parts)}")
            if kind == messages.PONG:
                answered = True
                self._owner.runner_loading(self, Progress(0, 0, _words(parts)))
            if not answered and now - begun > PATIENCE_S:
                raise UserError(_why_silent(self._address))
        return None

    def _attached(self, line: _Line, loop: AttachedLoop) -> None:
        asked: Ask | None = None
        sent: OrderedDict[int, Frame] = OrderedDict()
        number = 0
        waiting: Prepared | None = None
        last: Prepared | None = None  # that was sent; a still picture comes but once
        batch = False
        in_flight = 0.0  # when the picture was sent that is not answered yet
        heard = pinged = time.monotonic()
        inside = True  # else hello is said until the door, or another one there, answers
        while not self._stopping.is_set():
            kind, parts = line.heard(_POLL_MS)
            now = time.monotonic()
            heard = now if kind else heard
            if kind == messages.SEEN:
                in_flight = 0.0
                loop.looks.end()
                self._saw(parts, loop, sent)
            elif kind == messages.WARNED:
                in_flight = 0.0
                self._warn(_words(parts))
            elif kind == messages.WELCOME:
                inside, asked, in_flight = True, None, 0.0
                waiting = waiting or (None if batch else last)
                self._again(parts, loop.info)
            elif kind == messages.REFUSED:
                self._warn(f"{self._address}: {_words(parts)}")
            elif kind in (messages.FINDING, messages.FOUND, messages.LOST):
                self._jobs.heard(kind, parts)
            elif kind in (messages.BYE, messages.UNKNOWN):
                inside = False
                self._jobs.fail(f"{self._address} has ended")
                if kind == messages.BYE:
                    line.send(messages.BYE, [])
                    self._warn(f"{self._address} has ended; what is shown is its last")
            elif inside and now - heard > messages.SILENT_S:
                inside = False
                self._jobs.fail(f"{self._address} does not answer")
                self._warn(f"{self._address} does not answer; trying again")
            if inside:
                self._jobs.turn(line.send)
            came = loop.take()
            if came is not None:
                batch = came.frame.source == TRAINING
                waiting = None if batch else came
            if inside and (batch or waiting is not None or number):
                now_asked = Ask(loop.request, batch, self._owner.frozen)
                if now_asked != asked:
                    asked = now_asked
                    line.send(messages.ASK, pack(asked))
            if inside and waiting is not None and (not in_flight or now - in_flight > _ANSWER_S):
                number, in_flight = number + 1, now
                sent[number] = waiting.frame
                while len(sent) > _KEPT:
                    sent.popitem(last=False)
                loop.looks.begin()
                line.send(messages.FRAME, pack(GuestFrame(number, waiting.picture, waiting.fit)))
                last, waiting = waiting, None
            if now - pinged > messages.PING_S:
                pinged = now
                if inside:
                    line.send(messages.PING, [])
                else:
                    line.renew()
                    line.send(messages.HELLO, pack(TextMessage("hello")))
        line.send(messages.BYE, [])

    def _saw(self, parts: list[bytes], loop: AttachedLoop, sent: OrderedDict[int, Frame]) -> None:
        try:
            number = int(parts[0])
            snapshot = unpack(Snapshot, parts[1:], {"info": loop.info})
        except (WireError, ValueError, IndexError) as error:
            self._warn(f"what {self._address} sends cannot be read ({error})")
            return
        now = time.monotonic()
        if number >= 0:
            if number not in sent:
                return
            frame = sent[number]
        else:
            frame = replace(snapshot.frame, source=TRAINING, time=now)
        if not _is_whole(snapshot):
            self._warn(f"what {self._address} sends does not fit together")
            return
        timings = replace(snapshot.timings, made=now)
        shown = replace(snapshot, frame=frame, timings=timings)
        if loop.snapshots.put(shown, Snapshot.kept_after):
            self._owner.snapshot_ready()

    def _again(self, parts: list[bytes], info: ModelInfo) -> None:
        """Take up again after the door was gone; another network is told of."""
        try:
            welcome = unpack(Welcome, parts)
        except WireError:
            return
        other = welcome.info.layers != info.layers
        self._warn(f"another network is at {self._address} now; attach to it anew" if other else "")

    def _warn(self, message: str) -> None:
        if message != self._warning:
            self._warning = message
            self._owner.runner_warned(self, message)


class _Line:
    """The connection: it comes back by itself, and takes the token of today."""

    def __init__(self, address: str) -> None:
        import zmq

        self._address = address
        self._token = access.token_for(address)
        if not self._token:
            raise UserError(
                f"{address} needs its token: it is printed where the training, or nnvis serve, was "
                "started"
            )
        self._context = zmq.Context()
        self._connect()

    def _connect(self) -> None:
        import zmq

        self._socket = self._context.socket(zmq.DEALER)
        secret = access.secret_key(self._token, "guest")
        for option, value in (
            (zmq.CURVE_SECRETKEY, secret), (zmq.CURVE_PUBLICKEY, zmq.curve_public(secret)),
            (zmq.CURVE_SERVERKEY, zmq.curve_public(access.secret_key(self._token, "door"))),
            (zmq.LINGER, 200), (zmq.RCVHWM, 4), (zmq.SNDHWM, 8), (zmq.MAXMSGSIZE, 128 << 20),
            (zmq.RECONNECT_IVL, 300), (zmq.RECONNECT_IVL_MAX, 2000), (zmq.IMMEDIATE, 1),
        ):  # fmt: skip
            self._socket.setsockopt(option, value)
        self._socket.connect(f"tcp://{self._address}")

    def renew(self) -> None:
        """Go in with another token, where another door is at the same port."""
        now = access.token_for(self._address)
        if now and now != self._token:
            self._token = now
            self._socket.close(0)
            self._connect()

    def send(self, kind: bytes, parts: list[Any]) -> bool:
        """Tell whether it went; nothing does before the connection is there."""
        import zmq

        try:
            self._socket.send_multipart([kind, *parts], zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def heard(self, wait_ms: int) -> tuple[bytes, list[bytes]]:
        """Return the kind of a message and its parts; b"" for none."""
        if not self._socket.poll(wait_ms):
            return b"", []
        parts = self._socket.recv_multipart()
        return parts[0], parts[1:]

    def close(self) -> None:
        self._socket.close()
        self._context.term()


def _words(parts: list[bytes]) -> str:
    with contextlib.suppress(WireError):
        return unpack(TextMessage, parts).text
    return ""


def _is_whole(snapshot: Snapshot) -> bool:
    """Whether the pictures have the sizes that the window goes by."""
    sheet, unit = snapshot.sheet, snapshot.unit
    units = (snapshot.layer.units,)
    pictures = [sheet.screen, unit.picture, *snapshot.thumbnails.values()]
    if snapshot.attribution is not None:
        pictures.append(snapshot.attribution.picture)
    return (
        sheet.screen.shape == (*sheet.grid.shape, 4)
        and _tiles_fit(sheet, snapshot.layer.units)
        and sheet.minima.shape == sheet.means.shape == sheet.maxima.shape == units
        and unit.values.ndim == 2
        and snapshot.fed.ndim == 3
        and all(one.ndim == 3 and one.shape[2] in (3, 4) for one in pictures)
    )


def _tiles_fit(sheet: Sheet, units: int) -> bool:
    """Whether each tile is of a unit that the layer has."""
    if sheet.order is None:
        return sheet.grid.count == units
    of = sheet.order.units
    return (
        of.ndim == 1
        and of.shape == sheet.order.values.shape == (sheet.grid.count,)
        and bool(((of >= 0) & (of < units)).all())
    )


def _why_silent(address: str) -> str:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), 1.0):
            pass
    except OSError:
        return f"nothing listens at {address}; is the training running, and the port forwarded?"
    return f"{address} does not let this token in; take the one that was printed there"
