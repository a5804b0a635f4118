"""Networks of torchvision, with the transforms and categories of their weights."""

from __future__ import annotations

import difflib
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import nn

from nnvis.errors import UserError
from nnvis.models.checkpoint import Checkpoint
from nnvis.models.download import NotFoundError, fetch
from nnvis.models.drawn import drawn_from
from nnvis.models.info import ModelRequest
from nnvis.models.network import LibraryNetwork
from nnvis.models.preprocess import Preprocess, Scale, plain
from nnvis.models.refusals import no_such, untrained
from nnvis.models.sizes import Sizes, head_note, sizes_of, with_channels
from nnvis.progress import Progress, Steps

SEGMENTED = 520  # pixels of a network that takes any size, where its weights name none
DETECTED = 640


def names() -> list[str]:
    """Return the networks that take one picture; not those of videos, flow and quantisation."""
    from torchvision import models

    rooms = (models, models.segmentation, models.detection)
    return [name for room in rooms for name in models.list_models(module=room)]


def parameters(name: str) -> int | None:
    """Return how many parameters torchvision says that `name` has."""
    meta = getattr(_weights(name), "meta", {})
    return int(meta["num_params"]) if "num_params" in meta else None


def build(
    name: str, model_request: ModelRequest, checkpoint: Checkpoint | None
) -> Steps[LibraryNetwork]:
    """Build the torchvision network `name`, with as many classes and channels as `checkpoint` has.

    Raises:
        UserError: there is none of this name, or its weights cannot be had.
    """
    name = name.removeprefix("segmentation/").removeprefix("detection/").lower()
    if name not in (known := names()):
        near = difflib.get_close_matches(name, known, 3, 0.4)
        raise no_such(f"torchvision has no model {name!r}", near)
    weights = _weights(name)
    trained = None
    if not (model_request.random_weights or checkpoint):
        if weights is None:
            raise untrained(f"torchvision has no trained weights of {name}")
        try:
            file = yield from fetch(weights.url)
        except NotFoundError as error:
            raise untrained(f"{error} is gone") from error
        trained = torch.load(file, map_location="cpu", weights_only=True)
    yield Progress(0, 0, f"building {name}")
    options, classes = _options(name, model_request, weights, checkpoint)
    sizes = Sizes()
    if checkpoint is not None:
        sizes = sizes_of(partial(_create, name, options), classes, checkpoint, model_request.ema)
        options |= {"num_classes": sizes.classes} if sizes.classes else {}
    channels = model_request.channels or sizes.channels
    with drawn_from(model_request.seed) as draws:
        module = _create(name, options)
        if channels is not None:
            with_channels(module, channels)
        if trained is not None:
            fitting = {
                key: one for key, one in trained.items()
                if one.shape == module.state_dict()[key].shape
            } if channels is not None else trained  # fmt: skip
            module.load_state_dict(fitting, strict=channels is None)
    found = _described(name, module, weights)
    return replace(
        found,
        labels=None if sizes.classes else found.labels,
        channels=channels or 3,
        draws=draws,
        spare=sizes.spare,
        notes=head_note(sizes),
        classifier=options.get("num_classes", classes) > 1,
    )


def _options(
    name: str, model_request: ModelRequest, weights: Any, checkpoint: Checkpoint | None
) -> tuple[dict[str, Any], int]:
    """Return what the builder of `name` is told, and how many classes it makes without being told.

    Auxiliary heads are there as they are in `checkpoint`, else as in the published weights.
    """
    from torchvision import models

    inside = [name for one in checkpoint.sets for name in one.tensors] if checkpoint else None

    def has(word: str, published: bool) -> bool:
        return published if inside is None else any(word in one for one in inside)

    options: dict[str, Any] = {"weights": None}
    if name in models.list_models(module=models.segmentation):
        auxiliary = has("aux_classifier", not name.startswith("lraspp"))
        return options | {"weights_backbone": None, "aux_loss": auxiliary}, 21
    if name in models.list_models(module=models.detection):
        return options | {"weights_backbone": None}, 91
    if name in ("googlenet", "inception_v3"):
        auxiliary = has("aux1." if name == "googlenet" else "AuxLogits.", True)
        options |= {"aux_logits": auxiliary, "transform_input": weights is not None}
        options["init_weights"] = True
    elif name.startswith(("vit_", "maxvit_")) and model_request.input_size:
        side = model_request.input_size
        options["image_size" if name.startswith("vit_") else "input_size"] = (
            side[0] if name.startswith("vit_") else side
        )
    return options, 1000


def _create(name: str, options: dict[str, Any]) -> nn.Module:
    """Let torchvision build the network.

    Raises:
        UserError: it cannot.
    """
    from torchvision import models

    try:
        module: nn.Module = models.get_model(name, **options)
    except ValueError as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"torchvision cannot build {name}: {reason}") from error
    return module


def _described(name: str, module: nn.Module, weights: Any) -> LibraryNetwork:
    transforms: Any = weights.transforms() if weights is not None else None
    labels = tuple(weights.meta["categories"]) if weights is not None else None
    if not hasattr(transforms, "mean"):  # detectors normalise inside
        size = (DETECTED, DETECTED)
        return LibraryNetwork(module, name, plain(size), (0.0,), (1.0,), labels, 3)
    crop = getattr(transforms, "crop_size", None)
    side = (transforms.resize_size or [SEGMENTED])[0]
    size = (crop[0], crop[-1]) if crop else (side, side)
    preprocess = Preprocess(
        size=size,
        box=(side, side),
        scale=Scale.SHORTER,
        interpolation=transforms.interpolation.value,
    )
    mean, std = tuple(transforms.mean), tuple(transforms.std)
    return LibraryNetwork(module, name, preprocess, mean, std, labels, 3, weights.transforms)


def _weights(name: str) -> Any:
    from torchvision import models

    found = list(models.get_model_weights(name))
    return models.get_model_weights(name).DEFAULT if found else None
