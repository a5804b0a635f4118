"""How a feature image is made, as plain numbers; PRESETS has the ones worth a name."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nnvis.parameters import Option, Parameters, option, options
from nnvis.plugins import Registry

# What is climbed with, by name: `code` as "module:class" of `canvas.Canvas`.
CANVASES = {
    "fourier": "nnvis.featurevis.canvas:FourierCanvas",
    "pixels": "nnvis.featurevis.canvas:PixelCanvas",
}


@dataclass(frozen=True, slots=True)
class FeatureParameters(Parameters):
    """Canvas, optimiser, views and regularisers; a value of 0 leaves a part out.

    Lengths are shares of the canvas' side, so that they hold for any network. The regularisers of
    Yosinski et al. 2015 (sec. 4) work on pixels, `rate` and `desired` there in their units: pixels
    from 0 to 255.
    """

    canvas: str = option("fourier", "fourier has decorrelated colours", choices=CANVASES)
    side: int = option(0, "of the canvas in pixels; 0: the network's input", 0, 1024)
    push: str = option(
        "map",
        "what stands for a channel: its mean, or a cell",
        choices=("map", "cell"),
    )
    steps: int = option(256, "of the climb", 1, 100_000)
    rate: float = option(0.05, "of Adam; else the length of a step", 0.0, 1e9)
    policy: str = option(
        "adam",
        "progress: a step that should gain `desired`",
        choices=("adam", "constant", "progress"),
    )
    fade: float = option(0.0, "share of the climb at whose end the rate sinks to nothing", 0.0, 1.0)
    desired: float = option(0.0, "what one step shall gain", 0.0, 1e6)
    contrast: float = option(0.01, "of the noise that it begins with", 0.0, 10.0)
    window: float = option(1.0, "share of the input's side that most steps look at", 0.2, 1.0)
    pad: float = option(0.0, "of grey around the canvas", 0.0, 0.5)
    jitter: float = option(0.0, "how far the picture is moved about", 0.0, 0.5)
    scale: float = option(0.0, "how much it is scaled about", 0.0, 0.5)
    rotate: float = option(0.0, "how far it is turned about, in degrees", 0.0, 360.0)
    decay: float = option(0.0, "share of the contrast that each step takes", 0.0, 1.0)
    blur: float = option(0.0, "standard deviation of the blur in pixels of the canvas", 0.0, 16.0)
    blur_every: int = option(0, "steps between blurs", 0, 1000)
    small_norm: float = option(0.0, "percentile of the norm below which pixels are emptied", 0, 100)
    benefit: float = option(0.0, "percentile of the use below which pixels are emptied", 0, 100)
    diversity: float = option(0.0, "weight of being unlike the other seeds' pictures", 0.0, 100.0)


@dataclass(frozen=True, slots=True)
class Preset:
    """Parameters worth a name."""

    name: str
    title: str
    help: str
    parameters: FeatureParameters

    @property
    def options(self) -> tuple[Option, ...]:
        """What can be set; the defaults of a preset are its `parameters`."""
        return options(type(self.parameters))


# Numbers of Yosinski et al. 2015, table 1. Their optimiser starts from noise of deviation 10 and
# raises a single cell; that of the middle is taken here.
_DVT = FeatureParameters(canvas="pixels", contrast=10 / 255, push="cell")
_PAPER = "Yosinski et al. 2015, table 1"

_BUILT_IN = (
    Preset(
        "vivid", "Vivid", "what nnvis takes: clear after 192 steps",
        FeatureParameters(
            side=160, steps=192, rate=0.1, fade=0.4, contrast=0.05, jitter=0.06, scale=0.12,
            rotate=6.0,
        ),
    ),
    Preset(
        "fourier", "Fourier", "Olah et al. 2017, with the numbers of lucid",
        FeatureParameters(
            side=128, steps=512, rate=0.05, contrast=0.01, pad=12 / 128, jitter=6 / 152, scale=0.1,
            rotate=10.0,
        ),
    ),
    Preset(
        "dvt-1", "DVT 1", f"{_PAPER}: blurred, weak pixels emptied",
        replace(
            _DVT, blur=0.5, blur_every=4, small_norm=50, steps=500, policy="progress", rate=100.0,
            desired=2.0,
        ),
    ),
    Preset(
        "dvt-2", "DVT 2", f"{_PAPER}: contrast decays, weak pixels emptied",
        replace(_DVT, decay=0.3, small_norm=20, steps=750, policy="constant", rate=100.0),
    ),
    Preset(
        "dvt-3", "DVT 3", f"{_PAPER}: blurred strongly",
        replace(
            _DVT, decay=0.0001, blur=1.0, blur_every=4, steps=1000, policy="constant", rate=100.0
        ),
    ),
    Preset(
        "dvt-4", "DVT 4", f"{_PAPER}: blurred, pixels of little use emptied",
        replace(
            _DVT, blur=0.5, blur_every=4, benefit=90, steps=1000, policy="progress", rate=1e8,
            desired=2.0,
        ),
    ),
)  # fmt: skip
PRESETS = Registry("presets", Preset, _BUILT_IN)
DEFAULT = "vivid"
