"""Options that several commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from nnvis.errors import UserError
from nnvis.models.info import ModelRequest

Source = Annotated[
    str,
    typer.Argument(
        help="demo, camera:0, a picture, a video, a folder, sample:NAME, pattern:NAME, "
        "http://... or rtsp://...",
    ),
]
Model = Annotated[
    str,
    typer.Option(
        "--model", "-m",
        help="efficientnet_lite0 (bundled), torchvision/NAME, timm/NAME, package.module:factory, "
        "file.py:factory, or tiny.",
    ),
]  # fmt: skip
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")]
Weights = Annotated[
    Path | None, typer.Option(help="A .safetensors file, or a state dict, for the model.")
]
RandomWeights = Annotated[
    bool, typer.Option("--random-weights", help="Do not load trained weights.")
]
Seed = Annotated[int, typer.Option(help="Wherever something is random.")]
InputSize = Annotated[
    str | None, typer.Option(help="Of the network's input, in pixels: 224, or 480x640 (HxW).")
]
Mean = Annotated[str | None, typer.Option(help="Per channel, of the [0,1] input: 0.5,0.5,0.5.")]
Std = Annotated[str | None, typer.Option(help="Per channel, of the [0,1] input: 0.5,0.5,0.5.")]
Labels = Annotated[Path | None, typer.Option(help="A text file with one label a line.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")]
Fit = Annotated[
    str,
    typer.Option(help="How a frame meets the network: crop (the library's own), stretch, whole."),
]


def model_request(
    model: str,
    device: str,
    weights: Path | None,
    random_weights: bool,
    seed: int,
    input_size: str | None,
    mean: str | None,
    std: str | None,
    labels: Path | None,
) -> ModelRequest:
    """Make a ModelRequest of the options.

    Raises:
        UserError: one of them cannot be read.
    """
    return ModelRequest(
        spec=model,
        device=device,
        weights=str(weights) if weights else None,
        random_weights=random_weights,
        seed=seed,
        input_size=_size(input_size),
        mean=_numbers("--mean", mean),
        std=_numbers("--std", std),
        labels=str(labels) if labels else None,
    )


def check_fit(fit: str) -> str:
    """Return `fit` if it is one.

    Raises:
        UserError: it is not.
    """
    if fit not in ("crop", "stretch", "whole"):
        raise UserError(f"--fit {fit!r} is not known; use crop, stretch or whole")
    return fit


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text.strip())
    if not match or not 0 < int(match[1]) <= 8192 or not 0 < int(match[2] or 1) <= 8192:
        raise UserError(
            f"--input-size {text!r} is not a size; write 224, or 480x640 (height x width)"
        )
    return int(match[1]), int(match[2] or match[1])


def _numbers(option: str, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UserError(f"{option} {text!r} is not a list of numbers; write 0.5,0.5,0.5") from None
