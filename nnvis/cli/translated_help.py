"""The help of the command line in another language: typer and its renderer know English alone."""

from __future__ import annotations

from typing import Any

from typer import rich_utils

from nnvis.language import tr

_PANELS = (
    "ARGUMENTS_PANEL_TITLE", "OPTIONS_PANEL_TITLE", "COMMANDS_PANEL_TITLE", "ERRORS_PANEL_TITLE",
    "DEFAULT_STRING", "REQUIRED_LONG_STRING", "ENVVAR_STRING", "RICH_HELP", "ABORTED_TEXT",
)  # fmt: skip
_SHOW = rich_utils.rich_format_error
_USAGE = ("Usage:", "[OPTIONS]", "COMMAND [ARGS]...")


def _show_error(self: Any) -> None:
    """Let an error of the library, which knows English alone, say its line in our language."""
    line = self.format_message()
    self.format_message = lambda: tr(line)
    _SHOW(self)


def translated_help(command: Any) -> Any:
    """Return a command with its help, and that of all below it, in the language in use."""
    rich_utils.rich_format_error = _show_error
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
    return command if command is None else translated_help(command)


def _with_help(option: Any) -> Any:
    if option is not None:
        option.help = tr(option.help)
    return option


def _of_usage(line: str) -> str:
    for word in _USAGE:
        line = line.replace(word, tr(word))
    return line
