"""Deletion and insertion against Quantus, which stands in an environment of its own."""

import numpy as np
import pytest
import torch
import torchvision

from nnvis.models import VisionModel
from nnvis.progress import drain
from nnvis.views.faithfulness import _soft, faithfulness
from nnvis.views.faithfulness_curves import FaithfulnessParameters

quantus = pytest.importorskip("quantus")  # brings another build of OpenCV along
SIDE, STEPS, CLASS = 32, 8, 3


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["resnet18", "vgg11", "mobilenet_v3_small"])
def test_curves_are_those_of_pixel_flipping(name):
    torch.manual_seed(0)
    net = getattr(torchvision.models, name)(num_classes=10).eval()
    model = VisionModel(net, input_size=(SIDE, SIDE), mean=(0.0,) * 3, std=(1.0,) * 3)
    x = torch.rand(1, 3, SIDE, SIDE)
    view = torch.rand(1, 1, SIDE, SIDE)
    options = FaithfulnessParameters(steps=STEPS, draws=2, fill=0.25)
    found = drain(faithfulness(model, x, view, CLASS, options))
    soft = _soft(x, options.blur)
    for curve, start, end in (
        (found.deletion.view, x, torch.full_like(x, 0.25)),
        (found.insertion.view, soft, x),
    ):
        assert curve[0] == pytest.approx(float(model(start).softmax(1)[0, CLASS]), abs=1e-5)
        assert np.allclose(curve[1:], flipped(net, start, end, view), atol=1e-5)


def flipped(net, start, end, view):
    """Let Quantus put the values of `end` into `start`, the three of a pixel together."""
    target = end.numpy().reshape(1, -1)

    def put(arr, indices, **_more):
        out = arr.copy()
        np.put_along_axis(out, indices, np.take_along_axis(target, indices, 1), 1)
        return out

    spread = torch.linspace(0, 1e-9, 3, dtype=torch.float64).view(1, 3, 1, 1)
    metric = quantus.PixelFlipping(
        features_in_step=SIDE * SIDE // STEPS,  # a third of a step: it takes no more
        perturb_func=put,
        normalise=False,
        disable_warnings=True,
    )
    scores = metric(
        model=net,
        x_batch=start.numpy(),
        y_batch=np.array([CLASS]),
        a_batch=(view.double() + spread).numpy(),
        softmax=True,
        device="cpu",
    )
    return np.asarray(scores[0])[2::3]
