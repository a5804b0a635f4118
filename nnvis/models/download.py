"""Trained weights from the network into a cache, in steps that tell the bytes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path

import torch

from nnvis.errors import UserError
from nnvis.models.refusals import untrained
from nnvis.progress import Progress, Steps

TIMEOUT_S = 10.0  # without an answer or a byte
CHUNK = 1 << 18
_HASH = re.compile(r"-([0-9a-f]{8,64})\.[a-z]+$")  # how PyTorch names files after their SHA-256


class NotFoundError(Exception):
    """The server answers, but has no such file."""


def fetch(url: str, file_name: str = "", secret: Mapping[str, str] | None = None) -> Steps[Path]:
    """Return where the file at `url` lies, downloading it if it is not in torch.hub's cache.

    Args:
        url: https address.
        file_name: in the cache; empty: the last part of `url`.
        secret: headers for this server alone, not for one that it redirects to.

    Raises:
        NotFoundError: there is no such file.
        UserError: there is no way to the server, or what came is not the file.
    """
    name = file_name or url.rsplit("/", 1)[-1]
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    if path.is_file():
        return path
    yield Progress(0, 0, f"asking for {name}")
    model_request = urllib.request.Request(url, headers={"User-Agent": "nnvis"})
    for header, value in (secret or {}).items():
        model_request.add_unredirected_header(header, value)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                digest = hashlib.sha256()
                with urllib.request.urlopen(model_request, timeout=TIMEOUT_S) as answer:
                    total, done = int(answer.headers.get("Content-Length") or 0), 0
                    while chunk := answer.read(CHUNK):
                        file.write(chunk)
                        digest.update(chunk)
                        done += len(chunk)
                        yield Progress(done, total, f"downloading {name}")
            expected = _HASH.search(name)
            whole = done == total or not total
            if not whole or (expected and not digest.hexdigest().startswith(expected[1])):
                raise UserError(f"{name} came damaged from {url}; try again")
            Path(part).replace(path)
        finally:
            Path(part).unlink(missing_ok=True)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            raise NotFoundError(url) from error
        raise untrained(
            f"{url} was refused by the server (HTTP {error.code})",
            "log in there if it needs a licence",
        ) from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise untrained(
            f"the weights could not be downloaded from {url.split('/')[2]} ({reason})",
            "connect to the internet",
        ) from error
    return path
