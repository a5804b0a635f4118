"""What a person is asked for of a network: each field for the command line and for a form."""

from __future__ import annotations

import math
import re
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import lru_cache
from typing import Any, Literal, get_type_hints

from nnvis.errors import UserError

MOST_SIDE = 8192  # a side of the input

# A word | a file | one of `choices` | yes or no | one of two or neither | a whole number | h x w |
# numbers, one a channel
Kind = Literal["word", "file", "choice", "switch", "either", "number", "size", "numbers"]
_KINDS: dict[Any, Kind] = {
    bool: "switch", bool | None: "either", int: "number", int | None: "number",
    tuple[int, int] | None: "size", tuple[float, ...] | None: "numbers",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AskedField:
    """How one is asked for and read."""

    name: str
    kind: Kind
    default: Any  # what is taken where nothing is said
    label: str  # in the window
    help: str
    unsaid: str  # what is taken then, in a few words; empty: the default itself
    choices: tuple[str, ...]
    minimum: int | None
    maximum: int | None

    def read(self, text: str, called: str = "") -> Any:
        """Return the value that `text` means; the default where it is empty.

        Args:
            text: as it was typed.
            called: what a message calls the field; empty: the field's own label.

        Raises:
            UserError: it cannot be read.
        """
        text, called = text.strip(), called or self.label
        if not text:
            return self.default
        try:
            return self._value(text)
        except UserError as error:
            raise UserError(f"{called} {text!r} {error}", field=self.name) from None

    def write(self, value: Any) -> str:
        """Return `value` as it is typed; empty for the default."""
        if value is None or (value == self.default and self.unsaid):
            return ""
        if self.kind == "either":
            return self.choices[0 if value else 1]
        if self.kind == "size":
            height, width = value
            return str(height) if height == width else f"{height}x{width}"
        return ",".join(f"{one:.9g}" for one in value) if self.kind == "numbers" else str(value)

    def _value(self, text: str) -> Any:
        if self.kind in ("choice", "either") and text not in self.choices:
            raise UserError(f"is not known; use {', '.join(self.choices)}")
        if self.kind == "either":
            return text == self.choices[0]
        if self.kind == "number":
            return self._number(text)
        if self.kind == "size":
            return _size(text)
        if self.kind == "numbers":
            return _numbers(text)
        return text

    def _number(self, text: str) -> int:
        low, high = self.minimum, self.maximum
        number = int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else None
        if number is None or (low or number) > number or (high or number) < number:
            span = f" from {low}" if low is not None else ""
            span += f" to {high}" if high is not None else ""
            raise UserError(f"cannot be; give a whole number{span}")
        return number


def asked(
    default: Any,
    label: str,
    help: str,
    *,
    unsaid: str = "",
    file: bool = False,
    choices: tuple[str, ...] = (),
    minimum: int | None = None,
    maximum: int | None = None,
) -> Any:
    """Return a field of a dataclass that a person is asked for; see AskedField.

    Numbers and words are held within the limits when they are read by `structure`, too.
    """
    made: Field[Any] = field(
        default=default,
        metadata={
            "label": label, "help": help, "unsaid": unsaid, "file": file,
            "choices": choices, "minimum": minimum, "maximum": maximum,
        },
    )  # fmt: skip
    return made


@lru_cache
def asked_fields(cls: type) -> dict[str, AskedField]:
    """Return the fields of `cls` that a person is asked for, by name."""
    hints = get_type_hints(cls)
    return {
        one.name: _asked_field(one, hints[one.name])
        for one in fields(cls)
        if "label" in one.metadata
    }


def _asked_field(one: Field[Any], hint: Any) -> AskedField:
    told = dict(one.metadata)
    words: Kind = "file" if told.pop("file") else "choice" if told["choices"] else "word"
    assert one.default is not MISSING
    return AskedField(one.name, _KINDS.get(hint, words), one.default, **told)


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})(?:\s*[x\u00d7]\s*(\d{1,5}))?", text)
    sides = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not all(0 < side <= MOST_SIDE for side in sides):
        raise UserError("is not a size; write 224, or 480x640 (height x width)")
    return sides


def _numbers(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in re.split(r"\s*[,;]\s*|\s+", text.strip(" ()[]")))
    except ValueError:
        found = ()
    if not found or not all(map(math.isfinite, found)):
        raise UserError("is not a list of numbers; write 0.5,0.5,0.5")
    return found
