"""Models that are code, Python or a pickle: a person starts them here, nothing that was saved does.

What a person gives on the command line, or confirms in the window, is remembered: this file, with
this content, and this function in it. Settings, a session, a picture or a list that names it may
then load it again; a file that was changed, moved or copied has to be started by hand once more.
"""

from __future__ import annotations

import hashlib
import uuid
from importlib.machinery import PathFinder
from pathlib import Path

from nnvis.config import data_folder
from nnvis.errors import UserError, Worded
from nnvis.files.limited import read_file, read_text
from nnvis.files.whole import write_text
from nnvis.models.info import is_attached

PICKLES = (".pt", ".pth")  # of a whole network, which runs what it names
_CODE_LIMIT = 1 << 30  # bytes of a file
_LIST_LIMIT = 1 << 20
_MOST = 1000  # files that are remembered
_asked: set[str] = set()  # marks of what a person asked for since the program began


def runs_code(spec: str) -> bool:
    """Tell whether loading the model `spec` runs Python code that it names."""
    named = ":" in spec or spec.lower().endswith(PICKLES)
    return named and not is_attached(spec)


def trust(spec: str) -> None:
    """Remember that a person asked for this code, until the program ends at least.

    Raises:
        UserError: that cannot be written down.
    """
    if not runs_code(spec):
        return
    mark = _mark(spec)
    _asked.add(mark or spec)
    known = _known()
    if mark and mark not in known:
        write_text(_path(), "\n".join([*known, mark][-_MOST:]) + "\n")


def require_trust(spec: str) -> None:
    """Refuse a model of Python code that nobody started here as it is now.

    Raises:
        UserError: `spec` is such a model.
    """
    if not is_trusted(spec):
        raise UserError(
            Worded(
                f"{spec} is code that runs; start it yourself: nnvis --model {spec}",
                f"{spec} is code that was not run here yet, or was changed since; "
                "run it only if you trust it",
            ),
            field="spec",
        )


def is_trusted(spec: str) -> bool:
    """Tell whether the model `spec` runs no code, or code that a person started as it is now."""
    if not runs_code(spec):
        return True
    mark = _mark(spec)
    return (mark or spec) in _asked or mark in _known()


def _mark(spec: str) -> str:
    """Return what stands for the machine, the file, its content and the function; "" for none."""
    where, _, function = (spec, "", "") if spec.lower().endswith(PICKLES) else spec.rpartition(":")
    try:
        path = _file_of(where)
        content = read_file(path, _CODE_LIMIT, "file of code") if path else b""
    except UserError:
        return ""
    if path is None:
        return ""
    parts = (_machine(), str(path.resolve()), function, hashlib.sha256(content).hexdigest())
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _file_of(where: str) -> Path | None:
    """Return the file of "package.module" or "file.py"; nothing is imported for it."""
    if where.lower().endswith((".py", *PICKLES)):
        return Path(where)
    found, path = None, [str(Path.cwd())]
    for depth, _ in enumerate(parts := where.split(".")):
        name = ".".join(parts[: depth + 1])
        found = PathFinder.find_spec(name, path)
        found = found or (PathFinder.find_spec(name) if depth == 0 else None)
        if found is None:
            return None
        path = list(found.submodule_search_locations or ())
    return Path(found.origin) if found and found.origin and found.has_location else None


def _machine() -> str:
    """Return what other machines do not have, so that a copied list is worth nothing there."""
    try:
        name = Path("/etc/machine-id").read_text("ascii").strip()
    except (OSError, ValueError):
        name = ""
    return f"{name or uuid.getnode()} {Path.home()}"


def _known() -> list[str]:
    try:
        return read_text(_path(), _LIST_LIMIT, "list of trusted code").split()
    except UserError:
        return []


def _path() -> Path:
    return data_folder() / "trusted-code.txt"
