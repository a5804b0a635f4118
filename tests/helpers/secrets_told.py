"""What nnvis has told of a camera's password and token: to be nothing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

LOGIN = "anna:s3cret"
SECRETS = (b"s3cret", b"t0ken")


def secret_address(bare: str) -> str:
    """Return the address of a camera that asks for LOGIN, with that and a token."""
    return bare.replace("//", f"//{LOGIN}@") + "/camera?token=t0ken"


def leaks(folder: Path, *said: str) -> list[bytes]:
    """Return which secrets are in what was said, or in files, their names and what they pack."""
    every = [*_contents(folder), *(one.encode() for one in said)]
    return [one for one in SECRETS if any(one in text for text in every)]


def _contents(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        yield str(path).encode()
        if path.is_file():
            yield from _unpacked(path.read_bytes())


def _unpacked(content: bytes) -> Iterator[bytes]:
    """Yield what is in a file, and in those that it packs: sessions, arrays, reports."""
    yield content
    if content.startswith(b"\x89PNG"):
        with Image.open(io.BytesIO(content)) as image:
            yield repr(image.info).encode()
    elif zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from _unpacked(archive.read(name))
