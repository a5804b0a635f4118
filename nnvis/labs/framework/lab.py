"""What a lab is: a claim of a paper, what can be set, and how it is drawn. No torch here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from nnvis.errors import UserError


@dataclass(frozen=True, slots=True)
class LabParameter:
    """A number that a person may change before a run."""

    name: str
    title: str
    help: str
    default: float
    minimum: float
    maximum: float
    whole: bool = False  # only integers
    wide: bool = False  # spans orders of magnitude: a slider moves by factors

    def check(self, value: float) -> float:
        """Return `value`.

        Raises:
            UserError: it lies outside, or should be whole.
        """
        allowed = f"{self.minimum:g} to {self.maximum:g}"
        if not math.isfinite(value) or not self.minimum <= value <= self.maximum:
            raise UserError(f"{self.name} {value:g} is out of range; use {allowed}")
        if self.whole and value != int(value):
            raise UserError(f"{self.name} {value:g} is not whole; use {allowed}")
        return value


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot of a lab: its curves are named by what the run reports."""

    name: str
    title: str
    across: str  # label of the x axis, with its unit
    up: str
    log: bool = False  # of x


@dataclass(frozen=True, slots=True)
class Lab:
    """One experiment."""

    name: str
    title: str
    claim: str  # in one sentence
    paper: str
    about: str  # what is trained on what, in two or three sentences
    knobs: tuple[LabParameter, ...]
    panels: tuple[Panel, ...]
    code: str  # the module whose `run` does it

    def values(self, given: Mapping[str, float]) -> dict[str, float]:
        """Return the value of every knob: as `given`, else the default.

        Raises:
            UserError: there is no such knob, or its value lies outside.
        """
        known = {knob.name: knob for knob in self.knobs}
        for name in given:
            if name not in known:
                has = ", ".join(known) or "nothing"
                raise UserError(f"the lab {self.name} has no {name!r}; it can be told {has}")
        return {name: knob.check(given.get(name, knob.default)) for name, knob in known.items()}
