import math

import numpy as np
import pytest
import torch

from nnvis.errors import UserError
from nnvis.featurevis.canvas import FourierCanvas, PixelCanvas
from nnvis.featurevis.jitter import see
from nnvis.featurevis.parameters import PRESETS, FeatureParameters
from nnvis.featurevis.regularise import blur, regularise

CPU = torch.device("cpu")


@pytest.mark.parametrize("kind", [FourierCanvas, PixelCanvas])
@pytest.mark.parametrize("shape", [(3, 20, 24), (1, 17, 15)])
def test_a_canvas_gives_back_the_picture_it_was_fitted_to(kind, shape):
    x = torch.rand(2, *shape, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    canvas = kind(*shape, CPU)
    assert torch.allclose(canvas.paint(canvas.fit(x)), x, atol=1e-4)


def test_fourier_pictures_are_those_of_torch_lucent():
    """Made from the same coefficients."""
    spatial = pytest.importorskip("lucent.optvis.param.spatial")
    color = pytest.importorskip("lucent.optvis.param.color")
    params, image = spatial.fft_image((1, 3, 32, 32), sd=0.3)
    theirs = color.to_valid_rgb(image, decorrelate=True)()
    ours = FourierCanvas(3, 32, 32, CPU).paint(params[0].detach())
    assert torch.allclose(ours, theirs.detach(), atol=1e-5)


def test_a_plain_look_is_the_picture_itself():
    x = torch.rand(2, 3, 16, 16)
    assert see(x, FeatureParameters(), (16, 16), torch.Generator()) is x


def test_parameters_that_make_no_sense_are_refused_when_they_are_made():
    with pytest.raises(UserError, match="canvas 'nonsense' is not known; use fourier, pixels"):
        FeatureParameters(canvas="nonsense", steps=-5)
    with pytest.raises(UserError, match="steps -5 is out of range; use a whole number from 1"):
        FeatureParameters(steps=-5)
    assert FeatureParameters(small_norm=50).small_norm == 50.0


def test_a_turn_of_ninety_degrees_is_a_turn():
    x = torch.rand(1, 3, 16, 16)
    share = float(torch.rand(5, generator=torch.Generator().manual_seed(1))[3]) * 2 - 1
    parameters = FeatureParameters(rotate=90 / share)
    seen = see(x, parameters, (16, 16), torch.Generator().manual_seed(1))
    assert torch.allclose(seen, x.rot90(1, (2, 3)), atol=1e-4)


def test_a_window_shows_a_part_at_the_same_magnification():
    ramp = torch.linspace(0, 1, 64).expand(1, 3, 64, 64)
    seen = see(ramp, FeatureParameters(window=0.5), (32, 32), torch.Generator().manual_seed(0))
    steps = seen[0, 0, 0].diff()
    assert torch.allclose(steps, torch.full_like(steps, 1 / 63), atol=1e-4)


def test_the_blur_is_the_gaussian_of_scipy():
    ndimage = pytest.importorskip("scipy.ndimage")
    x = torch.rand(1, 2, 20, 20, dtype=torch.float64)
    expected = ndimage.gaussian_filter(x.numpy(), (0, 0, 1.0, 1.0), mode="mirror", truncate=4.0)
    assert np.allclose(blur(x, 1.0).numpy(), expected, atol=1e-9)


def test_the_regularisers_by_hand():
    x = torch.tensor([[[[1.0, -2.0], [3.0, 4.0]]]])
    slope = torch.tensor([[[[9.0, 0.0], [1.0, 1.0]]]])
    assert torch.equal(regularise(x, slope, FeatureParameters(decay=0.5), 0), x / 2)
    quiet = regularise(x, slope, FeatureParameters(small_norm=50), 0)
    assert quiet.flatten().tolist() == [0, 0, 3, 4]
    useful = regularise(x, slope, FeatureParameters(benefit=50), 0)  # |x * slope| is 9, 0, 3, 4
    assert useful.flatten().tolist() == [1, 0, 0, 4]
    sometimes = FeatureParameters(blur=1.0, blur_every=4)
    wide = torch.rand(1, 1, 9, 9)
    assert torch.equal(regularise(wide, wide, sometimes, 3), wide)
    assert not torch.equal(regularise(wide, wide, sometimes, 4), wide)


def test_the_four_recipes_are_those_of_the_paper():
    """Yosinski et al. 2015, table 1."""
    one, two, three, four = (PRESETS[f"dvt-{number}"].parameters for number in range(1, 5))
    assert (one.decay, one.blur, one.blur_every, one.small_norm, one.benefit) == (0, 0.5, 4, 50, 0)
    assert (two.decay, two.blur, two.blur_every, two.small_norm, two.benefit) == (0.3, 0, 0, 20, 0)
    assert (three.decay, three.blur, three.blur_every) == (0.0001, 1.0, 4)
    assert (four.decay, four.blur, four.blur_every, four.benefit) == (0, 0.5, 4, 90)
    assert [one.steps, two.steps, three.steps, four.steps] == [500, 750, 1000, 1000]
    assert math.isclose(three.contrast, 10 / 255)
