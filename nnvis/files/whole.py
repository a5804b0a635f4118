"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnvis.errors import UserError


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """Give an empty file beside `path`, which takes its place when the block ends well.

    What was there before stays until then. The content is on the disk before the name is, so that
    no loss of power leaves an empty file; and a block that fails leaves nothing behind.

    Raises:
        UserError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".nnvis-", suffix=".part")
        os.close(handle)
        unfinished = Path(name)
        try:
            yield unfinished
            with unfinished.open("rb+") as file:
                os.fsync(file.fileno())
            unfinished.chmod(0o644)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(path, error) from error


def check_writable(path: Path) -> None:
    """Make the folder of `path`, and try to write there: before the work, not after it.

    Raises:
        UserError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: OSError) -> UserError:
    reason = os.strerror(error.errno) if error.errno else str(error)  # libraries add to it
    return UserError(f"cannot write {path}: {reason}; choose another folder or make room")


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file whole or not at all: a kill in between leaves what was there.

    Raises:
        UserError: it cannot be written.
    """
    with appearing(path) as unfinished:
        unfinished.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all.

    Raises:
        UserError: it cannot be written.
    """
    write_whole(path, text.encode("utf-8"))
