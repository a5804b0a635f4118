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
_APART = re.compile(r"(?<!,) (?=[^\W\d_])")  # before a word that is in no list
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SMALL = re.compile(r"(?<!\w)[a-z]{2}")
_COUNT = re.compile(r"\{1\} \w+(\{s\})?")
_LONG = re.compile(r"[^\W\d_]{3}")


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


def has_words(text: str) -> bool:
    """Tell whether there is a word in `text`, and not names or numbers alone."""
    return _SMALL.search(text) is not None


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
    def _short(self) -> bool:
        """Whether its own words are a few letters, such as "{1} to {2}", that say little."""
        return not _LONG.search(" ".join(literals(self.source)))

    @cached_property
    def _runs(self) -> tuple[re.Pattern[str], ...]:
        """What stands before, between and after the places, in which a plural is a group."""
        runs = [""]
        named = iter(places(self.source))
        for literal in literals(self.source):
            runs[-1] += re.escape(literal)
            place = next(named, None)
            if place == "s":
                runs[-1] += "(s|es|)"
            elif place is not None:
                runs.append("")
        *others, last = runs
        return (*map(re.compile, others), re.compile(rf"{last}\Z"))

    def _pieces(self, text: str) -> list[str] | None:
        """Return what stands in each place of `text`; None where it was not made of this.

        Each run is taken where it comes first, the last one at the end: any text that fits is
        found so, in a time that does not grow faster than the text.
        """
        pieces: list[str] = []
        at = 0
        for number, run in enumerate(self._runs):
            found = run.search(text, at) if number else run.match(text)
            if found is None:
                return None
            if number:
                pieces.append(text[at : found.start()])
            pieces += found.groups()
            at = found.end()
        if _COUNT.fullmatch(self.source) and _APART.search(pieces[0]):
            return None  # "3 pictures" is meant, not any sentence that ends so
        if sum(len(_APART.findall(one)) for one in pieces) > max(4, self.weight):
            return None  # a few words of ours among many others say nothing
        return pieces

    @cached_property
    def _said(self) -> list[str]:
        return literals(self.translation)

    @cached_property
    def _filled(self) -> list[tuple[int, bool]]:
        named = places(self.source)
        found = _found(self.translation)
        return [(named.index(one["place"]), one["own"] is not None) for one in found]

    def say(self, text: str, tr: Callable[[str], str], *, whole: bool = False) -> str | None:
        """Return the translation of `text`; None where it was not made of this template.

        With `whole` none either where a word of the language it was written in would stay.
        """
        pieces = self._pieces(text)
        if pieces is None:
            return None
        first, *others = self._said
        said = [first]
        for (place, translated), literal in zip(self._filled, others, strict=True):
            piece = pieces[place]
            told = tr(piece) if translated else piece
            if whole and has_words(told):
                return None
            if self._short and told == piece and _APART.search(piece):
                return None
            if translated:
                piece = piece if told == piece else told.strip()
                said.append(_between(said[-1], piece))
                literal = _between(piece, literal) + literal
            said += [piece, literal]
        return "".join(said)


def _between(before: str, after: str) -> str:
    """Return the space that stands between Chinese and Latin letters or digits."""
    wide = [bool(_CHINESE.match(one)) for one in (before[-1:], after[:1])]
    narrow = [one.isascii() and one.isalnum() for one in (before[-1:], after[:1])]
    return " " if (wide[0] and narrow[1]) or (narrow[0] and wide[1]) else ""
