"""What nnvis has told of a camera's password and token: to be nothing."""

from __future__ import annotations

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
        if not path.is_file():
            continue
        yield path.read_bytes()
        if path.suffix == ".png":
            with Image.open(path) as image:
                yield repr(image.info).encode()
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from map(archive.read, archive.namelist())
