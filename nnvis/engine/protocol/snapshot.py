"""The answer to a request for one frame: all that the window shows, numpy only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.protocol.observations import (
    BoardPicture,
    ConceptReading,
    FeatureColours,
    LensResult,
    PinReading,
    StreamResult,
)
from nnvis.engine.protocol.observe import TriggerAction
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.training import TrainingReport
from nnvis.engine.protocol.unit_order import ShownOrder
from nnvis.imaging.colormaps import turned
from nnvis.imaging.grid import Grid
from nnvis.models.detection.region import FoundObjects, Region
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.sources.frame import Frame
from nnvis.views.faithfulness_curves import Faithfulness
from nnvis.views.request import AttributionRequest


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The units of a layer as tiles: all of them by number, or as `order` has them."""

    screen: NDArray[np.uint8]  # (*grid.shape, 4) BGRA, opaque: it is painted as it is
    grid: Grid
    low: float  # what the colours' ends stand for (Range.UNIT: the selected unit's)
    high: float
    signed: bool
    colormap: str
    minima: NDArray[np.float32]  # (units,), of each unit's map
    means: NDArray[np.float32]
    maxima: NDArray[np.float32]
    bad: int  # how many values are NaN or infinite
    order: ShownOrder | None = None

    @property
    def picture(self) -> NDArray[np.uint8]:
        """(*grid.shape, 4) RGBA, made anew each time."""
        return turned(self.screen)

    def unit_of(self, tile: int) -> int:
        """Return the unit that tile `tile` shows."""
        return tile if self.order is None else self.order.unit_of(tile)

    def tile_of(self, unit: int) -> int | None:
        """Return the tile that shows `unit`, None where none does."""
        if self.order is not None:
            return self.order.tile_of(unit)
        return unit if 0 <= unit < self.grid.count else None


@dataclass(frozen=True, slots=True, eq=False)
class UnitMap:
    """The selected unit, enlarged."""

    index: int
    values: NDArray[np.float32]  # (h, w), the map itself
    picture: NDArray[np.uint8]  # (h, w, 4) RGBA, coloured as on the sheet
    overlay: NDArray[np.uint8]  # (H, W, 3), the map over what was fed; (0, 0, 3): not asked for
    prefix: NDArray[np.float32]  # (p,) values at the class and register tokens, often none


@dataclass(frozen=True, slots=True, eq=False)
class OwnRange:
    """The selected unit as it looks over its own lowest to highest value."""

    picture: NDArray[np.uint8]  # (h, w, 4) RGBA
    low: float  # what the colours' ends stand for
    high: float
    overlay: NDArray[np.uint8]  # (H, W, 3), over what was fed; over a fixed range where one is set


@dataclass(frozen=True, slots=True)
class Score:
    """One line of the top-5."""

    index: int
    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Timings:
    """Of one look; seconds."""

    prepare: float  # frame to tensor
    model: float  # forward pass
    total: float  # the whole look
    made: float  # time.monotonic() at its end


