"""The language of this process; its children begin with the same."""

from __future__ import annotations

import os
import re

from nnvis.language.choice import ENGLISH, LANGUAGES, VARIABLE
from nnvis.language.verbatim import Verbatim

MOST = 1 << 14  # texts, with and without numbers each, of which the source is remembered
_NUMBER = re.compile(r"\d")


class _Current:
    """What was chosen, and what was said in it."""

    def __init__(self) -> None:
        began = os.environ.get(VARIABLE, ENGLISH)  # what the parent process uses
        self.language = began if began in LANGUAGES and began != "auto" else ENGLISH
        self._words: dict[str, str] = {}
        self._numbers: dict[str, str] = {}

    def sources(self, said: str) -> dict[str, str]:
        """Where the source of `said` is kept: numbers that run by push out no words that stay."""
        return self._numbers if _NUMBER.search(said) else self._words


_current = _Current()


def language() -> str:
    """Return the language in use: "en" or "zh"."""
    return _current.language


def use_language(chosen: str) -> None:
    """Speak `chosen` from now on, here and in processes that are started."""
    _current.language = chosen
    os.environ[VARIABLE] = chosen


def tr(text: str) -> str:
    """Return `text` in the language in use; as it is where the catalogue does not have it."""
    if type(text) is Verbatim:
        return text
    spoken = _current.language
    said = text if spoken == ENGLISH else _translated(spoken, text)
    sources = _current.sources(said)
    if sources.get(said, said) == said:  # new, or said before by one who gave the translation
        while len(sources) >= MOST and said not in sources:
            sources.pop(next(iter(sources)), None)
        sources[said] = text
    return said


def _translated(spoken: str, text: str) -> str:
    from nnvis.language.catalogue import catalogue_of  # who speaks English waits for no XML

    return catalogue_of(spoken).say(text)


def together(separator: str, *texts: str) -> Verbatim:
    """Return `texts`, each in the language in use, with its sign for the separator between."""
    if _current.language == ENGLISH:
        return Verbatim(separator.join(map(tr, texts)))
    from nnvis.language.catalogue import joined

    return Verbatim(joined([tr(one) for one in texts], separator))


def translatable(text: str) -> str:
    """Return a single word as it is, which scripts/texts takes into the catalogue for `tr`."""
    return text


def source_of(said: str) -> str | None:
    """Return the English of something that `tr` returned; None if it did not return that."""
    return said if type(said) is Verbatim else _current.sources(said).get(said)
