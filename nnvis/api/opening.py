"""From a network to what can be seen of it."""

from __future__ import annotations

from typing import Any

from torch import nn

from nnvis.api.model_view import ModelView


def open(model: nn.Module | str, **options: Any) -> ModelView:
    """Look at a network of yours, which stays exactly as it is.

    Args:
        model: any module: normalised (N,C,H,W) -> logits, or anything else. Or the name of a model
            as `nnvis models` lists them.
        options: `mean`, `std` (subtracted from pixels in [0,1], and what they are divided by; a
            value a channel), `labels` (names of the classes, or a file of them), `input_size` (224,
            or height and width), `channels`, `name`, `output` (of several, by name or number),
            `scores` (what they mean: softmax, sigmoid, probabilities, raw). Of a name, `device`,
            `weights`, `random_weights` and `seed` as well.

    Returns:
        What can be seen of it: see ModelView.

    Raises:
        UserError: an argument cannot be used; names it.
    """
    return ModelView(model, **options)
