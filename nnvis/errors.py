"""What is said to a person when something they gave cannot be used."""

from __future__ import annotations


class UserError(Exception):
    """One line that names what is wrong and what to do; shown as it is, without a traceback.

    Names of others are part of it: what a terminal would obey is written out.
    """

    def __str__(self) -> str:
        return printable(super().__str__(), keep="")


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
