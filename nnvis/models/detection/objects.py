"""What a network detects or segments, read from what it puts out, and scored as classes are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nnvis.errors import UserError
from nnvis.models.detection.region import (
    EDGE,
    SAME,
    Extent,
    FoundObject,
    FoundObjects,
    Region,
    overlap,
)

MOST = 100  # objects that are listed
SHOWN_FROM = 0.05  # score of a box; what torchvision's detectors are built with
SMALLEST = 0.0005  # of the picture, that a region must have
CANDIDATE = 1e-3  # score from which boxes count that an attack is to make stand out
MOST_CANDIDATES = 1000
UNCOUNTED = 1000  # classes of a detector of which nothing says how many it knows
_NEVER = 1e-7  # the score of what is not found, whose log-odds are about -16
UNSEEN = 2 * _NEVER  # a class at a box that scores no more was not found there

Boxes = Sequence[Mapping[str, Tensor]]  # a mapping for each picture
Label = Callable[[int], str]


def boxes_of(output: object) -> Boxes | None:
    """Return detections in the format of torchvision's detectors, None where it is another.

    That is, for each picture, a mapping with boxes (n,4) in pixels of the input, left, top, right,
    bottom, and scores (n,); labels (n,) and masks (n,1,h,w) in [0,1] may be there. Of one picture
    the mapping may stand alone.
    """
    found = [output] if isinstance(output, Mapping) else output
    if not isinstance(found, (list, tuple)) or not found:
        return None
    return found if all(_is_detection(one) for one in found) else None


def _is_detection(one: object) -> bool:
    if not isinstance(one, Mapping):
        return False
    boxes, scores = one.get("boxes"), one.get("scores")
    return (
        isinstance(boxes, Tensor)
        and isinstance(scores, Tensor)
        and boxes.ndim == 2
        and boxes.shape[1] == 4
        and scores.shape == boxes.shape[:1]
    )


def classes_of(network: nn.Module, labels: Sequence[str] | None) -> int:
    """Return how many classes a detector tells apart."""
    told = [len(labels)] if labels else []
    for name, module in network.named_modules():
        for where in ("num_classes", "num_columns" if "classification" in name else ""):  # of SSD
            count = getattr(module, where, None) if where else None
            told += [count] if isinstance(count, int) else []
        scores = getattr(module, "cls_score", None)  # of Faster R-CNN's head
        told += [scores.out_features] if isinstance(scores, nn.Linear) else []
    return max(told, default=UNCOUNTED)


def read_boxes(boxes: Mapping[str, Tensor], size: tuple[int, int], label: Label) -> FoundObjects:
    """List the boxes of one picture, the strongest first.

    Args:
        boxes: as `boxes_of` gives them.
        size: height and width of the input.
        label: the name of a class.
    """
    height, width = size
    scores = boxes["scores"].detach().float().cpu()
    order = scores.argsort(descending=True, stable=True)
    order = order[scores[order] >= SHOWN_FROM]
    rows = boxes["boxes"].detach().float().cpu() / torch.tensor([width, height, width, height])
    kinds = _labels(boxes).cpu()
    kept = order[:MOST].tolist()
    masks = _masks_of(boxes, size)
    seen = None if masks is None else (masks.detach()[kept, 0] > 0.5).cpu().numpy()
    listed = tuple(
        FoundObject(
            label=int(kinds[at]),
            name=label(int(kinds[at])),
            score=float(scores[at]),
            box=_extent(rows[at].tolist()),
            area=None if seen is None else float(seen[place].mean()),
        )
        for place, at in enumerate(kept)
    )
    return FoundObjects(listed, _laid(seen, size), len(order) - len(kept))


def _masks_of(boxes: Mapping[str, Tensor], size: tuple[int, int]) -> Tensor | None:
    masks = boxes.get("masks")
    fits = isinstance(masks, Tensor) and masks.shape == (len(boxes["scores"]), 1, *size)
    return masks if fits else None  # of another form they are not understood


def _laid(seen: NDArray[np.bool_] | None, size: tuple[int, int]) -> NDArray[np.int16] | None:
    """(n,h,w) masks, the strongest first -> which of them is on top."""
    if seen is None:
        return None
    laid = np.zeros(size, np.int16)
    for at in range(len(seen) - 1, -1, -1):
        laid[seen[at]] = at + 1
    return laid


def read_regions(
    scores: Tensor, size: tuple[int, int], label: Label, background: int | None
) -> FoundObjects:
    """List the connected regions of one class each, the largest first.

    Args:
        scores: (K,h,w) probabilities of one picture; of one class, where it is above 0.5.
        size: height and width of the input.
        label: the name of a class.
        background: a class that is no thing.
    """
    from scipy import ndimage  # for segmentations alone

    chances = scores.detach().float()
    if len(chances) > 1:
        best, kinds = (one.cpu().numpy() for one in chances.max(0))
    else:
        best = chances[0].cpu().numpy()
        kinds = np.where(best > 0.5, 0, -1)
    height, width = kinds.shape
    found: list[tuple[FoundObject, NDArray[np.bool_]]] = []
    small = 0
    for kind in np.unique(kinds):
        if kind < 0 or kind == background:
            continue
        parts, _ = ndimage.label(kinds == kind)
        for number, place in enumerate(ndimage.find_objects(parts), 1):
            own = parts[place] == number
            area = float(own.sum()) / (height * width)
            if area < SMALLEST:
                small += 1
                continue
            rows, columns = place
            box = (
                columns.start / width, rows.start / height, columns.stop / width, rows.stop / height
            )  # fmt: skip
            score = float(best[place][own].mean())
            whole = np.zeros((height, width), bool)
            whole[place] = own
            found.append((FoundObject(int(kind), label(int(kind)), score, box, area), whole))
    found.sort(key=lambda one: -(one[0].area or 0.0))
    kept = found[:MOST]
    laid = np.zeros((height, width), np.int16)
    for at, (_, own) in enumerate(kept, 1):
        laid[own] = at
    if laid.shape != size:
        rows = np.arange(size[0]) * height // size[0]
        laid = laid[rows][:, np.arange(size[1]) * width // size[1]]
    return FoundObjects(tuple(one for one, _ in kept), laid, small + len(found) - len(kept))


class ScoresAtRegion:
    """The scores of the classes at one region, as a network of classes would give them.

    Of boxes: for each class the log-odds of the box that overlaps the region most, of those that
    are strong enough to be listed, if any are. Of a
    segmentation: the mean of each class's logits over the region's cells, which stay those of the
    first picture.
    """

    def __init__(self, region: Region, classes: int, name: str) -> None:
        """Look for `region`; `classes` of a detector, `name` of the region's own."""
        self.region, self.classes, self._name = region, classes, name
        self._cells: Tensor | None = None  # (h,w) bool
        self._seen = False

    def of_boxes(self, pictures: Boxes, size: tuple[int, int]) -> Tensor:
        """(N,classes) log-odds.

        Raises:
            UserError: the region is not to be found in the first picture.
        """
        assert self.region.box is not None
        height, width = size
        rows = []
        for one in pictures:
            boxes, scores = one["boxes"], one["scores"].float()
            parts = boxes.detach().float() / boxes.new_tensor([width, height, width, height])
            shares = _overlaps(parts, self.region.box)
            labels = _labels(one)
            row = torch.logit(scores.new_full((self.classes,), _NEVER))
            near = (shares >= SAME) & (labels < self.classes)
            kinds = labels[near].unique().tolist()
            # What is listed goes before what is too weak for it.
            rank = torch.where(near, shares + (scores.detach() >= SHOWN_FROM), -1.0)
            chosen = [int(torch.where(labels == kind, rank, -1.0).argmax()) for kind in kinds]
            if chosen:
                odds = torch.logit(scores[chosen], eps=_NEVER)
                row = row.scatter(0, torch.tensor(kinds, device=row.device), odds)
            if not self._seen and self.region.label not in kinds:
                raise UserError(self._lost())
            self._seen = True
            rows.append(row)
        return torch.stack(rows)

    def of_maps(self, logits: Tensor) -> Tensor:
        """(N,K,h,w) -> (N,K).

        Raises:
            UserError: the region is not to be found in the first picture.
        """
        if self._cells is None:
            self._cells = self._found(logits[0].detach())
        cells = self._cells.to(logits)
        return (logits * cells).sum((2, 3)) / cells.sum()

    def _found(self, logits: Tensor) -> Tensor:
        from scipy import ndimage

        own = logits.argmax(0) == self.region.label if len(logits) > 1 else logits[0] > 0
        if self.region.box is not None:
            parts, count = ndimage.label(own.cpu().numpy())
            height, width = parts.shape
            shares = [
                overlap(
                    (
                        columns.start / width, rows.start / height,
                        columns.stop / width, rows.stop / height,
                    ),
                    self.region.box,
                )
                for rows, columns in ndimage.find_objects(parts)
            ]  # fmt: skip
            best = max(range(count), key=shares.__getitem__, default=0)
            good = count and shares[best] >= SAME
            own = torch.from_numpy(parts == best + 1).to(own.device) if good else own & False
        if not bool(own.any()):
            raise UserError(self._lost())
        return own

    def _lost(self) -> str:
        return (
            f"{self._name} is lost: nothing of that kind is where it was last seen; "
            "choose another object"
        )


