"""Why a network cannot be had, with its cure in words of where the person is."""

from __future__ import annotations

from collections.abc import Sequence

from nnvis.errors import UserError, Worded


def no_such(what: str, near: Sequence[str]) -> UserError:
    """Return that there is no model of a name; `near` are names like it."""
    if near:
        return UserError(f"{what}; did you mean {', '.join(near)}?")
    return UserError(
        Worded(f"{what}; nnvis models lists all", f"{what}; choose one from the list that opens")
    )


def untrained(what: str, cure: str = "") -> UserError:
    """Return that trained weights cannot be had; `cure` is what else could be done."""
    first = f"{cure}, or " if cure else ""
    return UserError(
        Worded(
            f"{what}; {first}use --random-weights or --weights FILE",
            f"{what}; {first}give a weights file, or tick random weights",
        ),
        field="weights",
    )
