"""Layer-wise relevance propagation: the score of a unit, shared out over the pixels."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.probe.relevance import Laid, RelevanceRule, RuleSettings, relevance_rules, require_rules
from nnvis.progress import Progress, Steps
from nnvis.views.cells import cells_gradient
from nnvis.views.layout import as_maps, put_maps, require_layer, require_unit
from nnvis.views.pass_through import describe_end
from nnvis.views.registry import LrpParameters
from nnvis.views.request import LOGITS, Cells

GAP = 0.01  # of the score, up to which relevance is said to add up to it


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
    what biases and norms hold. The last step tells how far it adds up. It is relevance of the
    values as the network is fed them, normalised.

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
    rule = RelevanceRule(options.rule)
    low, high = (0 - model.mean) / model.std, (1 - model.mean) / model.std
    settings = RuleSettings(rule, options.epsilon, options.gamma, low, high, options.biases)
    yield Progress(0, 1, "relevance")
    names = [one for one in (layer, through[0] if through else LOGITS) if one != LOGITS]
    fed = ((x.detach() - model.mean) / model.std).requires_grad_()
    with (
        torch.enable_grad(),
        relevance_rules(model, settings) as laid,
        record(model, dict.fromkeys(names), detach=False) as seen,
    ):
        logits = model.logits(fed)
    if rule is RelevanceRule.EPSILON_GAMMA_BOX and not laid.boxed:
        raise UserError(
            "the first layer of weights is not fed by the picture itself, for which the rule "
            "epsilon_gamma_box is; choose the rule gamma"
        )
    values = logits if layer == LOGITS else seen[layer]
    info = describe_end(logits) if layer == LOGITS else require_layer(model, layer)
    # What travels is relevance over activation: 1 at each cell that counts gives it its own value.
    counted: Cells = "sum" if cells == "map" else cells
    start = cells_gradient(values.detach(), info, unit, counted, len(x))
    whole = float((values.detach() * start).sum())
    if values.grad_fn is None:
        return torch.zeros_like(fed).detach()
    passed = None
    with require_rules([values.grad_fn], constant_attention=options.attention == "cp"):
        if through is None:
            (sent,) = torch.autograd.grad(values, fed, start)
        else:
            sent, passed = _through(model, through, values, start, seen[through[0]], fed)
    found = _gathered(fed, sent, laid)
    yield Progress(1, 1, _told(float(found.sum()), whole, passed, through))
    return found


def _through(
    model: VisionModel, through: tuple[str, int], values: Tensor, start: Tensor, inner: Tensor,
    fed: Tensor,
) -> tuple[Tensor, float]:  # fmt: skip
    """Return what reaches the input by one unit, and the relevance of that unit."""
    name, unit = through
    info = require_layer(model, name)
    require_unit(info, unit)
    (came,) = torch.autograd.grad(values, inner, start, retain_graph=True, allow_unused=True)
    if came is None:
        raise UserError(f"{name} does not feed what is looked back from; choose an earlier layer")
    kept = torch.zeros_like(came)
    maps = as_maps(kept, info)
    maps[:, unit] = as_maps(came, info)[:, unit]
    put_maps(kept, info, maps)
    (sent,) = torch.autograd.grad(inner, fed, kept)
    return sent, float((kept * inner.detach()).sum())


def _gathered(fed: Tensor, sent: Tensor, laid: Laid) -> Tensor:
    found = (fed * sent).detach()
    for part in laid.relevance:
        found = found + part
    return found


def _told(found: float, whole: float, passed: float | None, through: tuple[str, int] | None) -> str:
    """Say how far relevance adds up, and how much of it passes a unit."""
    told = ""
    if through is not None and passed is not None:
        share = f"{passed / whole:.1%} of " if whole else ""
        told = f"{share}the score {whole:.3g} passes {through[0]}:{through[1]}; "
        whole = passed
    if not whole:
        return f"{told}there is no relevance to share out: the score is 0"
    if not math.isfinite(found):
        return f"{told}relevance grew beyond all numbers; choose another rule, or a larger epsilon"
    missed = abs(found - whole) / abs(whole)
    if missed <= GAP:
        return f"{told}relevance adds up to {found:.3g} of {whole:.3g}: it is conserved"
    return (
        f"{told}relevance adds up to {found:.3g} of {whole:.3g}; the rest is held by biases, "
        "embeddings of places, and what the rules do not conserve"
    )
