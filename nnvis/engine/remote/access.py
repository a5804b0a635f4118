"""Who may come in: a token for each door, in a file that only its owner can read.

Both sides make their keys (Curve25519, as ZeroMQ's CURVE has them) of the token, so that it never
travels: without it nobody gets past the handshake, reads along, or stands in for the door.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from nnvis.errors import UserError, printable
from nnvis.files.json_text import read_json
from nnvis.models.info import ATTACHED
from nnvis.quiet import quiet

HOST = "127.0.0.1"
_LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
_LIMIT = 1 << 16  # bytes of a file about a door
_typed: dict[str, str] = {}  # tokens that a person typed, by address; kept nowhere else


@dataclass(frozen=True, slots=True)
class DoorNote:
    """What the file of a door says."""

    port: int
    pid: int
    token: str
    title: str  # what is behind it
    training: bool

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"{HOST}:{self.port}"


def new_token() -> str:
    """Return 192 bits that nobody can guess."""
    return secrets.token_urlsafe(24)


def secret_key(token: str, side: str) -> bytes:
    """Return the secret key of one `side`, "door" or "guest", as ZeroMQ writes it (Z85)."""
    from zmq.utils import z85

    return bytes(z85.encode(hashlib.sha256(f"nnvis {side} {token}".encode()).digest()))


def address_of(spec: str) -> str:
    """Return the HOST:PORT of "attach:HOST:PORT" or of what a person wrote.

    Raises:
        UserError: it is none, or not on this machine.
    """
    host, _, port = spec.removeprefix(ATTACHED).rpartition(":")
    host = host or HOST
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise UserError(f"{printable(spec)!r} is no address; write HOST:PORT, as in {HOST}:5555")
    if host.lower() not in _LOOPBACK:
        raise UserError(
            f"{printable(host)} is another machine, and doors are open on their own machine alone; "
            f"forward the port and attach to that: ssh -L {port}:{HOST}:{port} {printable(host)}"
        )
    return f"{HOST}:{port}"


def keep(note: DoorNote) -> None:
    """Write the file of a door, for its owner's eyes alone.

    Raises:
        UserError: it cannot be written, or the folder is open to others.
    """
    path = _place(note, make=True)
    told = {"port": note.port, "pid": note.pid, "token": note.token, "title": note.title,
            "training": note.training}  # fmt: skip
    try:
        path.unlink(missing_ok=True)  # of one that ended without a word
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(told, file)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror}); check NNVIS_CONFIG"
        ) from error


def forget(note: DoorNote) -> None:
    """Remove the file of a door that has closed, unless another has opened at its port since."""
    with contextlib.suppress(OSError, UserError):
        path = _place(note)
        if _read(path) == note:
            path.unlink()


def doors() -> list[DoorNote]:
    """Return the doors of this user on this machine that are open now, the newest first."""
    try:
        files = sorted(_folder().glob("door-*.json"), key=_age)
    except (OSError, UserError):
        return []
    return [note for path in files if (note := _read(path)) is not None and _runs(note.pid)]


def token_for(address: str) -> str:
    """Return the token that a person typed for `address`, else that of its file; "" for none."""
    if address in _typed:
        return _typed[address]
    return next((one.token for one in doors() if one.address == address), "")


def remember_token(address: str, token: str) -> None:
    """Use `token` for `address` until the program ends."""
    _typed[address] = token.strip()


def _place(note: DoorNote, make: bool = False) -> Path:
    return _folder(make) / f"door-{note.port}.json"


def _folder(make: bool = False) -> Path:
    folder = _named_folder()
    try:
        if make:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError as error:
        raise UserError(f"{folder} cannot be used ({error.strerror})") from error
    if os.name == "posix":
        if found.st_uid != os.getuid():
            raise UserError(f"{folder} belongs to another user; remove it, or set NNVIS_CONFIG")
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)
    return folder


def _named_folder() -> Path:
    config = os.environ.get("NNVIS_CONFIG")
    if config:
        return Path(config) / "run"
    try:
        with quiet():  # it warns where the system names no such folder, and takes another
            return Path(platformdirs.user_runtime_dir("nnvis"))
    except OSError as error:
        raise UserError(
            f"there is no folder for what runs ({error.strerror or error}); set NNVIS_CONFIG"
        ) from error


def _age(path: Path) -> float:
    with contextlib.suppress(OSError):
        return -path.stat().st_mtime
    return 0.0


def _read(path: Path) -> DoorNote | None:
    try:
        known = path.lstat()
        mine = os.name != "posix" or (
            known.st_uid == os.getuid() and not stat.S_IMODE(known.st_mode) & 0o077
        )
        if not (stat.S_ISREG(known.st_mode) and mine):
            return None
        told = read_json(path, _LIMIT, "note of a door")
    except (OSError, UserError):
        return None
    values = [told.get(name) for name in ("port", "pid", "token", "title", "training")]
    if [type(one) for one in values] != [int, int, str, str, bool]:
        return None
    return DoorNote(*values)  # type: ignore[arg-type]


def _runs(pid: int) -> bool:
    if os.name != "posix":
        return True  # what does not answer is found out by asking
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def titles(notes: list[DoorNote]) -> Iterator[str]:
    """Yield a line for each door."""
    for one in notes:
        kind = "training" if one.training else "model"
        yield f"{one.address}  {kind}  {printable(one.title)}"
