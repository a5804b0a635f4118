"""The page of the lens about the units that behave alike over the stream."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nnvis.engine.lens.context import Cadence, LensContext
from nnvis.engine.protocol.observations import UnitCorrelation
from nnvis.imaging.colormaps import BAD, LEVELS
from nnvis.imaging.colour_options import Shading
from nnvis.imaging.colourise import colour
from nnvis.views.correlation import Correlation

SAMPLE_S = 0.08  # a frame is taken in at most so often
RENEW_S = 0.5  # and the matrix drawn
SIDE = 512  # pixels of the picture, at most
BEST = 8


class CorrelationPage:
    """Frames come in as long as the page is shown."""

    def __init__(self) -> None:
        self._running: Correlation | None = None
        self._frames = 0
        self._sampling, self._drawing = Cadence(SAMPLE_S), Cadence(RENEW_S)
        self._found: UnitCorrelation | None = None

    def observe(self, context: LensContext) -> UnitCorrelation | None:
        """Take a frame in; the matrix is renewed twice a second, or as often as is affordable."""
        if self._running is None:
            self._running = Correlation(len(context.maps), context.unit)
        if context.new and self._sampling.due:
            with self._sampling.work():
                self._running.add(context.maps)
                self._frames += 1
        if self._running.samples > 1 and (self._drawing.due or self._found is None):
            with self._drawing.work():
                self._found = self._draw(self._running, context)
        return self._found

    def _draw(self, running: Correlation, context: LensContext) -> UnitCorrelation:
        matrix = running.matrix()
        levels = _strongest(matrix, SIDE)
        wrong = levels.isnan()
        entries = ((levels.nan_to_num(0) / 2 + 0.5) * (LEVELS - 1) + 0.5).to(torch.uint8)
        entries = entries.masked_fill(wrong, BAD)
        shading = Shading(signed_colormap=context.shading.signed_colormap)
        units = np.asarray(running.chosen)
        return UnitCorrelation(
            samples=running.samples,
            frames=self._frames,
            matrix=matrix.cpu().numpy(),
            units=units,
            picture=colour(entries, True, shading).cpu().numpy(),
            best=_best(matrix, running.chosen, context.unit),
        )


def _strongest(matrix: Tensor, side: int) -> Tensor:
    """(K,K) -> (S,S), S at most `side`: of each square of pairs the r farthest from zero."""
    step = -(-len(matrix) // side)
    if step == 1:
        return matrix
    pad = -len(matrix) % step
    known = functional.pad(matrix.nan_to_num(0), (0, pad, 0, pad))[None]
    high = functional.max_pool2d(known, step)[0]
    low = -functional.max_pool2d(-known, step)[0]
    found = torch.where(high >= -low, high, low)
    never = functional.pad(matrix.isnan().float(), (0, pad, 0, pad), value=1.0)[None]
    return found.masked_fill(-functional.max_pool2d(-never, step)[0] > 0, torch.nan)


def _best(matrix: Tensor, chosen: range, unit: int) -> tuple[tuple[int, float], ...]:
    row = matrix[chosen.index(unit)].cpu().clone() if unit in chosen else matrix.new_zeros(0).cpu()
    if len(row):
        row[chosen.index(unit)] = torch.nan
    order = row.abs().nan_to_num(-1).argsort(descending=True)[:BEST].tolist()
    return tuple((chosen[at], float(row[at])) for at in order if not row[at].isnan())
