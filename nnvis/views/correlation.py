"""How alike the units of a layer behave over a stream: their correlations, kept up frame by frame.

Means and products are merged as Chan, Golub & LeVeque 1979 have it: every batch is centred on its
own mean before it is multiplied, so that nothing is lost where values are large and vary little.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.models.devices import widest

MOST_UNITS = 2048  # of a larger layer every second, third ... unit
MOST_CELLS = 256  # of a frame, drawn anew for each


class Correlation:
    """Pearson's r between units; one sample is one cell of one frame."""

    def __init__(self, units: int, with_unit: int = 0, seed: int = 0) -> None:
        """Begin with nothing; of a layer of too many units, `with_unit` is among those kept."""
        stride = -(-units // MOST_UNITS)
        self.chosen = range(with_unit % stride, units, stride)
        self.samples = 0
        self._draw = torch.Generator().manual_seed(seed)
        self._mean: Tensor | None = None  # (K,)
        self._products: Tensor | None = None  # (K,K): sums of products of deviations

    @torch.no_grad()
    def add(self, maps: Tensor) -> None:
        """Take in (C,h,w) maps; cells at which a unit is NaN or infinite are left out."""
        values = maps[self.chosen.start :: self.chosen.step].flatten(1)
        if values.shape[1] > MOST_CELLS:
            drawn = torch.randint(values.shape[1], (MOST_CELLS,), generator=self._draw)
            values = values[:, drawn.to(values.device)]
        values = values.float()[:, values.isfinite().all(0)]
        count = values.shape[1]
        if not count:
            return
        wide = widest(values.device)
        mean = values.to(wide).mean(1)
        centred = (values.to(wide) - mean[:, None]).float()
        products = (centred @ centred.T).to(wide)
        if self._mean is None or self._products is None:
            self._mean, self._products = mean, products
        else:
            apart = mean - self._mean
            share = count / (self.samples + count)
            self._products += products
            self._products.addr_(apart, apart, alpha=self.samples * share)
            self._mean += apart * share
        self.samples += count

    def matrix(self) -> Tensor:
        """Return (K,K) float32 in [-1,1]; NaN in the rows and columns of units that never changed.

        Raises:
            ValueError: nothing was added yet.
        """
        if self._mean is None or self._products is None:
            raise ValueError("nothing was added yet")
        squares = self._products.diagonal()
        # Below the rounding of the values themselves a unit counts as constant.
        least = self.samples * (self._mean.abs() * torch.finfo(torch.float32).eps) ** 2
        scale = torch.where(squares > least, squares, torch.nan).rsqrt()
        return (self._products * scale * scale[:, None]).clamp_(-1, 1).float()
