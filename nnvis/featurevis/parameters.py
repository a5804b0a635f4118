"""How a preferred picture is made, as plain numbers; PRESETS has the ones worth a name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def _set(
    default: Any, text: str, minimum: float | None = None, maximum: float | None = None
) -> Any:
    return field(default=default, metadata={"help": text, "minimum": minimum, "maximum": maximum})


@dataclass(frozen=True, slots=True)
class FeatureParameters:
    """Canvas, climb, views and regularisers; a value of 0 leaves a part out.

    Lengths are shares of the canvas' side, so that they hold for any network. The regularisers of
    Yosinski et al. 2015 (sec. 4) work on pixels, `rate` and `desired` there in their units: pixels
    from 0 to 255.
    """

    canvas: str = _set("fourier", "fourier (decorrelated colours) or pixels")
    side: int = _set(0, "of the canvas in pixels; 0: the network's input", 0, 1024)
    push: str = _set("map", "what stands for a channel while it climbs: map (its mean) or cell")
    steps: int = _set(256, "of the climb", 1, 100_000)
    rate: float = _set(0.05, "of Adam; else the length of a step", 0.0, 1e9)
    policy: str = _set("adam", "adam, constant, or progress: a step that should gain `desired`")
    fade: float = _set(0.0, "share of the climb at whose end the rate sinks to nothing", 0.0, 1.0)
    desired: float = _set(0.0, "what one step shall gain", 0.0, 1e6)
    contrast: float = _set(0.01, "of the noise that it begins with", 0.0, 10.0)
    window: float = _set(1.0, "share of the input's side that most steps look at", 0.2, 1.0)
    pad: float = _set(0.0, "of grey around the canvas", 0.0, 0.5)
    jitter: float = _set(0.0, "how far the picture is moved about", 0.0, 0.5)
    scale: float = _set(0.0, "how much it is scaled about", 0.0, 0.5)
    rotate: float = _set(0.0, "how far it is turned about, in degrees", 0.0, 180.0)
    decay: float = _set(0.0, "share of the contrast that each step takes", 0.0, 1.0)
    blur: float = _set(0.0, "standard deviation of the blur in pixels of the canvas", 0.0, 16.0)
    blur_every: int = _set(0, "steps between blurs", 0, 1000)
    small_norm: float = _set(0.0, "percentile of the norm below which pixels are emptied", 0, 100)
    benefit: float = _set(0.0, "percentile of the use below which pixels are emptied", 0, 100)
    diversity: float = _set(0.0, "weight of being unlike the other seeds' pictures", 0.0, 100.0)


# Numbers of Yosinski et al. 2015, table 1. Their optimiser starts from noise of deviation 10 and
# raises a single cell; that of the middle is taken here.
_DVT: dict[str, Any] = {"canvas": "pixels", "contrast": 10 / 255, "push": "cell"}

PRESETS: dict[str, FeatureParameters] = {
    # Ours: see `nnvis bench feature` for what it reaches beside torch-lucent.
    "vivid": FeatureParameters(
        side=160,
        steps=192,
        rate=0.1,
        fade=0.4,
        contrast=0.05,
        jitter=0.06,
        scale=0.12,
        rotate=6.0,
    ),
    # Olah et al. 2017 with the numbers of lucid's defaults.
    "fourier": FeatureParameters(
        side=128,
        steps=512,
        rate=0.05,
        contrast=0.01,
        pad=12 / 128,
        jitter=6 / 152,
        scale=0.1,
        rotate=10.0,
    ),
    "dvt-1": FeatureParameters(
        **_DVT,
        blur=0.5,
        blur_every=4,
        small_norm=50,
        steps=500,
        policy="progress",
        rate=100.0,
        desired=2.0,
    ),
    "dvt-2": FeatureParameters(
        **_DVT, decay=0.3, small_norm=20, steps=750, policy="constant", rate=100.0
    ),
    "dvt-3": FeatureParameters(
        **_DVT, decay=0.0001, blur=1.0, blur_every=4, steps=1000, policy="constant", rate=100.0
    ),
    "dvt-4": FeatureParameters(
        **_DVT,
        blur=0.5,
        blur_every=4,
        benefit=90,
        steps=1000,
        policy="progress",
        rate=1e8,
        desired=2.0,
    ),
}
DEFAULT = "vivid"
