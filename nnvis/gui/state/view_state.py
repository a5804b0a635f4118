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
    """`card` and `source` are those in use, not those still being loaded."""

    card: ModelInfo | None = None
    source: str | None = None
    selection: Request = field(default_factory=Request)

    @property
    def layer(self) -> LayerInfo | None:
        """The selected layer, None while no model is there."""
        return self.card.layer(self.selection.layer) if self.card else None

    def match(self, snapshot: Snapshot | None) -> Freshness:
        """Tell what `snapshot` may be shown as."""
        if snapshot is None or snapshot.card is not self.card:
            return NOTHING
        if snapshot.frame.source != self.source:
            return NOTHING
        other = snapshot.selection
        same_grid = grid_key(other) == grid_key(self.selection)
        layer = snapshot.layer.name == self.selection.layer and same_grid
        unit = layer and snapshot.unit.index == self.selection.unit
        asked, answered = self.selection.fooling, other.fooling
        fooled = (
            snapshot.fooled is not None
            and asked is not None
            and answered is not None
            and _goal(asked) == _goal(answered)
            and other.fit == self.selection.fit
        )
        scores = changes_of(other) == changes_of(self.selection)
        back = (
            snapshot.backward is not None
            and scores
            and question_of(other) == question_of(self.selection)
            and other.fit == self.selection.fit
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
        selection = self.selection
        if selection.backward:
            return "backward"
        if selection.fooling is not None:
            return selection.fooling.shows
        if self.layer is not None and self.card is not None:
            return "change" if shows_change(self.card, self.layer.name, selection) else "clean"
        return "clean"

    def with_card(self, card: ModelInfo) -> ViewState:
        """Go over to another model; the layer stays where the new one has it too."""
        name = self.selection.layer
        if card.layer(name) is None:
            name = card.first_look().name
        selection = self.selection
        if selection.fooling is not None and (self.card is None or self.card.labels != card.labels):
            fooling = replace(selection.fooling, target=None)  # its number means another class now
            selection = replace(selection, fooling=fooling)
        selection = fitted_to_model(selection, card)
        return replace(self, card=card, selection=selection).at(name, selection.unit)

    def with_views(self, asked: Request) -> ViewState:
        """Take over the view and what is switched off, as far as the model has it."""
        assert self.card is not None
        selection = replace(
            self.selection,
            back=asked.back,
            held=asked.held,
            grid=asked.grid,
            display=asked.display,
            ablations=asked.ablations,
            compared=asked.compared,
        )
        seed = asked.back.seed if asked.back else "map"
        selection = fitted_to_model(selection, self.card)
        if selection.back is not None and selection.held == asked.held:
            selection = replace(selection, back=replace(selection.back, seed=seed))
        return replace(self, selection=selection)

    def at(self, layer: str, unit: int) -> ViewState:
        """Select a unit of a layer; a unit that the layer lacks becomes its last one."""
        known = self.card.layer(layer) if self.card else None
        top = known.units - 1 if known else unit
        selection = replace(self.selection, layer=layer, unit=max(0, min(unit, top)))
        if known is not None and selection.back is not None and not selection.held:
            selection = replace(selection, back=_within(selection.back, known))
        return replace(self, selection=selection)

    def neighbour(self, step: int) -> str:
        """Return the layer `step` places on in execution order, held at the ends."""
        names = [layer.name for layer in self.card.layers] if self.card else []
        if self.selection.layer not in names:
            return self.selection.layer
        place = names.index(self.selection.layer) + step
        return names[max(0, min(place, len(names) - 1))]


def grid_key(selection: Request) -> tuple[object, ...]:
    """Return all that decides what the units of the grid are of, besides their layer."""
    shows = selection.fooling.shows if selection.fooling else ""
    question = question_of(selection) if selection.backward else None
    return shows, question, changes_of(selection), selection.compared


def question_of(selection: Request) -> tuple[object, ...] | None:
    """Return what is looked back from and how; which cell, a picture says itself."""
    origin = selection.origin
    if origin is None:
        return None
    seed = "cell" if isinstance(origin.seed, tuple) else origin.seed
    return origin.view, origin.layer, origin.unit, seed, origin.at


def changes_of(selection: Request) -> tuple[object, ...]:
    """Return what is switched off; how strongly, a hand on a slider says."""
    return tuple((one.layer, one.unit, one.how) for one in selection.ablations)


def _goal(fooling: AttackRequest) -> tuple[object, ...]:
    """What an attack is after; its size and steps are measured on each picture and said beside."""
    return fooling.norm, fooling.target, fooling.carried


def _within(back: AttributionRequest, layer: LayerInfo) -> AttributionRequest:
    """Keep the cell that is followed within the layer's maps."""
    if not isinstance(back.seed, tuple):
        return back
    (row, column), (height, width) = back.seed, layer.map_shape
    return replace(back, seed=(min(row, height - 1), min(column, width - 1)))
