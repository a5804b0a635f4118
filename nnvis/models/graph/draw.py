"""The graph of a model, from one pass over a picture."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.models.graph.network_graph import NetworkGraph
from nnvis.models.graph.reduce import reduce_flow
from nnvis.models.vision import VisionModel
from nnvis.probe import follow


def draw_graph(model: VisionModel, x: Tensor | None = None) -> NetworkGraph:
    """Return what feeds what in `model`: what ran on this picture, whatever its code says.

    Args:
        model: whose layers are the boxes.
        x: (1,C,H,W) in [0,1]; None: grey.

    Raises:
        UserError: the network does not run.
    """
    if x is None:
        x = torch.full((1, model.channels, *model.input_size), 0.5, device=model.device)
    listed = {one.name for one in model.layers}
    flow = follow(model, x, listed)
    return reduce_flow(flow, listed)
