"""Pinned units: what they do from frame to frame, and what that sets off."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from nnvis.engine.protocol.observations import PinReading
from nnvis.engine.protocol.observe import Pin, Trigger

WARM_UP = 30  # frames before a unit can fire
MEMORY = 300  # frames; later ones count as much as the one so many before, and older ones less
FLOOR = 1e-6  # of the mean: below this, what a unit's value varies by is rounding


@dataclass(slots=True)
class Running:
    """Mean and variance of a stream that may drift.

    Welford 1962 for the first `MEMORY` values, thereafter with exponentially fading weights (West
    1979): the newest has the weight 1 / MEMORY.
    """

    frames: int = 0
    mean: float = 0.0
    variance: float = 0.0

    def add(self, value: float) -> None:
        """Take in a value that is a number."""
        self.frames += 1
        weight = 1 / min(self.frames, MEMORY)
        apart = value - self.mean
        self.mean += weight * apart
        self.variance = (1 - weight) * (self.variance + weight * apart * apart)

    @property
    def sigma(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.variance)


class PinBoard:
    """The past of every pinned unit; another source begins it anew."""

    def __init__(self) -> None:
        self._past: dict[Pin, Running] = {}
        self._of: object = None

    def follow(
        self, of: object, values: Sequence[tuple[Pin, float, float]], *, new: bool
    ) -> tuple[PinReading, ...]:
        """Take in the pins' (highest value, mean) on a frame, and tell them beside their past.

        Args:
            of: what the past belongs to (source, fit); where it is another, nothing is remembered.
            values: of this frame.
            new: not the frame of the look before, which counts once.
        """
        if of != self._of:
            self._of = of
            self._past.clear()
        pins = {pin for pin, _highest, _mean in values}
        self._past = {pin: past for pin, past in self._past.items() if pin in pins}
        looks = []
        for pin, highest, mean in values:
            past = self._past.setdefault(pin, Running())
            armed = past.frames >= WARM_UP
            looks.append(PinReading(pin, highest, mean, past.mean, past.sigma, past.frames, armed))
            if new and math.isfinite(highest):
                past.add(highest)
        return tuple(looks)


class Alarm:
    """Fires at most once in `Trigger.pause` seconds, and `Trigger.most` times in all."""

    def __init__(self) -> None:
        self._trigger: Trigger | None = None
        self._of: object = None
        self._top: int | None = None
        self._count = 0
        self._quiet_until = 0.0

    def check(
        self,
        trigger: Trigger | None,
        of: object,
        pins: Sequence[PinReading],
        top: tuple[int, str] | None,
        now: float | None = None,
    ) -> tuple[str, bool]:
        """Return why something fires on this new frame, else ""; and whether it then rests.

        Args:
            trigger: what is set; another one begins to count anew.
            of: what the class on top before belongs to.
            pins: with their past without this frame.
            top: index and name of the class on top.
            now: time.monotonic(), for tests.
        """
        if trigger != self._trigger:
            self._trigger, self._count, self._quiet_until = trigger, 0, 0.0
        before, self._top = (self._top if of == self._of else None), top[0] if top else None
        self._of = of
        if trigger is None or self._count >= trigger.most:
            return "", False
        why = ""
        for pin in pins:
            level = pin.level(trigger.sigmas)
            rounding = FLOOR * abs(pin.expected)
            if trigger.sigmas > 0 and pin.armed and pin.highest > level + rounding:
                where = f"{pin.pin.layer} unit {pin.pin.unit}"
                why = f"{where}: {pin.highest:.3g} > mean + {trigger.sigmas:g} sigma = {level:.3g}"
                break
        if not why and trigger.top and before is not None and top and top[0] != before:
            why = f"the top class is {top[1]} now"
        now = time.monotonic() if now is None else now
        if not why or now < self._quiet_until:
            return "", False
        self._quiet_until = now + trigger.pause
        self._count += 1
        return why, self._count >= trigger.most
