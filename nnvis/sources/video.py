"""A video or animated picture at its own pace: loop, pause, step by frames, seek."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

from nnvis.errors import UserError
from nnvis.sources.frame import Frame
from nnvis.sources.frame_clock import FrameClock
from nnvis.sources.shot import Shot, ShotReader
from nnvis.sources.source import Control, SourceState, Status
from nnvis.sources.spec_text import named

_LONGEST_S = 60.0  # between two frames; times further apart are damaged
_TICK = 1e-6  # seconds by which what is asked for may miss a frame


class Video:
    """Frames of a file, each at its time."""

    controls = frozenset({Control.PAUSE, Control.STEP, Control.SEEK, Control.LOOP})

    def __init__(self, spec: str, title: str, reader: ShotReader, file: Path | None = None) -> None:
        """Play what `reader` reads; of a video, `file` is what another reader may open as well."""
        self.spec, self.title, self._reader, self.file = spec, title, reader, file
        self.changed = False  # another reader has taken over
        self.told = ""  # what else is to be said of how it is read
        self._length = reader.seconds  # 0: unknown
        self._ahead = self._reader.next_shot()  # decoded before its time, which ends the other's
        self._now: Shot | None = None  # the one that was given last
        self._given = 0
        self._pace = FrameClock(float(self._reader.rate))
        self._loop, self._paused, self._ended = True, False, False
        self._owed = False  # one frame is to be shown although paused

    @property
    def status(self) -> Status:
        state = (
            SourceState.ENDED
            if self._ended
            else SourceState.PAUSED
            if self._paused
            else SourceState.LIVE
        )
        position = self._now.seconds if self._now else 0.0
        length = max(self._length, position) if self._length else 0.0  # the file may be mistaken
        note = clock(position) + (f" of {clock(length)}" if length else "")
        return Status(state, note, position, length)

    def due(self) -> float:
        waiting = self._ended or (self._paused and not self._owed)
        return math.inf if waiting else self._pace.due

    def read(self) -> Frame | None:
        if math.isinf(self.due()):
            return None
        if self._ahead is None:  # the end
            if self._now is not None:
                self._length = self._now.seconds + self._lasts(self._now)
            self._ended = not self._loop
            if self._ended:
                return None
            self._reader.reopen()
            self._ahead = self._reader.next_shot()
            if self._ahead is None:
                raise UserError(f"{named(self.spec)} has changed or is damaged; copy it again")
        shot, self._ahead = self._ahead, self._reader.next_shot()
        index, self._given = self._given, self._given + 1
        self._now, self._owed = shot, False
        self._pace.tick(self._lasts(shot))
        picture, label = shot.picture(), clock(shot.seconds)
        now = time.monotonic()
        what = "; ".join(filter(None, (self._reader.what, self.told)))
        return Frame(picture, index, now, self.spec, label, shot.seconds, scale=what)

    def control(self, control: Control, value: float) -> None:
        if control is Control.LOOP:
            self._loop = bool(value)
            self._ended = self._ended and not self._loop
        elif control is Control.PAUSE:
            self._paused = bool(value)
            if self._ended and not self._paused:
                self._show(0.0)
        elif control is Control.STEP:
            self._paused = True
            self._step(int(value))
        elif control is Control.SEEK and math.isfinite(value):
            self._show(value)
        self._pace.at_once()

    def change_reader(self, reader: ShotReader) -> None:
        """Go on with another reader of the same file, where this one is."""
        old, self._reader, self.told, self.changed = self._reader, reader, "", True
        if self._now is not None:
            self._now = replace(self._now, place=reader.place_at(self._now.seconds + _TICK))
        if self._ahead is not None:
            reader.seek(reader.place_at(self._ahead.seconds + _TICK))
            self._ahead = reader.next_shot()
        old.close()

    def close(self) -> None:
        self._now = self._ahead = None
        self._reader.close()

    def _lasts(self, shot: Shot) -> float:
        """Return the seconds up to what is ahead; of the last one, what the file says."""
        lasts = self._ahead.seconds - shot.seconds if self._ahead else shot.lasts
        return lasts if 0 < lasts <= _LONGEST_S else 1 / float(self._reader.rate)

    def _show(self, seconds: float) -> None:
        self._reader.seek(self._reader.place_at(max(0.0, seconds + _TICK)))
        self._ahead, self._owed, self._ended = self._reader.next_shot(), True, False

    def _step(self, frames: int) -> None:
        waits = self._owed or self._now is None  # what is ahead is what the person steps from
        shown = self._ahead if waits else self._now
        if shown is None:
            return
        if frames <= 0:
            self._reader.seek(self._reader.place_before(shown.place, -frames))
            shown = self._reader.next_shot()
        following = None if frames <= 0 else self._reader.next_shot() if waits else self._ahead
        while following is not None:  # the last one stays
            shown, frames = following, frames - 1
            following = self._reader.next_shot() if frames else None
        self._ahead, self._owed, self._ended = shown, True, False


def clock(seconds: float) -> str:
    """Return "0:07.2" or "1:02:07.2"."""
    tenths = int(seconds * 10 + 1e-6)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{rest // 10:02d}.{rest % 10}"
