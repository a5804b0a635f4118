"""Moving pictures as files that play up to the last moment, whatever becomes of their writer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from nnvis.errors import UserError

if TYPE_CHECKING:
    import av
    import av.filter

Picture = NDArray[np.uint8]  # (H,W,3) RGB, or (H,W,4) BGRA as the screen has it
FORMATS = {"mp4": "MP4", "gif": "GIF"}
LONGEST = {"mp4": 2560, "gif": 960}  # pixels of a side; what is larger is made smaller
LEAST = 448  # pixels: a small picture is repeated up to about so many
ENCODERS = ("libx264", "libopenh264", "h264_videotoolbox", "mpeg4")  # the first that is there
PIECE_MS = 150  # of an MP4: what lies in a piece that was written whole plays after a crash
KEY_MS = 2000  # from one frame that needs no other to the next
TICKS = {"mp4": 1000, "gif": 100}  # a second of the container's clock
_FAST = {"preset": "superfast", "tune": "zerolatency", "crf": "20", "forced-idr": "1"}


def movie_size(height: int, width: int, kind: str) -> tuple[int, int]:
    """Return height and width, both even, of a movie whose first picture has this size."""
    longest = max(height, width)
    times = max(1, LEAST // longest) * min(1.0, LONGEST[kind] / longest)
    return max(2, int(height * times) & ~1), max(2, int(width * times) & ~1)


class Movie:
    """One file at `path`, an MP4 or a GIF by its name, written as the pictures come.

    An MP4 is written in pieces, of which each plays without those that follow, and becomes an
    ordinary one at its end. What cannot be written ends it, and what lies there still plays.
    """

    def __init__(self, path: Path, first: Picture, meta: Mapping[str, Any]) -> None:
        """`first` gives the size.

        Raises:
            UserError: there can be no file at `path`, or one is there.
        """
        import av

        from nnvis.sources.video_reader import silence

        self.path, self._kind = path, path.suffix[1:]
        self.size = movie_size(first.shape[0], first.shape[1], self._kind)
        self._meta, self._last, self._key = json.dumps(meta, sort_keys=True), -1, -KEY_MS
        self._ended = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _OpenFile(path)
        except OSError as error:
            raise _unwritable(path, error) from error
        options = {"flush_packets": "1"}
        if self._kind == "mp4":
            options |= {"movflags": "hybrid_fragmented", "frag_duration": f"{1000 * PIECE_MS}"}
        silence()
        self._container = av.open(self._file, "w", format=self._kind, options=options)
        self._container.metadata.update({"title": path.stem, "comment": self._meta})
        self._stream = self._mp4_stream() if self._kind == "mp4" else self._gif_stream()

    def write(self, picture: Picture, at: float) -> None:
        """Add a picture that was shown `at` seconds after the first, later than all before.

        Raises:
            UserError: it cannot be written; the movie is closed.
        """
        import av

        frame = av.VideoFrame.from_ndarray(
            fitted(picture, self.size), "rgb24" if picture.shape[2] == 3 else "bgra"
        )
        self._last = max(self._last + 1, round(at * TICKS[self._kind]))
        frame.pts, frame.time_base = self._last, Fraction(1, TICKS[self._kind])
        start = self._file.end
        for one in self._ready(frame):
            for packet in self._stream.encode(one):
                self._container.mux(packet)
        if self._file.failure is None and not self.path.exists():
            self._file.failure = FileNotFoundError(2, f"{self.path.parent} is gone")
        if self._file.failure is not None:
            self._end(start)
            raise _unwritable(self.path, self._file.failure)

    def close(self) -> None:
        """End the file, unless a failure has done so already.

        Raises:
            UserError: its end cannot be written; what was written before plays.
        """
        if self._ended:
            return
        start = self._file.end
        for packet in self._stream.encode():
            self._container.mux(packet)
        self._end(start)
        if self._file.failure is not None:
            raise _unwritable(self.path, self._file.failure)
        if self._kind == "gif":
            _comment(self.path, self._meta)

    def _end(self, start: int) -> None:
        """Close the file, which is whole up to `start`; after a failure nothing stays behind it."""
        self._ended = True
        self._container.close()
        self._file.close(start)

    def _mp4_stream(self) -> av.VideoStream:
        import av
        from av.codec.codec import UnknownCodecError

        def there(name: str) -> bool:
            with suppress(UnknownCodecError):
                av.Codec(name, "w")
                return True
            return False

        name = next(one for one in ENCODERS if there(one))
        options = _FAST if name == "libx264" else {}
        stream = cast("av.VideoStream", self._container.add_stream(name, rate=30, options=options))
        context = stream.codec_context
        stream.height, stream.width = self.size
        stream.pix_fmt = "yuv420p"
        stream.time_base = context.time_base = Fraction(1, TICKS["mp4"])
        context.thread_count, context.gop_size = 1, 600
        if name != "libx264":
            stream.bit_rate = 6_000_000
        for part in ("colorspace", "color_primaries", "color_trc", "color_range"):
            setattr(context, part, 1)  # BT.709, 16 ... 235
        return stream

    def _gif_stream(self) -> av.VideoStream:

        stream = self._container.add_stream("gif", rate=10)
        stream.height, stream.width = self.size
        stream.pix_fmt = "pal8"
        stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS["gif"])
        self._palettes: dict[str, av.filter.Graph] = {}
        return stream

    def _ready(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """Give the frame as the encoder takes it."""
        from av.video.frame import PictureType

        if self._kind == "gif":
            yield self._in_palette(frame)
            return
        done = frame.reformat(format="yuv420p", dst_colorspace="itu709")
        done.pts, done.time_base = frame.pts, frame.time_base
        done.colorspace, done.color_range = 1, 1
        if self._last - self._key >= KEY_MS:
            self._key, done.pict_type = self._last, PictureType.I
        yield done

    def _in_palette(self, frame: av.VideoFrame) -> av.VideoFrame:
        """256 colours of its own for each frame."""
        import av.filter

        name = frame.format.name
        if name not in self._palettes:
            graph = av.filter.Graph()
            into = graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format,
                time_base=cast("Fraction", frame.time_base),
            )  # fmt: skip
            split, made = graph.add("split"), graph.add("palettegen", "stats_mode=single")
            used, out = graph.add("paletteuse", "new=1:dither=none"), graph.add("buffersink")
            into.link_to(split)
            split.link_to(made, 0, 0)
            split.link_to(used, 1, 0)
            made.link_to(used, 0, 1)
            used.link_to(out)
            graph.configure()
            self._palettes[name] = graph
        graph = self._palettes[name]
        graph.push(frame)
        done = cast("av.VideoFrame", graph.pull())
        done.pts, done.time_base = frame.pts, cast("Fraction", frame.time_base)
        return done


class _OpenFile:
    """What a container writes into; after the first failure nothing more."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=0)
        self.failure: OSError | None = None
        self.end = 0

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        while view and self.failure is None:
            try:
                view = view[self._file.write(view) :]
            except OSError as error:
                self.failure = error
            self.end = max(self.end, self._file.tell())
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self, whole: int) -> None:
        """`whole`: how far the file is good if something failed."""
        if self.failure is not None:
            with suppress(OSError):
                self._file.truncate(whole)
        self._file.close()


