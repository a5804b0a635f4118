"""CSV of which a spreadsheet computes nothing: names of others are words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    r"""Return `rows` as CSV with "\n" at the end of each, whose words no spreadsheet computes."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([cell(one) for one in row] for row in rows)
    return text.getvalue()


def cell(value: object) -> object:
    """Return a value of a CSV; words that begin like a formula get an apostrophe before them."""
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def word(text: str) -> str:
    """Return what `cell` was made of."""
    return text[1:] if text[:1] == "'" else text
