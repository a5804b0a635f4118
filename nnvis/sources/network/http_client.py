"""Asks a server for what lies at an address, with name and password where they are in it."""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import Any
from urllib import request
from urllib.error import HTTPError
from urllib.parse import urlsplit

from nnvis.sources.network.credentials import login
from nnvis.sources.spec_text import named

ASK_S = 2.0  # seconds the server may take for each answer
# What `asked` and reading its answer may raise; ValueError: a login of a kind that is not known.
WebError = (OSError, HTTPException, ValueError)
_HASHES = {"SHA-256": "sha256", "MD5": "md5", "SHA": "sha1"}  # of a digest login
_RTSP_LINE = 64  # bytes in which the first line of an answer ends


class _Basic(request.HTTPBasicAuthHandler):
    def http_error_401(self, *args: Any) -> Any:
        return _asked_again(super().http_error_401, args)

    def http_error_auth_reqed(self, header: str, host: str, req: Any, headers: Any) -> Any:
        """Leave the login to `_Digest` where that knows it; urllib would call it unknown."""
        if _digest_of(headers, header):
            return None
        return super().http_error_auth_reqed(header, host, req, headers)


class _Digest(request.HTTPDigestAuthHandler):
    """As urllib's, with SHA-256 (RFC 7616), several challenges, and any letters in a password."""

    def http_error_401(self, *args: Any) -> Any:
        return _asked_again(super().http_error_401, args)

    def http_error_auth_reqed(self, header: str, host: str, req: Any, headers: Any) -> Any:
        challenge = _digest_of(headers, header)
        if not challenge:
            return None
        only = HTTPMessage()
        only[header] = challenge
        return super().http_error_auth_reqed(header, host, req, only)

    def get_algorithm_impls(self, algorithm: str) -> Any:
        def digest(text: str) -> str:
            return hashlib.new(_HASHES[algorithm.upper()], text.encode()).hexdigest()

        return digest, lambda secret, data: digest(f"{secret}:{data}")


def _digest_of(headers: HTTPMessage, header: str) -> str:
    """Return the first digest challenge whose algorithm is known here, "" if there is none."""
    for one in headers.get_all(header, []):
        kind, _, rest = str(one).partition(" ")
        found = re.search(r"algorithm\s*=\s*\"?([\w-]+)", rest, re.IGNORECASE)
        if kind.lower() == "digest" and (found[1] if found else "MD5").upper() in _HASHES:
            return str(one)
    return ""


def _asked_again(ask: Callable[..., Any], refused: Any) -> Any:
    """Return the answer to a login, None where there is none to try; urllib leaves it all open."""
    try:
        answer = ask(*refused)
    except BaseException:
        refused[1].close()
        raise
    if answer is not None:
        refused[1].close()
    return answer


def asked(address: str, patience: float = ASK_S) -> HTTPResponse:
    """Return the server's answer; basic and digest logins are tried once it asks for one.

    Raises:
        OSError: it cannot be reached, or says no.
        HTTPException: it speaks otherwise.
        ValueError: it wants a login of another kind.
    """
    bare, name, password = login(address)
    logins = request.HTTPPasswordMgrWithDefaultRealm()
    if name or password:  # for this host alone, wherever it redirects to
        parts = urlsplit(bare)
        logins.add_password(None, f"{parts.scheme}://{parts.netloc}/", name, password)
    opener = request.OpenerDirector()  # not the usual one, which opens files and FTP as well
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPRedirectHandler(),
        request.HTTPErrorProcessor(),
        request.UnknownHandler(),
        _Basic(logins),
        _Digest(logins),
    ):
        opener.add_handler(handler)
    answer: HTTPResponse = opener.open(bare, timeout=patience)
    return answer


def reason(error: Exception, address: str) -> str:
    """Say in plain words why there is no answer from `address`, and what to do."""
    if isinstance(error, HTTPError):
        error.close()
        if error.code in (401, 407):
            return login_needed(address)
        if error.code == 403:
            return "answers 403: this name may not look at it; ask who looks after the device"
        if error.code >= 500:
            return f"answers {error.code} {named(error.reason)}; try again later"
        return f"answers {error.code} {named(error.reason)}; check the path of the address"
    if isinstance(error, ValueError) and not isinstance(error, UnicodeError):
        return "asks for a login of a kind that is not known; allow basic or digest on the device"
    cause = getattr(error, "reason", error)
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return f"cannot be reached: {named(text)}; check the address, and that the device is on"


def login_needed(address: str) -> str:
    """Say that the server asks who it is."""
    if login(address)[1:] == ("", ""):
        return (
            "asks for a name and a password; write them into the address, as"
            f" {urlsplit(address).scheme}://NAME:PASSWORD@host/path"
        )
    return "does not accept this name and password; check them"


def rtsp_refuses(address: str) -> bool:
    """Ask an RTSP server without a login; tell whether it wants one (encrypted, it is not asked).

    Raises:
        OSError: it cannot be reached.
    """
    bare = login(address)[0]
    parts = urlsplit(bare)
    usual = 554 if parts.scheme == "rtsp" else 322
    with socket.create_connection((parts.hostname, parts.port or usual), ASK_S) as line:
        if parts.scheme != "rtsp":
            return False
        line.sendall(f"DESCRIBE {bare} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
        return line.recv(_RTSP_LINE).startswith(b"RTSP/1.0 401")