def fitted(picture: Picture, size: tuple[int, int]) -> Picture:
    """Return `picture` in `size`: cut by an odd row, repeated, or scaled with black around it."""
    import av

    (height, width), (high, wide) = picture.shape[:2], size
    if (height & ~1, width & ~1) == size:
        return np.ascontiguousarray(picture[:high, :wide])
    times = max(1, min(high // height, wide // width))
    if (height * times & ~1, width * times & ~1) == size:
        return picture.repeat(times, 0).repeat(times, 1)[:high, :wide]
    form = "rgb24" if picture.shape[2] == 3 else "bgra"
    scale = min(high / height, wide / width)
    inner = max(1, min(high, round(height * scale))), max(1, min(wide, round(width * scale)))
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), form)
    scaled = frame.reformat(width=inner[1], height=inner[0]).to_ndarray()
    done = np.zeros((high, wide, picture.shape[2]), np.uint8)
    top, left = (high - inner[0]) // 2, (wide - inner[1]) // 2
    done[top : top + inner[0], left : left + inner[1]] = scaled
    return done


def _comment(path: Path, text: str) -> None:
    """Put `text` as a comment before the last byte of a GIF."""
    said = text.encode("ascii")
    blocks = [said[at : at + 255] for at in range(0, len(said), 255)]
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x21\xfe" + b"".join(bytes([len(one)]) + one for one in blocks) + b"\0;")


def _unwritable(path: Path, error: OSError) -> UserError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return UserError(f"cannot write {path}: {reason}; choose another folder or make room")
