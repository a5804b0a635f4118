"""The look and the keys as settings hold them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from PySide6.QtGui import QKeySequence

from nnvis.config import Settings
from nnvis.files.typed import fits
from nnvis.gui.widgets.theme import Look
from nnvis.structure import structure

MOST = 4  # keys of one command


def kept_look(settings: Settings) -> Look:
    """Return the look that was chosen; what does not fit takes its default."""
    return structure(Look, settings.window.get("look")) or Look()


def keep_look(settings: Settings, look: Look) -> None:
    """Remember the look."""
    settings.window["look"] = asdict(look)


def kept_keys(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return the keys that were changed, by the name of their command."""
    kept: Any = settings.window.get("keys")
    if not isinstance(kept, dict):
        return {}
    return {
        name: tuple(key for key in keys[:MOST] if not QKeySequence(key).isEmpty())
        for name, keys in kept.items()
        if fits(keys, list[str])
    }


def keep_keys(settings: Settings, name: str, keys: tuple[str, ...], usual: tuple[str, ...]) -> None:
    """Remember the keys of a command, unless they are the usual ones."""
    kept: Any = settings.window.get("keys")
    others = dict(kept) if isinstance(kept, dict) else {}
    others.pop(name, None)
    settings.window["keys"] = {**others, **({name: list(keys)} if keys != usual else {})}
