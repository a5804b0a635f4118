"""Text that is never translated, though a text of ours may read the same."""

from __future__ import annotations


class Verbatim(str):
    """The name of a file, a layer, a class or a model, as it is."""

    __slots__ = ()


def verbatim(text: str) -> Verbatim:
    """Return `text` so that `tr` leaves it alone."""
    return Verbatim(text)