@dataclass(frozen=True, slots=True)
class LayerDifference:
    """How far one layer of the attacked picture has left the clean one."""

    layer: str
    distance: float  # length of the difference over the length of the clean activations
    units: tuple[tuple[int, float], ...]  # those that changed most, with RMS change over RMS layer


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a second network says of both pictures; without scores while it cannot say."""

    name: str
    clean: tuple[Score, ...] = ()
    attacked: tuple[Score, ...] = ()
    note: str = ""  # why there are no scores


@dataclass(frozen=True, slots=True, eq=False)
class AttackResult:
    """The attacked version of a frame; sizes are of the 8-bit picture."""

    adversarial: NDArray[np.uint8]  # (h,w,3), what the network was fed
    perturbation: NDArray[np.uint8]  # (h,w,3), the change times `gain` around middle grey
    gain: float
    top: tuple[Score, ...]
    clean_probability: float  # of the clean picture's top class, now
    success: bool  # the top class is another one, or the target where there is one
    linf: float
    l2: float
    changed: int  # pixels
    steps: int  # taken on this frame
    walked: int | None  # from the clean picture to this one; None: other frames had a part in it
    held: int  # frames in a row at whose end the goal was reached
    note: str  # one line where the numbers are not what they seem, else empty
    control: tuple[Score, ...]  # top classes under random signs of the same size; often none
    changes: tuple[LayerDifference, ...]  # layer by layer, renewed now and then; else empty
    objects: FoundObjects | None = None  # that the network finds in it, if it finds any
    marked: NDArray[np.uint8] | None = None  # (h,w,3): `adversarial`, tinted where masks are
    second: Opinion | None = None  # where another network is asked


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """What in the picture drove a unit."""

    origin: AttributionRequest  # the unit that was followed, and how
    picture: NDArray[np.uint8]  # (H,W,3), as `request.display` has it
    values: NDArray[np.float32]  # (C,H,W) per unit of pixel value, or (1,H,W), not negative
    low: float  # what the colours' ends stand for
    high: float
    peak: float  # the largest magnitude; beyond the ends it has their colours
    signed: bool  # of what is shown
    colormap: str
    at: str  # the layer whose maps a CAM weighed, else empty
    note: str  # what is done otherwise than in the view's paper, or what cannot be shown
    bad: int  # how many values are NaN or infinite
    score: Faithfulness | None = None  # what it is worth, once that was asked


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """Always of the clean picture in the network with nothing switched off."""

    lens: LensResult | None = None  # while request.observe.lens asks for it
    pins: tuple[PinReading, ...] = ()  # those of request.observe.pins that the network has
    fired: tuple[TriggerEvent, ...] = ()
    cause: str = ""  # why a trigger went off at this look; only of what it saves
    stream: StreamResult | None = None  # while request.observe.gather asks for it
    training: TrainingReport | None = None  # while the network is one that is being trained
    colours: FeatureColours | None = None  # while request.observe.colours asks for it
    concepts: ConceptReading | None = None  # of request.observe.concepts
    board: tuple[BoardPicture, ...] = ()  # in the order of request.observe.board


@dataclass(frozen=True, slots=True)
class HalfLook:
    """A look for which half precision was asked, or at a network that has no more itself."""

    kind: str  # "bfloat16" or "float16", in which it was computed; "": in more, all the same
    why: str = ""  # it was computed in more
    refused: bool = False  # because the network does not take it

    @property
    def badge(self) -> str:
        """What is to be told wherever it is shown; "" where nothing is unusual."""
        if self.kind:
            return f"half precision ({self.kind})"
        return f"not in half precision: {self.why}" if self.refused else ""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Shown only while `info` and `request` are still what the person asks for."""

    info: ModelInfo
    frame: Frame
    request: Request
    layer: LayerInfo
    fed: NDArray[np.uint8]  # (h, w, 3): what the network was fed, before normalisation
    sheet: Sheet
    unit: UnitMap
    top: tuple[Score, ...]  # empty where the network has no classes
    thumbnails: dict[str, NDArray[np.uint8]]  # some of layout.visible, (h, w, 4) RGBA
    timings: Timings
    path: str = ""  # by what it was computed, if not by PyTorch, and how far that is apart
    plain: str = ""  # why not, where a faster way was tried
    half: HalfLook | None = None  # where half precision was asked, or is all there is
    silent: bool = False  # the layer did not run on this picture: it has no values
    attack: AttackResult | None = None  # while request.attack asks for it
    attribution: Attribution | None = None  # while request asks for it; of the clean picture
    objects: FoundObjects | None = None  # of a network that finds any, in the clean picture
    marked: NDArray[np.uint8] | None = None  # (h,w,3): `fed`, tinted where masks are
    followed: int | None = None  # the number of the object that is looked back from, or attacked
    unablated: tuple[Score, ...] = ()  # the classes of `top` with nothing switched off
    observations: Observations = field(default_factory=Observations)

    def now(self, region: Region) -> Region:
        """Return where the object is on this frame that was `region` when it was chosen."""
        if self.objects is None or self.followed is None or region.box is None:
            return region
        return self.objects.listed[self.followed].region

    def kept_after(self, later: Snapshot) -> Snapshot:
        """Return `later` with what must not be lost of this one, which nobody took.

        The thumbnails are the newest of their layers, and events count.
        """
        found = later.observations
        return replace(
            later,
            thumbnails={**self.thumbnails, **later.thumbnails},
            observations=replace(found, fired=self.observations.fired + found.fired),
        )


@dataclass(frozen=True, slots=True, eq=False)
class TriggerEvent:
    """A trigger went off."""

    why: str
    action: TriggerAction
    shot: Snapshot  # the look at which it did
    last: bool  # it rests from now on
