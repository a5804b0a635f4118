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
import socket
import threading
import time
from collections import deque

from nnvis.engine.attribution.concept_jobs import FindConcepts
from nnvis.engine.remote import messages
from nnvis.engine.remote.access import HOST, DoorNote, forget, keep, new_token, secret_key
from nnvis.engine.remote.guest import WAITING, Guest, Room
from nnvis.engine.remote.messages import Ask, GuestFrame, TextMessage, Welcome
from nnvis.engine.remote.wire import Part, WireError, pack, unpack
from nnvis.errors import UserError
from nnvis.extras import require

log = logging.getLogger(__name__)

MOST_GUESTS = 4
_BUSY_MS, _IDLE_MS = 200, 5000  # how long to wait for a message while there are guests, or none
_SEARCH_MS = 20  # while one of them has something looked for
_GOODBYE_S = 0.5  # that a guest has to answer the last word


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
        self._wakes, self._woken = socket.socketpair()
        self._wakes.setblocking(False)
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
        self.wake()
        self._thread.join(timeout)
        forget(self._note)

    def wake(self) -> None:
        """Have the door look around now; on any thread."""
        with contextlib.suppress(OSError):  # it is being woken, or has closed
            self._wakes.send(b"!")

    def _run(self) -> None:
        import zmq

        waits = zmq.Poller()
        waits.register(self._socket, zmq.POLLIN)
        waits.register(self._woken, zmq.POLLIN)
        try:
            while not self._stopping.is_set():
                came = dict(waits.poll(self._patience()))
                if self._woken.fileno() in came:
                    self._woken.recv(64)
                if self._socket in came:
                    with contextlib.suppress(zmq.Again):
                        for _ in range(8):
                            self._heard(self._socket.recv_multipart(zmq.NOBLOCK))
                self._forget_silent()
                for guest in self._guests.values():
                    guest.turn()
                    guest.search_on()
        except Exception:
            log.exception("the door has failed")
        finally:
            for identity in {*self._guests, *self._silent}:
                self._send(identity, messages.BYE, [])
            self._hear_goodbyes()
            self._room.occupied(0)
            self._guests = {}
            self._end()

    def _hear_goodbyes(self) -> None:
        """Read what guests still say: a connection closed upon unread words loses ours as well."""
        leaving = set(self._guests)
        end = time.monotonic() + _GOODBYE_S
        while leaving and (left := end - time.monotonic()) > 0:
            if self._socket.poll(int(1000 * left) + 1):
                identity, kind, *_ = [*self._socket.recv_multipart(), b""]
                if kind == messages.BYE:
                    leaving.discard(identity)

    def _patience(self) -> int:
        if any(guest.search is not None for guest in self._guests.values()):
            return _SEARCH_MS
        return _BUSY_MS if self._guests else _IDLE_MS

    def _end(self) -> None:
        self._guard.stop()
        self._socket.close()
        self._context.term()
        self._wakes.close()
        self._woken.close()

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
            elif kind == messages.FIND:
                guest.find(unpack(FindConcepts, rest))
            elif kind == messages.LEAVE:
                guest.find(None)
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
            self._send(identity, messages.PONG, pack(TextMessage(WAITING)))
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


class _OnlyGuest:
    """Lets in who has the key that is made of the token."""

    def __init__(self, token: str) -> None:
        import zmq

        self._key = zmq.curve_public(secret_key(token, "guest"))

    def callback(self, domain: str, key: bytes) -> bool:
        """Tell whether the holder of `key` may come in."""
        del domain
        return hmac.compare_digest(key, self._key)
