"""What one pass over labelled pictures is of: all that its numbers depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from nnvis.error_analysis.labelled import LabelledPictures
from nnvis.models.info import LayerInfo, ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel
from nnvis.top_images.spec import usual_layers
from nnvis.views.layout import require_layer

FORMAT = 2
SHARD = 256  # pictures that are lost at most when a run is cut short
_BLOCKS = {"cpu": 16, "cuda": 64, "mps": 32}


@dataclass(frozen=True, slots=True)
class PassSpec:
    """Two runs of equal specs give equal numbers, however they were interrupted."""

    model: str
    weights_hash: str
    preprocessing: str
    device: str
    fit: Fit
    pictures: str  # hash of names and classes
    count: int
    layers: tuple[str, ...]
    block: int = 16
    shard: int = SHARD
    request: Mapping[str, Any] = field(default_factory=dict)
    version: int = FORMAT

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @property
    def key(self) -> str:
        """Name a folder for it: another one for a pass of anything else."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:20]

    def differs(self, stored: Mapping[str, Any]) -> str:
        """Name the first thing in which another run was of something else; "" if in nothing."""
        mine = self.to_json()
        return next((name.replace("_", " ") for name in mine if mine[name] != stored.get(name)), "")


def make_pass_spec(
    model: VisionModel,
    asked: ModelRequest,
    pictures: LabelledPictures,
    layers: Sequence[str] = (),
    fit: Fit = Fit.CROP,
) -> PassSpec:
    """Say what is to be measured.

    Raises:
        UserError: there is no such layer.
    """
    infos: Sequence[LayerInfo] = [require_layer(model, one) for one in dict.fromkeys(layers)]
    digest = hashlib.sha256()
    for name, truth in zip(pictures.names, pictures.truths.tolist(), strict=True):
        digest.update(f"{name}\0{truth}\n".encode("utf-8", "surrogatepass"))
    rest = asdict(asked)
    del rest["spec"], rest["device"]
    return PassSpec(
        model=asked.spec,
        weights_hash=model.weights_hash,
        preprocessing=model.preprocess.describe(),
        device=model.device.type,
        fit=fit,
        pictures=digest.hexdigest()[:16],
        count=len(pictures),
        layers=tuple(one.name for one in infos or usual_layers(model.layers)),
        block=_BLOCKS.get(model.device.type, 16),
        request=json.loads(json.dumps(rest)),
    )
