"""What goes where: results on stdout, all else on stderr."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from nnvis.errors import printable
from nnvis.language import tr
from nnvis.progress import Progress as Step
from nnvis.progress import Steps, drain

R = TypeVar("R")

errors = Console(stderr=True, highlight=False)
_notes: list[str] = []  # to be said before the first result
_stdout: list[TextIO] = []  # the true one, where `messages` has put another in its place


@contextmanager
def messages() -> Iterator[None]:
    """Send what others print to stderr; results go on to stdout."""
    _stdout.append(_true_stdout())
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _stdout.pop()


class Results:
    """Where results go; of what others named, nothing is a command to the terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> None:
        self.stream.write(printable(text))


def results() -> Results:
    """Return where results go."""
    return Results(_true_stdout())


def _true_stdout() -> TextIO:
    return _stdout[-1] if _stdout else sys.stdout


def note(lines: Iterable[str]) -> None:
    """Keep what a person must know of the results, until there are any."""
    _notes.extend(lines)


def forget_notes() -> None:
    """Leave unsaid what was kept: there are no results."""
    _notes.clear()


def _say_notes() -> None:
    lines = _notes[:]
    _notes.clear()
    for line in lines:
        say(f"nnvis: {line}")


def say(line: str) -> None:
    """Tell a person something that is not a result."""
    begins = "nnvis: " if line.startswith("nnvis: ") else ""
    said = begins + tr(line.removeprefix(begins) if begins else line)  # else it stays verbatim
    errors.print(printable(said), markup=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Write `value` to stdout as JSON; NaN and infinity become null, as JSON has none."""
    _say_notes()
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)
    _true_stdout().write("".join(map(_json_letter, text)) + "\n")


def _json_letter(one: str) -> str:
    return one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1]


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Write a table to stdout; plain lines with tabs where stdout is not a terminal."""
    _say_notes()
    if not _true_stdout().isatty():
        for row in rows:
            results().write("\t".join(printable(str(cell), "") for cell in row) + "\n")
        return
    table = Table(
        *map(tr, columns),
        title=Text(printable(tr(title))) if title else None,
        box=None,
        header_style="bold",
        pad_edge=False,
    )
    for row in rows:
        table.add_row(*(Text(printable(str(cell), "")) for cell in row))
    Console(file=_true_stdout(), highlight=False).print(table)


@contextmanager
def progress_bar() -> Iterator[Callable[[Step], None]]:
    """Yield a function that shows a Step as a bar on stderr, which vanishes at the end."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def show(step: Step) -> None:
            bar.update(
                task,
                description=printable(tr(step.note), ""),
                completed=step.done,
                total=step.total or None,
            )

        yield show


def drain_with_bar(steps: Steps[R]) -> R:
    """Run `steps` to the end under a progress bar."""
    with progress_bar() as show:
        return drain(steps, show)
