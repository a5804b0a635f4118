"""The views by name; a new one is one file and one line here. No torch."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nnvis.parameters import Option, Parameters, build, option, options
from nnvis.plugins import Registry


class ViewKind(StrEnum):
    """How a view finds what it shows."""

    ACTIVATION = "activation"  # the unit's own map
    BACKWARD = "backward"  # gradients
    CAM = "cam"  # a layer's maps, weighed
    ATTENTION = "attention"  # for transformers; the same for all units of a layer
    PERTURBATION = "perturbation"  # changes the picture


@dataclass(frozen=True, slots=True)
class View:
    """A way to show what in the picture drives a unit."""

    name: str
    title: str
    help: str
    paper: str
    kind: ViewKind
    code: str  # "module:function", called as `__call__` says
    live: bool = True  # fast enough for every frame; else the function is a generator of Progress
    signed: bool = True
    through: bool = False  # can show what passes another unit alone
    shares: bool = False  # its values are shares of the unit's: those below 0 speak against it
    parameters: type[Parameters] = Parameters

    @property
    def options(self) -> tuple[Option, ...]:
        """What can be set, for a form or a command line."""
        return options(self.parameters)

    def __call__(self, model: Any, x: Any, **more: Any) -> Any:
        """Show a unit of `model` for the pictures `x`, (N,C,H,W) in [0,1].

        Args:
            model: a VisionModel.
            x: the pictures.
            more: `layer`, `unit`, `cells` (which ones: "map", "max", "sum" or a cell; `seed` is
                the same by its old name), and what can be set, each by name, or all of it as
                `options`.

        Returns:
            (N,C,H,W), or (N,1,H,W); of a view that is not live, the generator that returns it.
        """
        if "seed" in more:
            more.setdefault("cells", more.pop("seed"))
        names = [one.name for one in self.options if one.name in more]
        if names:
            more["options"] = build(
                self.parameters, {name: more.pop(name) for name in names}, self.name
            )
        return pkgutil.resolve_name(self.code)(model, x, **more)


@dataclass(frozen=True, slots=True)
class IntegratedParameters(Parameters):
    """Of integrated gradients."""

    steps: int = option(50, "points on the way, to begin with", 2, 1000)
    complete: bool = option(True, "more points until the shares add up to 1 %")
    baseline: float = option(0.0, "grey level of the plain picture", 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class SmoothParameters(Parameters):
    """Of SmoothGrad."""

    samples: int = option(25, "noisy copies", 1, 1000)
    noise: float = option(0.15, "standard deviation of the noise, in pixel values", 0.0, 1.0)
    random_seed: int = option(0, "start of the random numbers", 0, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class ShapParameters(Parameters):
    """Of gradient SHAP."""

    samples: int = option(50, "random points", 1, 1000)
    noise: float = option(0.1, "standard deviation of the noise on the picture", 0.0, 1.0)
    random_seed: int = option(0, "start of the random numbers", 0, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class OcclusionParameters(Parameters):
    """Of occlusion."""

    window: int = option(32, "side of the patch in pixels", 1, 512)
    stride: int = option(16, "pixels from one patch to the next", 1, 512)
    fill: float = option(0.5, "grey level of the patch", 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class LrpParameters(Parameters):
    """Of layer-wise relevance propagation."""

    rule: str = option(
        "epsilon_plus",
        "how layers of weights share relevance out",
        choices=("epsilon", "epsilon_plus", "gamma", "z_plus", "epsilon_gamma_box"),
    )
    epsilon: float = option(1e-6, "holds small sums back", 0.0, 10.0)
    gamma: float = option(0.25, "how much positive parts are favoured", 0.0, 100.0)
    biases: bool = option(True, "biases take their part; else all goes to a layer's inputs")
    attention: str = option(
        "attnlrp",
        "where the relevance of attention goes: halves, or all to the values",
        choices=("attnlrp", "cp"),
    )


@dataclass(frozen=True, slots=True)
class TogetherParameters(Parameters):
    """Of the CAMs that run the network once for each map."""

    together: int = option(16, "maps that are tried at a time", 1, 256)


@dataclass(frozen=True, slots=True)
class SurrogateParameters(Parameters):
    """Of linear models of parts of the picture."""

    parts: str = option("squares", "into what the picture is cut", choices=("squares", "slic"))
    across: int = option(7, "parts across the picture; of superpixels about", 2, 64)
    samples: int = option(400, "pictures with some parts only", 3, 20_000)
    fill: float = option(0.5, "grey level of the parts that are not there", 0.0, 1.0)
    random_seed: int = option(0, "start of the random numbers", 0, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class KernelShapParameters(SurrogateParameters):
    """Of Kernel SHAP."""


@dataclass(frozen=True, slots=True)
class LimeParameters(SurrogateParameters):
    """Of LIME."""

    penalty: float = option(0.01, "on the size of weights; 0: none", 0.0, 100.0)


_BACK, _CAM = ViewKind.BACKWARD, ViewKind.CAM
_BUILT_IN = (
    View(
        "activation", "Activation", "the unit's own map, over the picture",
        "", ViewKind.ACTIVATION, "nnvis.views.activation:activation",
    ),
    View(
        "gradient", "Gradient", "what a small change of each pixel would do",
        "Simonyan et al. 2014", _BACK, "nnvis.views.backward:gradient",
    ),
    View(
        "input_x_gradient", "Input \N{MULTIPLICATION SIGN} gradient",
        "each pixel's share, to first order, against black",
        "Shrikumar et al. 2016", _BACK, "nnvis.views.backward:input_x_gradient", shares=True,
    ),
    View(
        "guided", "Guided backpropagation", "the gradient, where every signal back is positive",
        "Springenberg et al. 2015", _BACK, "nnvis.views.backward:guided",
    ),
    View(
        "deconv", "Deconvolution", "positive signals sent back through the rectifiers",
        "Zeiler & Fergus 2014", _BACK, "nnvis.views.backward:deconv",
    ),
    View(
        "gradcam", "Grad-CAM", "where a layer's maps speak for the unit",
        "Selvaraju et al. 2017", _CAM, "nnvis.views.cam:gradcam", signed=False,
    ),
    View(
        "gradcam++", "Grad-CAM++", "as Grad-CAM, for several things at once",
        "Chattopadhay et al. 2018", _CAM, "nnvis.views.cam:gradcam_plus_plus", signed=False,
    ),
    View(
        "layercam", "LayerCAM", "as Grad-CAM, every cell weighed by itself",
        "Jiang et al. 2021", _CAM, "nnvis.views.cam:layercam", signed=False,
    ),
    View(
        "rollout", "Attention rollout", "how much of each patch has been seen; for transformers",
        "Abnar & Zuidema 2020", ViewKind.ATTENTION, "nnvis.views.rollout:rollout", signed=False,
    ),
    View(
        "integrated_gradients", "Integrated gradients", "the gradient on the way from black",
        "Sundararajan et al. 2017", _BACK, "nnvis.views.integrated:integrated_gradients",
        live=False, shares=True, parameters=IntegratedParameters,
    ),
    View(
        "smoothgrad", "SmoothGrad", "the gradient, averaged over noisy pictures",
        "Smilkov et al. 2017", _BACK, "nnvis.views.smooth:smoothgrad",
        live=False, parameters=SmoothParameters,
    ),
    View(
        "gradient_shap", "Gradient SHAP", "the gradient, averaged over ways from plain pictures",
        "Lundberg & Lee 2017", _BACK, "nnvis.views.shap:gradient_shap",
        live=False, shares=True, parameters=ShapParameters,
    ),
    View(
        "lrp", "Relevance (LRP)", "the unit's score, shared out over the pixels layer by layer",
        "Bach et al. 2015", _BACK, "nnvis.views.lrp:lrp",
        live=False, through=True, shares=True, parameters=LrpParameters,
    ),
    View(
        "occlusion", "Occlusion", "what the unit loses when a patch is covered",
        "Zeiler & Fergus 2014", ViewKind.PERTURBATION, "nnvis.views.occlusion:occlusion",
        live=False, shares=True, parameters=OcclusionParameters,
    ),
    View(
        "score_cam", "Score-CAM", "maps weighed by the score where only what they mark is seen",
        "Wang et al. 2020", _CAM, "nnvis.views.cam_by_score:score_cam",
        live=False, signed=False, parameters=TogetherParameters,
    ),
    View(
        "ablation_cam", "Ablation-CAM", "maps weighed by what the score loses without them",
        "Desai & Ramaswamy 2020", _CAM, "nnvis.views.cam_by_score:ablation_cam",
        live=False, signed=False, parameters=TogetherParameters,
    ),
    View(
        "kernel_shap", "Kernel SHAP", "Shapley values of parts of the picture, by sampling",
        "Lundberg & Lee 2017", ViewKind.PERTURBATION, "nnvis.views.surrogate:kernel_shap",
        live=False, shares=True, parameters=KernelShapParameters,
    ),
    View(
        "lime", "LIME", "a linear model of parts of the picture that are there or not",
        "Ribeiro et al. 2016", ViewKind.PERTURBATION, "nnvis.views.surrogate:lime",
        live=False, shares=True, parameters=LimeParameters,
    ),
)  # fmt: skip

EVERY_VIEW = Registry("views", View, _BUILT_IN)
VIEWS = EVERY_VIEW.only(lambda view: view.live)
SLOW_VIEWS = EVERY_VIEW.only(lambda view: not view.live)
# What can be looked back with on every frame.
LIVE_VIEWS = EVERY_VIEW.only(lambda view: view.live and view.kind is not ViewKind.ACTIVATION)
