"""What a person wants to see; a frozen value, replaced whole.

Each part says by `same_question` whether an answer to another one may still be shown: not whether
the two are equal, but whether the answer means the same; what else differs is said beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnvis.attacks.registry import OnlineAttackParameters
from nnvis.engine.protocol.observe import ObserveRequest
from nnvis.engine.protocol.unit_order import OrderRequest
from nnvis.imaging.attribution_options import Display
from nnvis.imaging.colour_options import Shading
from nnvis.models.detection.region import Region
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.parameters import option
from nnvis.structure import limited
from nnvis.views.features.colour_basis import ColourBasis
from nnvis.views.features.concept_basis import ConceptBasis
from nnvis.views.registry import EVERY_VIEW, LIVE_VIEWS
from nnvis.views.request import LOGITS, Ablation, AttributionRequest, ConceptsOff


class GridShows(StrEnum):
    """What the grid shows where a view is on."""

    ACTIVATION = "activation"
    BACKWARD = "backward"  # what came back to each unit


class AttackShows(StrEnum):
    """Of which picture the grid is while frames are attacked."""

    DIFFERENCE = "difference"  # attacked - clean
    ATTACKED = "attacked"
    CLEAN = "clean"


class Half(StrEnum):
    """In what a network computes where it is only looked at."""

    OFF = "off"  # as it is
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


@dataclass(frozen=True, slots=True)
class AttackRequest(OnlineAttackParameters):
    """How every frame is attacked, and what is shown of it."""

    budget: float = 0.03  # seconds for the steps of one frame: fewer are taken where it ends
    region: Region | None = option(None, "what the network is to be fooled about", title="Object")
    shows: AttackShows = option(AttackShows.DIFFERENCE, "of which picture", title="Grid", words={
        AttackShows.DIFFERENCE: ("Change", "Every unit: attacked minus clean, signed"),
        AttackShows.ATTACKED: ("Attacked", "Every unit of the attacked picture"),
        AttackShows.CLEAN: ("Clean", "Every unit of the clean picture"),
    })  # fmt: skip
    control: bool = option(
        False, "also score random signs of the same size, which are no attack", title="Noise"
    )
    second: ModelRequest | None = option(None, "another network that judges both pictures as well")

    def same_question(self, other: AttackRequest) -> bool:
        """Whether both are after the same; sizes and steps are measured on each picture."""
        mine, theirs = ((one.norm, one.target, one.carried, one.region) for one in (self, other))
        return mine == theirs


@dataclass(frozen=True, slots=True)
class AblationRequest:
    """What is switched off, turned up, held still."""

    units: tuple[Ablation, ...] = ()
    compared: bool = True  # layers after that show the change that it makes
    concepts: ConceptsOff | None = None  # that are subtracted as well

    @property
    def changes(self) -> bool:
        """Whether the network is otherwise than it is."""
        return bool(self.units) or self.concepts is not None

    def same_question(self, other: AblationRequest) -> bool:
        """Whether the same becomes of the same units; how strongly, a hand on a slider says."""
        mine, theirs = (
            [(one.layer, one.unit, one.how) for one in asked.units] for asked in (self, other)
        )
        return mine == theirs and self.concepts == other.concepts


@dataclass(frozen=True, slots=True)
class PaneLayout:
    """How large, and of which layers, pictures are wanted."""

    aspect: float = limited(1.0, 0.05, 20)  # width over height of the pane that shows the sheet
    overlay: float = limited(0.6, 0, 1)  # strength of the unit's map over the input, 0 ... 1
    visible: tuple[str, ...] = ()  # layers whose thumbnails are on the screen
    overlaid: bool = True  # the unit's map over the input is wanted
    divergence: bool = False  # where an attacked picture parts from the clean one is on the screen


@dataclass(frozen=True, slots=True)
class Request:
    """Read once per look by the runner; each snapshot carries the one it answers."""

    layer: str = ""  # empty: ModelInfo.first_look
    unit: int = limited(0, 0)
    shading: Shading = field(default_factory=Shading)
    fit: Fit = Fit.CROP
    grid: GridShows = GridShows.ACTIVATION
    display: Display = field(default_factory=Display)  # of an attribution
    attribution: AttributionRequest | None = None  # see `origin`
    attack: AttackRequest | None = None
    ablation: AblationRequest = field(default_factory=AblationRequest)
    observe: ObserveRequest = field(default_factory=ObserveRequest)
    layout: PaneLayout = field(default_factory=PaneLayout)
    order: OrderRequest = field(default_factory=OrderRequest)
    exact: bool = False  # PyTorch alone computes, also a plain look at a stream
    half: Half = Half.OFF  # of a plain look, see `only_looks`; all else is computed as it is

    @property
    def only_looks(self) -> bool:
        """Whether a plain look is asked: nothing goes back or is changed, and nobody listens."""
        changed = self.attribution is not None or self.grid != GridShows.ACTIVATION
        changed = changed or self.attack is not None or self.ablation.changes
        return not changed and not self.listens

    @property
    def listens(self) -> bool:
        """Whether something is heard in passing, beside what is drawn."""
        observe = self.observe
        heard = (observe.lens, observe.gather, observe.colours, observe.concepts, observe.board)
        return bool(observe.pins) or any(one is not None for one in heard)

    @property
    def pinned(self) -> bool:
        """Whether the attribution keeps its unit, whatever is selected."""
        return self.attribution is not None and self.attribution.pinned

    @property
    def origin(self) -> AttributionRequest | None:
        """What is looked back from: the selected unit, unless another one is pinned."""
        if self.attribution is None:
            return None
        if self.attribution.pinned:
            through = self.attribution.through and EVERY_VIEW[self.attribution.view].through
            passed = (self.layer, self.unit) if through else None
            return replace(self.attribution, pinned=False, through=False, passed=passed)
        return replace(
            self.attribution, layer=self.layer, unit=self.unit, region=None, through=False
        )

    @property
    def live_origin(self) -> AttributionRequest | None:
        """The origin, if its view is fast enough for every frame; the others are jobs."""
        origin = self.origin
        return origin if origin is not None and origin.view in LIVE_VIEWS else None

    @property
    def backward_grid(self) -> bool:
        """Whether the grid shows backward values."""
        return self.grid == GridShows.BACKWARD and self.live_origin is not None

    def looking_back(self, **changes: Any) -> Request:
        """Return it with other fields of the attribution, where there is one."""
        if self.attribution is None:
            return self
        return replace(self, attribution=replace(self.attribution, **changes))

    def same_attack(self, other: Request) -> bool:
        """Whether both attack, and after the same."""
        if self.attack is None or other.attack is None:
            return False
        return self.attack.same_question(other.attack)

    def same_attribution(self, other: Request) -> bool:
        """Whether both look back from the same unit in the same way."""
        mine, theirs = self.origin, other.origin
        if mine is None or theirs is None:
            return mine is theirs
        return mine.same_question(theirs)

    def same_grid(self, other: Request) -> bool:
        """Whether the units of the grid are of the same, but for their layer."""
        mine, theirs = (asked.attack.shows if asked.attack else "" for asked in (self, other))
        backward = self.backward_grid
        return (
            mine == theirs
            and backward == other.backward_grid
            and (not backward or self.same_attribution(other))
            and self.ablation.same_question(other.ablation)
            and self.ablation.compared == other.ablation.compared
        )


def fitted_to_model(request: Request, info: ModelInfo) -> Request:
    """Let go of what the model of `info` does not have: units held and units switched off."""
    kept = tuple(one for one in request.ablation.units if has_unit(info, one.layer, one.unit))
    asked = request.attribution
    if asked is not None:
        asked = replace(
            asked,
            cells="map" if isinstance(asked.cells, tuple) else asked.cells,  # a cell of other maps
            at=asked.at if info.layer(asked.at) else "",
            pinned=asked.pinned and has_unit(info, asked.layer, asked.unit),
        )
        if asked.region is not None and not info.detects:
            asked = replace(asked, region=None, pinned=False)
    attack = request.attack
    if attack is not None and not info.detects:
        attack = replace(attack, region=None)
    off = request.ablation.concepts
    if off is not None and not _has_basis(info, off.basis, off.basis.directions):
        off = None
    ablation = replace(request.ablation, units=kept, concepts=off)
    observe = request.observe
    if observe.concepts and not _has_basis(info, observe.concepts, observe.concepts.directions):
        observe = replace(observe, concepts=None)
    given = observe.colours.given if observe.colours is not None else None
    if observe.colours and given and not _has_basis(info, given, given.components):
        observe = replace(observe, colours=replace(observe.colours, given=None))
    request = replace(request, observe=observe)
    return replace(request, ablation=ablation, attribution=asked, attack=attack)


def _has_basis(
    info: ModelInfo, basis: ColourBasis | ConceptBasis, rows: NDArray[np.float32]
) -> bool:
    """Tell whether a basis, of (k,C) rows, is of a layer of this very network."""
    layer = info.layer(basis.layer)
    same = basis.weights_hash == info.weights_hash
    return same and layer is not None and layer.units == rows.shape[1]


def has_unit(info: ModelInfo, name: str, unit: int) -> bool:
    """Tell whether the model has this unit of this layer, or of LOGITS this class."""
    if name == LOGITS:
        return info.labels is None or 0 <= unit < len(info.labels)
    layer = info.layer(name)
    return layer is not None and 0 <= unit < layer.units


def shows_change(info: ModelInfo, layer: str, request: Request) -> bool:
    """Tell whether the grid shows what the units switched off change in `layer`, which is later."""
    if not request.ablation.compared or request.backward_grid or request.attack is not None:
        return False
    places = {one.name: place for place, one in enumerate(info.layers)}
    first = min(
        (places.get(one.layer, len(places)) for one in request.ablation.units), default=None
    )
    return first is not None and places[layer] > first
