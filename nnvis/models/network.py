"""What a library gives: a network on the CPU and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from nnvis.models.drawn import Draws
from nnvis.models.input_form import IMAGENET_MEAN, IMAGENET_STD
from nnvis.models.preprocess import Preprocess
from nnvis.models.vision import Reference


@dataclass(frozen=True, slots=True, eq=False)
class LibraryNetwork:
    """The module takes normalised (N,C,H,W)."""

    module: nn.Module
    name: str
    preprocess: Preprocess | None = None
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    labels: tuple[str, ...] | None = None
    channels: int | None = None
    reference: Reference | None = None
    draws: Draws | None = None  # of its weights; None: nothing of it is random
    spare: tuple[str, ...] = ()  # parameters that a file of weights may lack
    notes: tuple[str, ...] = ()  # what people must know of it, a sentence each
    random: str = ""  # which of its weights are random, in a few words
    classifier: bool = False  # whether it is known to put out logits of classes
