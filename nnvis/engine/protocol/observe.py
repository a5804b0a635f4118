"""What is to be observed while frames pass: a lens on the unit, pinned units, triggers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nnvis.structure import limited
from nnvis.views.features.colour_basis import ColourBasis
from nnvis.views.features.concept_basis import ConceptBasis

MOST_PINS = 8
MOST_TILES = 48  # of the board


class LensTopic(StrEnum):
    """What the lens tells of a unit."""

    ACTIVITY = "activity"
    WEIGHTS = "weights"
    CORRELATION = "alike"
    RECEPTIVE_FIELD = "field"
    CONNECTIONS = "links"
    HEADS = "heads"


class TriggerAction(StrEnum):
    """What a trigger does."""

    FREEZE = "freeze"
    SAVE = "save"


@dataclass(frozen=True, slots=True)
class LensRequest:
    """What is to be found out about the selected unit; only the page that is shown."""

    page: LensTopic = LensTopic.ACTIVITY
    cell: tuple[int, int] | None = None  # whose field: row, column; None: the middle one


@dataclass(frozen=True, slots=True)
class Pin:
    """A unit that is watched whatever is selected."""

    layer: str
    unit: int = limited(minimum=0)


@dataclass(frozen=True, slots=True)
class Trigger:
    """When something happens by itself, and what."""

    sigmas: float = limited(
        4.0, 0, 100
    )  # a pinned unit's highest value above mean + so many sigma; 0: never
    top: bool = False  # another class comes out on top
    action: TriggerAction = TriggerAction.FREEZE
    pause: float = limited(5.0, 1, 3600)  # seconds after one firing in which there is no other
    most: int = limited(50, 1, 10_000)  # firings, then it rests until it is set anew


@dataclass(frozen=True, slots=True)
class GatherRequest:
    """The strongest frames of the stream are gathered, for every unit of some layers."""

    layers: tuple[str, ...]
    present: bool = False  # the thing that is asked about is in view now
    question: int = 0  # counts the things that were held in view and let go


@dataclass(frozen=True, slots=True)
class FeatureColoursRequest:
    """The cells of the selected layer are coloured by their principal components."""

    basis: int = 0  # counts how often another basis was asked for
    cell: tuple[int, int] | None = None  # row, column: how alike all others are
    given: ColourBasis | None = None  # of a saved picture, in place of that of the first frame


class BoardKind(StrEnum):
    """What a tile of the board shows."""

    MAP = "map"  # of a unit
    OVER = "over"  # the same, over the picture
    LAYER = "layer"  # mean magnitude of all units
    VIEW = "view"  # what drives a unit or a class
    INPUT = "input"


@dataclass(frozen=True, slots=True)
class BoardTile:
    """One picture of the board; always of the clean picture in the whole network."""

    kind: BoardKind
    layer: str = ""  # of a view, LOGITS: the class `unit`
    unit: int = limited(0, 0)
    view: str = ""  # of VIEW


@dataclass(frozen=True, slots=True)
class BoardRequest:
    """Tiles that are renewed while frames pass; of the views one with each look."""

    tiles: tuple[BoardTile, ...]
    shared: bool = False  # maps have one scale of colours
    low: float = 0.0  # which holds what is frozen as well
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class ObserveRequest:
    """All of that."""

    lens: LensRequest | None = None
    pins: tuple[Pin, ...] = ()
    trigger: Trigger | None = None
    gather: GatherRequest | None = None
    colours: FeatureColoursRequest | None = None
    concepts: ConceptBasis | None = None  # that are painted over the picture
    board: BoardRequest | None = None
