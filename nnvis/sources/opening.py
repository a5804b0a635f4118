"""From what a person writes to a source."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nnvis.errors import UserError
from nnvis.sources.cameras import list_cameras
from nnvis.sources.paths import expanded, looked_up
from nnvis.sources.source import Source
from nnvis.sources.spec_text import did_you_mean, named
from nnvis.sources.suffixes import PICTURES, VIDEOS

# What is imported inside functions costs time (OpenCV 0.3 s) that other kinds do not pay.

_KINDS = ("demo", "camera:", "sample:", "pattern:", "http://", "https://", "rtsp://")


def open_source(spec: str) -> Source:
    """Open a source of frames.

    Args:
        spec: `demo`, `camera:0?size=1280x720&fps=30`, a picture, video or folder, `sample:NAME`,
            `pattern:NAME`, or an http, https or rtsp address.

    Raises:
        UserError: it cannot be opened; says what to do.
    """
    spec = spec.strip()
    if not spec:
        raise UserError("the source '' is empty; name a file, or use demo or camera:0")
    if spec == "demo":
        from nnvis.sources.demo import open_demo

        return open_demo()
    scheme, colon, rest = spec.partition(":")
    if colon:
        known = _open_scheme(scheme.lower(), rest, spec)
        if known is not None:
            return known
    path = expanded(spec)
    if colon and _looks_like_scheme(scheme) and not path.exists():
        name = scheme.partition(",")[0]
        raise UserError(
            f"{named(spec)}: {named(name)} is not a known kind of source;"
            f" {did_you_mean(f'{name}:', _KINDS)}use a file, {', '.join(_KINDS)}"
        )
    return _open_path(path)


def default_source() -> str:
    """Return the spec of the first camera, or `demo` where there is none."""
    cameras = list_cameras()
    return cameras[0].spec if cameras else "demo"


def _open_scheme(scheme: str, rest: str, spec: str) -> Source | None:
    if scheme == "camera":
        from nnvis.sources.camera import open_camera

        return open_camera(rest)
    if scheme == "sample":
        from nnvis.sources.sample import open_sample

        return open_sample(rest)
    if scheme == "pattern":
        from nnvis.sources.pattern import open_pattern

        return open_pattern(rest)
    if scheme in ("http", "https", "rtsp") and rest.startswith("//"):
        from nnvis.sources.stream import open_stream

        return open_stream(f"{scheme}:{rest}")
    if scheme == "file" and rest.startswith("//"):
        return _open_path(expanded(unquote(urlsplit(spec).path)))
    return None


def _looks_like_scheme(text: str) -> bool:
    """Two letters at least, since one is a drive of Windows."""
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9+.,-]+", text) is not None


def _open_path(path: Path) -> Source:
    if stat.S_ISDIR(looked_up(path).st_mode):
        from nnvis.sources.folder import Folder

        return Folder(path)
    from nnvis.sources.picture import is_picture, read_picture

    suffix = path.suffix.lower()
    if suffix in PICTURES or (suffix not in VIDEOS and is_picture(path)):
        from nnvis.sources.still import StillSource

        return StillSource(str(path), path.name, read_picture(path))
    from nnvis.sources.video import Video

    return Video(path)
