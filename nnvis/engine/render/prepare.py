"""A frame made ready for the network, off the network's thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.protocol.request import Selection
from nnvis.models.info import ModelCard
from nnvis.models.preprocess import Preprocess
from nnvis.sources.frame import Frame


@dataclass(frozen=True, slots=True, eq=False)
class Fed:
    """A frame and the picture that a network is fed of it."""

    frame: Frame
    picture: NDArray[np.uint8]  # (h,w,3)
    preprocess: Preprocess
    fit: str

    def serves(self, card: ModelCard, selection: Selection) -> bool:
        """Whether this is still what `card`'s network is to be fed."""
        return self.preprocess == card.preprocess and self.fit == selection.fit


def feed(frame: Frame, card: ModelCard, selection: Selection) -> Fed:
    """Resize and crop `frame` as the model's library does."""
    picture = card.preprocess.feed(frame.picture, selection.fit)
    return Fed(frame, picture, card.preprocess, selection.fit)
