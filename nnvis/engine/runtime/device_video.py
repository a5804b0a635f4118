"""A video file decoded on the GPU by torchcodec: the same frames, at the same numbers and times.

The file is opened by VideoReader first, which knows what may be opened, and lists its packets:
numbers, times and lengths are PyAV's in both. Files whose frames another decoder may well make
otherwise - more than 8 bits, HDR, interlaced, pixels that are no squares, streams without a
beginning - stay with VideoReader; so does one whose frames, at its beginning and in its middle,
come out in other colours. It is read only once its first bytes say that it is of a container that
refers to no other file.

Frames cross to the host, where they are fitted to the network as its library does it, on a stream
of CUDA of their own, so that they do not wait for the network.
"""

from __future__ import annotations

import bisect
import logging
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnvis import extras
from nnvis.errors import UserError, first_line
from nnvis.sources.shot import Shot
from nnvis.sources.video_reader import VideoReader

log = logging.getLogger(__name__)

OFF = 2.0  # levels of 255, on average, by which the first frame may differ
_TICK = 1e-3  # seconds by which the decoder's times may differ
_BEGINNINGS = (  # where, and what, of containers that hold their frames themselves
    (0, b"\x1aE\xdf\xa3"), (0, b"RIFF"), (4, b"ftyp"), (4, b"moov"), (4, b"mdat"), (4, b"wide"),
    (4, b"free"), (4, b"skip"),
)  # fmt: skip


class DeviceVideoReader:
    """Stands where a VideoReader does; places are numbers of frames."""

    def __init__(self, path: Path, device: str, stopping: Callable[[], bool]) -> None:
        """Open `path`, absolute, to be decoded on `device`, "cuda:0" say.

        This takes as long as reading the file once. `stopping` says when it is of no use any more.

        Raises:
            UserError: it stays with VideoReader; says why.
        """
        self.path = path
        self._plain: VideoReader | None = None  # takes over where the decoder fails
        self._at = 0  # the frame that is next
        self._plain_at = -1  # the frame that comes next out of `_plain`
        plain = VideoReader(path)
        try:
            self.rate, self.seconds = plain.rate, plain.seconds
            plain.next_shot()  # which tells of what kind it is
            if why := plain.peculiar:
                raise UserError(f"another decoder might show it otherwise: {why}")
            _refuse_strange(plain.file)
            listed = plain.listed(stopping)
            begin = listed[0][0]
            self._times = [float(place - begin) for place, _ in listed]
            self._lasts = [float(length) for _, length in listed]
            self._stream: Any = nullcontext()
            self._decoder = self._opened(plain, device)
            if len(self._decoder) != len(listed):
                raise UserError(f"it has {len(listed)} frames and the decoder {len(self._decoder)}")
            apart = max(self._apart(plain, index) for index in (0, len(listed) // 2))
        finally:
            plain.close()
        if apart:
            how = f"decoded on {device}, up to {apart} of 255 levels from PyAV"
        else:
            how = f"decoded on {device}, as PyAV does it"
        self.what = f"{plain.what}; {how}"

    def next_shot(self) -> Shot | None:
        """Return the next frame, None at the end; it is decoded where its picture is asked for."""
        index, self._at = self._at, self._at + 1
        if index >= len(self._times):
            self._at = index
            return None
        return Shot(index, self._times[index], partial(self._picture, index), self._lasts[index])

    def seek(self, place: int) -> None:
        """Make frame `place` the next one; beyond the end the last."""
        self._at = min(max(0, place), len(self._times) - 1)

    def place_before(self, place: int, count: int) -> int:
        """Return the number of the frame that is `count` before number `place`, or the first."""
        return max(0, place - count)

    def place_at(self, seconds: float) -> int:
        """Return the number of the frame that is shown so many seconds after the first."""
        return max(0, bisect.bisect_right(self._times, seconds) - 1)

    def reopen(self) -> None:
        """Begin anew."""
        self._at = 0

    def close(self) -> None:
        """Give the file and the decoder back."""
        self._decoder = None
        if self._plain is not None:
            self._plain.close()

    def _opened(self, plain: VideoReader, device: str) -> Any:
        try:
            import torch
            from torchcodec.decoders import VideoDecoder

            if torch.device(device).type == "cuda":
                self._stream = torch.cuda.stream(torch.cuda.Stream(device))
            with self._stream:
                decoder = VideoDecoder(
                    str(plain.file), stream_index=plain.number, dimension_order="NHWC",
                    device=device,
                )  # fmt: skip
        except ImportError as error:
            said = missing()
            raise UserError(said or first_line(error)) from error
        except Exception as error:
            raise UserError(first_line(error)) from error
        if getattr(decoder, "cpu_fallback", False):
            raise UserError(f"the GPU does not decode it ({decoder.cpu_fallback})")
        return decoder

    def _apart(self, plain: VideoReader, index: int) -> int:
        """Return the levels by which frame `index` differs at most.

        Raises:
            UserError: it is another picture.
        """
        found, expected = self._decoded(index), self._plainly(plain, index)
        if found.shape != expected.shape:
            raise UserError("the decoder gives it another size")
        apart = np.abs(found.astype(np.int16) - expected)
        if apart.mean() > OFF:
            raise UserError(f"its colours would differ by {apart.mean():.0f} levels")
        return int(apart.max())

    def _decoded(self, index: int) -> NDArray[np.uint8]:
        try:
            with self._stream:
                frame = self._decoder.get_frame_at(index)
                picture: NDArray[np.uint8] = frame.data.cpu().numpy()
        except Exception as error:
            raise UserError(first_line(error)) from error
        if index == 0:
            self._begin = frame.pts_seconds
        off = abs(frame.pts_seconds - self._begin - self._times[index])
        if off > _TICK:
            raise UserError(f"its frame {index} is {off:.3g} s off in the decoder")
        return np.ascontiguousarray(picture)

    def _picture(self, index: int) -> NDArray[np.uint8]:
        if self._plain is None:
            try:
                return self._decoded(index)
            except UserError as error:
                log.warning("%s is not decoded on the GPU any longer: %s", self.path, error)
                self._plain, self._plain_at, self._decoder = VideoReader(self.path), -1, None
                self.what = f"{self._plain.what}; {refused(error)}"
        return self._plainly(self._plain, index)

    def _plainly(self, plain: VideoReader, index: int) -> NDArray[np.uint8]:
        if index != self._plain_at:
            plain.seek(plain.place_at(self._times[index]))
        self._plain_at = index + 1
        shot = plain.next_shot()
        if shot is None:
            raise UserError(f"{self.path} has changed or is damaged; copy it again")
        return shot.picture()


def missing() -> str:
    """Say what has to be installed for it, "" where nothing does."""
    if extras.missing("codec"):
        return f"torchcodec is not installed; {extras.command('codec')}"
    return ""


def unusable() -> str:
    """Return why no file at all is decoded so; "" where nothing speaks against it."""
    if gone := missing():
        return gone
    try:
        from torchcodec.decoders import VideoDecoder  # noqa: F401
    except Exception as error:  # noqa: BLE001 - libraries that do not fit, above all
        return first_line(error)
    return ""


def refused(error: UserError) -> str:
    """Say that a video is not decoded on the GPU, and why."""
    return f"not decoded on the GPU: {error.in_window}"


def _refuse_strange(file: Path) -> None:
    with file.open("rb") as stream:
        head = stream.read(16)
    if not any(head[at:].startswith(sign) for at, sign in _BEGINNINGS):
        raise UserError("it is no MP4, Matroska, WebM or AVI file")
