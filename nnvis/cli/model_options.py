"""The options that say which network is meant: the same for every command that takes one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnvis.cli.terminal import drain_with_bar, forget_notes, messages, note
from nnvis.errors import UserError
from nnvis.models.info import MOST_PIXELS, PRECISIONS, SCORES, ModelRequest

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel

_PANEL = "The network"


def _option(*names: str, help: str) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=_PANEL)


def model_request(
    model: Annotated[
        str | None,
        _option(
            "--model",
            "-m",
            help="efficientnet_lite0 (bundled), torchvision/NAME, timm/NAME, "
            "package.module:factory, file.py:factory, or tiny.",
        ),
    ] = None,
    device: Annotated[str, _option("--device", help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    weights: Annotated[
        Path | None,
        _option(
            "--weights",
            help="A file of weights: .safetensors, or a state dict or checkpoint of PyTorch.",
        ),
    ] = None,
    ema: Annotated[
        bool | None,
        _option(
            "--ema/--raw",
            help="From a file that has both, take the averaged (EMA) or the raw weights.",
        ),
    ] = None,
    random_weights: Annotated[
        bool, _option("--random-weights", help="Use random weights instead of trained ones.")
    ] = False,
    seed: Annotated[int, _option("--seed", help="Seed of everything that is random.")] = 0,
    labels: Annotated[
        Path | None,
        _option("--labels", help="A file with the names of the classes: one a line, CSV, or JSON."),
    ] = None,
    input_size: Annotated[
        str | None,
        _option(
            "--input-size", help="Size of the input in pixels: 224, or 480x640 (height x width)."
        ),
    ] = None,
    mean: Annotated[
        str | None,
        _option(
            "--mean", help="Subtracted from each channel of the [0,1] input, as in 0.5,0.5,0.5."
        ),
    ] = None,
    std: Annotated[
        str | None,
        _option("--std", help="What each channel is then divided by, as in 0.5,0.5,0.5."),
    ] = None,
    channels: Annotated[
        int | None, _option("--channels", help="How many channels the input has.")
    ] = None,
    output: Annotated[
        str | None, _option("--output", help="Which of several outputs to use, by name or index.")
    ] = None,
    scores: Annotated[
        str | None,
        _option("--scores", help=f"How to read the output: {', '.join(SCORES)}."),
    ] = None,
    precision: Annotated[
        str | None,
        _option(
            "--precision",
            help=f"Number format of weights and activations: {', '.join(PRECISIONS)}.",
        ),
    ] = None,
) -> ModelRequest:
    """Make a ModelRequest of the options.

    Raises:
        UserError: one of them cannot be read.
    """
    _check("--scores", scores, SCORES)
    _check("--precision", precision, PRECISIONS)
    if channels is not None and not 0 < channels <= 4096:
        raise UserError(f"--channels {channels} cannot be; give how many the input has, as in 3")
    return ModelRequest(
        spec=model or ModelRequest().spec,
        device=device,
        weights=str(weights) if weights else None,
        random_weights=random_weights,
        seed=seed,
        input_size=_size(input_size),
        mean=_numbers("--mean", mean),
        std=_numbers("--std", std),
        labels=str(labels) if labels else None,
        ema=ema,
        channels=channels,
        output=output,
        scores=scores,
        precision=precision,
    )


FLAGS = {  # of all that only makes sense where a network is asked for
    name: "--" + name.replace("_", "-")
    for name in inspect.signature(model_request).parameters
    if name not in ("device", "seed")
}


def takes_model(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the options of `model_request`, and what they say as `model_request`.

    What the network or a library prints meanwhile goes to stderr, so that stdout holds results.
    """
    shared = inspect.signature(model_request, eval_str=True).parameters
    own = [
        one
        for one in inspect.signature(command, eval_str=True).parameters.values()
        if one.name != "model_request"
    ]

    def run(**values: Any) -> Any:
        asked = model_request(**{name: values.pop(name) for name in shared})
        try:
            with messages():
                return command(**values, model_request=asked)
        finally:
            forget_notes()

    parameters = [*own, *shared.values()]
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


def _check(flag: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        raise UserError(f"{flag} {value!r} is not known; use {', '.join(choices)}")


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text.strip())
    sides = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not all(0 < side <= MOST_PIXELS for side in sides):
        raise UserError(
            f"--input-size {text!r} is not a size; write 224, or 480x640 (height x width)"
        )
    return sides


def _numbers(option: str, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UserError(f"{option} {text!r} is not a list of numbers; write 0.5,0.5,0.5") from None
