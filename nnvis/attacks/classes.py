"""From what a person types to a class of the network."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from nnvis.errors import UserError


def find_class(text: str, labels: Sequence[str] | None, count: int) -> int:
    """Return the class that `text` means: a number, a label, or the one label that it begins.

    Case does not matter, and of labels such as "tabby, tabby cat" each name counts.

    Args:
        text: what was typed.
        labels: of the classes, where they are known.
        count: how many classes the network has.

    Raises:
        UserError: there is none, or it could be several; names the nearest ones.
    """
    typed = text.strip().casefold()
    if typed.isdecimal():
        if int(typed) < count:
            return int(typed)
        raise UserError(f"there is no class {typed}; the network has classes 0 to {count - 1}")
    if not labels:
        raise UserError(
            f"this network's classes have no names; give a number from 0 to {count - 1} in place "
            f"of {text!r}"
        )
    names = [
        {label.casefold(), *(part.strip().casefold() for part in label.split(","))}
        for label in labels[:count]
    ]
    exact = [index for index, own in enumerate(names) if typed in own]
    found = exact or [
        index
        for index, own in enumerate(names)
        if typed and any(name.startswith(typed) for name in own)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(f"{labels[index]} ({index})" for index in found[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise UserError(f"{text!r} could be {shown}{more}; write more of it, or its number")
    near = nearest_labels(text, labels[:count])
    raise UserError(f"there is no class {text!r}; the nearest names are {', '.join(near)}")


def nearest_labels(text: str, labels: Sequence[str], most: int = 5) -> list[str]:
    """Return the labels most like `text`, those that contain it first."""
    typed = text.strip().casefold()
    by_name = {label.casefold(): label for label in labels}
    inside = [name for name in by_name if typed and typed in name]
    alike = difflib.get_close_matches(typed, by_name, most, 0.0)
    return [by_name[name] for name in dict.fromkeys([*inside[:most], *alike])][:most]
