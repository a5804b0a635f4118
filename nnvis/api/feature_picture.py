"""The picture that excites a unit most, from Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnvis.api.scaled_picture import ScaledPicture
from nnvis.featurevis.parameters import PRESETS
from nnvis.featurevis.result import FeatureImage
from nnvis.featurevis.save import about_of
from nnvis.featurevis.steps import optimise
from nnvis.featurevis.target import Target
from nnvis.models.vision import VisionModel
from nnvis.parameters import changed
from nnvis.progress import drain


class FeaturePicture(ScaledPicture):
    """A PIL picture of what a unit wants.

    `reached` is what it gives of its unit, `grey` what mid-grey gives, `curve` the way there.
    """

    def __init__(self, made: FeatureImage, meta: Mapping[str, Any]) -> None:
        title = f"{made.target.title}: {made.reached:.4g} (mid-grey gives {made.grey:.4g})"
        super().__init__(made.picture, None, meta, title, None, made.note)
        self.reached, self.grey, self.curve = made.reached, made.grey, made.curve


def feature(
    model: VisionModel, spec: str, layer: str, unit: int, preset: str, seed: int,
    settings: Mapping[str, Any],
) -> FeaturePicture:  # fmt: skip
    """Make one; see `ModelView.feature`.

    Raises:
        UserError: there is no such preset or setting.
    """
    recipe = changed(PRESETS.named(preset).parameters, settings, preset)
    (made,) = drain(optimise(model, [Target(layer, unit)], recipe, seeds=[seed]))
    about = about_of(model, spec, recipe, preset)
    meta = {
        **about, "layer": layer, "unit": unit, "seed": seed, "reached": made.reached,
        "grey": made.grey,
    }  # fmt: skip
    return FeaturePicture(made, meta)
