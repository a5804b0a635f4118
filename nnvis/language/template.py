"""A sentence with places for what varies: how it was written, found again, and said anew.

A source such as "{1} of {2} units" is made of an f-string, its places counted from 1. In the
translation {1} stands for what was written there, as it is; {1:t} for its translation; a place
that only makes English plurals, {s} in the source, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<place>s|\d+)(?P<own>:t)?\}")
_WORD = re.compile(r"\w+")


def _found(text: str) -> list[re.Match[str]]:
    """Return the places of a template; doubled braces are none, but signs."""
    return [one for one in _TOKEN.finditer(text) if one["place"]]


def literals(text: str) -> list[str]:
    """Return what stands between the places of a template, and before and after them."""
    parts, at = [], 0
    for one in _found(text):
        parts.append(text[at : one.start()])
        at = one.end()
    return [single(part) for part in (*parts, text[at:])]


def places(text: str) -> list[str]:
    """Return the places of a template in their order: "1", "2", "s"."""
    return [one["place"] for one in _found(text)]


def single(text: str) -> str:
    """Return a text without places as it is shown: braces are doubled in templates."""
    return text.replace("{{", "{").replace("}}", "}")


@dataclass(frozen=True)
class Template:
    """One sentence with places, and its translation."""

    source: str
    translation: str

    @cached_property
    def weight(self) -> int:
        """How much of it is fixed; of two that fit, the heavier is meant."""
        return sum(map(len, literals(self.source)))

    @property
    def anchor(self) -> str:
        """The longest whole word that stands in whatever is made of it; "" where there is none."""
        words = []
        parts = literals(self.source)
        for number, part in enumerate(parts):
            for found in _WORD.finditer(part):
                open_left = found.start() == 0 and number > 0
                open_right = found.end() == len(part) and number < len(parts) - 1
                if not (open_left or open_right):
                    words.append(found.group())
        return max(words, key=len, default="")

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        first, *others = map(re.escape, literals(self.source))
        counts = re.fullmatch(
            r"\{1\} \w+", self.source
        )  # "3 pictures", not any sentence that ends so
        any_ = r"(\S*?)" if counts else "(.*?)"
        holes = ["(s|es|)" if one == "s" else any_ for one in places(self.source)]
        pairs = zip(holes, others, strict=True)
        return re.compile(first + "".join(hole + one for hole, one in pairs), re.DOTALL)

    @cached_property
    def _said(self) -> list[str]:
        return literals(self.translation)

    @cached_property
    def _filled(self) -> list[tuple[int, bool]]:
        named = places(self.source)
        found = _found(self.translation)
        return [(named.index(one["place"]), one["own"] is not None) for one in found]

    def say(self, text: str, tr: Callable[[str], str]) -> str | None:
        """Return the translation of `text`; None where it was not made of this template."""
        match = self._pattern.fullmatch(text)
        if match is None:
            return None
        first, *others = self._said
        said = [first]
        for (place, translated), literal in zip(self._filled, others, strict=True):
            piece = match.group(place + 1)
            said += [tr(piece) if translated else piece, literal]
        return "".join(said)
