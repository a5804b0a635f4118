"""The views by name; a new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from nnvis.progress import Steps
from nnvis.views.activation import activation
from nnvis.views.backward import deconv, gradient, guided, input_x_gradient
from nnvis.views.cam import gradcam, gradcam_plus_plus, layercam
from nnvis.views.integrated import integrated_gradients
from nnvis.views.occlusion import occlusion
from nnvis.views.rollout import rollout
from nnvis.views.shap import gradient_shap
from nnvis.views.smooth import smoothgrad

# view(model, x, layer=..., unit=..., seed=...): fast enough for every live frame.
VIEWS: dict[str, Callable[..., Tensor]] = {
    "activation": activation,
    "gradient": gradient,
    "input_x_gradient": input_x_gradient,
    "guided": guided,
    "deconv": deconv,
    "gradcam": gradcam,
    "gradcam++": gradcam_plus_plus,
    "layercam": layercam,
    "rollout": rollout,
}
# The same as jobs: generators of Progress that return the picture.
SLOW_VIEWS: dict[str, Callable[..., Steps[Tensor]]] = {
    "integrated_gradients": integrated_gradients,
    "smoothgrad": smoothgrad,
    "gradient_shap": gradient_shap,
    "occlusion": occlusion,
}
