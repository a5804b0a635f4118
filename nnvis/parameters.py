"""What can be set of a method: a frozen dataclass, of which form, options and tables are made."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar, cast

from nnvis.errors import UserError

P = TypeVar("P")
Value = bool | int | float | str
LEVELS = 255  # between black and white, of a picture of 8 bit


@dataclass(frozen=True, slots=True)
class Option:
    """One field of a parameter dataclass, as a form or a command line needs it."""

    name: str
    default: Any  # a Value, whose type is the option's; None: what it may be, its editor knows
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    title: str = ""  # on a form; empty: made of the name
    log: bool = False  # spans orders of magnitude: a slider moves by factors
    words: Mapping[Value, tuple[str, str]] = field(default_factory=dict)  # see `option`
    usual: tuple[float, float] | None = None  # what a slider spans; None: all that may be
    parts: int = 0  # a slider counts in so many parts of 1, such as 255 levels

    def check(self, value: Any) -> Any:
        """Return `value` in the option's own type; a whole number may come as 3.0.

        Raises:
            UserError: it has another type, or lies outside.
        """
        kind = type(self.default)
        if self.default is None:
            if type(value) is int and not self.bounds[0] <= value <= self.bounds[1]:
                raise UserError(f"{self.name} {value} is out of range; it goes from 0 on")
            return value
        if kind is float and type(value) is int:
            value = float(value)
        if kind is int and type(value) is float and value.is_integer():
            value = int(value)
        if issubclass(kind, Enum) and value in self.choices:
            value = kind(value)
        if type(value) is not kind or (isinstance(value, float) and not math.isfinite(value)):
            noun = _NAMES.get(kind, "choice")
            raise UserError(f"{self.name} {value!r} is no {noun}; use {self.allowed}")
        if self.choices and value not in self.choices:
            raise UserError(f"{self.name} {value!r} is not known; use {self.allowed}")
        if isinstance(value, (int, float)) and kind is not bool:
            low, high = self.bounds
            if not low <= value <= high:
                raise UserError(f"{self.name} {value:g} is out of range; use {self.allowed}")
        return value

    def read(self, text: str) -> Any:
        """Return the value that `text` stands for: "4/255", "0.5", "12", "yes", or a choice.

        Raises:
            UserError: it stands for none, or one outside of the range.
        """
        kind = type(self.default)
        try:
            if kind is bool:
                return _TRUTH[text.strip().lower()]
            if kind is int:
                return self.check(int(text))
            if kind is float:
                above, _, below = text.partition("/")
                return self.check(float(above) / float(below or 1))
        except (ValueError, KeyError, ZeroDivisionError, OverflowError):
            raise UserError(
                f"{self.name} {text!r} is no {_NAMES[kind]}; use {self.allowed}"
            ) from None
        return self.check(text)

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest value; infinite where there is none."""
        low = -math.inf if self.minimum is None else self.minimum
        return low, math.inf if self.maximum is None else self.maximum

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        if self.choices:
            return ", ".join(self.choices)
        kind = type(self.default)
        if kind in (bool, str):
            return _NAMES[kind]
        what = f"a {_NAMES[kind]}"
        if self.minimum is None and self.maximum is None:
            return what
        if self.maximum is None:
            return f"{what} of {self._text(self.minimum or 0)} or more"
        return f"{what} from {self._text(self.minimum or 0)} to {self._text(self.maximum)}"

    @property
    def span(self) -> tuple[float, float]:
        """The least and the largest value of a slider."""
        return self.usual or self.bounds

    def text(self, value: float) -> str:
        """Return a number as people write it: "4/255" where levels are counted."""
        if self.parts == LEVELS:
            return f"{round(value * LEVELS)}/{LEVELS}"
        if self.parts:
            return f"{value:.{len(str(self.parts - 1))}f}"
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"

    def _text(self, bound: float) -> str:
        return f"{bound:.0f}" if isinstance(self.default, int) else f"{bound:g}"

    @property
    def about(self) -> str:
        """What it is, in a table."""
        return f"{self.title}: {self.help}" if self.title else self.help

    @property
    def label(self) -> str:
        """What a form calls it."""
        return self.title or self.name.replace("_", " ").capitalize()


_NAMES: dict[type, str] = {bool: "yes or no", int: "whole number", float: "number", str: "text"}
_TRUTH = {"yes": True, "true": True, "1": True, "on": True,
          "no": False, "false": False, "0": False, "off": False}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameters:
    """The base of parameter dataclasses: what is made of one has been checked."""

    def __post_init__(self) -> None:
        """Bring every option to its own type.

        Raises:
            UserError: a value has another type, or lies outside.
        """
        for one in options(type(self)):
            object.__setattr__(self, one.name, one.check(getattr(self, one.name)))


def option(
    default: Any,
    text: str,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Iterable[str] = (),
    title: str = "",
    log: bool = False,
    words: Mapping[Any, tuple[str, str]] | None = None,
    usual: tuple[float, float] | None = None,
    parts: int = 0,
) -> Any:
    """Return a dataclass field that explains itself; see `Option`.

    Args:
        default: in its own type; None where a form has an editor of its own for it.
        text: what it is, in one line.
        minimum: least that may be.
        maximum: most that may be.
        choices: of words.
        title: what a form calls it; else it is made of the name.
        log: a slider moves by factors.
        words: a choice, or yes and no -> what a button says, and its tip: buttons side by side.
        usual: least and most of a slider, where more may be.
        parts: a slider counts in so many parts of 1.
    """
    words = words or {}
    of_words = [one for one in words if isinstance(one, str)]
    metadata = {
        "help": text, "minimum": minimum, "maximum": maximum,
        "choices": tuple(choices) or tuple(of_words),
        "title": title, "log": log, "words": words, "usual": usual, "parts": parts,
    }  # fmt: skip
    return field(default=default, metadata=metadata)


def options(kind: Any) -> tuple[Option, ...]:
    """Return the options of a parameter dataclass; its other fields are none."""
    fields: tuple[Any, ...] = dataclasses.fields(kind)
    mine = (one for one in fields if "help" in one.metadata)  # others may only have limits
    return tuple(Option(one.name, one.default, **one.metadata) for one in mine)


def build(kind: type[P], values: Mapping[str, Any], method: str) -> P:
    """Make the parameters of `method`: `values` where given, else the defaults.

    Text is read as a person would have typed it.

    Raises:
        UserError: a name is unknown, or a value outside of its range.
    """
    known = {one.name: one for one in options(kind)}
    made = {}
    for name, value in values.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}? it has " if near else "it has "
            raise UserError(
                f"{method} has no parameter {name!r}; {hint}{', '.join(known) or 'none'}"
            )
        one = known[name]
        text = isinstance(value, str) and not isinstance(one.default, str)
        made[name] = one.read(value) if text else one.check(value)
    return kind(**made)


def changed(parameters: P, values: Mapping[str, Any], method: str) -> P:
    """Return `parameters` of `method` with other `values`, read as `build` does.

    Raises:
        UserError: a name is unknown, or a value outside of its range.
    """
    kind: Any = type(parameters)
    made = build(kind, values, method)
    others = {name: getattr(made, name) for name in values}
    return cast(P, dataclasses.replace(cast(Any, parameters), **others))
