"""What the network says between a picture and its attacked version, and around them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.attacks.findings import Line, Plane
from nnvis.attacks.network import AttackedNetwork
from nnvis.errors import UserError
from nnvis.progress import Progress, Steps

CURVES = 5


def line(
    network: AttackedNetwork,
    clean: Tensor,
    adversarial: Tensor,
    count: int = 41,
    beyond: float = 1.0,
) -> Steps[Line]:
    """Look along the line from `clean` through `adversarial`, both (1,C,H,W).

    It reaches by `beyond` of its length to either side; where it leaves the box it is clipped.
    """
    change = _change(clean, adversarial)
    places = np.linspace(-beyond, 1 + beyond, count)
    rows = []
    for begin, part in _parts(places, clean):
        pictures = (clean + _column(part, clean) * change).clamp_(0, 1)
        rows.append(network.chances(network.logits(pictures)).cpu())
        yield Progress(begin + len(part), count, "along the line")
    table = torch.cat(rows)
    ends = network.logits(torch.cat([clean, adversarial])).argmax(1).tolist()
    likely = table.amax(0).topk(min(CURVES, table.shape[1])).indices.tolist()
    classes = tuple(dict.fromkeys([*ends, *likely]))[: max(CURVES, 2)]
    return Line(places, classes, table[:, list(classes)].numpy(), table.argmax(1).numpy())


def plane(
    network: AttackedNetwork,
    clean: Tensor,
    adversarial: Tensor,
    count: int = 21,
    beyond: float = 1.0,
    seed: int = 0,
) -> Steps[Plane]:
    """Look at `count` x `count` pictures of the plane around `clean`, (1,C,H,W).

    The random direction has gaussian values, is made orthogonal to the adversarial one and as
    long (Fawzi, Moosavi-Dezfooli & Frossard 2017, "The robustness of deep networks", fig. 3).
    """
    change = _change(clean, adversarial)
    other = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed)).to(clean)
    length = change.norm()
    other = other - change * ((other * change).sum() / length**2)
    other = other * (length / other.norm())
    across = np.linspace(-beyond, 1 + beyond, count)
    half = (1 + 2 * beyond) / 2
    down = np.linspace(-half, half, count)
    top = np.zeros((count, count), np.int64)
    probability = np.zeros((count, count), np.float32)
    for row, height in enumerate(down):
        for begin, part in _parts(across, clean):
            place = clean + float(height) * other + _column(part, clean) * change
            best = network.chances(network.logits(place.clamp_(0, 1))).max(1)
            top[row, begin : begin + len(part)] = best.indices.cpu().numpy()
            probability[row, begin : begin + len(part)] = best.values.cpu().numpy()
            yield Progress(row * count + begin, count * count, "over the plane")
    return Plane(across, down, top, probability)


def _change(clean: Tensor, adversarial: Tensor) -> Tensor:
    change = adversarial - clean
    if len(clean) != 1 or not bool(change.any()):
        raise UserError("there is no change to follow; attack one picture first")
    return change


def _parts(places: NDArray[np.float64], x: Tensor) -> list[tuple[int, NDArray[np.float64]]]:
    """Cut `places` so that no step takes long."""
    size = 2 if x.device.type == "cpu" else 32
    return [(begin, places[begin : begin + size]) for begin in range(0, len(places), size)]


def _column(places: NDArray[np.float64], x: Tensor) -> Tensor:
    return torch.from_numpy(places).to(x).view(-1, 1, 1, 1)
