"""What the person asks to see, and whether a snapshot shows it: the rule against stale pictures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from nnvis.engine.selection import Selection
from nnvis.engine.snapshot import Snapshot
from nnvis.models.card import LayerInfo, ModelCard


@dataclass(frozen=True, slots=True)
class Match:
    """Which parts of the window a snapshot may fill."""

    picture: bool  # the input, the scores and the thumbnails: model and source are right
    layer: bool  # the grid as well
    unit: bool  # the selected unit as well


NOTHING = Match(picture=False, layer=False, unit=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """`card` and `source` are those in use, not those still being loaded."""

    card: ModelCard | None = None
    source: str | None = None
    selection: Selection = field(default_factory=Selection)

    @property
    def layer(self) -> LayerInfo | None:
        """The selected layer, None while no model is there."""
        return self.card.layer(self.selection.layer) if self.card else None

    def match(self, snapshot: Snapshot | None) -> Match:
        """Tell what `snapshot` may be shown as."""
        if snapshot is None or snapshot.card is not self.card:
            return NOTHING
        if snapshot.frame.source != self.source:
            return NOTHING
        layer = snapshot.layer.name == self.selection.layer
        unit = layer and snapshot.unit.index == self.selection.unit
        return Match(picture=True, layer=layer, unit=unit)

    def with_card(self, card: ModelCard) -> Wanted:
        """Go over to another model; the layer stays where the new one has it too."""
        name = self.selection.layer
        if card.layer(name) is None:
            name = card.first_look().name
        return replace(self, card=card).at(name, self.selection.unit)

    def at(self, layer: str, unit: int) -> Wanted:
        """Select a unit of a layer; a unit that the layer lacks becomes its last one."""
        known = self.card.layer(layer) if self.card else None
        top = known.units - 1 if known else unit
        selection = replace(self.selection, layer=layer, unit=max(0, min(unit, top)))
        return replace(self, selection=selection)

    def neighbour(self, step: int) -> str:
        """Return the layer `step` places on in execution order, held at the ends."""
        names = [layer.name for layer in self.card.layers] if self.card else []
        if self.selection.layer not in names:
            return self.selection.layer
        place = names.index(self.selection.layer) + step
        return names[max(0, min(place, len(names) - 1))]
