"""A path that a person gave, checked before anything opens it."""

from __future__ import annotations

import os
import stat
from functools import partial
from pathlib import Path
from typing import BinaryIO

from nnvis.errors import UserError
from nnvis.files.regular import open_checked
from nnvis.sources.spec_text import did_you_mean, named


def expanded(text: str) -> Path:
    """Return `text` as an absolute path, `~` expanded, symbolic links kept.

    Raises:
        UserError: it cannot be a path.
    """
    try:
        return Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 - resolves ".." by name
    except (RuntimeError, ValueError) as error:
        raise UserError(f"{named(text)} is not a path ({named(error)}); correct it") from error


def looked_up(path: Path) -> os.stat_result:
    """Return the stat of `path`, links followed.

    Raises:
        UserError: there is nothing, or it cannot be looked at.
    """
    try:
        return path.stat()
    except FileNotFoundError as error:
        raise UserError(_missing(path)) from error
    except ValueError as error:
        raise UserError(f"{named(path)} is not a path ({named(error)}); correct it") from error
    except OSError as error:
        raise UserError(
            f"{named(path)} cannot be opened: {error.strerror}; check the path"
        ) from error


def regular_file(path: Path, largest: int | None = None) -> Path:
    """Return `path` with links resolved, if it is a file with something in it.

    Args:
        path: an absolute path.
        largest: bytes allowed, None for any number.

    Raises:
        UserError: it is something else.
    """
    open_regular(path, largest).close()
    return path.resolve()


def open_regular(path: Path, largest: int | None = None) -> BinaryIO:
    """Open `path` for reading, if it is a file with something in it; never waits for a pipe.

    Raises:
        UserError: it is something else, or has more bytes than `largest`.
    """
    check = partial(_check, path, largest)
    check(looked_up(path))  # to open some devices already does something
    try:
        return open_checked(path, check)
    except OSError as error:
        raise UserError(
            f"{named(path)} cannot be read: {error.strerror}; check its permissions"
        ) from error


def _check(path: Path, largest: int | None, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise UserError(f"{named(path)} is a folder; name a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise UserError(f"{named(path)} is a device, pipe or socket; name a file")
    if found.st_size == 0:
        raise UserError(f"{named(path)} is empty; copy or download it again")
    if largest is not None and found.st_size > largest:
        raise UserError(f"{named(path)} is larger than {largest >> 20} MB; make it smaller")


def _missing(path: Path) -> str:
    if path.is_symlink():
        return f"{named(path)} is a link to a file that is gone; mend the link"
    try:
        names = [entry.name for entry in os.scandir(path.parent)]
    except OSError:
        return f"{named(path)} does not exist, nor does its folder; check the path"
    return f"{named(path)} does not exist; {did_you_mean(path.name, names)}check the path"
