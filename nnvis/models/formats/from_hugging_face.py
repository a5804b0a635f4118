"""Networks in folders as Hugging Face keeps them: config.json and model.safetensors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor, nn

from nnvis.errors import UserError, first_line
from nnvis.extras import command
from nnvis.models.checkpoint import Checkpoint, read_checkpoint, some
from nnvis.models.facts import names_in
from nnvis.models.fitting import fit_weights
from nnvis.models.formats.from_timm import network_of
from nnvis.models.info import ModelRequest
from nnvis.models.input_form import SIZE
from nnvis.models.network import LibraryNetwork
from nnvis.models.preprocess import Preprocess, Scale, plain
from nnvis.progress import Progress, Steps

LARGEST = 4096  # side of an input, that a configuration may ask for

CONFIG, WEIGHTS, PICTURES = "config.json", "model.safetensors", "preprocessor_config.json"


def is_folder(spec: str) -> bool:
    """Whether `spec` is such a folder."""
    try:
        return (Path(spec) / CONFIG).is_file()
    except OSError:  # too long a name, say: another reader tells what is wrong
        return False


def build(
    spec: str, model_request: ModelRequest, checkpoint: Checkpoint | None
) -> Steps[LibraryNetwork]:
    """Read the network in the folder `spec`: of transformers, or of timm.

    No code of the folder runs: a network that brings its own is refused.

    Raises:
        UserError: it cannot be read.
    """
    folder = Path(spec)
    yield Progress(0, 0, f"reading {folder.name}")
    config = _json(folder / CONFIG)
    if isinstance(config.get("architecture"), str):
        stored = checkpoint or read_checkpoint(folder / WEIGHTS)
        return _of_timm(folder, config, model_request, stored)
    module, missing = _build(folder, config)
    how = _json(folder / PICTURES) if (folder / PICTURES).is_file() else {}
    labels = names_in(config.get("id2label"))
    mean, std = _normalisation(how)
    return LibraryNetwork(
        module=module,
        name=folder.name,
        preprocess=_preprocess(how, config),
        mean=mean,
        std=std,
        labels=labels,
        channels=config.get("num_channels") if type(config.get("num_channels")) is int else None,
        reference=partial(_reference, folder) if how else None,
        notes=(f"{len(missing)} weights are not in the file: {some(missing)}",) if missing else (),
        random=f"random weights in {some(missing)}" if missing else "",
        classifier="ImageClassification" in _class_name(config),
    )


def _of_timm(
    folder: Path, config: Mapping[str, Any], model_request: ModelRequest, stored: Checkpoint
) -> LibraryNetwork:
    """Build what timm has pushed: its own configuration stands beside the architecture's name."""
    told = config.get("pretrained_cfg")
    data: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    found = network_of(
        str(config["architecture"]), model_request, folder.name,
        checkpoint=stored, told=_told_input(data),
    )  # fmt: skip
    labels = names_in(config.get("label_names") or data.get("label_names"))
    notes = fit_weights(found.module, stored, model_request.ema, found.spare)
    return replace(
        found,
        draws=None,
        notes=tuple(notes),
        labels=labels or found.labels,
    )


def _told_input(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a configuration of timm says of the input; what is no such value is left out."""
    size, share = data.get("input_size"), data.get("crop_pct")
    kept: dict[str, Any] = {key: _numbers(data.get(key)) for key in ("mean", "std")}
    if isinstance(size, list) and len(size) == 3 and all(type(one) is int for one in size):
        kept["input_size"] = tuple(size) if all(0 < one <= LARGEST for one in size) else None
    if isinstance(share, (int, float)) and 0 < share <= 1:
        kept["crop_pct"] = share
    for key, choices in (
        ("crop_mode", ("center", "squash", "border")),
        ("interpolation", ("nearest", "bilinear", "bicubic", "lanczos")),
    ):
        kept[key] = data.get(key) if data.get(key) in choices else None
    return {key: value for key, value in kept.items() if value is not None}


def _build(folder: Path, config: Mapping[str, Any]) -> tuple[nn.Module, list[str]]:
    """Return the network, and the names of weights that the folder lacks."""
    try:
        import transformers
    except ImportError as error:
        raise UserError(f"to open {folder} install the extra: {command('transformers')}") from error
    name = _class_name(config)
    if config.get("auto_map") or not name.isidentifier() or not hasattr(transformers, name):
        raise UserError(
            f"{folder} was refused: transformers has no {name or 'architecture of its'}, and code "
            "of the folder's own is not run; give a factory that builds it"
        )
    try:
        module, told = getattr(transformers, name).from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True,
            output_loading_info=True,
        )  # fmt: skip
    except Exception as error:
        reason = first_line(error)
        raise UserError(f"transformers cannot build {folder} ({reason})") from error
    return module, sorted(told["missing_keys"])


def _class_name(config: Mapping[str, Any]) -> str:
    names = config.get("architectures")
    return names[0] if isinstance(names, list) and names and isinstance(names[0], str) else ""


def _preprocess(how: Mapping[str, Any], config: Mapping[str, Any]) -> Preprocess:
    """Read preprocessor_config.json: what is scaled to, and what is cut out."""
    side = config.get("image_size")
    given = _size(how.get("size")) or _size(side) or SIZE
    cut = _size(how.get("crop_size")) if how.get("do_center_crop") else None
    number = how.get("resample")
    names = {int(one): one.name.lower() for one in Image.Resampling}
    filter_ = names.get(number, "bilinear") if type(number) is int else "bilinear"
    shorter = isinstance(how.get("size"), Mapping) and "shortest_edge" in how["size"]
    scale = Scale.SHORTER if shorter else Scale.SQUASH
    if cut is None:
        return Preprocess(given, given, scale, filter_) if how else plain(given)
    return Preprocess(cut, given, scale, filter_)


def _normalisation(how: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and std; RT-DETR, for one, has both in its file and takes neither."""
    if how.get("do_normalize") is False:
        return (0.0,), (1.0,)
    return (
        _numbers(how.get("image_mean")) or (0.485, 0.456, 0.406),
        _numbers(how.get("image_std")) or (0.229, 0.224, 0.225),
    )


def _reference(folder: Path) -> Callable[[Any], Tensor]:
    """Return the transform of the library."""
    from transformers import AutoImageProcessor

    read: Callable[..., Any] = AutoImageProcessor.from_pretrained
    made = read(folder, local_files_only=True, trust_remote_code=False)

    def transform(picture: Any) -> Tensor:
        pixels: Tensor = made(picture, return_tensors="pt")["pixel_values"][0]
        return pixels

    return transform


def _size(value: object) -> tuple[int, int] | None:
    if type(value) is int:
        return value, value
    if isinstance(value, Mapping):
        side = value.get("shortest_edge")
        height, width = value.get("height", side), value.get("width", side)
        return (height, width) if type(height) is int and type(width) is int else None
    if isinstance(value, list) and len(value) == 2 and all(type(one) is int for one in value):
        return value[0], value[1]
    return None


def _numbers(value: object) -> tuple[float, ...] | None:
    if isinstance(value, list) and value and all(type(one) in (int, float) for one in value):
        return tuple(float(one) for one in value)
    return None


def _json(path: Path) -> dict[str, Any]:
    try:
        stored = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}); copy the folder again") from error
    if not isinstance(stored, dict):
        raise UserError(f"{path} is no configuration; copy the folder again")
    return stored
