"""In which language the command line speaks: --lang, else NNVIS_LANG, the settings, the system."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from nnvis.config import load_settings
from nnvis.language import LANGUAGES, chosen_language, language, tr, use_language
from nnvis.language.choice import ENGLISH, VARIABLE

LangOption = Annotated[
    str | None,
    typer.Option("--lang", help="The language: zh, en, or auto for the system's."),
]


def begin_language(words: Sequence[str]) -> None:
    """Speak the language that the command line, the environment or the settings ask for."""
    option, _ = split_language(words)
    kept = "auto" if os.environ.get("NNVIS_SAFE") else load_settings().language
    named = "=".join(option).rpartition("=")[2]
    use_language(chosen_language(named, os.environ.get(VARIABLE, ""), kept))


def split_language(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the option --lang with its value, wherever it stands, and the other words."""
    for place, word in enumerate(words):
        taken = 2 if word == "--lang" else 1
        if word == "--lang" or word.startswith("--lang="):
            return [*words[place : place + taken]], [*words[:place], *words[place + taken :]]
    return [], [*words]


def check_language(chosen: str | None) -> None:
    """Refuse a language that there is not.

    Raises:
        BadParameter: it is none of ours.
    """
    if chosen is not None and chosen not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise typer.BadParameter(tr(f"there is no language {chosen!r}; use {known}"))


def translated(command: Any) -> Any:
    """Return a command of click with its help, and that of all below it, in the language in use."""
    if language() == ENGLISH:
        return command
    from nnvis.cli.translated_help import translated_help

    return translated_help(command)
