"""What Qt looks up of each module that is imported after it, without keeping all of it.

Shiboken marks the modules that speak of PySide6, for those who choose its `__feature__`. It finds
them by `inspect.getsource`, which reads a module by lines and keeps these for tracebacks: of
PyTorch and what comes with it a second of processor, and 57 MB.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType


def read_no_lines() -> None:
    """Let Shiboken find the same by a look at the file; where it has another way, that stays."""
    from PySide6 import QtCore as QtCore  # with which the look at imports begins

    feature = sys.modules.get("shibokensupport.feature")
    theirs = getattr(feature, "_mod_uses_pyside", None)
    if theirs is not None and not isinstance(theirs, partial):
        feature._mod_uses_pyside = partial(_speaks_of_qt, theirs)  # type: ignore[union-attr]


def _speaks_of_qt(theirs: Callable[[ModuleType], bool], module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py"):
        return theirs(module)
    try:
        return b"PySide6" in Path(file).read_bytes()
    except OSError:  # in an archive
        return theirs(module)
