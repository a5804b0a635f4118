"""Every model that can be asked for by name, and how to get it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from nnvis.errors import UserError
from nnvis.models import bundled, from_factory, from_timm, from_torchvision
from nnvis.models.devices import resolve
from nnvis.models.info import ModelRequest
from nnvis.models.labels import read_labels
from nnvis.models.network import LibraryNetwork
from nnvis.models.preprocess import plain
from nnvis.models.tiny_network import LABELS, tiny_network
from nnvis.models.vision import VisionModel
from nnvis.models.weights import fit_weights, read_weights
from nnvis.progress import Progress, Steps, drain

Build = Callable[[str, ModelRequest], Generator[Progress, None, Any]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that can be named."""

    name: str  # the spec
    source: str  # "bundled", "torchvision", "timm"
    parameters: int | None  # None: not known without building it


def load(spec: str = bundled.NAME, device: str = "cpu", **options: Any) -> VisionModel:
    """Load a model; `options` are the other fields of ModelRequest.

    Raises:
        UserError: it cannot be had; says why and what to do.
    """
    return drain(load_steps(ModelRequest(spec, device, **options)))


def load_steps(model_request: ModelRequest) -> Steps[VisionModel]:
    """Load the model of `model_request`, telling each stage and the bytes of a download.

    Raises:
        UserError: it cannot be had; says why and what to do.
    """
    if model_request.random_weights and model_request.weights:
        raise UserError("--random-weights and --weights exclude each other; give one of them")
    device = resolve(model_request.device)
    labels = read_labels(Path(model_request.labels)) if model_request.labels else None
    build, name = _builder(model_request.spec)
    yield Progress(0, 0, f"loading {model_request.spec}")
    try:
        found: LibraryNetwork | VisionModel = yield from build(name, model_request)
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        raise UserError(
            f"torch {version('torch')} and torchvision {version('torchvision')} were not made for "
            "each other; pip install --force-reinstall torch torchvision, both from one place"
        ) from error
    if model_request.weights:
        yield Progress(0, 0, f"reading {model_request.weights}")
        module = found.network if isinstance(found, VisionModel) else found.module
        path = Path(model_request.weights)
        fit_weights(module, read_weights(path), path)
    yield Progress(0, 0, f"moving to {device}")
    try:
        model = _vision_model(found, model_request, labels).to(device)
    except RuntimeError as error:  # out of memory, or a broken driver
        reason = str(error).strip().splitlines()[0]
        raise UserError(
            f"{model_request.spec} does not get onto {device} ({reason}); use --device cpu"
        ) from error
    if device.type == "cpu":  # convolutions, depthwise ones above all, are faster so
        for weight in (*model.network.parameters(), *model.network.buffers()):
            if weight.dim() == 4:  # Module.to would try it on five dimensions too, and fail
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    yield Progress(0, 0, "listing the layers")
    _ = model.layers
    return model


def models() -> tuple[Offer, ...]:
    """List every model that can be named without a file."""
    own = (Offer(bundled.NAME, "bundled", bundled.PARAMETERS), Offer("tiny", "bundled", 3898))
    vision = (
        Offer(f"torchvision/{name}", "torchvision", from_torchvision.parameters(name))
        for name in from_torchvision.names()
    )
    return (*own, *vision, *(Offer(f"timm/{name}", "timm", None) for name in from_timm.names()))


def _tiny(name: str, model_request: ModelRequest) -> Steps[LibraryNetwork]:
    yield Progress(0, 0, "building tiny")
    return LibraryNetwork(tiny_network(model_request.seed), name, plain((32, 32)), labels=LABELS)


_OWN: dict[str, Build] = {bundled.NAME: bundled.build, "tiny": _tiny}
_LIBRARIES: dict[str, Build] = {
    "torchvision": from_torchvision.build,
    "timm": from_timm.build,
}


def _builder(spec: str) -> tuple[Build, str]:
    """Return who builds `spec`, and under what name."""
    if spec in _OWN:
        return _OWN[spec], spec
    library, slash, name = spec.partition("/")
    if slash and library in _LIBRARIES and ":" not in spec:
        return _LIBRARIES[library], name
    where, colon, function = spec.rpartition(":")
    if colon and where and function and not function.endswith(".py"):
        return from_factory.build, spec
    if spec.endswith(".py"):
        raise UserError(f"{spec} names no function; give {spec}:function")
    if spec.lower().endswith((".safetensors", ".pt", ".pth", ".bin", ".ckpt")):
        raise UserError(
            f"{spec} holds weights, but not which network they are of; "
            f"give --model torchvision/NAME --weights {spec}"
        )
    offers = [offer.name for offer in models()]
    near = [offer for offer in offers if offer.endswith(f"/{spec}")]
    near = near or difflib.get_close_matches(spec, offers, 3, 0.5)
    near = near or [offer for offer in offers if spec and spec.lower() in offer][:3]
    hint = f"did you mean {', '.join(near)}?" if near else "nnvis models lists all"
    raise UserError(f"there is no model {spec!r}; {hint}")


def _vision_model(
    found: LibraryNetwork | VisionModel, model_request: ModelRequest, labels: tuple[str, ...] | None
) -> VisionModel:
    if isinstance(found, VisionModel):
        given = (model_request.input_size, model_request.mean, model_request.std, labels)
        if all(one is None for one in given):
            return found
        mean, std = found.mean.flatten().tolist(), found.std.flatten().tolist()
        found = LibraryNetwork(
            found.network, found.name, found.preprocess, tuple(mean), tuple(std), found.labels,
            found.channels, found.reference,
        )  # fmt: skip
    return VisionModel(
        found.module,
        input_size=model_request.input_size,
        mean=model_request.mean or found.mean,
        std=model_request.std or found.std,
        labels=labels or found.labels,
        name=found.name,
        preprocessing=found.preprocess,
        channels=found.channels,
        reference=found.reference,
    )
