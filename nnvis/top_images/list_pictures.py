"""Which pictures there are, in one order, and where each of them lies."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nnvis.errors import UserError
from nnvis.sources.folder import natural
from nnvis.sources.frames import Frames
from nnvis.sources.paths import expanded, looked_up, regular_file
from nnvis.sources.spec_text import named
from nnvis.sources.suffixes import PICTURES, VIDEOS

_LISTS = (".txt", ".lst", ".list")
LONGEST = 4 << 30  # bytes of a list
_BRACES = re.compile(r"\{(\d+)\.\.(\d+)\}")  # WebDataset writes shard-{000..127}.tar


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a picture lies: a file, a member of a tar file or a frame of a video."""

    path: str  # absolute
    member: str = ""  # name inside the tar file
    offset: int = -1  # of the member's bytes in the tar file; -1: no member
    size: int = -1  # bytes of the member
    frame: int = -1  # number in the video, from 0; -1: no video

    @property
    def name(self) -> str:
        """What a person calls it."""
        if self.frame >= 0:
            return f"{self.path}#{self.frame}"
        return f"{self.path}/{self.member}" if self.member else self.path


def find_pictures(source: str) -> Iterator[Reference]:
    """List the pictures of `source` in its order; memory is that of its largest folder.

    Args:
        source: a folder (with all below it, tar files too), a tar file or several as
            "shard-{000..127}.tar", a video, or a text file with a path on every line.

    Raises:
        UserError: it is none of these, or it cannot be listed.
    """
    parts = _BRACES.search(source)
    if parts:
        for number in range(int(parts[1]), int(parts[2]) + 1):
            text = str(number).zfill(len(parts[1]))
            yield from find_pictures(source[: parts.start()] + text + source[parts.end() :])
        return
    path = expanded(source)
    if looked_up(path) and path.is_dir():
        yield from _folder(path, (path.resolve(),))
    elif path.suffix.lower() == ".tar":
        yield from _tar(path)
    elif path.suffix.lower() in _LISTS:
        yield from _list(path)
    elif path.suffix.lower() in VIDEOS:
        yield from _video(path)
    else:
        raise UserError(
            f"{named(path)} cannot be indexed; give a folder, a .tar file, a video, or a .txt file "
            "that lists pictures"
        )


def _folder(folder: Path, above: tuple[Path, ...]) -> Iterator[Reference]:
    try:
        entries = sorted(os.scandir(folder), key=lambda one: (natural(one.name), one.name))
    except OSError as error:
        raise UserError(
            f"{named(folder)} cannot be listed: {error.strerror}; check its permissions"
        ) from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 - a Path each costs more
        if entry.is_dir():
            real = Path(entry.path).resolve()
            if real not in above:  # a link to a folder above would never end
                yield from _folder(Path(entry.path), (*above, real))
        elif suffix == ".tar":
            yield from _tar(Path(entry.path))
        elif suffix in PICTURES:
            yield Reference(entry.path)


def _tar(path: Path) -> Iterator[Reference]:
    file = regular_file(path)
    try:
        tar = tarfile.open(file, "r:")  # noqa: SIM115 - closed below
    except Exception as error:
        raise UserError(
            f"{named(path)} is no plain tar file; unpack it, or write it without compression"
        ) from error
    with tar:
        try:
            end = 0
            for member in tar:
                tar.members = []  # type: ignore[attr-defined]  # it would keep them all
                if member.size < 0 or member.offset_data < end:  # it would never come to an end
                    raise tarfile.ReadError("a file that ends before it begins")
                end = member.offset_data + member.size
                if member.isreg() and not member.sparse and _is_shown(member.name):
                    yield Reference(str(path), member.name, member.offset_data, member.size)
        except Exception:  # noqa: BLE001 - damaged ones raise anything
            # What was whole is listed, and that there was more is told.
            yield Reference(str(path), "(what follows is cut short)", 0, 0)


def _is_shown(name: str) -> bool:
    base = name.rpartition("/")[2]
    return not base.startswith(".") and ("." + base.rpartition(".")[2].lower()) in PICTURES


def _video(path: Path) -> Iterator[Reference]:
    frames = Frames(path)
    try:
        for number in frames.numbers():
            yield Reference(str(path), frame=number)
    finally:
        frames.close()


def _list(path: Path) -> Iterator[Reference]:
    file = regular_file(path, LONGEST)
    with file.open(encoding="utf-8", errors="surrogateescape") as lines:
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if text and not text.startswith("#"):
                try:
                    if "\0" in text:
                        raise ValueError("a zero byte")
                    one = Path(text).expanduser()
                except (RuntimeError, ValueError) as error:
                    raise UserError(
                        f"line {number} of {named(path)} is no path ({named(error)}); correct it"
                    ) from None
                yield Reference(os.path.abspath(one if one.is_absolute() else path.parent / one))  # noqa: PTH100 - keeps links
