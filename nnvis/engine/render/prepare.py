"""A frame made ready for the network, off the network's thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.protocol.request import Request
from nnvis.models.info import ModelInfo
from nnvis.models.preprocess import Fit, Preprocess
from nnvis.sources.frame import Frame


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A frame and the picture that a network is fed of it."""

    frame: Frame
    picture: NDArray[np.uint8]  # (h,w,3)
    preprocess: Preprocess
    fit: Fit

    def serves(self, info: ModelInfo, request: Request) -> bool:
        """Whether this is still what `info`'s network is to be fed."""
        return self.preprocess == info.preprocess and self.fit == request.fit


def prepare(frame: Frame, info: ModelInfo, request: Request) -> Prepared:
    """Resize and crop `frame` as the model's library does."""
    picture = info.preprocess.feed(frame.picture, request.fit)
    return Prepared(frame, picture, info.preprocess, request.fit)
