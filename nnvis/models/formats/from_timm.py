"""Networks of timm, with timm's own preprocessing and labels."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from nnvis.errors import UserError, first_line
from nnvis.models.checkpoint import Checkpoint
from nnvis.models.download import NotFoundError, fetch
from nnvis.models.drawn import drawn_from
from nnvis.models.info import ModelRequest
from nnvis.models.labels import imagenet_labels
from nnvis.models.network import LibraryNetwork
from nnvis.models.preprocess import Preprocess, Scale
from nnvis.models.refusals import no_such, untrained
from nnvis.models.sizes import Sizes, head_note, sizes_of
from nnvis.progress import Progress, Steps

_SAFE_TWINS = {  # safetensors that lie beside the pickles on the hub
    "pytorch_model.bin": "model.safetensors",
    "open_clip_pytorch_model.bin": "open_clip_model.safetensors",
}


def names() -> list[str]:
    """Return the architectures, without the tags of their trained weights."""
    import timm

    return list(timm.list_models())


def build(
    name: str, model_request: ModelRequest, checkpoint: Checkpoint | None
) -> Steps[LibraryNetwork]:
    """Build the timm network `name`, "resnet18" or "resnet18.a1_in1k", for `checkpoint`.

    Raises:
        UserError: there is none of this name, or its weights cannot be had.
    """
    config = _config(name)
    file: Path | None = None
    if not (model_request.random_weights or checkpoint):
        file = yield from _fetch_weights(name, config)
    yield Progress(0, 0, f"building {name}")
    return network_of(name, model_request, name, file, checkpoint)


def network_of(
    name: str,
    model_request: ModelRequest,
    title: str,
    weights: Path | None = None,
    checkpoint: Checkpoint | None = None,
    told: Mapping[str, Any] | None = None,
) -> LibraryNetwork:
    """Build the timm network `name`, with `weights` as timm published them, else drawn.

    It gets as many classes and channels as `checkpoint` has, and the input that its configuration
    `told`.
    """
    from timm.data.config import resolve_model_data_config

    options: dict[str, Any] = {}
    if weights is not None:
        options = {"pretrained": True, "pretrained_cfg_overlay": {"file": str(weights)}}
    elif told:
        options = {"pretrained_cfg_overlay": dict(told)}
    if model_request.input_size and _config(name).get("fixed_input_size"):
        options["img_size"] = model_request.input_size
    if model_request.channels:
        options["in_chans"] = model_request.channels
    sizes = Sizes()
    if checkpoint is not None:
        sizes = sizes_of(partial(_create, name, options), 1000, checkpoint, model_request.ema)
        sized = {"num_classes": sizes.classes, "in_chans": sizes.channels}
        options |= {key: value for key, value in sized.items() if value is not None}
    with drawn_from(model_request.seed) as draws:
        module = _create(name, options)
    data = resolve_model_data_config(module)
    channels = options.get("in_chans", data["input_size"][0])
    data["input_size"] = (channels, *(model_request.input_size or data["input_size"][1:]))
    return LibraryNetwork(
        module=module,
        name=title,
        preprocess=preprocess_of(data),
        mean=tuple(data["mean"]),
        std=tuple(data["std"]),
        labels=None if sizes.classes else _labels(module),
        channels=int(channels),
        reference=partial(transform_of, data),
        draws=draws,
        spare=sizes.spare,
        notes=head_note(sizes),
        classifier=getattr(module, "num_classes", 0) > 1,
    )


def _create(name: str, options: dict[str, Any]) -> nn.Module:
    """Let timm build the network.

    Raises:
        UserError: it cannot.
    """
    import timm

    try:
        module: nn.Module = timm.create_model(name, **options)
    except Exception as error:
        reason = first_line(error)
        raise UserError(f"timm cannot build {name} ({reason}); choose another model") from error
    return module


def _config(name: str) -> dict[str, Any]:
    """Return what timm knows of `name` and its weights.

    Raises:
        UserError: there is no such model.
    """
    import timm

    architecture, _, tag = name.partition(".")
    if not timm.is_model(architecture):
        near = difflib.get_close_matches(architecture, timm.list_models(), 3, 0.4)
        raise no_such(f"timm has no model {architecture!r}", near)
    found = timm.get_pretrained_cfg(name, allow_unregistered=True) if not tag else None
    if tag:
        tags = timm.list_pretrained(f"{architecture}.*")
        if name not in tags:
            known = ", ".join(tags[:4]) or "none"
            raise UserError(f"timm has no weights {name!r}; of this model it has {known}")
        found = timm.get_pretrained_cfg(name)
    return dict(found.to_dict()) if found is not None else {}


def _fetch_weights(name: str, config: dict[str, Any]) -> Steps[Path]:
    hub, url = config.get("hf_hub_id"), config.get("url")
    if not hub and not url:
        raise untrained(f"timm has no trained weights of {name}")
    try:
        if not hub:
            return (yield from fetch(str(url)))
        return (yield from _from_hub(str(hub), config.get("hf_hub_filename")))
    except NotFoundError as error:
        raise untrained(f"{error} is gone") from error


def _from_hub(hub: str, given: str | None) -> Steps[Path]:
    """Look in the hub's own cache, then ask the hub; safetensors before pickles."""
    from huggingface_hub import constants, hf_hub_url, try_to_load_from_cache
    from huggingface_hub.utils._headers import build_hf_headers

    repository, _, revision = hub.partition("@")
    plain = given or "pytorch_model.bin"
    files = [_SAFE_TWINS[plain], plain] if plain in _SAFE_TWINS else [plain]
    for file in files:
        cached = try_to_load_from_cache(repository, file, revision=revision or None)
        if isinstance(cached, str):
            return Path(cached)
    if constants.HF_HUB_OFFLINE:
        raise untrained(f"{repository} is not in the cache and HF_HUB_OFFLINE is set", "unset it")
    headers = build_hf_headers()
    secret = {key: value for key, value in headers.items() if key.lower() == "authorization"}
    for file in files[:-1]:
        url = hf_hub_url(repository, file, revision=revision or None)
        try:
            return (yield from fetch(url, _cache_name(repository, revision, file), secret))
        except NotFoundError:
            continue
    url = hf_hub_url(repository, files[-1], revision=revision or None)
    return (yield from fetch(url, _cache_name(repository, revision, files[-1]), secret))


