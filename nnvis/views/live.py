"""All that one live frame shows of a unit's causes: one pass forward, one back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.probe import Rule
from nnvis.views.backward import RULES
from nnvis.views.cam import WEIGHS, weigh, weighed_at
from nnvis.views.layout import over_picture
from nnvis.views.pass_through import ForwardPass, backward, forward
from nnvis.views.registry import LIVE_VIEWS
from nnvis.views.request import AttributionRequest
from nnvis.views.rollout import attended, roll, tokens_of


@dataclass(frozen=True, slots=True, eq=False)
class LiveViewResult:
    """Tensors on the device, off the graph."""

    passed: ForwardPass  # the logits and the outputs that were asked for; its graph is used up
    picture: Tensor  # (N,C,H,W) signed, or (N,1,H,W) not negative for a CAM or rollout
    signed: bool
    grid: Tensor | None  # d score / d output of the layer asked for, None where it has no part
    at: str  # the layer that a CAM weighed, else empty
    note: str  # what is done otherwise than in the view's paper, or what cannot be shown; mostly ""


def attribute(
    model: VisionModel,
    x: Tensor,
    attribution: AttributionRequest,
    layers: Collection[str] = (),
    grid: str | None = None,
) -> LiveViewResult:
    """Run the network on x (N,C,H,W) in [0,1] and follow a unit back.

    Args:
        model: owned by the calling thread.
        x: the pictures.
        attribution: what to follow, and how; its region is that of `model.at` already.
        layers: whose outputs are wanted as well.
        grid: of which layer the backward values are wanted, after the same rule.

    Raises:
        UserError: there is no such view, layer, unit or cell, or no way back from there.
    """
    if attribution.view not in LIVE_VIEWS:
        raise UserError(f"there is no live view {attribution.view!r}; use {', '.join(LIVE_VIEWS)}")
    if attribution.view == "rollout":
        return _rolled(model, x, attribution, layers, grid)
    if attribution.view not in RULES and attribution.view not in WEIGHS:
        return _other(model, x, attribution, layers, grid)
    weights, at = WEIGHS.get(attribution.view), ""
    if weights:
        at = attribution.at or weighed_at(model, x, attribution.layer, attribution.unit)
    to = [name for name in dict.fromkeys((grid, at)) if name]
    passed = forward(model, x, [attribution.layer, *layers, *to])
    rule = RULES.get(attribution.view, Rule.GRADIENT)
    came = backward(
        passed,
        attribution.layer,
        attribution.unit,
        attribution.cells,
        rule,
        to=to,
        pixels=not weights,
        again=False,
    )
    if weights is not None:
        picture = over_picture(weigh(passed, came, at, weights), x)
    else:
        assert came.pixels is not None
        picture = came.pixels * x if attribution.view == "input_x_gradient" else came.pixels
    values = came.layers[grid] if grid else None
    return LiveViewResult(
        passed,
        picture,
        weights is None,
        values,
        at,
        _joined(
            came.met.note(rule),
            "the grid shows the gradient" if grid and weights else "",
            _deaf(attribution, grid, values),
        ),
    )


def _rolled(
    model: VisionModel,
    x: Tensor,
    attribution: AttributionRequest,
    layers: Collection[str],
    grid: str | None,
) -> LiveViewResult:
    tokens = tokens_of(model, attribution.layer)
    with attended(model, attribution.layer) as weights:
        passed = forward(model, x, [attribution.layer, *layers, *([grid] if grid else [])])
    picture = over_picture(roll(weights, tokens, attribution.cells), x)
    same, values = "rollout is the same for every unit", None
    if grid:
        came = backward(
            passed,
            attribution.layer,
            attribution.unit,
            attribution.cells,
            to=[grid],
            pixels=False,
            again=False,
        )
        values = came.layers[grid]
        same += "; the grid shows the gradient"
    return LiveViewResult(
        passed, picture, False, values, "", _joined(same, _deaf(attribution, grid, values))
    )


def _other(
    model: VisionModel,
    x: Tensor,
    attribution: AttributionRequest,
    layers: Collection[str],
    grid: str | None,
) -> LiveViewResult:
    """Show a view that is nothing but a function, in a pass of its own."""
    view = LIVE_VIEWS[attribution.view]
    picture = view(
        model, x, layer=attribution.layer, unit=attribution.unit, cells=attribution.cells
    ).detach()
    passed = forward(model, x, [attribution.layer, *layers, *([grid] if grid else [])])
    values = None
    if grid:
        values = backward(
            passed,
            attribution.layer,
            attribution.unit,
            attribution.cells,
            to=[grid],
            pixels=False,
            again=False,
        ).layers[grid]
    note = _joined("the grid shows the gradient" if grid else "", _deaf(attribution, grid, values))
    return LiveViewResult(passed, picture, view.signed, values, "", note)


def _deaf(attribution: AttributionRequest, grid: str | None, values: Tensor | None) -> str:
    if not grid or values is not None:
        return ""
    return f"{grid} does not feed {attribution.layer or 'the output'}"


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
