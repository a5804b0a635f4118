"""How messages name what a person gave, and which name they may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote

_LONGEST = 160
PARTED = "|"  # between the names of several files


def named(text: object) -> str:
    """Return `text` as one line that can be printed anywhere, shortened in the middle."""
    line = "".join(
        one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode()
        for one in str(text)
    )
    if not line.strip():
        return repr(line)
    if len(line) > _LONGEST:
        half = _LONGEST // 2
        line = f"{line[:half]}...{line[-half:]}"
    return line


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return `did you mean 'x'? ` for the choice nearest to `name`, or nothing."""
    near = difflib.get_close_matches(name, list(choices), n=1)
    return f"did you mean {named(near[0])}? " if near else ""


def reaches_out(spec: str) -> bool:
    """Tell whether opening `spec` speaks to another machine, or switches a camera on."""
    text = spec.strip().lower().replace("\\", "/")
    scheme, colon, rest = text.partition(":")
    paths = rest.split(PARTED) if colon and scheme == "files" else [text]
    if colon and scheme == "file":  # after the name of a machine, which is not asked
        paths = [unquote("/" + rest[2:].partition("/")[2]).replace("\\", "/")]
    if any(one.strip().startswith("//") for one in paths):  # on Windows those of another machine
        return True
    return bool(colon) and (scheme == "camera" or (rest.startswith("//") and scheme != "file"))


def spec_of_files(names: Sequence[str]) -> str:
    """Return the spec of several picture files."""
    return f"files:{PARTED.join(str(Path(name).absolute()) for name in names)}"
