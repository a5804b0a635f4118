"""The page of the lens about what a cell can see of the picture, and what it does see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.engine.lens.context import Cadence, LensContext
from nnvis.engine.protocol.observations import ReceptiveField, Rect
from nnvis.views.pass_through import forward
from nnvis.views.receptive_field import Field, squared_gradient, theoretical_field

RENEW_S = 0.25
INSIDE = 0.95  # of the squared gradient, across and down, lies within the effective field
DARK = 0.3  # how bright the picture is where the cell does not look


class ReceptiveFieldPage:
    """Another cell begins anew, at once."""

    def __init__(self) -> None:
        self._pace = Cadence(RENEW_S)
        self._cell: tuple[int, int] | None = None
        self._theory: Field | None = None
        self._sum: Tensor | None = None  # (H,W): of squared gradients
        self._frames = 0
        self._light: NDArray[np.float32] | None = None  # (H,W,1)
        self._found: ReceptiveField | None = None

    def observe(self, context: LensContext) -> ReceptiveField | None:
        """Follow the cell back some times a second.

        Raises:
            UserError: there is no such cell, or no gradient leads back.
        """
        other = context.cell != self._cell
        if other:
            self._cell, self._sum, self._frames, self._found = context.cell, None, 0, None
            self._pace.hurry()
        if (context.new or other) and self._pace.due:
            with self._pace.work():
                self._follow(context, other)
                self._found = self._draw(context)
        elif context.new and self._found is not None and self._light is not None:
            self._found = replace(self._found, picture=_lit(context.fed, self._light))
        return self._found

    def _follow(self, context: LensContext, other: bool) -> None:
        name, unit, cell = context.layer.name, context.unit, context.cell
        passed = forward(context.model, context.model.tensor(context.fed), [name])
        if other:
            self._theory = theoretical_field(passed, name, cell, unit)
        squares = squared_gradient(passed, name, unit, cell).nan_to_num(0, 0, 0)
        self._sum = squares if self._sum is None else self._sum + squares
        self._frames += 1

    def _draw(self, context: LensContext) -> ReceptiveField:
        assert self._sum is not None
        mean = (self._sum / self._frames).cpu().numpy()
        theory, self._light = self._theory, _light(mean, max(context.fed.shape[:2]))
        return ReceptiveField(
            cell=context.cell,
            theory=(theory.top, theory.left, theory.bottom, theory.right) if theory else None,
            loose=theory.loose if theory else (),
            effective=effective_rect(mean),
            frames=self._frames,
            picture=_lit(context.fed, self._light),
        )


def effective_rect(mean: NDArray[np.float32], inside: float = INSIDE) -> Rect | None:
    """Return the rectangle that holds `inside` of the sum of (H,W), across and down.

    Half of the rest lies on either side; None where the sum is zero.
    """
    total = float(mean.sum(dtype=np.float64))
    if not total > 0:
        return None
    ends = []
    for axis in (1, 0):
        share = np.cumsum(mean.sum(axis, dtype=np.float64)) / total
        first = int(np.searchsorted(share, (1 - inside) / 2, side="right"))
        last = int(np.searchsorted(share, 1 - (1 - inside) / 2, side="left"))
        ends.append((first, min(last, len(share) - 1) + 1))
    (top, bottom), (left, right) = ends
    return top, left, bottom, right


def _light(mean: NDArray[np.float32], longest: int) -> NDArray[np.float32]:
    """(H,W) -> (H,W,1): brightest where the root mean square gradient is, smoothed a little."""
    strength = torch.from_numpy(np.sqrt(mean))[None, None]
    side = max(1, round(longest / 75)) | 1
    smooth = torch.nn.functional.avg_pool2d(strength, side, 1, side // 2, count_include_pad=False)
    part = smooth[0, 0].numpy()
    top = float(part.max())
    light = DARK + (1 - DARK) * (np.sqrt(part / top) if top > 0 else np.zeros_like(part))
    return light[..., None].astype(np.float32)


def _lit(fed: NDArray[np.uint8], light: NDArray[np.float32]) -> NDArray[np.uint8]:
    lit: NDArray[np.uint8] = (fed * light + 0.5).astype(np.uint8)
    return lit
