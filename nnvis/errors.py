"""What is said to a person when something they gave cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Worded(str):
    """A line for the command line, which names its options, and the same line for the window."""

    window: str

    def __new__(cls, line: str, window: str) -> Worded:
        """Say `line`, and in the window `window`."""
        made = super().__new__(cls, line)
        made.window = window
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        return str(self), self.window


class UserError(Exception):
    """One line that names what is wrong and what to do; shown as it is, without a traceback.

    Names of others are part of it: what a terminal would obey is written out. Where the cure is
    an option of the command line the line is a Worded one, so that the window names its own.
    """

    def __init__(self, line: str = "", *, field: str = "") -> None:
        """Say `line`; `field` is that of the ModelRequest which it is about."""
        super().__init__(line)
        self.field = field

    def __str__(self) -> str:
        return printable(super().__str__(), keep="")

    @property
    def in_window(self) -> str:
        """The line as the window says it."""
        line = self.args[0] if self.args else ""
        return printable(line.window, keep="") if isinstance(line, Worded) else str(self)


def in_window(said: BaseException | str) -> str:
    """Return what the window says in place of an error, or a line."""
    if isinstance(said, UserError):
        return said.in_window
    return said.window if isinstance(said, Worded) else str(said)


@contextmanager
def about(field: str) -> Iterator[None]:
    """Let a UserError from inside be about `field` of the ModelRequest, if it says no other."""
    try:
        yield
    except UserError as error:
        error.field = error.field or field
        raise


def printable(text: str, keep: str = "\n\t") -> str:
    r"""Return `text` with all but `keep` that cannot be printed written out, such as "\x1b"."""
    if text.isprintable():
        return text
    return "".join(
        one
        if one.isprintable() or one in keep
        else one.encode("unicode_escape", "surrogatepass").decode("ascii")
        for one in text
    )


def first_line(error: BaseException) -> str:
    """Return the first line of what `error` says; its type where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
