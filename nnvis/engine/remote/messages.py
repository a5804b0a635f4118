"""What guests and doors say to each other; each is a dataclass that `wire` packs.

From the guest: HELLO, ASK (what to show), FRAME (a picture of its own), FIND (concepts in such
pictures), LEAVE (it be, if it is still being found), PING, BYE.
From the door: WELCOME, REFUSED, SEEN (after the number of the guest's picture that it is of, -1
for the training's own, a snapshot), FINDING (how far the search is), FOUND, LOST (why nothing was),
WARNED, PONG, BYE, UNKNOWN (say hello first).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.attribution.concept_jobs import ConceptsFound
from nnvis.engine.protocol.request import Request
from nnvis.models.info import ModelInfo
from nnvis.models.preprocess import Fit

VERSION = 3
HELLO, ASK, FRAME, PING, BYE = b"hello", b"ask", b"frame", b"ping", b"bye"
WELCOME, REFUSED, SEEN, WARNED, PONG = b"welcome", b"refused", b"seen", b"warned", b"pong"
UNKNOWN = b"unknown"
FIND, LEAVE, FINDING, FOUND, LOST = b"find", b"leave", b"finding", b"found", b"lost"
PING_S = 1.0  # between two signs of life
SILENT_S = 10.0  # after which the other side is taken to be gone; a slow look takes some
MOST_GUEST_BYTES = 48 << 20  # of one part from a guest: a fed picture of 4096 x 4096


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A sentence for people, or the version of a guest."""

    text: str
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Welcome:
    """What is behind the door."""

    info: ModelInfo
    title: str
    training: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be shown from now on."""

    request: Request
    batch: bool  # of the training's own pictures, not of the guest's
    held: bool = False  # keep to the pictures there are


@dataclass(frozen=True, slots=True)
class SearchStage:
    """How far the search of that number is; LOST: why it came to nothing."""

    number: int
    done: int = 0
    total: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The end of the search of that number."""

    number: int
    found: ConceptsFound


@dataclass(frozen=True, slots=True, eq=False)
class GuestFrame:
    """A picture of the guest's, as the network is to be fed it."""

    number: int
    picture: NDArray[np.uint8]  # (h,w,3)
    fit: Fit
