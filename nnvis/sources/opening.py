"""From what a person writes to a source."""

from __future__ import annotations

import os
import pkgutil
import re
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nnvis.errors import UserError
from nnvis.sources.cameras import list_cameras
from nnvis.sources.levels import LevelChoice, read_window
from nnvis.sources.network.credentials import hidden
from nnvis.sources.paths import expanded, looked_up
from nnvis.sources.registry import SOURCES, SpecForm
from nnvis.sources.source import Source
from nnvis.sources.spec_text import did_you_mean, named
from nnvis.sources.suffixes import PICTURES, VIDEOS

# What is imported inside functions costs time (OpenCV 0.3 s) that other kinds do not pay.


def open_source(spec: str) -> Source:
    """Open a source of frames.

    Args:
        spec: as SOURCES lists them: a path, `demo`, `camera:0`, an address, ...

    Raises:
        UserError: it cannot be opened; says what to do.
    """
    spec = hidden(spec.strip())
    if not spec:
        raise UserError("the source '' is empty; name a file, or use demo or camera:0")
    scheme, colon, rest = spec.partition(":")
    kind = SOURCES.get(scheme.lower() if colon else scheme)
    if kind is not None and kind.form in _takes(colon, rest):
        given = {
            SpecForm.WORD: (),
            SpecForm.SCHEME: (rest,),
            SpecForm.ADDRESS: (f"{kind.name}:{rest}",),
        }
        opened: Source = pkgutil.resolve_name(kind.code)(*given[kind.form])
        return opened
    text, window = _parted(spec)
    path = expanded(text)
    if colon and _looks_like_scheme(scheme) and not os.path.exists(path):  # noqa: PTH110 - a name too long raises there
        name = scheme.partition(",")[0]
        known = [one.prefix for one in SOURCES.values() if one.prefix and one.name != "file"]
        told = re.sub(r":[^/]*@", "@", spec)  # an address that lacks its http://
        raise UserError(
            f"{named(told)}: {named(name)} is not a known kind of source;"
            f" {did_you_mean(f'{name}:', known)}use a file, {', '.join(known)}"
        )
    return open_path(path, window)


def default_source() -> str:
    """Return the spec of the first camera, or `demo` where there is none."""
    cameras = list_cameras()
    return cameras[0].spec if cameras else "demo"


def open_file_address(address: str) -> Source:
    """Open what a file:// address names."""
    return open_path(expanded(unquote(urlsplit(address).path)))


def _takes(colon: str, rest: str) -> tuple[SpecForm, ...]:
    if not colon:
        return (SpecForm.WORD,)
    return (SpecForm.SCHEME, SpecForm.ADDRESS) if rest.startswith("//") else (SpecForm.SCHEME,)


def _looks_like_scheme(text: str) -> bool:
    """Two letters at least, since one is a drive of Windows."""
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9+.,-]+", text) is not None


def open_path(path: Path, window: str = "") -> Source:
    """Open a picture, a video or a folder of pictures; `window` says which values are shown."""
    choice = LevelChoice(read_window(window) if window else None)
    spec = f"{path}?window={window}" if window else str(path)
    if stat.S_ISDIR(looked_up(path).st_mode):
        from nnvis.sources.folder import open_folder

        return open_folder(path, spec, choice)
    from nnvis.sources.picture import is_picture

    suffix = path.suffix.lower()
    kinds = [_open_picture, _open_video]
    if suffix in VIDEOS or (suffix not in PICTURES and not is_picture(path)):
        kinds.reverse()
    try:
        return kinds[0](path, spec, choice)
    except UserError as error:
        if is_picture(path) == (kinds[0] is _open_picture):
            raise
        try:  # its name is wrong
            return kinds[1](path, spec, choice)
        except UserError:
            raise error from None


def _open_picture(path: Path, spec: str, choice: LevelChoice) -> Source:
    from nnvis.sources.pages import open_picture

    return open_picture(path, spec, choice)


def _open_video(path: Path, spec: str, choice: LevelChoice) -> Source:
    if choice.asked is not None:
        raise UserError(f"{named(path)} is a video, which has no window; leave ?window= away")
    from nnvis.sources.video import Video
    from nnvis.sources.video_reader import VideoReader

    return Video(spec, path.name, VideoReader(path), path)


def _parted(spec: str) -> tuple[str, str]:
    """Return the path and the window of "scan.tif?window=0:4095", unless a file is called so."""
    path, mark, window = spec.rpartition("?window=")
    return (path, window) if mark and path and not expanded(spec).exists() else (spec, "")
