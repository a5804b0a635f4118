"""A network with its preprocessing, so that attacks change a picture at its own size."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from nnvis.attacks.quantise import TOP, from_bytes, to_bytes
from nnvis.models.meaning import Meaning
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel

_LUMA = (0.299, 0.587, 0.114)  # of PIL's mode L
_SLACK = 1e-3  # of a level


class NativeSize(nn.Module):
    """Takes (N,3,H,W) of one size, prepares them as `model` prepares that picture, gives logits.

    Scaling and cropping are linear but for their rounding. Pictures of 8 bit are prepared by the
    model itself, so that the network sees what it will see of the file, and the slope goes
    around the rounding. Others, which only smooth searches make, are prepared without rounding.
    """

    def __init__(self, model: VisionModel, picture: NDArray[np.uint8], fit: Fit = Fit.CROP) -> None:
        """Stand before `model`, for pictures of the size of `picture`, (H,W,3) RGB."""
        super().__init__()
        self._model, self._fit = model, fit
        height, width = picture.shape[:2]
        left, top, right, bottom = model.window(height, width, fit)
        resampling = Image.Resampling[model.preprocess.interpolation.upper()]
        high, wide = model.input_size
        rows = _operator(height, top, bottom, high, resampling)
        columns = _operator(width, left, right, wide, resampling)
        self.x = from_bytes(_tensor(picture)).to(model.device)  # (1,3,H,W)
        self._rows, self._columns = rows.to(self.x), columns.T.contiguous().to(self.x)
        self._fed = model.prepare(picture, fit)[1]
        self.eval()

    @property
    def meaning(self) -> Meaning:
        """What the network's logits mean."""
        return self._model.meaning

    def forward(self, z: Tensor) -> Tensor:
        """(N,3,H,W) in [0,1] -> (N,K)."""
        fed = self._channels(self._rows @ (z - self.x) @ self._columns) + self._fed
        levels = z.detach() * TOP
        if bool(((levels - levels.round()).abs() <= _SLACK).all()):
            pixels = to_bytes(z.detach()).permute(0, 2, 3, 1).cpu().numpy()
            seen = torch.cat([self._model.prepare(one, self._fit)[1] for one in pixels])
            fed = fed + (seen - fed.detach())
        logits: Tensor = self._model(fed)
        return logits

    def _channels(self, change: Tensor) -> Tensor:
        """(N,3,h,w) -> (N,C,h,w), as VisionModel.tensor makes C channels of three."""
        if self._model.preprocess.grey:
            weights = change.new_tensor(_LUMA).view(1, 3, 1, 1)
            change = (change * weights).sum(1, keepdim=True).expand(-1, 3, -1, -1)
        channels = self._model.channels
        return change if channels == 3 else change[:, [channel % 3 for channel in range(channels)]]


def _operator(
    length: int, begin: float, end: float, count: int, resampling: Image.Resampling
) -> Tensor:
    """(count, length): how PIL resamples `begin` to `end` of a row of pixels to `count` of them.

    What lies beyond the row is 0. PIL says it itself, asked for the unit matrix.
    """
    step = (end - begin) / count
    first = max(0, math.ceil(-begin / step - 1e-6))
    last = min(count, math.floor((length - begin) / step + 1e-6))
    matrix = torch.zeros(count, length)
    unit = Image.fromarray(np.eye(length, dtype=np.float32))
    low, high = max(0.0, begin + first * step), min(float(length), begin + last * step)
    part = unit.resize((length, last - first), resampling, box=(0, low, length, high))
    matrix[first:last] = torch.from_numpy(np.array(part))
    return matrix


def _tensor(picture: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None]