@contextmanager
def all_candidates(network: nn.Module) -> Iterator[None]:
    """Let a detector of torchvision put out its weak boxes too, which an attack may strengthen."""
    changed: list[tuple[nn.Module, str, Any]] = []
    for module in network.modules():
        for name, limit, pick in (
            ("score_thresh", CANDIDATE, min), ("detections_per_img", MOST_CANDIDATES, max)
        ):  # fmt: skip
            now = getattr(module, name, None)
            if isinstance(now, (int, float)):
                changed.append((module, name, now))
                setattr(module, name, pick(now, limit))
    try:
        yield
    finally:
        for module, name, value in changed:
            setattr(module, name, value)


def _labels(one: Mapping[str, Tensor]) -> Tensor:
    """Return the classes of the boxes; 0 where a network tells none."""
    labels = one.get("labels")
    return one["scores"].new_zeros(len(one["scores"])).long() if labels is None else labels.long()


def _overlaps(boxes: Tensor, box: Extent) -> Tensor:
    """(n,4) -> (n,) as `overlap` has it."""
    from torchvision.ops import box_iou  # loads torch's compiler: only where there are boxes

    grow = boxes.new_tensor([-EDGE, -EDGE, EDGE, EDGE])
    found: Tensor = box_iou(boxes + grow, (boxes.new_tensor(box) + grow)[None])
    return found[:, 0]


def _extent(box: Sequence[float]) -> Extent:
    left, top, right, bottom = box
    return left, top, right, bottom
