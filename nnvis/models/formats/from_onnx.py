"""Networks in ONNX files, through onnx2torch; nothing in such a file is code."""

from __future__ import annotations

import ast
import re
from pathlib import Path, PurePosixPath
from typing import Any

from nnvis.errors import UserError, first_line
from nnvis.extras import command
from nnvis.models.checkpoint import Checkpoint
from nnvis.models.facts import names_in
from nnvis.models.formats.onnx_rewrite import channels_first, rewritten
from nnvis.models.info import ModelRequest
from nnvis.models.input_form import SIZE
from nnvis.models.network import LibraryNetwork
from nnvis.models.preprocess import plain
from nnvis.progress import Progress, Steps

SUFFIX = ".onnx"
_COLOURS = (1, 3, 4)  # channels of a picture
_UNTOLD = (
    "how pictures are normalised is not in the file: ImageNet's mean and std are taken, which can "
    "be given"
)


def build(
    spec: str, model_request: ModelRequest, checkpoint: Checkpoint | None
) -> Steps[LibraryNetwork]:
    """Read the network in the file `spec`.

    Raises:
        UserError: it cannot be read, or has an operator that cannot be turned into a layer.
    """
    path = Path(spec)
    if checkpoint is not None:
        raise UserError(f"{path} holds its own weights; leave the other weights out")
    yield Progress(0, 0, f"reading {path.name}")
    try:
        from onnx2torch import convert
    except ImportError as error:
        raise UserError(f"to open {path} install the extra: {command('onnx')}") from error
    if not path.is_file():
        raise UserError(f"{path} does not exist; check the name of the file")
    model = _read(path)
    name, dims = _input(model)
    # As TensorFlow has it: taken for channels, its rows would make a picture of three columns.
    last = len(dims) == 4 and dims[3] in _COLOURS and dims[1] not in _COLOURS
    if last:
        model, dims = channels_first(model, name), (dims[0], dims[3], dims[1], dims[2])
    yield Progress(0, 0, f"turning {path.name} into layers")
    try:
        module = convert(rewritten(model))
    except Exception as error:
        operator = re.search(r"operation_type='(\w+)', version=(\d+)", str(error))
        reason = first_line(error)
        what = f"operator {operator[1]} (version {operator[2]})" if operator else reason
        raise UserError(
            f"{path} has something that cannot be turned into a layer: {what}; export it again "
            "with torch.onnx.export(..., opset_version=17), or open the network it was made of"
        ) from error
    sides = (dims[2] or SIZE[0], dims[3] or SIZE[1]) if len(dims) == 4 else SIZE
    notes = [_UNTOLD] if model_request.mean is None else []
    if dims and dims[0] and dims[0] == 1:
        notes.append("it was exported for one picture at a time: what takes several may fail")
    if last:
        notes.append("its input has the channels last: pictures are handed to it so")
    told = {one.key: one.value for one in model.metadata_props}
    return LibraryNetwork(
        module=module,
        name=path.stem,
        preprocess=plain(sides),
        labels=_labels(told.get("names", "")),
        channels=(dims[1] or None) if len(dims) == 4 else None,
        notes=tuple(notes),
    )


def _read(path: Path) -> Any:
    """Read the file, and weights beside it where it names them by a plain name."""
    import onnx

    try:
        model = onnx.load(path, load_external_data=False)
        for one in model.graph.initializer:
            for entry in one.external_data:
                beside = PurePosixPath(entry.value)
                if entry.key == "location" and (len(beside.parts) != 1 or "\\" in entry.value):
                    raise UserError(f"{path} was refused: it names the file {entry.value!r}")
        onnx.load_external_data_for_model(model, str(path.parent))
    except UserError:
        raise
    except Exception as error:
        reason = first_line(error)
        raise UserError(f"{path} is no whole ONNX file ({reason}); copy it again") from error
    return model


def _input(model: Any) -> tuple[str, tuple[int, ...]]:
    """Return the name and shape of the input that is no weight; 0 for what is free."""
    weights = {one.name for one in model.graph.initializer}
    given = [one for one in model.graph.input if one.name not in weights]
    if len(given) != 1:
        names = ", ".join(one.name for one in given)
        raise UserError(f"it takes {len(given)} inputs ({names}); only networks of one are opened")
    shape = given[0].type.tensor_type.shape
    return given[0].name, tuple(int(one.dim_value) for one in shape.dim)


def _labels(text: str) -> tuple[str, ...] | None:
    """Read the names that exporters of detectors and classifiers leave: a Python literal."""
    try:
        return names_in(ast.literal_eval(text)) if text else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
