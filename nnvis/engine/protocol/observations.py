"""What was observed while a frame passed: numpy only, for the window and for files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.protocol.observe import BoardTile, LensTopic, Pin
from nnvis.imaging.grid import Grid
from nnvis.views.features.colour_basis import ColourBasis

Rect = tuple[int, int, int, int]  # top, left, bottom, right; the last two outside


@dataclass(frozen=True, slots=True, eq=False)
class BoardPicture:
    """What a tile of the board shows; without a picture `problem` says why."""

    tile: BoardTile
    picture: NDArray[np.uint8] | None  # (h,w,3)
    frame: str  # what people call the frame that it is of
    low: float = 0.0  # what the colours' ends stand for; both 0: it has no colours of its own
    high: float = 0.0
    least: float = 0.0  # of its values, and the largest: what a shared scale must hold
    most: float = 0.0
    problem: str = ""
    values: NDArray[np.float32] | None = None  # (h,w) of a map, to be coloured on another scale


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """What a unit put out over the last frames."""

    frames: int  # that the histogram counts
    edges: NDArray[np.float64]  # (bins + 1,)
    counts: NDArray[np.int64]  # (bins,), finite values other than 0
    zeros: int  # values that are exactly 0
    bad: int  # values that are NaN or infinite
    mean: float  # of the finite values
    deviation: float
    looked: int  # frames that the shares of the dead are of
    dead_cells: float  # share of the unit's cells that were 0 in all of them
    dead_units: NDArray[np.int64]  # those of the layer all of whose cells are dead
    units: int  # of the layer


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A unit's kernel as a picture on one scale."""

    picture: NDArray[np.uint8]  # (H,W,4) RGBA
    grid: Grid  # of the tiles on the picture
    values: NDArray[np.float32]  # (tiles,h,w)
    names: tuple[str, ...]  # what each tile is of
    reach: float  # the colours go from -reach to reach
    colours: bool  # the first tile shows R, G and B together
    colormap: str  # of the other tiles
    bias: float | None
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class UnitCorrelation:
    """Correlations between the units of a layer over the stream."""

    samples: int
    frames: int
    matrix: NDArray[np.float32]  # (K,K), NaN where a unit never changed
    units: NDArray[np.int64]  # (K,): which unit a row is of
    picture: NDArray[np.uint8]  # (S,S,4); where K is larger, the strongest of each square
    best: tuple[tuple[int, float], ...]  # the units most like the selected one, with r


@dataclass(frozen=True, slots=True, eq=False)
class ReceptiveField:
    """What a cell can see of the picture that was fed, and what moves it."""

    cell: tuple[int, int]
    theory: Rect | None  # None: it sees nothing
    loose: tuple[str, ...]  # operations for which `theory` may be too large
    effective: Rect | None  # holds 95 % of the squared gradient across and down; None: it is zero
    frames: int  # over which the squared gradient is averaged
    picture: NDArray[np.uint8]  # (H,W,3): what was fed, lit where the cell's gradient is


@dataclass(frozen=True, slots=True)
class ConnectedLayer:
    """The nearest layer before or after that several of the unit's links lead to."""

    layer: str
    links: tuple[tuple[int, float], ...]  # unit and signed share, the strongest first
    others: int  # units with weaker links


@dataclass(frozen=True, slots=True)
class Connections:
    """Whom a unit hears, and who hears it, on one frame."""

    before: ConnectedLayer | None
    after: ConnectedLayer | None
    frame: int  # index of that frame


@dataclass(frozen=True, slots=True, eq=False)
class HeadTiles:
    """Attention, head by head, and last their mean; each tile over its own range."""

    heads: int
    query: tuple[int, int] | None  # the patch that asks; None: none does
    patches: tuple[int, int] | None  # the grid of the keys; None: where they are is not known
    tiles: NDArray[np.uint8] | None  # (H,W,3): over the picture, seen from the patch
    token_tiles: NDArray[np.uint8] | None  # the same, seen from the class token
    grid: Grid | None  # of the tiles
    values: NDArray[np.float32]  # (heads + 1,h,w), seen from the patch
    to_tokens: NDArray[np.float32]  # (heads,): what goes to class and register tokens
    matrix: NDArray[np.uint8]  # (S,T,4): queries by keys, mean of the heads, of one window
    queries: int
    keys: int
    within: str  # which of the patches can be seen, in a few words; empty: all


@dataclass(frozen=True, slots=True, eq=False)
class LensResult:
    """Of one page; `note` says why there is nothing, where there is nothing."""

    page: LensTopic
    layer: str
    unit: int
    found: Activity | Weights | UnitCorrelation | ReceptiveField | Connections | HeadTiles | None
    note: str = ""
    instead: str = ""  # a layer that can be told of


@dataclass(frozen=True, slots=True)
class PinReading:
    """A pinned unit on one frame: its map's highest value and mean."""

    pin: Pin
    highest: float
    mean: float
    expected: float  # mean of `highest` over the frames before, the late ones counting most
    sigma: float  # standard deviation of the same
    frames: int  # how many those were
    armed: bool  # whether they are enough to fire

    def level(self, sigmas: float) -> float:
        """Return mean + so many sigma."""
        return self.expected + sigmas * self.sigma


@dataclass(frozen=True, slots=True)
class StreamFrame:
    """A frame of the stream in which the selected unit was strong."""

    value: float
    cell: tuple[int, int]  # row, column
    time: float  # when the frame was made, time.monotonic() seconds
    frame: int  # its number in the source
    jpeg: bytes  # small


@dataclass(frozen=True, slots=True)
class UnitRanking:
    """Which units tell frames with a thing from frames without."""

    question: int  # whose answer this is
    present: int  # frames with it
    absent: int
    units: tuple[tuple[str, int, float], ...]  # layer, unit, area under the ROC; best first


@dataclass(frozen=True, slots=True)
class StreamResult:
    """What was gathered from the stream so far."""

    layer: str  # the selected one
    unit: int
    gathered: bool  # whether that layer is
    units: int  # that are
    frames: int
    kept: tuple[StreamFrame, ...]  # of the selected unit, the strongest first
    present: int  # frames, of the last ones, with the thing that is asked about
    absent: int
    ranking: UnitRanking | None
    problem: str = ""  # why it could not be written


@dataclass(frozen=True, slots=True, eq=False)
class FeatureColours:
    """The cells of a layer on their principal components."""

    layer: str
    picture: NDArray[np.uint8] | None = None  # (h,w,3); magenta where a cell is NaN or infinite
    share: float = 0.0  # of the variance of this frame's cells that the colours show
    basis_share: float = 0.0  # and of those that the basis is of
    basis_frame: str = ""
    cell: tuple[int, int] | None = None
    likeness: NDArray[np.float32] | None = None  # (h,w) cosines with the cell, NaN where it is bad
    painted: NDArray[np.uint8] | None = None  # (H,W,3): these over the picture that was fed
    bad: int = 0  # cells that are NaN or infinite
    note: str = ""  # why there are no colours
    basis: ColourBasis | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ConceptReading:
    """Concepts on one frame."""

    painted: NDArray[np.uint8]  # (H,W,3): each region in its colour over the picture
    peaks: tuple[float, ...]  # the largest weight of each, over the largest it was found with
    areas: tuple[float, ...]  # share of the cells in which it is the strongest
    top: str  # the class that is watched; "" without classes
    whole: float  # its probability in the network as it is
    shares: tuple[float, ...]  # how much of that goes without each concept; empty: not yet known
    bad: int = 0
