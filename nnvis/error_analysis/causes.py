"""What in the pictures the answer hangs on: regions are covered, and as large random ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.error_analysis.class_logits import speaking_for
from nnvis.error_analysis.fed import BLOCK, answers, in_blocks
from nnvis.error_analysis.rates import holm
from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps, relayed
from nnvis.views.registry import VIEWS

FEWEST = 6  # pictures, below which no region can reach p < 0.05
_GRID = 8  # places across and down at which a window stands
_WINDOW = 4  # a window's side is the picture's over this
_SHARE = 0.1  # of the picture that the view's region takes


class Cover(StrEnum):
    """What a region is covered with."""

    GREY = "grey"  # the network's mean colour
    BLUR = "blur"
    INPAINT = "inpaint"  # filled from around by OpenCV (Telea 2004)


@dataclass(frozen=True, slots=True, eq=False)
class RegionEffect:
    """What becomes of the selected pictures when a region is covered."""

    region: str  # "where gradcam points", "rows 0-16, columns 48-64", "the border", ...
    flipped: float  # share of pictures whose class changes, 0..1
    flipped_random: float  # the same with as large a region elsewhere, mean over draws
    p: float  # of as many flips by chance; see `_exchanged`
    corrected: float  # for all regions tried (Holm)
    flips: NDArray[np.bool_]  # (N,)
    example: NDArray[np.bool_]  # (H,W) the region of the first picture
    fixed: bool  # whether it lies at the same place in all pictures


def region_effects(
    model: VisionModel,
    fed: Tensor,
    view: str = "gradcam",
    cover: Cover = Cover.GREY,
    draws: int = 4,
    seed: int = 0,
) -> Steps[list[RegionEffect]]:
    """Cover regions of the selected pictures and see the class change.

    Tried are: the tenth of each picture to which `view` of the class it was given points; windows
    at fixed places (a watermark, a logo); the border; all but the middle. Each is held
    against as large a region of the same shape elsewhere in the picture, drawn anew for each
    picture (see `moved`); a region counts where it flips more pictures than they do.

    Args:
        model: the network.
        fed: (N,H,W,3) uint8, the pictures in question as they are fed.
        view: one of VIEWS that gives a map of a class.
        cover: what the region becomes.
        draws: random regions a picture.
        seed: of the draws.

    Returns:
        The clearest first.

    Raises:
        UserError: there are fewer than FEWEST pictures, or the view cannot be had.
    """
    if len(fed) < FEWEST:
        raise UserError(
            f"{len(fed)} pictures are too few to tell a cause from chance; select {FEWEST} or more"
        )
    said = (yield from answers(model, fed)).argmax(1)
    regions: list[tuple[str, NDArray[np.bool_]]] = [
        (f"where {view} points", (yield from pointed_at(model, fed, said, view)))
    ]
    movers = [[mover(mask) for mask in regions[0][1]]]
    for name, mask in _fixed(fed.shape[1], fed.shape[2]):
        regions.append((name, np.broadcast_to(mask, (len(fed), *mask.shape))))
        movers.append([mover(mask)] * len(fed))
    die = np.random.default_rng(seed)
    found, total = [], len(regions) * (1 + draws)
    for number, (name, masks) in enumerate(regions):
        flips = yield from _flips(model, fed, masks, said, cover, number * (1 + draws), total)
        random = np.zeros((draws, len(fed)), bool)
        for draw in range(draws):
            elsewhere = np.stack([move(die) for move in movers[number]])
            at = number * (1 + draws) + 1 + draw
            random[draw] = yield from _flips(model, fed, elsewhere, said, cover, at, total)
        found.append((name, flips, random, np.array(masks[0])))
    ps = [_exchanged(flips, random) for _, flips, random, _ in found]
    made = [
        RegionEffect(name, float(flips.mean()), float(random.mean()), p, q, flips, example, at > 0)
        for at, ((name, flips, random, example), p, q) in enumerate(
            zip(found, ps, holm(ps), strict=True)
        )
    ]
    return sorted(made, key=lambda one: (one.p, one.flipped_random - one.flipped, one.region))


def pointed_at(
    model: VisionModel, fed: Tensor, classes: Tensor, view: str, share: float = _SHARE
) -> Steps[NDArray[np.bool_]]:
    """Return (N,H,W): the `share` of each picture to which a view of its class points most."""
    masks = np.zeros(fed.shape[:3], bool)
    size = max(1, round(share * fed.shape[1] * fed.shape[2]))
    for where, x in in_blocks(model, fed):
        for row in range(len(x)):
            place = where.start + row
            speaking, unit = speaking_for(model, int(classes[place]))
            found = VIEWS[view](speaking, x[row : row + 1], unit=unit, layer="", cells="sum")
            strength = found[0].abs().sum(0) if found.shape[1] > 1 else found[0, 0]
            smooth = _blurred(strength[None, None], 3)[0, 0].flatten()
            top = smooth.topk(size).indices.cpu().numpy()
            masks[place].reshape(-1)[top] = bool(smooth.max() > 0)
        yield Progress(where.stop, len(fed), f"{view} of each picture")
    return masks


def covered(fed: Tensor, masks: NDArray[np.bool_], cover: Cover, grey: Tensor) -> Tensor:
    """Return (N,H,W,3) uint8 with the regions covered; `grey` (3,) uint8 is the mean colour."""
    where = torch.from_numpy(masks.copy())[..., None]
    if cover is Cover.GREY:
        return torch.where(where, grey, fed)
    if cover is Cover.BLUR:
        side = max(3, fed.shape[1] // 8)
        blurred = _blurred(fed.permute(0, 3, 1, 2).float(), side).round().to(torch.uint8)
        return torch.where(where, blurred.permute(0, 2, 3, 1), fed)
    from nnvis.sources.cv2_import import cv2

    rows = [
        cv2.inpaint(one.numpy(), mask.astype(np.uint8), 3, cv2.INPAINT_TELEA)
        for one, mask in zip(fed, masks, strict=True)
    ]
    return torch.from_numpy(np.stack(rows))


def _flips(
    model: VisionModel, fed: Tensor, masks: NDArray[np.bool_], said: Tensor, cover: Cover,
    at: int, total: int,
) -> Steps[NDArray[np.bool_]]:  # fmt: skip
    grey = torch.tensor(model.preprocess.mean, dtype=torch.uint8)
    flips = np.zeros(len(fed), bool)
    for first in range(0, len(fed), BLOCK):
        some = slice(first, first + BLOCK)
        changed = covered(fed[some], masks[some], cover, grey)
        logits = yield from relayed(
            answers(model, changed), lambda _: Progress(at, total, "covering regions")
        )
        flips[some] = (logits.argmax(1) != said[some]).numpy()
    yield Progress(at + 1, total, "covering regions")
    return flips


def _fixed(height: int, width: int) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    tall, wide = max(1, height // _WINDOW), max(1, width // _WINDOW)
    for top in np.unique(np.linspace(0, height - tall, _GRID).round().astype(int)):
        for left in np.unique(np.linspace(0, width - wide, _GRID).round().astype(int)):
            mask = np.zeros((height, width), bool)
            mask[top : top + tall, left : left + wide] = True
            yield f"rows {top}-{top + tall}, columns {left}-{left + wide}", mask
    margin = max(1, min(height, width) // 10)
    border = np.ones((height, width), bool)
    border[margin:-margin, margin:-margin] = False
    yield "the border", border
    around = np.ones((height, width), bool)
    around[height // 4 : -(height // 4) or None, width // 4 : -(width // 4) or None] = False
    yield "all but the middle", around


def moved(mask: NDArray[np.bool_], die: np.random.Generator) -> NDArray[np.bool_]:
    """Return a region of the same size and shape elsewhere; see `mover`."""
    return mover(mask)(die)


def mover(mask: NDArray[np.bool_]) -> Callable[[np.random.Generator], NDArray[np.bool_]]:
    """Return what draws regions of the same size and shape elsewhere.

    A window goes to a place as far from the middle of the picture: any network hangs more on the
    middle than on the corners, which is no cause. Other regions are wrapped round the edges.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    tall, wide = (int(one[-1] - one[0]) + 1 if len(one) else 0 for one in (rows, columns))
    if tall and mask.sum() == tall * wide and 2 * tall <= len(mask) and 2 * wide <= mask.shape[1]:
        return _Window(mask.shape, int(rows[0]), int(columns[0]), tall, wide).elsewhere
    return partial(_wrapped, mask)


