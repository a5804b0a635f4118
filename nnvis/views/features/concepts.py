"""Concepts of a layer: parts that are never negative, of which its cells are sums (NMF)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.errors import UserError
from nnvis.extras import require
from nnvis.models.vision import VisionModel
from nnvis.probe import listen, record
from nnvis.progress import Progress, Steps
from nnvis.quiet import quiet
from nnvis.views.features.concept_basis import ConceptBasis, ConceptParameters
from nnvis.views.layout import as_maps, put_maps, require_layer, require_places

MOST_CELLS = 20_000  # that are taken apart; of more, some at random
_SWEEPS = 30  # over the concepts, for the weights of new cells
_TINY = 1e-12
_WAIT_S = 0.05


def find_concepts(
    model: VisionModel,
    pictures: Sequence[NDArray[np.uint8]],
    layer: str,
    options: ConceptParameters | None = None,
    frames: str = "",
) -> Steps[ConceptBasis]:
    """Take the cells of `layer` apart by non-negative matrix factorisation, as scikit-learn does.

    Fel et al. 2023 ("CRAFT"), sec. 3. Of a layer with negative values only the positive part is
    taken apart, which the result says. The factorisation runs on a thread of its own.

    Args:
        model: owned by the calling thread.
        pictures: (h,w,3) as the network is fed them.
        layer: with maps.
        options: how many concepts, and how they are found.
        frames: what the pictures are, in a few words.

    Raises:
        UserError: the layer has no maps or no positive values, or scikit-learn is not installed.
    """
    require("explain", "finding concepts")
    options = options or ConceptParameters()
    info = require_layer(model, layer)
    require_places(info)
    if max(info.map_shape) == 1:
        raise UserError(f"{layer} has no maps to take apart; choose a layer with maps")
    if not pictures:
        raise UserError("there are no pictures yet to find concepts in; let some frames pass")
    cells, negative = [], False
    for done, picture in enumerate(pictures):
        yield Progress(done, len(pictures) + 1, "looking at pictures")
        with torch.inference_mode(), record(model, [layer]) as seen:
            model(model.tensor(picture))
        if layer not in seen:
            continue
        found = as_maps(seen[layer][:1], info)[0].flatten(1).T.float().cpu()
        found = found[found.isfinite().all(1)]
        negative = negative or bool((found < 0).any())
        cells.append(found.clamp(min=0))
    together = torch.cat(cells) if cells else torch.zeros(0, info.units)
    if not bool((together > 0).any()):
        raise UserError(f"{layer} put out nothing above 0 for these pictures; choose another layer")
    if len(together) < options.count:
        raise UserError(f"{layer} has too few cells for {options.count} concepts; use fewer")
    if len(together) > MOST_CELLS:
        generator = torch.Generator().manual_seed(options.random_seed)
        together = together[torch.randperm(len(together), generator=generator)[:MOST_CELLS]]
    values = together.double().numpy()
    fitted = yield from _factorised(values, options, len(pictures))
    weights, directions = fitted
    rest = float(np.square(values - weights @ directions).sum())
    order = np.argsort(-(weights.sum(0) * directions.sum(1)))
    return ConceptBasis(
        layer,
        directions[order].astype(np.float32),
        weights.max(0)[order].astype(np.float32),
        1 - rest / float(np.square(values).sum()),
        negative,
        len(values),
        frames or f"{len(pictures)} pictures",
        model.weights_hash,
    )


def _factorised(
    values: NDArray[np.float64], options: ConceptParameters, pictures: int
) -> Steps[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Let scikit-learn work beside, so that frames go on; whoever cancels leaves it to its end."""
    result: list[Any] = []

    def work() -> None:
        from sklearn.decomposition import NMF

        try:
            with quiet():  # that it did not converge is told by how much is explained
                factors = NMF(
                    options.count, init="nndsvda", max_iter=options.iterations,
                    random_state=options.random_seed,
                )  # fmt: skip
                result.append((factors.fit_transform(values), factors.components_))
        except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
            result.append(error)

    thread = threading.Thread(target=work, name="nnvis-concepts", daemon=True)
    thread.start()
    while thread.is_alive():
        yield Progress(pictures, pictures + 1, "taking the cells apart")
        thread.join(_WAIT_S)
    (found,) = result
    if isinstance(found, Exception):
        raise found
    return found  # type: ignore[no-any-return]


def concept_weights(cells: Tensor, directions: Tensor) -> Tensor:
    """(n,C) cells and (k,C) directions -> (n,k) weights, not negative, of least squared error.

    By coordinate descent, as scikit-learn's `transform`; the positive part of the cells counts.
    """
    positive = cells.clamp(min=0)
    products = positive @ directions.T  # (n,k)
    gram = directions @ directions.T
    weights = torch.zeros_like(products)
    for _ in range(_SWEEPS):
        for one in range(len(directions)):
            step = products[:, one] - weights @ gram[one]
            weights[:, one] = (weights[:, one] + step / gram[one, one].clamp(min=_TINY)).clamp(0)
    return weights


@contextmanager
def without_concepts(
    model: VisionModel, basis: ConceptBasis, off: Sequence[Sequence[int]]
) -> Iterator[None]:
    """Subtract concepts from their layer in the passes inside.

    Args:
        model: is as before afterwards.
        basis: of this model.
        off: for each row of the batch which concepts; one for all rows where it has one entry.

    Raises:
        UserError: the model has no such layer.
    """
    info = require_layer(model, basis.layer)

    def heard(_name: str, output: Tensor) -> Tensor:
        changed = output.clone()
        maps = as_maps(changed, info)
        rows, units, height, width = maps.shape
        directions = torch.from_numpy(basis.directions).to(maps)
        cells = maps.movedim(1, -1).reshape(-1, units)
        weights = concept_weights(cells, directions).view(rows, height, width, -1)
        gone = torch.zeros(rows, len(directions), dtype=maps.dtype, device=maps.device)
        for row in range(rows):
            chosen = off[row] if len(off) > 1 else off[0]
            gone[row, list(chosen)] = 1
        taken = (weights * gone[:, None, None]) @ directions
        maps.sub_(taken.movedim(-1, 1))
        put_maps(changed, info, maps)
        return changed

    with listen(model, [basis.layer], heard):
        yield
