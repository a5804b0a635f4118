"""The frames of a video file with the times that the file gives them, and exact ways to any."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.sources.paths import open_regular, regular_file
from nnvis.sources.shot import Shot
from nnvis.sources.spec_text import named
from nnvis.sources.unread import refuse_unread

MAX_PIXELS = 36_000_000
_USUAL_RATE = Fraction(25)  # where the file tells none that can be true
_HEAD = 4096
_EARLIER_S = (0, 1, 5, 30)  # where a file lands behind what is sought, begin so much before it
_MAX_BAD = 500  # damaged packets in a row
# Named one by one: others are lists, which open other files, or draw text.
_FORMATS = (
    "mov,mp4,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg,mxf,yuv4mpegpipe,ivf,h264,hevc,"
    "m4v,mjpeg,obu,dv,nut,rm,wtv,swf"
)
_HDR = {16: "PQ", 18: "HLG"}  # transfer characteristics, as ITU-T H.273 numbers them
_STRAIGHT = Fraction(1)


def silence() -> None:
    """Let FFmpeg say nothing through Python, whatever other libraries have set.

    A decoder's thread that has something to say waits for Python's lock, which whoever frees that
    decoder holds while it waits for the thread: both wait for ever. torchvision up to 0.21 asks for
    what is said.
    """
    av.logging.set_level(None)


class VideoReader:
    """One file, opened; `next_shot` gives its frames in order."""

    def __init__(self, path: Path) -> None:
        """Open `path`, absolute, and decode its first frame, which shows whether it can be read.

        Raises:
            UserError: there is no video in it, or one that is too large or cannot be decoded.
        """
        self.path = path
        self.file = regular_file(path)
        self.what = ""
        self.peculiar = ""  # in what its frames are such as another decoder may show otherwise
        self._shots: Iterator[Shot]
        self._queue: deque[Shot]  # what is decoded already and comes first
        with open_regular(path) as stream:
            head = stream.read(_HEAD)
            refuse_unread(head, named(path))
            if _is_text(head):  # a play list among them
                raise UserError(
                    f"{named(path)} is text, not a picture or video; give a picture or video file"
                )
        self._open()
        try:
            first = self.next_shot()
            if first is None:
                raise UserError(_damaged(path))
        except BaseException:
            self.close()
            raise
        self._first = first.place
        self._queue.appendleft(Shot(first.place, 0.0, first.picture))
        duration = self._stream.duration
        whole = self._container.duration
        seconds = float(duration * self._base) if duration else (whole or 0) / av.time_base
        if not duration and "matroska" in self._container.format.name:  # tells when it ends
            seconds -= float(first.place * self._base)
        self.seconds = seconds if seconds > 1.5 / float(self.rate) else 0.0  # 0: unknown

    def next_shot(self) -> Shot | None:
        """Return the next frame, None at the end."""
        return self._queue.popleft() if self._queue else next(self._shots, None)

    def seek(self, place: int) -> None:
        """Make the frame that is shown at `place` the next one: the last that is not later."""
        # Of a stream, what follows a place may begin with pictures that lean on earlier ones.
        streamed = self._container.format.name in ("mpeg", "mpegts")
        for earlier in _EARLIER_S[1:] if streamed else _EARLIER_S:
            if not self._timed or place <= self._first:
                break
            try:
                begin = place - round(earlier / self._base)
                self._container.seek(begin, stream=self._stream)
            except (av.FFmpegError, ValueError):
                break
            self._shots, self._queue = self._decoded(), deque()
            if self._forward(place):
                return
        self.reopen()
        self._forward(place)

    def place_before(self, place: int, count: int) -> int:
        """Return the place of the frame that is `count` before the one at `place`."""
        if count == 0:
            return place
        back = 1 + Fraction(3 * count, 2) / self.rate
        while True:
            begin = max(self._first, place - round(back / self._base))
            self.seek(begin)
            found: deque[int] = deque(maxlen=count)
            while (shot := self.next_shot()) is not None and shot.place < place:
                found.append(shot.place)
            if len(found) == count or begin == self._first:
                return found[0] if found else self._first
            back *= 4

    def place_at(self, seconds: float) -> int:
        """Return the place that is so many seconds after the first frame, to the nearest unit."""
        return self._first + round(seconds / self._base)

    def reopen(self) -> None:
        """Begin anew."""
        self.close()
        self._open()

    def close(self) -> None:
        """Give the file back."""
        self._container.close()

    def listed(self, stopping: Callable[[], bool]) -> list[tuple[Fraction, Fraction]]:
        """Return when each frame begins and how long it is, seconds, without decoding any.

        That reads the whole file; what comes next afterwards is the first frame.

        Raises:
            UserError: packets do not tell, or it was told to stop.
        """
        self.reopen()
        found: dict[int, int] = {}
        try:
            for packet in self._container.demux(self._stream):
                if stopping():
                    raise UserError("it is of no use any more")
                if packet.size and packet.pts is None:
                    raise UserError("its packets have no times")
                if packet.size and not packet.is_discard and packet.pts is not None:
                    if packet.pts in found:
                        raise UserError("two of its frames have one time")
                    found[packet.pts] = packet.duration or 0
        except (av.FFmpegError, ValueError) as error:
            raise UserError("it is damaged") from error
        finally:
            self.reopen()
        if not found:
            raise UserError("its packets have no times")
        return [(place * self._base, found[place] * self._base) for place in sorted(found)]

    def _open(self) -> None:
        silence()
        options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
        try:
            self._container = av.open(f"file:{self.file}", options=options)
        except (av.FFmpegError, ValueError) as error:  # ValueError: a name that is no text
            raise UserError(_damaged(self.path)) from error
        try:
            self._choose()
        except BaseException:
            self._container.close()
            raise
        self._shots, self._queue = self._decoded(), deque()

    def _choose(self) -> None:
        covers = av.stream.Disposition.attached_pic
        streams = [one for one in self._container.streams.video if not one.disposition & covers]
        if not streams:
            raise UserError(f"{named(self.path)} has no video in it; give a video or picture file")
        self._stream = streams[0]
        self.number = self._stream.index  # which of all streams in the file; a closed one forgets
        context = self._stream.codec_context
        if context is None:
            raise UserError(
                f"{named(self.path)}: its codec is not known here; convert it with"
                " ffmpeg -i IN -c:v libx264 OUT.mp4"
            )
        if context.width * context.height > MAX_PIXELS:
            raise UserError(
                f"{named(self.path)} is too large: {context.width} x {context.height} is more than"
                f" {MAX_PIXELS // 10**6} megapixels; make it smaller"
            )
        context.thread_type, context.thread_count = "AUTO", 2  # the network needs the others
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.rate = rate if rate and 0.1 <= rate <= 1000 else _USUAL_RATE  # frames/s, on average
        self._aspect = self._stream.sample_aspect_ratio or _STRAIGHT
        if not Fraction(1, 10) <= self._aspect <= 10:
            self._aspect = _STRAIGHT  # no such camera
        self._timed, self._base = True, self._stream.time_base or 1 / self.rate

    def _decoded(self) -> Iterator[Shot]:
        """Decode from where the file stands; what is damaged is left out."""
        last, bad = None, 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                frames = [] if packet is None else packet.decode()
                bad = 0
            except av.EOFError:
                return
            except (av.FFmpegError, ValueError) as error:
                bad += 1
                if bad > _MAX_BAD or isinstance(error, av.DecoderNotFoundError):
                    return
                continue
            if packet is None:
                return
            for frame in frames:
                step = max(1, round(1 / self.rate / self._base))
                if frame.pts is None:
                    self._timed = False
                    place = 0 if last is None else last + step
                else:  # times that run backwards are not true
                    place = frame.pts if last is None else max(frame.pts, last + 1)
                last = place
                first = getattr(self, "_first", place)
                self.what = self.what or self._described(frame)
                seconds, lasts = ((place - first) * self._base, (frame.duration or 0) * self._base)
                draw = partial(self._picture, frame)
                yield Shot(place, float(seconds), draw, float(lasts))

    def _forward(self, place: int) -> bool:
        """Go on to the frame that is shown at `place`; tell whether the file began before it."""
        held = self.next_shot()
        if held is None or held.place > place:
            if held is not None:
                self._queue.appendleft(held)
            return False
        while (shot := self.next_shot()) is not None and shot.place <= place:
            held = shot
        self._queue.extendleft([shot, held] if shot is not None else [held])
        return True

    def _picture(self, raw: VideoFrame) -> NDArray[np.uint8]:
        """Return it upright and with square pixels: of each, the shorter side is lengthened."""
        width, height = raw.width, raw.height
        if self._aspect > 1:
            width = round(width * self._aspect)
        elif self._aspect < 1:
            height = round(height / self._aspect)
        picture = raw.to_ndarray(
            format="rgb24", width=width, height=height, interpolation="BICUBIC"
        )
        return np.ascontiguousarray(np.rot90(picture, round(raw.rotation / 90)), np.uint8)

    def _described(self, raw: VideoFrame) -> str:
        line = f"{self._stream.codec_context.codec.canonical_name} video"
        bits = max((one.bits for one in raw.format.components), default=8)
        if bits > 8:
            line += f", {bits} bits"
        if raw.interlaced_frame:
            line += ", interlaced"
        if raw.color_trc in _HDR:
            line += (
                f", HDR ({_HDR[raw.color_trc]}) shown without tone mapping: pale; to mend that"
                " convert it to SDR, BT.709"
            )
        if self._aspect != 1:
            line += f", pixels of {self._aspect} made square"
        streamed = self._container.format.name in ("mpeg", "mpegts")
        self.peculiar = (
            "more than 8 bits" if bits > 8
            else "HDR" if raw.color_trc in _HDR
            else "interlaced" if raw.interlaced_frame
            else "pixels that are no squares" if self._aspect != 1
            else "of a stream" if streamed
            else ""
        )  # fmt: skip
        return line


def _is_text(head: bytes) -> bool:
    if head.startswith(b"YUV4MPEG2"):  # a line of text before the pictures
        return False
    return all(byte >= 32 or byte in b"\t\n\r\f\x1b" for byte in head)


def _damaged(path: Path) -> str:
    return (
        f"{named(path)} is no picture or video that can be read, or is damaged;"
        " convert it to PNG or MP4, or copy it again"
    )
