"""In which language the command line speaks: --lang, else NNVIS_LANG, the settings, the system."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer import rich_utils

from nnvis.config import load_settings
from nnvis.language import LANGUAGES, chosen_language, language, tr, use_language
from nnvis.language.choice import ENGLISH, VARIABLE

LangOption = Annotated[
    str | None,
    typer.Option("--lang", help="The language: zh, en, or auto for the system's."),
]
_PANELS = (
    "ARGUMENTS_PANEL_TITLE", "OPTIONS_PANEL_TITLE", "COMMANDS_PANEL_TITLE", "ERRORS_PANEL_TITLE",
    "DEFAULT_STRING", "REQUIRED_LONG_STRING", "ENVVAR_STRING", "RICH_HELP", "ABORTED_TEXT",
)  # fmt: skip
_SHOW = rich_utils.rich_format_error
_USAGE = ("Usage:", "[OPTIONS]", "COMMAND [ARGS]...")


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
    rich_utils.rich_format_error = _show_error
    return _translated(command)


def _show_error(self: Any) -> None:
    """Let an error of the library, which knows English alone, say its line in our language."""
    line = self.format_message()
    self.format_message = lambda: tr(line)
    _SHOW(self)


def _translated(command: Any) -> Any:
    for name in _PANELS:
        said = getattr(rich_utils, name, None)
        if isinstance(said, str):
            setattr(rich_utils, name, _in_brackets(said))
    for one in (command, *command.params):
        for name in ("help", "short_help", "epilog", "rich_help_panel"):
            said = getattr(one, name, None)
            if isinstance(said, str):
                setattr(one, name, tr(said))
    usage, of_help = command.get_usage, command.get_help_option
    command.get_help_option = lambda context: _with_help(of_help(context))  # made when asked for
    command.get_usage = lambda context: _of_usage(usage(context))
    below = getattr(command, "get_command", None)
    if below is not None:  # some are made when they are asked for
        command.get_command = lambda context, name: _translated_below(below(context, name))
    return command


def _in_brackets(said: str) -> str:
    bare = said.strip("[]")
    return said.replace(bare, tr(bare))


def _translated_below(command: Any) -> Any:
    return command if command is None else _translated(command)


def _with_help(option: Any) -> Any:
    if option is not None:
        option.help = tr(option.help)
    return option


def _of_usage(line: str) -> str:
    for word in _USAGE:
        line = line.replace(word, tr(word))
    return line
