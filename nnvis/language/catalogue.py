"""The texts of a language, read from Qt's .ts format, which Linguist edits."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from nnvis.language.template import Template, has_words, places, single

FOLDER = Path(__file__).parent
_WORD = re.compile(r"\w+")
_QUANTITY = re.compile(  # what is measured, a number, its unit
    r"(?:(?P<of>\D*?\S) )?(?P<number>[-+]?\d(?:[\d.,]*\d)?(?: ± \d(?:[\d.,]*\d)?)?)"
    r"(?: (?P<unit>\D+))?"
)
_PARTS = ("\n", " ", "; ", ", ")  # between which each part may be a text; " " after a sentence
_LISTS = ("; ", ", ")
_SENTENCE = re.compile(r"(?<=\.) ")
_LONGEST = 4000  # characters that are parted; the longest source has less than half of them
_LINES = 20  # of a longer text are said, and the rest is as it is
_TOGETHER = 8  # parts that one source has at most
_BEFORE = (": ", "; ", ". ")  # the last of several, which may hold any of them itself
_SIGNS = {".": "\u3002", ";": "\uff1b", ":": "\uff1a", ",": "\uff0c"}
_WIDE = "\u2e80"  # from here on signs are Chinese, or as wide
_SEPARATORS = ("\n", " · ", "   ", "  ", ". ", "; ", ": ")  # between texts that were put together


@dataclass(frozen=True, slots=True)
class Translation:
    """One message of a catalogue; `context` says where it is shown."""

    context: str
    source: str
    translation: str
    finished: bool = True
    comment: str = ""  # for the translator: the expressions in the places


def read_entries(path: Path) -> list[Translation]:
    """Return what a .ts file of ours holds, in its order."""
    entries = []
    for context in ElementTree.parse(path).getroot().iter("context"):
        name = context.findtext("name", "")
        for message in context.iter("message"):
            said = message.find("translation")
            entries.append(
                Translation(
                    name,
                    message.findtext("source", ""),
                    (said.text or "") if said is not None else "",
                    said is not None and said.get("type") is None,
                    message.findtext("extracomment", ""),
                )
            )
    return entries


class Catalogue:
    """Finds the translation of a text, whole or made of a template."""

    def __init__(self, entries: Iterable[Translation]) -> None:
        self._whole: dict[str, str] = {}
        self._templates: dict[str, list[Template]] = {}
        for one in entries:
            if not one.translation or not one.finished:
                continue
            self._take(one.source, one.translation)
            if one.source[:2] in ("; ", ", "):  # also where the text is parted there
                self._take(one.source[2:], one.translation.lstrip("\uff1b\uff0c"))
        for some in self._templates.values():
            some.sort(key=lambda one: -one.weight)
        self.say = functools.lru_cache(1 << 13)(self._say)

    def _take(self, source: str, translation: str) -> None:
        if places(source):
            made = Template(source, translation)
            self._templates.setdefault(made.anchor, []).append(made)
        else:
            self._whole.setdefault(single(source), single(translation))

    def _say(self, text: str) -> str:
        if len(text) > _LONGEST:
            return self._long(text)
        found = self._known(text)
        if found is not None:
            return found
        if "\n" in text.strip():
            return "\n".join(map(self.say, text.split("\n")))
        for separator in _BEFORE:
            head, _, rest = text.partition(separator)
            end = self._known(rest) if rest else None
            if end is not None:
                return joined([self.say(head), end], separator)
        for separator in _SEPARATORS:
            parts = text.split(separator)
            if len(parts) > 1:
                said = [self.say(part) for part in parts]
                if said != parts:
                    return joined(said, separator)
        return text

    def _long(self, text: str) -> str:
        """Return the translation of a text that is long by what others wrote: whole, or lines."""
        found = self._find(text)
        if found is not None:
            return found
        *lines, rest = text.split("\n", _LINES)
        return "\n".join([*map(self.say, lines), rest])

    def _known(self, text: str, parted: int = 0) -> str | None:
        """Return the translation of what is ours: parts of it before a template that takes all."""
        bare = text.strip()
        if bare in self._whole:
            return text.replace(bare, self._whole[bare], 1)
        for separator in _BEFORE:
            head, _, rest = bare.partition(separator)
            if head in self._whole and rest in self._whole:
                both = joined([self._whole[head], self._whole[rest]], separator)
                return text.replace(bare, both, 1)
        for level, separator in enumerate(_PARTS[parted:], parted + 1):
            if (". " if separator == " " else separator) in bare:
                said = self._several(bare, separator, level)
                if said is not None:
                    return text.replace(bare, joined(said, separator), 1)
        return self._find(text)

    def _several(self, text: str, separator: str, level: int) -> list[str] | None:
        """Return the translations of the parts of `text`, if all are ours, or names in a list."""
        parts = _SENTENCE.split(text) if separator == " " else text.split(separator)
        said: list[str] = []
        at = 0
        while at < len(parts):
            ends = range(at + 1, min(at + _TOGETHER, len(parts)) + 1)
            texts = {end: separator.join(parts[at:end]) for end in ends}
            whole = [end for end in reversed(ends) if texts[end] in self._whole][:1]
            told = ((end, self._part(texts[end], separator, level)) for end in whole or ends)
            at, part = next(((end, one) for end, one in told if one is not None), (0, ""))
            if not at:
                return None
            said.append(part)
        return said if said != parts and len(said) > 1 else None

    def _part(self, text: str, separator: str, level: int) -> str | None:
        known = self._find(text, whole=True) if separator == ", " else self._known(text, level)
        if known is None and separator in _LISTS and not has_words(text):
            return text  # a name, or a number
        return known

    def _quantity(self, text: str) -> str | None:
        """Return the translation of a number whose name and unit, if it has them, are ours."""
        found = _QUANTITY.fullmatch(text)
        if found is None:
            return None
        name, unit = (
            one if one in (None, "%") else self._whole.get(one, "") for one in found.group(1, 3)
        )
        if "" in (name, unit) or name == unit or (name is None and unit == "%"):
            return None
        return " ".join(one for one in (name, found["number"], unit) if one)

    def _find(self, text: str, *, whole: bool = False) -> str | None:
        """Return the translation of one text of ours; if `whole`, no English word stays in it."""
        bare = text.strip()
        if not bare:
            return text
        said = self._whole.get(bare) or self._of_template(bare, whole) or self._quantity(bare)
        if said is None and bare[:1].isupper() and bare[1:2].islower():  # begins a sentence
            small = bare[0].lower() + bare[1:] if " " in bare else ""
            said = self._whole.get(small) or self._of_template(small, whole)
        if said is None and bare.endswith(".") and not bare.endswith(".."):
            line = self._find(bare[:-1], whole=whole)
            said = None if line is None else line + _SIGNS["."]
        return None if said is None else text.replace(bare, said, 1)

    def _of_template(self, text: str, whole: bool) -> str | None:
        words = dict.fromkeys(["", *_WORD.findall(text)])
        fitting = [one for word in words for one in self._templates.get(word, ())]
        for one in sorted(fitting, key=lambda one: -one.weight):
            said = one.say(text, self.say, whole=whole)
            if said is not None:
                return said
        return None


def joined(said: list[str], separator: str) -> str:
    """Put translated parts together, with Chinese signs behind Chinese words."""
    text = said[0]
    listed = separator in _LISTS and max("".join(said)) > _WIDE
    for before, after in itertools.pairwise(said):
        sign = _SIGNS.get(separator.strip(), "")
        wide = listed or max(before[-1:], after[:1]) > _WIDE
        if separator == " ":
            text += after if before[-1:] > _WIDE else f" {after}"
        else:
            text += (sign if wide and sign and not before.endswith(sign) else separator) + after
    return text


@functools.cache
def catalogue_of(language: str) -> Catalogue:
    """Return the catalogue of a language that is not English."""
    names = {"zh": "zh_CN"}
    return Catalogue(read_entries(FOLDER / f"{names[language]}.ts"))
