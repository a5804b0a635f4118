"""What the person asks to see, and whether a snapshot shows it: the rule against stale pictures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from nnvis.engine.protocol.observe import MOST_PINS
from nnvis.engine.protocol.request import (
    AttackRequest,
    Request,
    fitted_to_model,
    has_unit,
    shows_change,
)
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.views.request import AttributionRequest


@dataclass(frozen=True, slots=True)
class Freshness:
    """Which parts of the window a snapshot may fill."""

    picture: bool  # the input, the scores and the thumbnails: model and source are right
    layer: bool  # the grid as well
    unit: bool  # the selected unit as well
    attack: bool = False  # the attacked picture: it was made as is wanted
    attribution: bool = False  # what drives a unit: of that unit, and found as is wanted
    scores: bool = False  # the scores: of the network with what is wanted switched off


NOTHING = Freshness(picture=False, layer=False, unit=False)


@dataclass(frozen=True, slots=True)
class ViewState:
    """`info` and `source` are those in use, not those still being loaded."""

    info: ModelInfo | None = None
    source: str | None = None
    request: Request = field(default_factory=Request)

    @property
    def layer(self) -> LayerInfo | None:
        """The selected layer, None while no model is there."""
        return self.info.layer(self.request.layer) if self.info else None

    def match(self, snapshot: Snapshot | None) -> Freshness:
        """Tell what `snapshot` may be shown as."""
        if snapshot is None or snapshot.info is not self.info:
            return NOTHING
        if snapshot.frame.source != self.source:
            return NOTHING
        now, then = self.request, snapshot.request
        layer = snapshot.layer.name == now.layer and now.same_grid(then)
        scores = now.ablation.same_question(then.ablation)
        return Freshness(
            picture=True,
            layer=layer,
            unit=layer and snapshot.unit.index == now.unit,
            attack=snapshot.attack is not None and now.fit == then.fit and now.same_attack(then),
            attribution=snapshot.attribution is not None
            and scores
            and now.fit == then.fit
            and now.same_attribution(then),
            scores=scores,
        )

    def same_unit(self, other: ViewState) -> bool:
        """Whether both show the same unit of the same model and source, and the same of it."""
        now, then = self.request, other.request
        return (
            self.info is other.info
            and (self.source, now.layer, now.unit) == (other.source, then.layer, then.unit)
            and now.same_grid(then)
        )

    @property
    def shows(self) -> str:
        """What the grid shows.

        Of an attacked picture "attacked" or "difference", "backward" values, the "change" that
        switched units make, else "clean".
        """
        request = self.request
        if request.backward_grid:
            return "backward"
        if request.attack is not None:
            return request.attack.shows
        if self.layer is not None and self.info is not None:
            return "change" if shows_change(self.info, self.layer.name, request) else "clean"
        return "clean"

    def with_info(self, info: ModelInfo) -> ViewState:
        """Go over to another model; the layer stays where the new one has it too."""
        name = self.request.layer
        if info.layer(name) is None:
            name = info.first_look().name
        request = self.request
        if request.attack is not None and (self.info is None or self.info.labels != info.labels):
            attack = replace(request.attack, target=None)  # its number means another class now
            request = replace(request, attack=attack)
        request = fitted_to_model(request, info)
        return replace(self, info=info, request=request).at(name, request.unit)

    def with_views(self, asked: Request) -> ViewState:
        """Take over all that is asked of a unit, of pins and of attacks, as the model has it."""
        assert self.info is not None
        request = replace(
            self.request,
            grid=asked.grid,
            display=asked.display,
            attribution=asked.attribution,
            ablation=asked.ablation,
            attack=_of_classes(asked.attack, self.info.answered),
            order=asked.order,
            observe=replace(
                self.request.observe,
                pins=tuple(
                    one for one in asked.observe.pins if has_unit(self.info, one.layer, one.unit)
                )[:MOST_PINS],
                trigger=asked.observe.trigger,
            ),
            layout=replace(self.request.layout, aspect=asked.layout.aspect),
        )
        request = fitted_to_model(request, self.info)
        if asked.attribution is not None and request.pinned == asked.pinned:
            request = request.looking_back(cells=asked.attribution.cells)
        return replace(self, request=request)

    def at(self, layer: str, unit: int) -> ViewState:
        """Select a unit of a layer; a unit that the layer lacks becomes its last one."""
        known = self.info.layer(layer) if self.info else None
        top = known.units - 1 if known else unit
        request = replace(self.request, layer=layer, unit=max(0, min(unit, top)))
        if known is not None and request.attribution is not None and not request.pinned:
            request = replace(request, attribution=_within(request.attribution, known))
        return replace(self, request=request)

    def neighbour(self, step: int) -> str:
        """Return the layer `step` places on in execution order, held at the ends."""
        names = [layer.name for layer in self.info.layers] if self.info else []
        if self.request.layer not in names:
            return self.request.layer
        place = names.index(self.request.layer) + step
        return names[max(0, min(place, len(names) - 1))]


def _of_classes(attack: AttackRequest | None, count: int) -> AttackRequest | None:
    """Let go of a target that the network does not have."""
    if attack is None or attack.region or attack.target is None or attack.target < count:
        return attack
    return replace(attack, target=None)


def _within(attribution: AttributionRequest, layer: LayerInfo) -> AttributionRequest:
    """Keep the cell that is followed within the layer's maps."""
    if not isinstance(attribution.cells, tuple):
        return attribution
    (row, column), (height, width) = attribution.cells, layer.map_shape
    return replace(attribution, cells=(min(row, height - 1), min(column, width - 1)))
