"""Models that are code, Python or a pickle: a person starts them here, nothing that was saved does.

What a person gives on the command line, or confirms in the window, is remembered: this file, with
this content, and this function in it. Settings, a session, a picture or a list that names it may
then load it again; a file that was changed, moved or copied has to be started by hand once more.
What is run is the content that was held against this, not what the file holds a moment later.
"""

from __future__ import annotations

import ast
import hashlib
import uuid
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from nnvis.config import data_folder
from nnvis.errors import UserError, Worded
from nnvis.files.limited import read_file, read_text
from nnvis.files.whole import write_text
from nnvis.models.info import is_attached

PICKLES = (".pt", ".pth")  # of a whole network, which runs what it names
_CODE_LIMIT = 1 << 30  # bytes of a file
_PARSED = 1 << 20  # bytes of one whose functions are listed
_LIST_LIMIT = 1 << 20
_MOST = 1000  # files that are remembered
_asked: set[str] = set()  # marks of what a person asked for since the program began


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """What a person has to know of the code of a model before it runs; `mark` stands for it."""

    spec: str
    mark: str = ""  # "": it runs no code
    trusted: bool = True
    functions: tuple[str, ...] = ()  # models that a file of Python may make


@dataclass(frozen=True, slots=True)
class Code:
    """What a model names as its code, as its file was when it was read."""

    spec: str
    path: Path | None = None  # None: there is no file, as for a module that is built in
    content: bytes = b""

    @property
    def mark(self) -> str:
        """What stands for the machine, the file, its content and the function."""
        if self.path is None:
            return self.spec
        function = _parted(self.spec)[1]
        known = (_machine(), str(self.path.resolve()), function, _hash(self.content))
        return _hash("\0".join(known).encode("utf-8", "surrogateescape"))

    @property
    def trusted(self) -> bool:
        """Whether a person asked for it as it is."""
        return self.mark in _asked or (self.path is not None and self.mark in _known())

    @property
    def seen(self) -> CodeSeen:
        """What a person has to know of it; nothing of it runs."""
        return CodeSeen(self.spec, self.mark, self.trusted, self._functions())

    def _functions(self) -> tuple[str, ...]:
        where = _parted(self.spec)[0]
        if not where.endswith(".py") or len(self.content) > _PARSED:
            return ()
        try:
            tree = ast.parse(self.content)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ()
        makers = (ast.FunctionDef, ast.ClassDef)
        return tuple(f"{where}:{one.name}" for one in tree.body if isinstance(one, makers))


def runs_code(spec: str) -> bool:
    """Tell whether loading the model `spec` runs Python code that it names."""
    named = ":" in spec or spec.lower().endswith(PICKLES)
    return named and not is_attached(spec)


def read_code(spec: str) -> Code:
    """Read what `spec` names; this takes long for a large file.

    Raises:
        UserError: its file cannot be read.
    """
    path = _file_of(_parted(spec)[0])
    return Code(spec, path, read_file(path, _CODE_LIMIT, "file of code") if path else b"")


def trust(mark: str) -> None:
    """Let the code of this mark run: a person asked for it. `admit` writes that down."""
    _asked.add(mark)


def asked_marks() -> tuple[str, ...]:
    """Return the marks that a person asked for since the program began."""
    return tuple(_asked)


def admit(code: Code) -> tuple[str, ...]:
    """Refuse code that nobody started here as it is; return what else there is to say.

    Raises:
        UserError: it is such code.
    """
    if not code.trusted:
        raise UserError(
            Worded(
                f"{code.spec} is code that runs; start it yourself: nnvis --model {code.spec}",
                f"{code.spec} is code that was not run here yet, or was changed since; "
                "run it only if you trust it",
            ),
            field="spec",
        )
    known = _known()
    if code.path is not None and code.mark not in known:
        try:
            write_text(_path(), "\n".join([*known, code.mark][-_MOST:]) + "\n")
        except UserError as error:
            return (f"that this code may run is forgotten at the end: {error}",)
    return ()


def require_trust(spec: str) -> None:
    """Refuse a model of Python code that nobody started here as it is now.

    Raises:
        UserError: `spec` is such a model.
    """
    if runs_code(spec):
        try:
            code = read_code(spec)
        except UserError:
            code = Code(spec)
        admit(code)


def _parted(spec: str) -> tuple[str, str]:
    """Return the file or module of `spec`, and the function."""
    if spec.lower().endswith(PICKLES):
        return spec, ""
    where, _, function = spec.rpartition(":")
    return where, function


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


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
