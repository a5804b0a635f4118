"""What in the picture drives a unit: gradient, input x gradient, guided, deconvolution."""

from __future__ import annotations

from torch import Tensor

from nnvis.models.vision import VisionModel
from nnvis.probe import Rule
from nnvis.views.pass_through import backward, forward
from nnvis.views.request import Cells

RULES = {
    "gradient": Rule.GRADIENT,
    "input_x_gradient": Rule.GRADIENT,
    "guided": Rule.GUIDED,
    "deconv": Rule.DECONV,
}


def gradient(
    model: VisionModel, x: Tensor, *, layer: str, unit: int, cells: Cells = "map"
) -> Tensor:
    """(N,C,H,W) in [0,1] -> (N,C,H,W), signed: what a small change of each value would do.

    Simonyan et al. 2014, sec. 3. Raises UserError as `forward` and `backward` do.
    """
    return _view(model, x, layer, unit, cells, Rule.GRADIENT)


def input_x_gradient(
    model: VisionModel, x: Tensor, *, layer: str, unit: int, cells: Cells = "map"
) -> Tensor:
    """Return the gradient times the picture: each value's share, to first order, against black."""
    return x * _view(model, x, layer, unit, cells, Rule.GRADIENT)


def guided(model: VisionModel, x: Tensor, *, layer: str, unit: int, cells: Cells = "map") -> Tensor:
    """Return guided backpropagation (Springenberg et al. 2015); see `backward_rule`."""
    return _view(model, x, layer, unit, cells, Rule.GUIDED)


def deconv(model: VisionModel, x: Tensor, *, layer: str, unit: int, cells: Cells = "map") -> Tensor:
    """Return the deconvolution of a unit (Zeiler & Fergus 2014); see `backward_rule`."""
    return _view(model, x, layer, unit, cells, Rule.DECONV)


def _view(model: VisionModel, x: Tensor, layer: str, unit: int, cells: Cells, rule: Rule) -> Tensor:
    pixels = backward(forward(model, x, [layer]), layer, unit, cells, rule, again=False).pixels
    assert pixels is not None
    return pixels
