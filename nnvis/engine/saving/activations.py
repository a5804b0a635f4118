"""What layers put out as arrays in a .npz or .safetensors file, with what they are of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnvis import __version__
from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.request import AttackShows, Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.errors import UserError
from nnvis.export import CHUNK
from nnvis.files.arrays import packed
from nnvis.files.whole import write_whole
from nnvis.models.info import ModelInfo
from nnvis.progress import Progress, Steps
from nnvis.sources.frame import Frame
from nnvis.views.request import AblationMode

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel

SUFFIXES = (".npz", ".safetensors")


def check_suffix(path: Path) -> None:
    """Raise UserError where `path` is of no kind that arrays are written in."""
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path.name} is of no kind that is known; name it {path.stem}.npz")


def activations_job(path: Path, snapshot: Snapshot) -> Job:
    """Return the job that writes what the layer of `snapshot` puts out for what it was fed."""
    request, attack = snapshot.request, snapshot.attack
    attacked = attack is not None and request.attack is not None
    of_attacked = attacked and request.attack.shows != AttackShows.CLEAN  # type: ignore[union-attr]
    fed = attack.adversarial if attack is not None and of_attacked else snapshot.fed
    layers = [snapshot.layer.name]

    def steps(model: VisionModel) -> Steps[list[Path]]:
        if model.weights_hash != snapshot.info.weights_hash:
            raise UserError("the model has changed since; save the activations again")
        return (
            yield from write_activations(
                model, snapshot.info, snapshot.frame, request, layers, path,
                fed=fed, attacked=of_attacked,
            )
        )  # fmt: skip

    return Job("activations", steps)


def write_activations(
    model: VisionModel,
    info: ModelInfo,
    frame: Frame,
    request: Request,
    layers: Sequence[str],
    path: Path,
    *,
    fed: NDArray[np.uint8] | None = None,
    attacked: bool = False,
) -> Steps[list[Path]]:
    """Write, by the layers' names, (units,h,w) float32; vectors have maps of (1,1).

    "NAME:prefix", (units,p), holds what a layer has at class and register tokens. What the arrays
    are of is JSON: in safetensors the metadata "nnvis", in .npz the bytes of the array "nnvis".
    Units that are switched off are off.

    `fed`, (h,w,3), may stand in place of the frame as the network is fed it, `attacked` or not.

    Raises:
        UserError: a layer does not exist or did not run, or the file cannot be written.
    """
    check_suffix(path)
    yield Progress(0, 1, f"writing {path.name}")
    fed = info.preprocess.feed(frame.picture, request.fit) if fed is None else fed
    arrays = _read(model, info, request, layers, fed)
    told = json.dumps(_told(info, frame, request, layers, attacked=attacked), sort_keys=True)
    write_whole(path, _packed(arrays, told, path.suffix.lower()))
    return [path]


def _read(
    model: VisionModel,
    info: ModelInfo,
    request: Request,
    layers: Sequence[str],
    fed: NDArray[np.uint8],
) -> dict[str, NDArray[np.float32]]:
    import torch

    from nnvis.models.layers import to_maps
    from nnvis.probe import record
    from nnvis.views.ablate import ablate

    units = request.ablation.units
    if request.ablation.concepts is not None or any(
        one.how in (AblationMode.MEAN, AblationMode.FREEZE) for one in units
    ):
        raise UserError(
            "at what units or concepts are held, other passes do not know; put those back first"
        )
    found: dict[str, NDArray[np.float32]] = {}
    with torch.inference_mode(), ablate(model, units), record(model, layers) as seen:
        model(model.tensor(fed))
    for name in layers:
        layer = info.require_layer(name)
        if name not in seen:
            if len(layers) > 1:
                continue
            raise UserError(f"{name} did not run on this picture; choose another layer")
        maps, prefix = to_maps(seen[name], layer)
        found[name] = np.ascontiguousarray(maps.float().cpu().numpy())
        if prefix.numel():
            found[f"{name}:prefix"] = np.ascontiguousarray(prefix.float().cpu().numpy())
    return found


def _told(
    info: ModelInfo, frame: Frame, request: Request, layers: Sequence[str], *, attacked: bool
) -> dict[str, Any]:
    return {
        "version": __version__,
        "kind": "activations",
        "model": info.model_request.spec,
        "weights_hash": info.weights_hash,
        "random": info.random,
        "preprocessing": info.describe_input(request.fit),
        "source": frame.source,
        "frame": frame.label,
        "attacked": attacked,
        "ablations": [asdict(one) for one in request.ablation.units],
        "layers": {name: asdict(replace(info.require_layer(name), order=())) for name in layers},
    }


def _packed(arrays: dict[str, NDArray[np.float32]], told: str, suffix: str) -> bytes | memoryview:
    if suffix == ".safetensors":
        from safetensors.numpy import save

        return save(arrays, {CHUNK: told})
    if CHUNK in arrays:
        raise UserError(f"in .npz {CHUNK!r} is the name of what is told; name it .safetensors")
    return packed({**arrays, CHUNK: np.frombuffer(told.encode(), np.uint8)})
