"""Files that others name: regular ones only, and no larger than their kind should be."""

from __future__ import annotations

import os
import stat
from functools import partial
from pathlib import Path

from nnvis.errors import UserError
from nnvis.files.regular import open_checked


def check_file(path: Path, limit: int, what: str) -> int:
    """Return the size of the file at `path` in bytes, if it may be read as `what`.

    A device, a pipe or a socket would be read without end, or be waited for.

    Raises:
        UserError: it does not exist, is no regular file, is larger than `limit` bytes, or its name
            cannot be one.
    """
    try:
        found = path.expanduser().stat()
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; check the name of the {what}") from None
    except (OSError, ValueError, RuntimeError) as error:  # a NUL, an unknown user's home
        reason = getattr(error, "strerror", None) or str(error)
        name = str(path).replace("\0", "\\0")
        raise UserError(f"{name} cannot be read ({reason}); check the name of the {what}") from None
    _check(path, limit, what, found)
    return found.st_size


def _check(path: Path, limit: int, what: str, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise UserError(f"{path} is a folder; name the {what} in it")
    if not stat.S_ISREG(found.st_mode):
        raise UserError(f"{path} is a device or a pipe, and no file; give the {what}")
    if found.st_size > limit:
        raise UserError(
            f"{path} has {_size(found.st_size)}, more than the {_size(limit)} that a {what} may "
            "have; check that it is the right file"
        )


def read_file(path: Path, limit: int, what: str) -> bytes:
    """Return the content of a file of others.

    Raises:
        UserError: as in `check_file`, or it cannot be read.
    """
    check_file(path, limit, what)
    try:
        with open_checked(path.expanduser(), partial(_check, path, limit, what)) as file:
            content = file.read(limit + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path} cannot be read ({reason}); check its permissions") from None
    if len(content) > limit:
        raise UserError(f"{path} grew beyond {_size(limit)} while it was read; give the {what}")
    return content


def read_text(path: Path, limit: int, what: str) -> str:
    """Return the content of a UTF-8 file of others, without a byte order mark.

    Raises:
        UserError: as in `read_file`, or it is no UTF-8 text.
    """
    try:
        return read_file(path, limit, what).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text; give the {what}") from None


def _size(count: int) -> str:
    return f"{count >> 20:,} MB" if count >= 1 << 20 else f"{count:,} bytes"
