"""Modules that the code of a person's network imports: anew where a file of them has changed.

Python imports a module once. A person mends a file and opens the network again, or opens that of
another folder with a `layers.py` of its own, and must get what stands there now.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from pathlib import Path

_LIBRARIES = tuple(
    Path(place).resolve()
    for key, place in sysconfig.get_paths().items()
    if key in ("stdlib", "platstdlib", "purelib", "platlib")
)
_imported: dict[str, tuple[Path, bytes]] = {}  # by module: its file, and a hash of what it held


@contextmanager
def imported_anew(folder: Path) -> Iterator[None]:
    """Let what is imported here, for code in `folder`, be what its files hold now."""
    if any(_is_stale(name, folder) for name in _imported):
        for name in _imported:  # all of them: the others hold on to what they imported
            sys.modules.pop(name, None)
        _imported.clear()
    importlib.invalidate_caches()
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if isinstance(file, str) and _is_own(name, Path(file)):
                _imported[name] = (Path(file), _hash(Path(file)))


def _is_own(name: str, file: Path) -> bool:
    """Its file is there, which is not so of `torch.ops` and Qt helpers, and no library's."""
    if name.partition(".")[0] == "nnvis" or file.suffix != ".py" or not file.is_file():
        return False
    return not any(file.resolve().is_relative_to(one) for one in _LIBRARIES)


def _is_stale(name: str, folder: Path) -> bool:
    """Whether its file has changed, or `folder` has another module of this name."""
    file, known = _imported[name]
    if _hash(file) != known:
        return True
    found = None if "." in name else PathFinder.find_spec(name, [str(folder)])
    return found is not None and found.origin is not None and Path(found.origin) != file


def _hash(file: Path) -> bytes:
    try:
        return hashlib.sha256(file.read_bytes()).digest()
    except OSError:
        return b""
