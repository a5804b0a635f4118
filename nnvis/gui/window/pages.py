"""All pages, in the order of their tabs; other packages add theirs as `nnvis.pages`."""

from __future__ import annotations

from importlib import import_module

from nnvis.gui.state.page import Page
from nnvis.plugins import Registry

FOLDERS = (
    "unit",
    "lens",
    "pins",
    "input_check",
    "unit_card",
    "stream",
    "objects",
    "features",
    "attribution",
    "training",
    "ablation",
    "board",
    "sessions",
    "attack",
)
PAGES = Registry("pages", Page, [import_module(f"nnvis.gui.{folder}").PAGE for folder in FOLDERS])
