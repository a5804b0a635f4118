"""JSON of others: of bounded depth and size, with numbers that are numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from nnvis.errors import UserError
from nnvis.files.limited import read_text

DEEPEST = 64  # lists and objects within each other; ours have ten at most
_DIGITS = 300  # of an integer: more would take long to read, and fit nothing
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


def parse_json(text: str) -> Any:
    """Return what `text` says.

    Raises:
        ValueError: it is no JSON, nests too deeply, or has NaN, infinity or an endless number.
    """
    depth = 0
    for found in _BRACKETS.finditer(text):
        mark = found[0]
        if mark in "[{":
            depth += 1
            if depth > DEEPEST:
                raise ValueError(f"more than {DEEPEST} levels within each other")
        elif mark in "]}":
            depth -= 1
    return json.loads(text, parse_constant=_no_number, parse_int=_integer, parse_float=_finite)


def read_json(path: Path, limit: int, what: str) -> dict[str, Any]:
    """Return the object in the JSON file at `path`, which has at most `limit` bytes.

    Raises:
        UserError: it cannot be read, or is not such a file.
    """
    text = read_text(path, limit, what)
    try:
        found = parse_json(text)
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}); give a whole {what}") from None
    if not isinstance(found, dict):
        raise UserError(f"{path} is no {what}; check the name")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _integer(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is too large a number")
    return number
