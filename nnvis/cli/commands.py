"""Which commands there are; each of them is imported when it is asked for."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

from nnvis.interrupt import interrupt_rises


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command as the list of all shows it, and where it is."""

    code: str  # "module:function", or a group of commands
    help: str  # the first lines of what its own help says
    hidden: bool = False
    context: dict[str, Any] = field(default_factory=dict)  # how its words are read
    shows: bool = False  # the window, which tidies up by itself: until it is there nothing has to


COMMANDS = {
    "predict": CommandEntry(
        "nnvis.cli.predict:predict",
        "Print the classes that the network sees in the first picture of SOURCE, or the objects.",
    ),
    "snapshot": CommandEntry(
        "nnvis.cli.snapshot:snapshot",
        "Write what the layers of the network make of SOURCE as PNGs: one a layer, one a unit.",
    ),
    "show": CommandEntry(
        "nnvis.cli.show:show",
        "Print what a saved picture shows: model, source, layer, unit, scale.",
    ),
    "models": CommandEntry(
        "nnvis.cli.models:models",
        "List the models that can be named: bundled, of torchvision, of timm.",
    ),
    "layers": CommandEntry(
        "nnvis.cli.layers:layers", "List the layers of a model in the order in which they run."
    ),
    "attack": CommandEntry(
        "nnvis.cli.attack:attack",
        "Change SOURCE a little so that the network sees something else.",
        # What a method's own parameters are is known only once it is: the command reads them.
        context={"allow_extra_args": True, "ignore_unknown_options": True},
    ),
    "index": CommandEntry(
        "nnvis.cli.index:index",
        "Find the strongest pictures of every unit; a run that was cut short goes on where it was.",
    ),
    "feature": CommandEntry(
        "nnvis.cli.feature:feature",
        "Make the picture that excites a unit most, from noise, step by step.",
    ),
    "list": CommandEntry(
        "nnvis.cli.list:list_kind", "List what can be named, including what plugins add."
    ),
    "errors": CommandEntry(
        "nnvis.cli.errors:errors",
        "Say where the network is wrong on labelled pictures, and what the errors hang on.",
    ),
    "compare": CommandEntry(
        "nnvis.cli.compare:compare",
        "Compare two networks, or two checkpoints of one, on the same pictures.",
    ),
    "doctor": CommandEntry(
        "nnvis.cli.doctor:doctor",
        "Say what is installed, which devices and cameras there are, what is wrong, how to mend "
        "it.",
    ),
    "bench": CommandEntry(
        "nnvis.cli.bench:bench",
        "Measure nnvis against the bare model, both in one run; each is meant to take two minutes.",
    ),
    "attach": CommandEntry(
        "nnvis.cli.attach:attach",
        "Open the window on a training that is watched, or a model that is served, elsewhere.",
    ),
    "serve": CommandEntry(
        "nnvis.cli.serve:serve",
        "Let windows elsewhere look at a network that runs here, until Ctrl-C.",
    ),
    "open-file": CommandEntry(
        "nnvis.cli.window:open_file",
        "Open the window on FILE: as it was for a snapshot of nnvis, else with FILE as the source.",
        hidden=True,
        shows=True,
    ),
    "lab": CommandEntry(
        "nnvis.cli.lab:labs", "Make a report of an experiment: numbers, figures and curves."
    ),
    "desktop": CommandEntry(
        "nnvis.cli.desktop:desktop", "Put nnvis into the menu of a Linux desktop, or take it out."
    ),
}


class ImportedCommands(MutableMapping[str, Any]):
    """The commands by name, each imported and made when it is looked up for the first time."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _command(name, COMMANDS[name])
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS


class CommandsOnDemand(TyperGroup):
    """The group of all commands, whose help imports none of them."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.commands = ImportedCommands()
        self._listing = False

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, in which commands are only listed."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        """Return their names, in the order of the table."""
        del ctx
        return [*self.commands]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; while the help is written, no more of it than stands there."""
        if self._listing and cmd_name in COMMANDS:
            entry = COMMANDS[cmd_name]
            return TyperCommand(cmd_name, help=entry.help, hidden=entry.hidden)
        return super().get_command(ctx, cmd_name)


def _command(name: str, entry: CommandEntry) -> Any:
    found = pkgutil.resolve_name(entry.code)
    if isinstance(found, typer.Typer):
        made: Any = typer.main.get_group(found)
        made.name = name
        return made
    maker = typer.Typer(rich_markup_mode="rich", add_completion=False)
    maker.command(name, hidden=entry.hidden, context_settings=entry.context or None)(found)
    made = typer.main.get_command(maker)
    return made if entry.shows else can_be_interrupted(made)


def can_be_interrupted(command: Any) -> Any:
    """Return `command`, to whose work Ctrl-C is an exception: it may have files to put right."""
    command.callback = interrupt_rises()(command.callback)
    return command
