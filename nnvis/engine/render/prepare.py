"""A frame made ready for the network, off the network's thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.protocol.request import Request
from nnvis.models.info import ModelInfo
from nnvis.models.preprocess import Preprocess
from nnvis.sources.frame import Frame


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A frame and the picture that a network is fed of it."""

    frame: Frame
    picture: NDArray[np.uint8]  # (h,w,3)
    preprocess: Preprocess
    fit: str

    def serves(self, card: ModelInfo, selection: Request) -> bool:
        """Whether this is still what `card`'s network is to be fed."""
        return self.preprocess == card.preprocess and self.fit == selection.fit


def prepare(frame: Frame, card: ModelInfo, selection: Request) -> Prepared:
    """Resize and crop `frame` as the model's library does."""
    picture = card.preprocess.feed(frame.picture, selection.fit)
    return Prepared(frame, picture, card.preprocess, selection.fit)
