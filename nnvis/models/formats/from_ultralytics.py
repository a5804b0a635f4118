"""Networks of ultralytics: whole pickles, which run code, so only of files that are trusted."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nnvis.errors import UserError, first_line
from nnvis.models.checkpoint import Checkpoint, asks_for
from nnvis.models.facts import names_in
from nnvis.models.info import ModelRequest
from nnvis.models.network import LibraryNetwork
from nnvis.models.preprocess import plain
from nnvis.models.trusted_code import admit, read_code
from nnvis.progress import Progress, Steps

SIDE = 640  # pixels, where the file does not say


def is_file_of(spec: str) -> bool:
    """Whether `spec` is such a file; nothing of it runs for that."""
    path = Path(spec)
    return path.is_file() and any(one.startswith("ultralytics.") for one in asks_for(path))


def build(
    spec: str,
    model_request: ModelRequest,
    checkpoint: Checkpoint | None,
    *,
    guarded: bool = False,
) -> Steps[LibraryNetwork]:
    """Read the network in the file `spec`, averaged weights where it has them.

    This runs what the file names, so only what a person trusts may come here, or what is `guarded`:
    held against that.

    Raises:
        UserError: ultralytics is not installed, the file cannot be read, or nobody trusts it.
    """
    path = Path(spec)
    if checkpoint is not None:
        raise UserError(
            f"{path} holds its own weights; leave the other weights out", field="weights"
        )
    yield Progress(0, 0, f"reading {path.name}")
    if importlib.util.find_spec("ultralytics") is None:  # the pickle asks for it
        raise UserError(
            f"to open {path} install ultralytics, whose licence is the AGPL: "
            "pip install ultralytics; or export it there: yolo export format=onnx"
        )
    code = read_code(spec)
    notes = admit(code) if guarded else ()
    try:
        stored: Any = torch.load(io.BytesIO(code.content), map_location="cpu", weights_only=False)
        averaged = stored.get("ema") if model_request.ema is not False else None
        module = averaged or stored.get("model") or stored["ema"]
        module = module.float().eval()
    except Exception as error:
        reason = first_line(error)
        raise UserError(f"{path} cannot be read as a network of ultralytics ({reason})") from error
    if not isinstance(module, nn.Module):
        raise UserError(f"{path} holds a {type(module).__name__}, not a network")
    side = getattr(module, "args", None) or {}
    side = side.get("imgsz", SIDE) if isinstance(side, dict) else SIDE
    side = side if type(side) is int else SIDE
    return LibraryNetwork(
        module=module,
        name=path.stem,
        preprocess=plain((side, side)),
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        labels=names_in(getattr(module, "names", None)),
        notes=notes,
    )
