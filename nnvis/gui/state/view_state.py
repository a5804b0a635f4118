"""What the person asks to see, and whether a snapshot shows it: the rule against stale pictures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from nnvis.engine.protocol.request import AttackRequest, Request, fitted_to_model, shows_change
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.views.request import AttributionRequest


@dataclass(frozen=True, slots=True)
class Freshness:
    """Which parts of the window a snapshot may fill."""

    picture: bool  # the input, the scores and the thumbnails: model and source are right
    layer: bool  # the grid as well
    unit: bool  # the selected unit as well
    fooled: bool = False  # the attacked twin: it was made as is wanted
    back: bool = False  # the view of what drives a unit: of that unit, and made as is wanted
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
        other = snapshot.request
        same_grid = grid_key(other) == grid_key(self.request)
        layer = snapshot.layer.name == self.request.layer and same_grid
        unit = layer and snapshot.unit.index == self.request.unit
        asked, answered = self.request.fooling, other.fooling
        fooled = (
            snapshot.fooled is not None
            and asked is not None
            and answered is not None
            and _goal(asked) == _goal(answered)
            and other.fit == self.request.fit
        )
        scores = changes_of(other) == changes_of(self.request)
        back = (
            snapshot.backward is not None
            and scores
            and question_of(other) == question_of(self.request)
            and other.fit == self.request.fit
        )
        return Freshness(
            picture=True, layer=layer, unit=unit, fooled=fooled, back=back, scores=scores
        )

    @property
    def shows(self) -> str:
        """What the grid shows.

        Of an attacked picture "attacked" or "difference", "backward" values, the "change" that
        switched units make, else "clean".
        """
        request = self.request
        if request.backward:
            return "backward"
        if request.fooling is not None:
            return request.fooling.shows
        if self.layer is not None and self.info is not None:
            return "change" if shows_change(self.info, self.layer.name, request) else "clean"
        return "clean"

    def with_info(self, info: ModelInfo) -> ViewState:
        """Go over to another model; the layer stays where the new one has it too."""
        name = self.request.layer
        if info.layer(name) is None:
            name = info.first_look().name
        request = self.request
        if request.fooling is not None and (self.info is None or self.info.labels != info.labels):
            fooling = replace(request.fooling, target=None)  # its number means another class now
            request = replace(request, fooling=fooling)
        request = fitted_to_model(request, info)
        return replace(self, info=info, request=request).at(name, request.unit)

    def with_views(self, asked: Request) -> ViewState:
        """Take over the view and what is switched off, as far as the model has it."""
        assert self.info is not None
        request = replace(
            self.request,
            back=asked.back,
            held=asked.held,
            grid=asked.grid,
            display=asked.display,
            ablations=asked.ablations,
            compared=asked.compared,
        )
        seed = asked.back.seed if asked.back else "map"
        request = fitted_to_model(request, self.info)
        if request.back is not None and request.held == asked.held:
            request = replace(request, back=replace(request.back, seed=seed))
        return replace(self, request=request)

    def at(self, layer: str, unit: int) -> ViewState:
        """Select a unit of a layer; a unit that the layer lacks becomes its last one."""
        known = self.info.layer(layer) if self.info else None
        top = known.units - 1 if known else unit
        request = replace(self.request, layer=layer, unit=max(0, min(unit, top)))
        if known is not None and request.back is not None and not request.held:
            request = replace(request, back=_within(request.back, known))
        return replace(self, request=request)

    def neighbour(self, step: int) -> str:
        """Return the layer `step` places on in execution order, held at the ends."""
        names = [layer.name for layer in self.info.layers] if self.info else []
        if self.request.layer not in names:
            return self.request.layer
        place = names.index(self.request.layer) + step
        return names[max(0, min(place, len(names) - 1))]


def grid_key(request: Request) -> tuple[object, ...]:
    """Return all that decides what the units of the grid are of, besides their layer."""
    shows = request.fooling.shows if request.fooling else ""
    question = question_of(request) if request.backward else None
    return shows, question, changes_of(request), request.compared


def question_of(request: Request) -> tuple[object, ...] | None:
    """Return what is looked back from and how; which cell, a picture says itself."""
    origin = request.origin
    if origin is None:
        return None
    seed = "cell" if isinstance(origin.seed, tuple) else origin.seed
    return origin.view, origin.layer, origin.unit, seed, origin.at


def changes_of(request: Request) -> tuple[object, ...]:
    """Return what is switched off; how strongly, a hand on a slider says."""
    return tuple((one.layer, one.unit, one.how) for one in request.ablations)


def _goal(fooling: AttackRequest) -> tuple[object, ...]:
    """What an attack is after; its size and steps are measured on each picture and said beside."""
    return fooling.norm, fooling.target, fooling.carried


def _within(back: AttributionRequest, layer: LayerInfo) -> AttributionRequest:
    """Keep the cell that is followed within the layer's maps."""
    if not isinstance(back.seed, tuple):
        return back
    (row, column), (height, width) = back.seed, layer.map_shape
    return replace(back, seed=(min(row, height - 1), min(column, width - 1)))
