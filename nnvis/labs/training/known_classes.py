"""How often a network is right about pictures whose classes are known; it ends at chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.error_analysis.class_logits import class_count, class_labels, class_logits
from nnvis.error_analysis.labelled import ClassNames, UnmatchedLabelsError
from nnvis.errors import UserError
from nnvis.models.vision import VisionModel

# What scikit-image's photographs show, as ImageNet calls it. Others show nothing that it has.
_SHOWN = {
    "chelsea": ("tabby", "tiger_cat", "Egyptian_cat"),
    "coffee": ("espresso", "cup", "coffee_mug"),
    "rocket": ("missile", "projectile", "space_shuttle"),
}
_AMONG = 5  # first classes in which one of these is looked for
_CURE = "nothing can be learnt from it; check its weights, its mean and std"


def truths(model: VisionModel, names: Sequence[str]) -> dict[str, int] | None:
    """Return the network's class of each name; None where it has none of one of them.

    Names are matched with labels, WordNet ids or numbers, as `nnvis errors` does it; that there are
    as many of one as of the other says nothing of their order.
    """
    known = _class_names(model)
    return _match(known, names) if known is not None else None


def require_learnt(right: float, labels: Tensor) -> None:
    """Stop where a network knows no more of the pictures than chance.

    Args:
        right: how many it has right, in %.
        labels: (N,), the right classes; chance always says the commonest.

    Raises:
        UserError: it does not; says what may be wrong.
    """
    chance = _chance(labels)
    most = chance + (chance * (1 - chance) / len(labels)) ** 0.5  # one standard error
    if right / 100 <= most:
        raise UserError(
            f"the network has {right:.0f} % of these pictures right, and chance {100 * chance:.0f} "
            f"%: {_CURE}, and that the folders are named, or ordered, as its classes"
        )


def accuracy_text(right: float, labels: Tensor) -> str:
    """Say how right the network is, for a report."""
    return f"{right:.0f} % of {len(labels)} pictures right, chance {100 * _chance(labels):.0f} %"


@torch.no_grad()
def require_known_photographs(
    model: VisionModel, pictures: Mapping[str, NDArray[np.uint8]]
) -> str | None:
    """Stop where a network of ImageNet's classes knows none of scikit-image's photographs.

    Args:
        model: any.
        pictures: by the name of the photograph.

    Returns:
        How many it knows; None where that cannot be told: its classes are others.

    Raises:
        UserError: it knows none of three or more.
    """
    known = _class_names(model)
    if known is None or not pictures.keys() >= _SHOWN.keys():
        return None
    places = {
        name: {index for word in words for index in (_match(known, (word,)) or {}).values()}
        for name, words in _SHOWN.items()
    }
    if not all(places.values()):
        return None
    first = {
        name: class_logits(model, model.prepare(pictures[name])[1])[0].topk(_AMONG).indices.tolist()
        for name in _SHOWN
    }
    knows = sum(bool(places[name] & {*first[name]}) for name in _SHOWN)
    if not knows:
        raise UserError(
            f"the network has none of {', '.join(_SHOWN)} among its {_AMONG} first classes, as one "
            f"of chance: {_CURE}, and its labels"
        )
    return f"{knows} of {len(_SHOWN)} known photographs among its {_AMONG} first classes"


def _class_names(model: VisionModel) -> ClassNames | None:
    """Return what knows the network's classes by name; None where it has none."""
    try:
        return ClassNames(class_labels(model), class_count(model, sure=True))
    except UserError:
        return None


def _match(known: ClassNames, names: Sequence[str]) -> dict[str, int] | None:
    try:
        return known.match(names, {})
    except UnmatchedLabelsError:
        return None


def _chance(labels: Tensor) -> float:
    return float(labels.bincount().max()) / len(labels)
