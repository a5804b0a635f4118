"""The user's choices, kept between starts in one JSON file."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from nnvis.errors import UserError
from nnvis.files.json_text import read_json
from nnvis.files.whole import write_text
from nnvis.structure import limited, structure

VERSION = 1
LIMIT = 4 << 20  # bytes of the file; ours have a few thousand
MOST_UNITS = 1 << 20
RECENT = 12  # how many recent sources and models are kept


@dataclass
class Settings:
    """Anything here may be missing from an older file; what does not fit is left at its default."""

    source: str = ""  # empty: the first camera, else the demo stream
    model: str = "efficientnet_lite0"
    device: str = "auto"
    layer: str = ""
    unit: int = limited(0, 0, MOST_UNITS)
    recent_sources: list[str] = field(default_factory=list)
    recent_models: list[str] = field(default_factory=list)
    model_requests: dict[str, Any] = field(default_factory=dict)  # how each of them was asked for
    snapshot_folder: str = ""
    index: str = ""  # the folder of the top pictures that the card shows
    language: str = "auto"  # one of nnvis.language.LANGUAGES
    window: dict[str, Any] = field(default_factory=dict)  # geometry, splitters, view choices


def settings_path() -> Path:
    """Return where the settings lie; NNVIS_CONFIG names another folder."""
    folder = os.environ.get("NNVIS_CONFIG") or platformdirs.user_config_dir("nnvis")
    return Path(folder) / "settings.json"


def data_folder() -> Path:
    """Return where what the program gathered lies; NNVIS_CONFIG names another folder."""
    folder = os.environ.get("NNVIS_CONFIG")
    return Path(folder) / "data" if folder else Path(platformdirs.user_data_dir("nnvis"))


def load_settings(path: Path | None = None) -> Settings:
    """Return the settings in `path`; a damaged file is set aside as .bad and defaults are used."""
    path = path or settings_path()
    try:
        stored = read_json(path, LIMIT, "settings file")
    except UserError:
        with contextlib.suppress(OSError):  # where nothing can be moved it stays as it is
            if path.is_file():
                path.replace(path.with_suffix(".bad"))
        return Settings()
    settings = structure(Settings, stored) or Settings()
    settings.recent_sources = settings.recent_sources[:RECENT]
    settings.recent_models = settings.recent_models[:RECENT]
    return settings


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Write `settings` whole or not at all.

    Raises:
        UserError: they cannot be written.
    """
    text = json.dumps({"version": VERSION, **asdict(settings)}, indent=2)
    write_text(path or settings_path(), text + "\n")


def remember(recent: list[str], spec: str) -> list[str]:
    """Return `recent` with `spec` at its head."""
    return [spec, *(one for one in recent if one != spec)][:RECENT]
