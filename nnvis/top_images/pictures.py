"""A picture, from where the listing says it lies."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.sources.frames import Frames
from nnvis.sources.image_file import MAX_BYTES
from nnvis.sources.paths import regular_file
from nnvis.sources.picture import decode_picture
from nnvis.sources.spec_text import named
from nnvis.top_images.list_pictures import Reference

_here = threading.local()  # the video that this thread read last


def read(reference: Reference) -> NDArray[np.uint8]:
    """Return the (H,W,3) uint8 RGB picture at `reference`.

    Raises:
        UserError: there is no picture that can be read.
    """
    return read_hashed(reference, hashed=False)[0]


def read_hashed(reference: Reference, hashed: bool = True) -> tuple[NDArray[np.uint8], str]:
    """Return the picture and the SHA-256 of its file, member or, of a video, pixels; as hex."""
    if reference.frame >= 0:
        picture = _frame(reference)
        return picture, hashlib.sha256(picture.data).hexdigest() if hashed else ""
    content = read_file(reference)
    picture = decode_picture(content, named(reference.name))
    return picture, hashlib.sha256(content).hexdigest() if hashed else ""


def forget_video() -> None:
    """Close the video that this thread keeps open for its next frame."""
    frames = getattr(_here, "frames", None)
    if frames is not None:
        frames.close()
        _here.frames = None


def read_file(reference: Reference) -> bytes:
    """Return the bytes of the file or member at `reference`, which is no frame of a video.

    Raises:
        UserError: it cannot be read, or is too large.
    """
    path = regular_file(Path(reference.path), None if reference.offset >= 0 else MAX_BYTES)
    if reference.size > MAX_BYTES:
        raise UserError(f"{named(reference.name)} is larger than {MAX_BYTES >> 20} MB")
    try:
        with path.open("rb") as file:
            if reference.offset < 0:
                return file.read()
            file.seek(reference.offset)
            content = file.read(reference.size)
    except OSError as error:
        raise UserError(f"{named(reference.name)} cannot be read: {error.strerror}") from error
    if len(content) < max(1, reference.size):
        raise UserError(f"{named(reference.name)} is cut short; copy or download it again")
    return content


def _frame(reference: Reference) -> NDArray[np.uint8]:
    path = Path(reference.path)
    frames: Frames | None = getattr(_here, "frames", None)
    if frames is None or frames.path != path:
        forget_video()
        frames = _here.frames = Frames(path)
    return frames.picture(reference.frame)
