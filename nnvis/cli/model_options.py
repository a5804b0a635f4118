"""The options that say which network is meant: the same for every command that takes one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnvis.cli.terminal import drain_with_bar, forget_notes, messages, note
from nnvis.models.asked.asked_field import AskedField, asked_fields
from nnvis.models.asked.model_request import ModelRequest

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel

_PANEL = "The network"


_FIELDS = {
    "model" if name == "spec" else name: one for name, one in asked_fields(ModelRequest).items()
}
_TYPES: dict[str, Any] = {"file": Path, "switch": bool, "either": bool, "number": int}


def model_request(**given: Any) -> ModelRequest:
    """Make a ModelRequest of the options.

    Raises:
        UserError: one of them cannot be read.
    """
    read = {}
    for name, value in given.items():
        one = _FIELDS[name]
        plain = value is None or isinstance(value, bool)
        read[one.name] = value if plain else one.read(str(value), _flag(name))
    return ModelRequest(**read)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _parameter(name: str, one: AskedField) -> inspect.Parameter:
    flags = (
        ["/".join(f"--{word}" for word in one.choices)] if one.kind == "either" else [_flag(name)]
    )
    flags += ["-m"] if name == "model" else []
    kind = _TYPES.get(one.kind, str)
    option: Any = typer.Option(*flags, help=one.help, rich_help_panel=_PANEL)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=one.default,
        annotation=Annotated[kind | None if one.default is None else kind, option],
    )


_SHARED = {name: _parameter(name, one) for name, one in _FIELDS.items()}
model_request.__signature__ = inspect.Signature([*_SHARED.values()])  # type: ignore[attr-defined]


FLAGS = {  # of all that only makes sense where a network is asked for
    name: _flag(name) for name in _SHARED if name not in ("device", "seed")
}


def takes_model(command: Callable[..., Any], without: str = "") -> Callable[..., Any]:
    """Give `command` the options of `model_request`, and what they say as `model_request`.

    The option `without` is not among them: the command has it as an argument of its own.

    What the network or a library prints meanwhile goes to stderr, so that stdout holds results.
    """
    own = [
        one
        for one in inspect.signature(command, eval_str=True).parameters.values()
        if one.name != "model_request"
    ]

    def run(**values: Any) -> Any:
        asked = model_request(
            **{name: values.pop(name, one.default) for name, one in _SHARED.items()}
        )
        try:
            with messages():
                return command(**values, model_request=asked)
        finally:
            forget_notes()

    shared = [one for name, one in _SHARED.items() if name != without]
    parameters = [*own, *shared]
    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, __name__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def given(asked: ModelRequest) -> bool:
    """Whether a person said anything of the network but where it runs."""
    return asked != ModelRequest(device=asked.device, seed=asked.seed)


def load_model(asked: ModelRequest) -> VisionModel:
    """Load the network under a progress bar, and say what people must know of it.

    Raises:
        UserError: it cannot be had.
    """
    from nnvis.models.registry import load_steps

    model = drain_with_bar(load_steps(asked))
    note(model.notes)
    return model
