"""Layer-wise relevance propagation: the score of a unit, shared out over the pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.probe.relevance import RelevanceRule, RuleSettings, relevance_rules, require_rules
from nnvis.progress import Progress, Steps
from nnvis.views.cells import cells_gradient
from nnvis.views.layout import as_maps, require_layer, require_unit
from nnvis.views.pass_through import describe_end
from nnvis.views.registry import LrpParameters
from nnvis.views.request import LOGITS, Cells


def lrp(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str,
    unit: int,
    cells: Cells = "map",
    options: LrpParameters | None = None,
    through: tuple[str, int] | None = None,
) -> Steps[Tensor]:
    """Return relevance (N,C,H,W), signed (Bach et al. 2015).

    Where no bias takes part and epsilon is small, it sums up to the score of the unit; the rest is
    what biases hold. It is relevance of the values as the network is fed them, normalised.

    Args:
        model: the network.
        x: (N,C,H,W) in [0,1].
        layer: of the unit; LOGITS for a class.
        unit: from 0.
        cells: which cells count; "map" and "sum": all of them.
        options: the rule and its constants.
        through: layer and unit: only what passes this unit counts (Achtibat et al. 2023, "CRP").

    Raises:
        UserError: there is no such layer, unit or cell, or the network does something that the
            rules do not know.
    """
    options = options or LrpParameters()
    settings = RuleSettings(RelevanceRule(options.rule), options.epsilon, options.gamma)
    yield Progress(0, 1, "relevance")
    names = [one for one in (layer, through[0] if through else LOGITS) if one != LOGITS]
    fed = ((x.detach() - model.mean) / model.std).requires_grad_()
    with (
        torch.enable_grad(),
        relevance_rules(model, settings),
        record(model, dict.fromkeys(names), detach=False) as seen,
    ):
        logits = model.logits(fed)
    values = logits if layer == LOGITS else seen[layer]
    info = describe_end(logits) if layer == LOGITS else require_layer(model, layer)
    # What travels is relevance over activation: 1 at each cell that counts gives it its own value.
    counted: Cells = "sum" if cells == "map" else cells
    start = cells_gradient(values.detach(), info, unit, counted, len(x))
    if values.grad_fn is None:
        return torch.zeros_like(fed).detach()
    with require_rules([values.grad_fn]):
        if through is None:
            (found,) = torch.autograd.grad(values, fed, start)
        else:
            (found,) = _through(model, through, values, start, seen[through[0]], fed)
    return (fed * found).detach()


def _through(
    model: VisionModel, through: tuple[str, int], values: Tensor, start: Tensor, inner: Tensor,
    fed: Tensor,
) -> tuple[Tensor, ...]:  # fmt: skip
    name, unit = through
    info = require_layer(model, name)
    require_unit(info, unit)
    (came,) = torch.autograd.grad(values, inner, start, retain_graph=True)
    kept = torch.zeros_like(came)
    as_maps(kept, info)[:, unit] = as_maps(came, info)[:, unit]
    return torch.autograd.grad(inner, fed, kept)
