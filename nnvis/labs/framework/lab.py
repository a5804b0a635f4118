"""What a lab is: a claim of a paper, what can be set, and how it is drawn. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnvis.labs.framework.statistics import NOT_BELOW_0, SHARE
from nnvis.parameters import Option, Parameters, build, options


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot of a lab: its curves are named by what the run reports."""

    name: str
    title: str
    across: str  # label of the x axis, with its unit
    up: str
    log: bool = False  # of x
    names: tuple[str, ...] = ()  # of the places 1, 2, ... on x, between which there is nothing

    @property
    def within(self) -> tuple[float, float] | None:
        """Where what is drawn can lie: shares from 0 to 100, losses and sharpness not below 0."""
        if self.up.endswith("%"):
            return SHARE
        return NOT_BELOW_0 if self.up.endswith(("loss", "sharpness", "error")) else None


@dataclass(frozen=True, slots=True)
class Lab:
    """One experiment."""

    name: str
    title: str
    claim: str  # in one sentence
    paper: str
    about: str  # what is trained on what, in two or three sentences
    panels: tuple[Panel, ...]
    code: str  # "module:function", LabPlan -> Steps[LabOutcome]; if `own`, see there
    parameters: type[Parameters] = Parameters
    own: bool = False  # about a person's own network: not among `all`
    data: str = "digits"  # what a full run trains on unless told; a quick one has the digits
    seconds: tuple[float, float] = (60.0, 300.0)  # of a quick and a full run, 5 seeds, two cores

    @property
    def options(self) -> tuple[Option, ...]:
        """What can be set, for a form or a command line."""
        return options(self.parameters)

    def values(self, given: Mapping[str, Any]) -> dict[str, float]:
        """Return every parameter: as `given`, else the default; text is read.

        Raises:
            UserError: there is no such parameter, or its value lies outside.
        """
        made = build(self.parameters, given, f"the lab {self.name}")
        return {one.name: getattr(made, one.name) for one in self.options}
