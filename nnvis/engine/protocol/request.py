"""What a person wants to see; a frozen value, replaced whole."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from nnvis.attacks.registry import OnlineAttackParameters
from nnvis.engine.protocol.observe import GatherRequest, LensRequest, Pin, Trigger
from nnvis.imaging.attribution_options import Display
from nnvis.imaging.colour_options import Shading
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.views.registry import LIVE_VIEWS
from nnvis.views.request import LOGITS, Ablation, AttributionRequest


@dataclass(frozen=True, slots=True)
class AttackRequest(OnlineAttackParameters):
    """How every frame is attacked, and what is shown of it."""

    budget: float = 0.03  # seconds for the steps of one frame: fewer are taken where it ends
    shows: str = (
        "difference"  # what the grid shows: "difference" (attacked - clean) "attacked" "clean"
    )
    control: bool = False  # also score noise of the same size
    second: ModelRequest | None = None  # another network that judges both pictures as well


@dataclass(frozen=True, slots=True)
class Request:
    """Read once per look by the runner; each snapshot carries the one it answers."""

    layer: str = ""  # empty: ModelCard.first_look
    unit: int = 0
    shading: Shading = field(default_factory=Shading)
    aspect: float = 1.0  # width over height of the pane that shows the sheet
    fit: str = "crop"  # how a frame meets the network: "crop" "stretch" "whole"
    visible: tuple[str, ...] = ()  # layers whose thumbnails are on the screen
    fooling: AttackRequest | None = None
    overlay: float = 0.6  # strength of the unit's map over the input, 0 ... 1
    back: AttributionRequest | None = None  # what is looked back from; see `origin`
    held: bool = False  # `back` keeps its layer and unit, whatever is selected
    grid: str = "activation"  # what the grid shows: "activation", or "backward" values of `back`
    display: Display = field(default_factory=Display)
    ablations: tuple[Ablation, ...] = ()  # what is switched off, turned up, held still
    compared: bool = True  # layers after that show the change that it makes
    lens: LensRequest | None = None
    pins: tuple[Pin, ...] = ()
    trigger: Trigger | None = None
    gather: GatherRequest | None = None

    @property
    def origin(self) -> AttributionRequest | None:
        """What is looked back from: the selected unit, unless another one is held."""
        if self.back is None or self.held:
            return self.back
        return replace(self.back, layer=self.layer, unit=self.unit)

    @property
    def live(self) -> AttributionRequest | None:
        """The origin, if its view is fast enough for every frame; the others are jobs."""
        origin = self.origin
        return origin if origin is not None and origin.view in LIVE_VIEWS else None

    @property
    def backward(self) -> bool:
        """Whether the grid shows backward values."""
        return self.grid == "backward" and self.live is not None


def fitted_to_model(request: Request, info: ModelInfo) -> Request:
    """Let go of what the model of `info` does not have: units held and units switched off."""
    kept = tuple(one for one in request.ablations if has_unit(info, one.layer, one.unit))
    back, held = request.back, request.held
    if back is not None:
        if held and not has_unit(info, back.layer, back.unit):
            held = False
        back = replace(
            back,
            seed="map" if isinstance(back.seed, tuple) else back.seed,  # a cell of other maps
            at=back.at if info.layer(back.at) else "",
        )
    return replace(request, ablations=kept, back=back, held=held)


def has_unit(info: ModelInfo, name: str, unit: int) -> bool:
    """Tell whether the model has this unit of this layer, or of LOGITS this class."""
    if name == LOGITS:
        return info.labels is None or 0 <= unit < len(info.labels)
    layer = info.layer(name)
    return layer is not None and 0 <= unit < layer.units


def shows_change(info: ModelInfo, layer: str, request: Request) -> bool:
    """Tell whether the grid shows what the units switched off change in `layer`, which is later."""
    if not request.compared or request.backward or request.fooling is not None:
        return False
    places = {one.name: place for place, one in enumerate(info.layers)}
    first = min((places.get(one.layer, len(places)) for one in request.ablations), default=None)
    return first is not None and places[layer] > first
