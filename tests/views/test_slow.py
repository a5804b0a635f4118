"""The slow views, against captum and by their own laws."""

import captum.attr
import pytest
import torch
from helpers.nets import Branches, doubled, wrap
from torch import nn

from nnvis.errors import UserError
from nnvis.progress import drain
from nnvis.views import LOGITS, SLOW_VIEWS


@pytest.fixture(scope="module")
def model():
    return doubled(wrap(Branches(nn.ReLU(inplace=True)), (17, 17)))


@pytest.fixture(scope="module")
def x():
    return torch.rand(2, 3, 17, 17, generator=torch.Generator().manual_seed(1)).double()


def test_integrated_gradients_are_those_of_captum(model, x):
    ours = drain(
        SLOW_VIEWS["integrated_gradients"](
            model, x, layer=LOGITS, unit=2, cells="sum", steps=12, complete=False
        )
    )
    theirs = captum.attr.IntegratedGradients(model).attribute(x, target=2, n_steps=12)
    assert torch.allclose(ours, theirs, atol=1e-12)


def test_integrated_gradients_add_up_to_the_difference(model, x):
    model.network.relu = nn.Softplus()
    try:
        shares = drain(
            SLOW_VIEWS["integrated_gradients"](
                model, x, layer="conv2", unit=1, cells=(3, 3), steps=60, baseline=0.5
            )
        )
        found = [model.network.conv2]
        value = _cell(model, x, found) - _cell(model, torch.full_like(x, 0.5), found)
        assert torch.allclose(shares.sum((1, 2, 3)), value, rtol=1e-2)
    finally:
        model.network.relu = nn.ReLU(inplace=True)


def test_points_are_added_until_the_shares_add_up_and_the_gap_is_told(x):
    steep = wrap(
        nn.Sequential(nn.Conv2d(3, 4, 3), Steep(), nn.Flatten(), nn.Linear(900, 3)), (17, 17)
    )
    steep = doubled(steep)
    told, gaps = [], []
    for complete in (False, True):
        shares = drain(
            SLOW_VIEWS["integrated_gradients"](
                steep, x, layer=LOGITS, unit=1, cells="sum", steps=4, complete=complete
            ),
            told.append,
        )
        with torch.no_grad():
            difference = (steep(x) - steep(torch.zeros_like(x)))[:, 1]
        gaps.append(float(((shares.sum((1, 2, 3)) - difference) / difference).abs().max()))
    assert gaps[0] > 0.01 >= gaps[1]
    assert f"{gaps[1]:.1%}" in told[-1].note
    assert told[-1].total > 4


class Steep(nn.Module):
    def forward(self, x):
        return torch.tanh(8 * x)


def test_gradient_shap_tells_the_error_of_its_mean(model, x):
    told = []
    means = [
        drain(
            SLOW_VIEWS["gradient_shap"](
                model, x[:1], layer=LOGITS, unit=1, cells="sum", samples=60, random_seed=seed
            ),
            told.append,
        )
        for seed in range(6)
    ]
    spread = torch.stack(means).std(0).square().sum().sqrt() / torch.stack(means).mean(0).norm()
    said = float(told[-1].note.split()[2].rstrip("%")) / 100
    assert said == pytest.approx(float(spread), rel=0.3)


def _cell(model, x, found):
    net = model.network
    with torch.no_grad():
        return found[0](net.pool(net.relu(net.norm1(net.conv1(x)))))[:, 1, 3, 3]


def test_occlusion_is_that_of_captum(model, x):
    ours = drain(
        SLOW_VIEWS["occlusion"](
            model, x, layer=LOGITS, unit=2, cells="sum", window=5, stride=4, fill=0.5
        )
    )
    theirs = captum.attr.Occlusion(model).attribute(
        x, (3, 5, 5), strides=(3, 4, 4), baselines=0.5, target=2
    )
    assert torch.allclose(ours.float(), theirs[:, :1], atol=1e-6)


def test_smoothgrad_without_noise_is_the_gradient(model, x):
    plain, smooth = (
        drain(SLOW_VIEWS["smoothgrad"](model, x, layer="conv3", unit=2, samples=3, noise=noise))
        for noise in (0.0, 0.1)
    )
    leaf = x.clone().requires_grad_()
    net = model.network
    pooled = net.pool(torch.relu(net.norm1(net.conv1(leaf))))
    out = net.conv3(torch.relu(pooled + net.conv2(pooled)))[:, 2]
    (expected,) = torch.autograd.grad(out.square().sum() / 2, leaf)
    assert torch.allclose(plain, expected, atol=1e-12)
    assert not torch.allclose(smooth, expected, atol=1e-3)


def test_gradient_shap_shares_out_the_difference_on_average(x):
    linear = doubled(
        wrap(nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(450, 4)), (17, 17))
    )
    baselines = x.flip(0)
    shares = drain(
        SLOW_VIEWS["gradient_shap"](
            linear, x[:1], layer=LOGITS, unit=1, cells="sum", baselines=baselines[:1],
            samples=3, noise=0.0,
        )
    )  # fmt: skip
    difference = linear(x[:1])[0, 1] - linear(baselines[:1])[0, 1]
    assert shares.sum() == pytest.approx(difference.item())


def test_the_same_random_seed_gives_the_same_picture(model, x):
    for view in ("smoothgrad", "gradient_shap"):
        first, again = (
            drain(SLOW_VIEWS[view](model, x, layer="conv2", unit=0, samples=2)) for _ in range(2)
        )
        assert torch.equal(first, again)


def test_progress_is_told_and_closing_ends_the_work(model, x):
    steps = SLOW_VIEWS["smoothgrad"](model, x, layer="conv2", unit=0, samples=9)
    assert (next(steps).done, next(steps).done, next(steps).total) == (0, 1, 9)
    steps.close()
    assert list(steps) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"window": 18}, "a patch of 18 pixels does not fit into 17 x 17"),
        ({"window": 4, "stride": 5}, "a stride of 5 leaves gaps between patches of 4"),
        ({"window": 0}, "window 0 is out of range; use a whole number from 1 to 512"),
    ],
)
def test_patches_that_cannot_be_are_refused(model, x, options, says):
    with pytest.raises(UserError, match=says):
        drain(SLOW_VIEWS["occlusion"](model, x, layer="conv2", unit=0, **options))
