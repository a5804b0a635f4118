"""The extrema of an index by a library that only runs networks, on a processor.

OpenVINO and ONNX Runtime give what PyTorch gives, up to rounding, in two fifths of the time. To
write the network down for them takes some seconds, which few pictures do not bring back. What they
find in the first pictures, and in some of all later ones, is held against PyTorch.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from nnvis import extras
from nnvis.errors import UserError
from nnvis.models.formats.graph_libraries import GraphLibrary, Run, graph_libraries, refusal
from nnvis.models.formats.to_onnx import layered_graph
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.top_images.decode import Blocks, Listing
from nnvis.top_images.extrema import Extrema, extremes, pixels
from nnvis.top_images.spec import IndexSpec

log = logging.getLogger(__name__)

AUTO, PYTORCH = "auto", "pytorch"
LIBRARIES: Final = ("openvino", "onnxruntime")  # by the modules that are imported
FEW = 500  # pictures, which take PyTorch no longer than what comes before a library begins
EVERY = 300  # blocks between two checks
APART = 1e-4  # of the deviation of a layer's extremes, what one of them may differ by
LARGEST = 1 << 29  # bytes of what the layers put out for a block


class QuickExtrema(Extrema):
    """Belongs to the model's thread; the library computes on threads of its own."""

    def __init__(self, model: VisionModel, layers: Sequence[str], title: str, run: Run) -> None:
        super().__init__(model, layers)
        self._title, self._run, self._blocks = title, run, 0

    def of_layers(self, x: Tensor) -> list[Tensor]:
        """(N,C,H,W) in [0, 1] -> (4,N,U) of each layer; N as the network was written down.

        Raises:
            UserError: the library fails, or at one of the checks it is not what PyTorch gives.
        """
        try:
            given = self._run(x, [layer.name for layer in self.layers])
        except Exception as error:
            log.exception("%s failed", self._title)
            raise UserError(
                f"{self._title} failed ({type(error).__name__}); give --runner pytorch and another "
                "--out"
            ) from error
        found = [extremes(given[layer.name], layer) for layer in self.layers]
        self._blocks += 1
        if self._blocks % EVERY == 1:
            difference = _apart(super().of_layers(x), found)
            if not difference <= APART:
                raise UserError(
                    f"{self._title} differs from PyTorch by {difference:.1g} of a layer's "
                    "deviation on these pictures; give --runner pytorch and another --out"
                )
        return found


def known_runner(asked: str) -> str:
    """Return `asked`, if it is one.

    Raises:
        UserError: it is none.
    """
    if asked not in (AUTO, PYTORCH, *LIBRARIES):
        known = ", ".join((AUTO, PYTORCH, *LIBRARIES))
        raise UserError(f"there is no runner {asked!r}; use one of {known}")
    return asked


def extrema_of(
    model: VisionModel, spec: IndexSpec, pictures: Listing
) -> Steps[tuple[str, Extrema]]:
    """Return the runner that computes the index of `pictures`, and the extrema by it.

    Raises:
        UserError: `spec` names a library that is not here, or does not take the network.
    """
    names = [layer.name for layer in spec.layers]
    why = _refusal(model, spec)
    if spec.runner != PYTORCH and not why and (spec.runner != AUTO or len(pictures) > FEW):
        libraries = [one for one in graph_libraries() if spec.runner in (AUTO, one.module)]
        yield Progress(0, len(pictures), f"writing the network down for {_titles(libraries)}")
        try:
            library, made = _made(model, spec, pictures, libraries)
        except UserError as error:
            why = str(error)
        else:
            return library.module, made
    if spec.runner not in (AUTO, PYTORCH):
        raise UserError(f"--runner {spec.runner} cannot be had: {why}")
    if why:
        log.info("PyTorch computes the index: %s", why)
    return PYTORCH, Extrema(model, names)


def _refusal(model: VisionModel, spec: IndexSpec) -> str:
    """Say why no library would compute it, or compute it faster."""
    cells = sum(layer.units * math.prod(layer.map_shape) for layer in spec.layers)
    why = refusal(model)
    if not why and model.detects:
        why = "it is for classes and embeddings in float32"
    if not why and 4 * spec.block * cells > LARGEST:
        why = "its layers are too large"
    return why and f"{why}; use --runner pytorch"


def _titles(libraries: Sequence[GraphLibrary]) -> str:
    return " or ".join(one.title for one in libraries) or "OpenVINO"


def _made(
    model: VisionModel, spec: IndexSpec, pictures: Listing, libraries: Sequence[GraphLibrary]
) -> tuple[GraphLibrary, QuickExtrema]:
    """Let the first of `libraries` that takes the network, and gives the same, have it.

    Raises:
        UserError: none does, or none is installed.
    """
    if not libraries:
        raise UserError(f"it is not installed; {extras.command('fast')}")
    names = [layer.name for layer in spec.layers]
    first = Blocks(pictures, model.preprocess, spec.fit, spec.block)(0)
    x = pixels(model, first.fed)
    why = ""
    try:
        graph = layered_graph(model, names, x)
    except UserError as error:
        raise UserError(f"{error}; use --runner pytorch") from error
    except ImportError as error:
        raise UserError(f"onnx is not installed; {extras.command('fast')}") from error
    for library in libraries:
        try:
            made = QuickExtrema(model, names, library.title, library.make(graph, names))
            made.of_layers(x)
        except UserError as error:
            said = str(error)  # it differs
        except Exception as error:  # noqa: BLE001 - a library may fail in any way
            said = f"{library.title} cannot run it ({type(error).__name__}); use --runner pytorch"
        else:
            return library, made
        why = why or said
    raise UserError(why)


def _apart(exact: Sequence[Tensor], given: Sequence[Tensor]) -> float:
    """Return how far the extremes of one layer are apart at most, over their deviation.

    NaN and infinite in one alone is infinitely far; which of two nearly equal cells is the highest
    hangs on rounding, and does not count.
    """
    worst = 0.0
    for mine, others in zip(exact, given, strict=True):
        one, other = mine[::2], others[::2]
        same = (one == other) | (one.isnan() & other.isnan())
        off = (one - other).abs().nan_to_num(math.inf, math.inf).masked_fill(same, 0.0).max()
        worst = max(worst, float(off) / max(float(one.std()), torch.finfo(one.dtype).tiny))
    return worst