def _cache_name(repository: str, revision: str, file: str) -> str:
    return "--".join(part for part in (*repository.split("/"), revision, file) if part)


def transform_of(data: dict[str, Any]) -> Callable[[Any], Tensor]:
    """Return timm's own transform for evaluation."""
    from timm.data.transforms_factory import create_transform

    made: Callable[[Any], Tensor] = create_transform(**data, is_training=False)
    return made


def preprocess_of(data: dict[str, Any]) -> Preprocess:
    """Return what timm does with a picture of a network whose configuration is `data`."""
    height, width = data["input_size"][1:]
    share = data["crop_pct"] or 0.875
    box = (math.floor(height / share), math.floor(width / share))
    scale = {"squash": Scale.SQUASH, "border": Scale.CONTAIN}.get(
        data["crop_mode"], Scale.SHORTER if box[0] == box[1] else Scale.COVER
    )
    fill = [round(255 * value) for value in data["mean"]] if scale is Scale.CONTAIN else [0]
    return Preprocess(
        size=(height, width),
        box=box,
        scale=scale,
        interpolation=str(data["interpolation"]),
        fill=(fill[0], fill[1 % len(fill)], fill[2 % len(fill)]),
    )


def _labels(module: Any) -> tuple[str, ...] | None:
    from timm.data.imagenet_info import ImageNetInfo, infer_imagenet_subset

    config = getattr(module, "pretrained_cfg", None) or {}
    known = config.get("label_descriptions") or config.get("label_names")
    if known:
        return tuple(known.values()) if isinstance(known, dict) else tuple(known)
    subset = infer_imagenet_subset(module)
    if subset is None:
        return None
    if subset == "imagenet-1k":
        return imagenet_labels()
    return tuple(ImageNetInfo(subset).label_descriptions())
