"""The job that draws the map of the network that looks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.protocol.job import Job
from nnvis.models.graph.network_graph import NetworkGraph
from nnvis.progress import Progress, Steps

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel


def graph_job(fed: NDArray[np.uint8] | None) -> Job:
    """Follow one pass over what is fed, (H,W,3); over grey while nothing is -> NetworkGraph."""
    return Job("map", partial(_draw, fed))


def _draw(fed: NDArray[np.uint8] | None, model: VisionModel) -> Steps[NetworkGraph]:
    from nnvis.models.graph.draw import draw_graph  # torch comes with the runner

    yield Progress(0, 1, "following one pass through the network")
    return draw_graph(model, None if fed is None else model.tensor(fed))
