"""The texts of a language, read from Qt's .ts format, which Linguist edits."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from nnvis.language.template import Template, places, single

FOLDER = Path(__file__).parent
_WORD = re.compile(r"\w+")
_BEFORE = (": ", "; ", ". ")  # the last of several, which may hold any of them itself
_SIGNS = {".": "\u3002", ";": "\uff1b", ":": "\uff1a"}
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
            if places(one.source):
                made = Template(one.source, one.translation)
                self._templates.setdefault(made.anchor, []).append(made)
            else:
                self._whole[single(one.source)] = single(one.translation)
        for some in self._templates.values():
            some.sort(key=lambda one: -one.weight)
        self.say = functools.lru_cache(1 << 13)(self._say)

    def _say(self, text: str) -> str:
        if "\n" in text:  # lines of ours before a template whose place could swallow some
            lines = [self._find(line) for line in text.split("\n")]
            known = [line for line in lines if line is not None]
            if len(known) == len(lines):
                return "\n".join(known)
        found = self._find(text)
        if found is not None:
            return found
        for separator in _BEFORE:
            head, _, rest = text.partition(separator)
            end = self._find(rest) if rest else None
            if end is not None:
                return _joined([self.say(head), end], separator)
        for separator in _SEPARATORS:
            parts = text.split(separator)
            if len(parts) > 1:
                said = [self.say(part) for part in parts]
                if said != parts:
                    return _joined(said, separator)
        pieces = [self._find(part) for part in text.split(", ")]
        said_pieces = [one for one in pieces if one is not None]
        return "\uff0c".join(said_pieces) if len(said_pieces) == len(pieces) else text

    def _find(self, text: str) -> str | None:
        bare = text.strip()
        if not bare:
            return text
        said = self._whole.get(bare) or self._of_template(bare)
        if said is None and bare.endswith(".") and not bare.endswith(".."):
            line = self._whole.get(bare[:-1]) or self._of_template(bare[:-1])
            said = None if line is None else line + _SIGNS["."]
        return None if said is None else text.replace(bare, said, 1)

    def _of_template(self, text: str) -> str | None:
        words = dict.fromkeys(["", *_WORD.findall(text)])
        fitting = [one for word in words for one in self._templates.get(word, ())]
        for one in sorted(fitting, key=lambda one: -one.weight):
            said = one.say(text, self.say)
            if said is not None:
                return said
        return None


def _joined(said: list[str], separator: str) -> str:
    """Put translated parts together, with Chinese signs behind Chinese words."""
    joined = said[0]
    for before, after in itertools.pairwise(said):
        sign = _SIGNS.get(separator.strip(), "")
        wide = sign and not before.endswith(sign) and max(before[-1:], after[:1]) > _WIDE
        joined += (sign if wide else separator) + after
    return joined


@functools.cache
def catalogue_of(language: str) -> Catalogue:
    """Return the catalogue of a language that is not English."""
    names = {"zh": "zh_CN"}
    return Catalogue(read_entries(FOLDER / f"{names[language]}.ts"))
