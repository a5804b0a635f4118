"""One picture or several, named on the command line or piped in, and what is said of each."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import typer

from nnvis.cli.terminal import print_json, say
from nnvis.errors import UserError
from nnvis.export import file_name
from nnvis.sources.first_frame import first_frame
from nnvis.sources.frame import Frame
from nnvis.sources.network.credentials import hidden
from nnvis.sources.paths import expanded

M = TypeVar("M")

STDIN = "-"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GivenPicture:
    """A picture as a person named it."""

    source: str  # as it may be shown
    stem: str  # how the names of its files begin, and those of no other
    alone: bool  # whether it is the only one

    @property
    def column(self) -> tuple[str, ...]:
        """What heads the names of several pictures in a table."""
        return () if self.alone else ("picture",)

    @property
    def cell(self) -> tuple[str, ...]:
        """The picture's name in a table, where there are several."""
        return () if self.alone else (self.source,)


@dataclass(frozen=True, slots=True)
class PictureResult:
    """What was found in a picture."""

    found: Any  # for JSON
    tell: Callable[[], None]  # prints it


def given_pictures(specs: Sequence[str]) -> list[GivenPicture]:
    """Return the pictures that `specs` name, with stems that differ even where case does not.

    Raises:
        UserError: two of them are to come from standard input.
    """
    if specs.count(STDIN) > 1:
        raise UserError("standard input holds one picture; write - once")
    taken: set[str] = set()
    found = []
    for spec in map(hidden, specs):
        path = expanded(spec)
        name = "stdin" if spec == STDIN else path.stem if path.is_file() else spec
        stem, number = file_name(name), 1
        while stem.lower() in taken:
            number += 1
            stem = file_name(f"{name[:140]}-{number}")
        taken.add(stem.lower())
        found.append(GivenPicture(spec, stem, len(specs) == 1))
    return found


def read_given(spec: str) -> Frame:
    """Return the first picture of a source, or the one that is piped in.

    Raises:
        UserError: there is none.
    """
    if spec != STDIN:
        return first_frame(spec)
    if sys.stdin is None or sys.stdin.isatty():
        raise UserError("- is the picture that is piped in, as in: nnvis predict - < cat.jpg")
    from nnvis.sources.image_file import MAX_BYTES
    from nnvis.sources.picture import decode_picture

    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UserError(f"standard input holds more than {MAX_BYTES >> 20} MB; give a smaller one")
    if not content:
        raise UserError("standard input is empty; pipe a picture into it")
    return Frame(decode_picture(content, "standard input"), 0, time.monotonic(), STDIN, "stdin")


def look_at_each(
    specs: Sequence[str],
    load: Callable[[], M],
    look: Callable[[M, Frame, GivenPicture], PictureResult],
    json: bool,
) -> None:
    """Load once, then look at each picture and tell what was found.

    One picture gives its result as JSON; several give a list of {"source", "result"}, or "error"
    in place of the result: one that fails leaves the others, and makes the exit code 1.

    Raises:
        UserError: the only picture cannot be had, or nothing be loaded.
        typer.Exit: one of several failed.
    """
    pictures = given_pictures(specs)
    alone = len(pictures) == 1
    first = read_given(pictures[0].source) if alone else None  # before the network, which is slow
    model = load()
    answers: list[dict[str, Any]] = []
    for one in pictures:
        try:
            result = look(model, first or read_given(one.source), one)
        except Exception as error:
            if alone:
                raise
            log.info("looking at %s failed", one.source, exc_info=True)
            line = _line(error)
            say(f"nnvis: {line}" if one.source in line else f"nnvis: {one.source}: {line}")
            answers.append({"source": one.source, "error": line})
            continue
        answers.append({"source": one.source, "result": result.found})
        if not json:
            result.tell()
    if json:
        print_json(answers[0]["result"] if alone else answers)
    failed = sum("error" in one for one in answers)
    if failed:
        say(f"nnvis: {failed} of {len(pictures)} pictures failed")
        raise typer.Exit(1)


def _line(error: Exception) -> str:
    if isinstance(error, UserError):
        return str(error)
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"
