"""The command line: which commands there are, and how each of them ends."""

from __future__ import annotations

import difflib
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import typer.main

from nnvis import __version__
from nnvis.cli.commands import COMMANDS, CommandsOnDemand
from nnvis.cli.language import LangOption, check_language, split_language, translated
from nnvis.cli.model_options import takes_model
from nnvis.cli.terminal import results, say
from nnvis.cli.window_options import HalfOption, LayerOption, SourceOption, UnitOption
from nnvis.errors import UserError
from nnvis.extras import explained
from nnvis.models.asked.model_request import ModelRequest

if TYPE_CHECKING:
    from nnvis.bench.measurement import Measurement
    from nnvis.progress import Steps


@dataclass
class Invocation:
    """What the commands of one call of nnvis share.

    The window comes from outside, so that the command line works where Qt is absent.
    """

    open_window: Callable[..., int]  # takes the fields of WindowOptions, returns an exit code
    window_benches: Callable[[], dict[str, Callable[[ModelRequest], Steps[list[Measurement]]]]]
    debug: bool = False


app = typer.Typer(
    name="nnvis",
    cls=CommandsOnDemand,
    help="See what a neural network does with a picture. Without a command: the window.",
    no_args_is_help=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
@takes_model
def start(
    context: typer.Context,
    source: SourceOption = None,
    layer: LayerOption = None,
    unit: UnitOption = None,
    half: HalfOption = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and the log.")] = False,
    safe: Annotated[
        bool,
        typer.Option("--safe", help="On the defaults: nothing kept, no plugins, CPU, demo."),
    ] = False,
    lang: LangOption = None,
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Show the version and exit.")
    ] = False,
    *,
    model_request: ModelRequest,
) -> None:
    """See what a neural network does with a picture. Without a command: the window."""
    logging.basicConfig(level=logging.INFO if debug else logging.CRITICAL, stream=sys.stderr)
    context.obj.debug = debug
    check_language(lang)
    if version:
        results().write(f"nnvis {__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        from nnvis.cli.window import open_or_write

        raise typer.Exit(
            open_or_write(
                context.obj.open_window, source, model_request, layer, unit, half, safe=safe
            )
        )


def _without_secrets(arguments: list[str]) -> list[str]:
    if not any("://" in word for word in arguments):
        return arguments  # so that help waits for no import
    from nnvis.sources.network.credentials import hidden_words

    return hidden_words(arguments)


def run(arguments: list[str], call: Invocation) -> int:
    """Run one call of nnvis; return its exit code: 0 done, 1 failed (one line says why), 2 usage.

    Args:
        arguments: what follows `nnvis`. A first word that is no command but a file (or any other
            source) opens the window on it.
        call: how to open a window.
    """
    program = translated(typer.main.get_command(app))
    commands = {*COMMANDS}
    first, words = split_language(_without_secrets(arguments))  # wherever it stands
    if "--debug" in words:
        first, words = [*first, "--debug"], [word for word in words if word != "--debug"]
    if words and not words[0].startswith("-") and words[0] not in commands:
        meant = difflib.get_close_matches(words[0], commands - {"open-file"}, 1, 0.7)
        if meant and words[0].isalpha() and not Path(words[0]).exists():
            say(f"nnvis: there is no command {words[0]!r}; did you mean {meant[0]!r}?")
            return 2
        options = len(words) > 1 and words[1].startswith("-")  # of the window, behind its source
        words.insert(0, "--source" if options else "open-file")
    try:
        program([*first, *words], obj=call, prog_name="nnvis")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except UserError as error:
        if call.debug:
            raise
        say(f"nnvis: {error}")
    except BrokenPipeError:  # the reader of stdout, a pager say, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if call.debug:
            raise
        if advice := explained(error):
            say(f"nnvis: {advice}")
            return 1
        line = (str(error).strip().splitlines() or [""])[0]
        say(f"nnvis: {type(error).__name__}: {line} (nnvis --debug ... shows where)")
    return 1
