"""Detectors that answer queries, a class and a box each: DETR and its kin, in their own format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_LOGITS = ("logits", "pred_logits")  # as transformers has it, and as the paper's authors


@dataclass(frozen=True, slots=True)
class QueryFormat:
    """How scores are made of a query's logits."""

    classes: int
    nothing: bool  # by a softmax, whose last class says that there is none; else by sigmoids
    why: str = ""  # of a guess, in a few words; empty: it is known

    def describe(self) -> str:
        """Say it in a few words."""
        made = "softmax over the classes and one for none" if self.nothing else "a sigmoid each"
        return f"{made} (a guess: {self.why})" if self.why else made


def queries_of(output: object) -> tuple[Tensor, Tensor] | None:
    """Return (N,Q,K) logits and (N,Q,4) centre, width and height in 0 ... 1; None: no such."""
    if not isinstance(output, Mapping):
        return None
    boxes = output.get("pred_boxes")
    logits = next((output[name] for name in _LOGITS if name in output), None)
    if not isinstance(boxes, Tensor) or not isinstance(logits, Tensor):
        return None
    fits = logits.ndim == 3 and boxes.shape == (*logits.shape[:2], 4)
    return (logits, boxes) if fits else None


def format_of(
    logits: Tensor, network: nn.Module, labels: int | None, scores: str | None
) -> QueryFormat:
    """Tell how a network's queries are read.

    Args:
        logits: (N,Q,K) of one pass.
        network: whose configuration may tell how many classes there are.
        labels: how many there are, if any are known.
        scores: what a person says: softmax, with a last class for none, or sigmoid.
    """
    count = logits.shape[2]
    told = getattr(getattr(network, "config", None), "num_labels", None)
    known = told if isinstance(told, int) else labels
    if scores in ("softmax", "sigmoid"):
        nothing, why = scores == "softmax", ""
    elif known in (count, count - 1):
        nothing, why = known == count - 1, ""
    else:
        nothing, why = True, "how many classes it has is not known"
    return QueryFormat(max(1, count - nothing), nothing and count > 1, why)


def query_boxes(
    output: object, how: QueryFormat, size: tuple[int, int], every: bool
) -> list[dict[str, Tensor]] | None:
    """Return the detections in the format of torchvision's detectors; None: there are no queries.

    Args:
        output: all that the network put out.
        how: its scores are made.
        size: height and width of the input, for pixels.
        every: with every class of each query, not only those that the libraries list.
    """
    found = queries_of(output)
    if found is None:
        return None
    height, width = size
    centre, extent = found[1].float().split(2, -1)
    corners = torch.cat([centre - extent / 2, centre + extent / 2], -1)
    pixels = corners * corners.new_tensor([width, height, width, height])
    logits = found[0].float()
    chances = logits.softmax(-1)[..., :-1] if how.nothing else logits.sigmoid()
    if every:
        labels = torch.arange(how.classes, device=logits.device).repeat(chances.shape[1])
        return [
            {
                "boxes": boxes.repeat_interleave(how.classes, 0),
                "scores": own.flatten(),
                "labels": labels,
            }
            for boxes, own in zip(pixels, chances, strict=True)
        ]
    if how.nothing:
        best, kinds = chances.max(-1)
    else:  # a query may be of several classes: as many as there are queries are kept
        best, at = chances.flatten(1).topk(chances.shape[1])
        kinds = at % how.classes
        pixels = pixels.gather(1, (at // how.classes)[..., None].expand(-1, -1, 4))
    return [
        {"boxes": boxes, "scores": own, "labels": kind}
        for boxes, own, kind in zip(pixels, best, kinds, strict=True)
    ]
