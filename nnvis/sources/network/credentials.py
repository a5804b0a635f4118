"""Names, passwords and tokens of addresses: split off at the door, shown and kept nowhere.

An address is shown as `http://anna@host/video?token=***`. This process remembers what belongs to
it, so that the shown form opens it again; a later one asks the system's keyring, where a person
put it there. A child is told by its environment, which other users cannot read, as they can the
words that it was started with.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from nnvis.errors import UserError

HIDDEN = "***"
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
_MISTYPED = re.compile(r"((?:https?|rtsps?|ftp):/?)(?=[^/])[^/]*:.*@([^@]*)", re.I | re.DOTALL)
_PATH_ITEM = re.compile(r"[^/;&=]+=[^/;&]*")
_PLAIN_KEYS = (
    *("action", "camera", "cam", "channel", "compression", "fps", "framerate", "height", "mode"),
    *("quality", "rate", "resolution", "size", "stream", "subtype", "width"),
)
_PLAIN_VALUE = re.compile(r"[\w.-]{0,24}")
_SERVICE = "nnvis"
_TOLD = "NNVIS_ADDRESS"  # in the environment of a child

_held: dict[str, str] = {}  # what is shown of an address -> the address; of this process alone


def hidden(spec: str) -> str:
    """Return what may be shown and kept of `spec`; `whole` knows the rest."""
    shown = _shown(spec)
    if shown != spec:
        _held[shown] = spec
    return shown


def hidden_words(words: Sequence[str]) -> list[str]:
    """Return what may be shown of the words of a command, each an address, OPTION=ADDRESS or other.

    What takes them for the name of a class, a file or a number then has nothing to tell.
    """
    told = []
    for word in words:
        option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        told.append(f"{option}{equals}{hidden(value)}")
    return told


def environment_of(words: Sequence[str]) -> dict[str, str]:
    """Return what tells a child, started with `hidden_words`, the address that is among them."""
    secret = next((word for word in words if _shown(word) != word), None)
    return {} if secret is None else {_TOLD: secret}


def whole(shown: str) -> str:
    """Return the address of which `shown` is all that is kept.

    Raises:
        UserError: it had a password or token, which was not kept.
    """
    if told := os.environ.pop(_TOLD, ""):
        hidden(told)
    if shown in _held:
        return _held[shown]
    found = _from_keyring(shown) if HIDDEN in shown or _lacks_password(shown) else None
    if found is not None:
        _held[shown] = found
    elif HIDDEN in shown:
        raise UserError(
            f"{shown} was kept without what stands for {HIDDEN}; write the whole address again"
        )
    return found or shown


def has_keyring() -> bool:
    """Tell whether `keep_in_keyring` has something to work with."""
    return importlib.util.find_spec("keyring") is not None


def keep_in_keyring(shown: str) -> str:
    """Let the system's keyring keep what `shown` leaves out; return why not, or nothing."""
    if shown not in _held:
        return ""  # there is nothing secret in it
    try:
        _keyring().set_password(_SERVICE, shown, _held[shown])
    except Exception as error:  # noqa: BLE001 - each kind of keyring has its own
        kind = type(error).__name__
        return f"the system's keyring does not keep the password of {shown} ({kind})"
    return ""


def login(address: str) -> tuple[str, str, str]:
    """Return `address` without name and password, the name and the password."""
    parts = urlsplit(address)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    return bare, unquote(parts.username or ""), unquote(parts.password or "")


def _shown(spec: str) -> str:
    found = _ADDRESS.fullmatch(spec)
    if mistyped := _MISTYPED.fullmatch(spec):
        return f"{mistyped[1]}{HIDDEN}@{mistyped[2].partition('?')[0]}"
    if found is None or found[1].lower() == "file":
        return spec
    scheme, rest = found[1], found[2]
    place, mark, query = rest.partition("#")[0].partition("?")
    host, slash, path = place.partition("/")
    user, at, host = host.rpartition("@")
    if "@" in rest and not _is_host(host):  # an odd letter of the password ended the name early
        return f"{scheme}://{HIDDEN}@{rest.rpartition('@')[2].partition('?')[0]}"
    name = user.partition(":")[0]
    query = "&".join(map(_shown_item, query.split("&")))
    path = _PATH_ITEM.sub(lambda item: _shown_item(item[0]), path)  # as recorders take a password
    return f"{scheme}://{name}{at if name else ''}{host}{slash}{path}{mark}{query}"


def _shown_item(item: str) -> str:
    key, equals, value = item.partition("=")
    if not equals:
        return item if item.lower() in _PLAIN_KEYS or not item else HIDDEN
    plain = key.lower() in _PLAIN_KEYS and _PLAIN_VALUE.fullmatch(value)
    return item if plain else f"{key}={HIDDEN}"


def _is_host(text: str) -> bool:
    return re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*)(:\d{0,5})?", text) is not None


def _lacks_password(shown: str) -> bool:
    found = _ADDRESS.fullmatch(shown)
    return found is not None and "@" in found[2].partition("/")[0]


def _from_keyring(shown: str) -> str | None:
    try:
        found = _keyring().get_password(_SERVICE, shown)
    except Exception:  # noqa: BLE001 - none is installed, it is locked, or its service is away
        return None
    return found if isinstance(found, str) and _shown(found) == shown else None


def _keyring() -> Any:
    return importlib.import_module("keyring")