def _wrapped(mask: NDArray[np.bool_], die: np.random.Generator) -> NDArray[np.bool_]:
    down, across = (int(die.integers(1, side)) if side > 1 else 0 for side in mask.shape)
    return np.roll(mask, (down, across), (0, 1))


@dataclass(frozen=True, slots=True)
class _Window:
    shape: tuple[int, ...]
    top: int
    left: int
    tall: int
    wide: int

    def elsewhere(self, die: np.random.Generator) -> NDArray[np.bool_]:
        """Place it on the square ring through its own place, of a window's side at least."""
        tall, wide = self.tall, self.wide
        room = (self.shape[0] - tall) / 2, (self.shape[1] - wide) / 2  # of its corner
        least = max(tall / max(room[0], 1), wide / max(room[1], 1))
        own = abs(self.top - room[0]) / max(room[0], 1), abs(self.left - room[1]) / max(room[1], 1)
        away = min(1.0, max(*own, least))
        for _ in range(20):  # until it leaves at least half of the place free
            axis, along = int(die.integers(2)), float(die.uniform(-away, away))
            end = away * (2 * int(die.integers(2)) - 1)
            down, across = (end, along) if axis == 0 else (along, end)
            row, column = round(room[0] + down * room[0]), round(room[1] + across * room[1])
            shared = max(0, tall - abs(row - self.top)) * max(0, wide - abs(column - self.left))
            if 2 * shared <= tall * wide:
                break
        found = np.zeros(self.shape, bool)
        found[row : row + tall, column : column + wide] = True
        return found


def _exchanged(flips: NDArray[np.bool_], random: NDArray[np.bool_]) -> float:
    """Return the p of as many flips if the region were one of those drawn.

    Of each picture any of its 1 + draws coverings may then be called the region: the number of
    flips is a sum of independent yes-or-no events, whose distribution is exact.
    """
    shares = (flips + random.sum(0)) / (1 + len(random))
    counts = np.ones(1)
    for share in shares:
        counts = np.convolve(counts, (1 - share, share))
    return float(min(1.0, counts[int(flips.sum()) :].sum()))


def _blurred(values: Tensor, side: int) -> Tensor:
    side += 1 - side % 2
    pad = side // 2
    padded = torch.nn.functional.pad(values.float(), (pad,) * 4, mode="replicate")
    return torch.nn.functional.avg_pool2d(padded, side, 1)
