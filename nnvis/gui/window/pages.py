"""All pages, in the order of their tabs; other packages add theirs as `nnvis.pages`."""

from __future__ import annotations

import logging
from importlib import import_module

from PySide6.QtWidgets import QWidget

from nnvis.gui.state.context import Context
from nnvis.gui.state.page import Page
from nnvis.plugins import Registry

log = logging.getLogger(__name__)
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


def build_pages(context: Context) -> tuple[dict[str, QWidget], list[str]]:
    """Build the pages, by name; one that fails is left out, and a line says why."""
    commands = context.commands
    built, problems, known = {}, [], list(commands.commands)
    for page in PAGES.values():
        try:
            commands.add(page.commands)
            built[page.name] = page.build(context)
        except Exception as error:
            log.exception("the page %s cannot be built", page.name)
            commands.drop([one for one in page.commands if one not in known])
            problems.append(f"left out the page {page.title}: {type(error).__name__}: {error}")
        known = list(commands.commands)
    return built, problems
