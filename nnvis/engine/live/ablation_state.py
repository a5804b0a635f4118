"""Units and concepts that are switched off in a pass, and what units are held at meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor

from nnvis.engine.protocol.request import AblationRequest
from nnvis.models.info import ModelInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.views.ablate import ablate
from nnvis.views.features.concepts import without_concepts
from nnvis.views.layout import as_maps
from nnvis.views.request import Ablation, AblationMode

MEMORY = 100  # frames over which a mean is taken, the latest counting most


@dataclass(eq=False)
class AblationState:
    """What a runner keeps from frame to frame while units are held; used on its thread only."""

    maps: dict[Ablation, Tensor] = field(default_factory=dict)  # (h,w) of FREEZE, () of MEAN
    frames: dict[Ablation, int] = field(default_factory=dict)  # that a mean has seen

    def unchanged(
        self, model: VisionModel, info: ModelInfo, x: Tensor, layer: str, changes: AblationRequest
    ) -> tuple[Tensor, Tensor | None]:
        """Return the logits and what `layer` puts out while nothing is switched off."""
        with (
            torch.inference_mode(),
            self.watch(model, info, changes.units),
            record(model, [layer]) as seen,
        ):
            logits = model(x)
        return logits, seen.get(layer)

    @contextmanager
    def changing(self, model: VisionModel, changes: AblationRequest) -> Iterator[None]:
        """Switch off what `changes` names in the passes inside."""
        with ExitStack() as changed:
            if changes.units:
                changed.enter_context(ablate(model, changes.units, self.maps))
            if changes.concepts is not None:
                basis, off = changes.concepts.basis, changes.concepts.off
                changed.enter_context(without_concepts(model, basis, [off]))
            yield

    @contextmanager
    def watch(
        self, model: VisionModel, info: ModelInfo, changes: Sequence[Ablation]
    ) -> Iterator[None]:
        """Learn from the pass inside, in which nothing is switched off.

        FREEZE keeps the unit's first map; MEAN follows its mean over the last frames.
        """
        holding = [one for one in changes if one.how in (AblationMode.MEAN, AblationMode.FREEZE)]
        for gone in self.maps.keys() - set(holding):
            del self.maps[gone]
            self.frames.pop(gone, None)
        layers = {one.layer: info.layer(one.layer) for one in holding}
        with record(model, [name for name, layer_info in layers.items() if layer_info]) as seen:
            yield
        for change in holding:
            layer_info = layers[change.layer]
            if layer_info is not None and change.layer in seen and change.unit < layer_info.units:
                self._learn(change, as_maps(seen[change.layer][:1], layer_info)[0, change.unit])

    def _learn(self, change: Ablation, map_: Tensor) -> None:
        if change.how is AblationMode.FREEZE:
            if change not in self.maps:
                self.maps[change] = map_.clone()
            return
        count = min(self.frames.get(change, 0) + 1, MEMORY)
        before, now = self.maps.get(change), map_.mean()
        self.maps[change] = now if before is None else before + (now - before) / count
        self.frames[change] = count
