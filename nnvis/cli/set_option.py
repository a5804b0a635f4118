"""What can be set of a method by name: --set NAME=VALUE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from nnvis.errors import UserError

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A parameter as NAME=VALUE; nnvis list KIND --parameters names them. May be repeated.",
    ),
]


def read_set_options(texts: Sequence[str] | None) -> dict[str, str]:
    """Return the values by name, as they were written.

    Raises:
        UserError: one of them is no NAME=VALUE.
    """
    found = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (equals and name.strip() and value.strip()):
            raise UserError(f"--set {text!r} is not understood; write NAME=VALUE as in steps=200")
        found[name.strip().replace("-", "_")] = value.strip()
    return found
