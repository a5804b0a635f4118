"""What can be found by name, and which of it a few letters mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

SHOWN = 60


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One line of the palette."""

    kind: str  # "Command", "Layer", ...
    text: str
    run: Callable[[], object]
    key: str = ""  # as this system writes it


def best(entries: Iterable[Entry], text: str, most: int = SHOWN) -> list[Entry]:
    """Return the entries that have all the words of `text`, those that begin with them first.

    A word may stand anywhere in an entry, or be scattered over it in its order: "cmf" is Crop more
    finely; entries in which it is whole come before. Without text, all come as they are.
    """
    words = text.casefold().split()
    ranked = []
    for place, entry in enumerate(entries):
        rank = 0
        for word in words:
            one = _rank(entry, word)
            if one is None:
                break
            rank += one
        else:
            ranked.append((rank, len(entry.text) if words else 0, place, entry))
    ranked.sort(key=lambda one: one[:3])
    return [entry for *_, entry in ranked[:most]]


def _rank(entry: Entry, word: str) -> int | None:
    """0: the text begins with it; 1: a word does; 2: within; 3: its kind does; 6: scattered."""
    text = entry.text.casefold()
    at = text.find(word)
    if at == 0:
        return 0
    if at > 0:
        return 1 if re.search(rf"(?<![^\W_]){re.escape(word)}", text) else 2
    if entry.kind.casefold().startswith(word):
        return 3
    rest = iter(text)
    return 6 if len(word) > 1 and all(letter in rest for letter in word) else None
