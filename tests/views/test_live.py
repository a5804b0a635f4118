"""One pass gives what the single views give, and leaves nothing behind."""

import gc
import pkgutil

import pytest
import torch
from helpers.nets import Branches, Tokens, wrap
from torch import nn

from nnvis.errors import UserError
from nnvis.views import SLOW_VIEWS, VIEWS
from nnvis.views.backward import RULES
from nnvis.views.cam import WEIGHS
from nnvis.views.live import attribute
from nnvis.views.pass_through import ForwardPass
from nnvis.views.registry import LIVE_VIEWS, ViewKind
from nnvis.views.request import AttributionRequest

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def convolutions():
    return wrap(Branches(nn.ReLU(inplace=True)), (17, 17))


def hooks(model):
    return sum(len(getattr(module, kind)) for module in model.modules() for kind in HOOKS)


@pytest.mark.parametrize("view", [view for view in LIVE_VIEWS if view != "rollout"])
def test_a_live_view_is_the_view(view):
    model, x = convolutions(), torch.rand(1, 3, 17, 17)
    attribution = AttributionRequest(view, "conv3", 2, "max")
    looked = attribute(model, x, attribution, layers=["norm1"], grid="pool")
    assert torch.equal(looked.picture, VIEWS[view](model, x, layer="conv3", unit=2, cells="max"))
    assert torch.equal(looked.passed.logits, model(x))
    assert looked.grid.shape == looked.passed.taps["pool"].values.shape
    assert looked.signed == (view not in ("gradcam", "gradcam++", "layercam"))
    assert looked.note == ("" if looked.signed else "the grid shows the gradient")


def test_rollout_goes_with_a_grid_of_gradients():
    model, x = wrap(Tokens(), (16, 16)), torch.rand(1, 3, 16, 16)
    looked = attribute(
        model, x, AttributionRequest("rollout", "blocks.1", 3, (1, 2)), grid="blocks.0.mix"
    )
    expected = VIEWS["rollout"](model, x, layer="blocks.1", cells=(1, 2))
    assert torch.equal(looked.picture, expected)
    assert looked.grid.abs().max() > 0
    assert looked.note == "rollout is the same for every unit; the grid shows the gradient"


def test_a_layer_that_has_no_part_is_said_not_to():
    looked = attribute(
        convolutions(),
        torch.rand(1, 3, 17, 17),
        AttributionRequest("deconv", "conv2", 0),
        grid="conv3",
    )
    assert looked.grid is None
    assert looked.note == "conv3 does not feed conv2"


def test_what_can_be_asked_is_what_there_is():
    assert {"activation", *LIVE_VIEWS} == set(VIEWS)
    kinds = {name: view.kind for name, view in LIVE_VIEWS.items()}
    assert {one for one, kind in kinds.items() if kind is ViewKind.BACKWARD} == set(RULES)
    assert {one for one, kind in kinds.items() if kind is ViewKind.CAM} == set(WEIGHS)
    for view in (*VIEWS.values(), *SLOW_VIEWS.values()):
        assert callable(pkgutil.resolve_name(view.code))


def test_unknown_views_are_refused():
    with pytest.raises(UserError, match="there is no live view 'gradcm'; use gradient"):
        attribute(convolutions(), torch.rand(1, 3, 17, 17), AttributionRequest("gradcm"))


def test_nan_shows_as_nan_and_stops_nothing():
    model, x = convolutions(), torch.rand(1, 3, 17, 17)
    with torch.no_grad():
        model.network.conv2.bias[1] = torch.nan
    assert (
        attribute(model, x, AttributionRequest("gradient", "conv2", 1, "map")).picture.isnan().any()
    )
    assert (
        attribute(model, x, AttributionRequest("gradient", "conv2", 1, "max"))
        .picture.isfinite()
        .all()
    )
    assert (
        attribute(model, x, AttributionRequest("gradient", "conv2", 0, "map"))
        .picture.isfinite()
        .all()
    )


def test_nothing_is_left_after_all_views_and_the_network_is_the_same_to_the_bit():
    for model, layer in ((convolutions(), "conv3"), (wrap(Tokens(), (16, 16)), "blocks.1")):
        x = torch.rand(1, 3, *model.input_size)
        before, weights = model(x), [one.clone() for one in model.parameters()]
        was_on = torch.is_grad_enabled()
        for seed in ("map", "max", "sum", (1, 1)):
            for view in LIVE_VIEWS:
                if view == "rollout" and layer != "blocks.1":
                    continue
                attribute(model, x, AttributionRequest(view, layer, 1, seed))
        for name in set(SLOW_VIEWS) - {"occlusion"}:
            steps = SLOW_VIEWS[name](model, x, layer=layer, unit=1)
            next(steps)
            steps.close()
        with pytest.raises(UserError):
            attribute(model, x, AttributionRequest("deconv", layer, 99))
        gc.collect()
        assert hooks(model) == 0
        assert not torch.utils._python_dispatch._get_current_dispatch_mode_stack()
        assert torch.is_grad_enabled() == was_on
        assert not any(type(one) is ForwardPass for one in gc.get_objects())
        for old, new in zip(weights, model.parameters(), strict=True):
            assert torch.equal(old, new)
        assert not any(one.requires_grad for one in model.parameters())
        assert torch.equal(model(x), before)


def test_a_pass_is_freed_without_the_garbage_collector():
    model, x = convolutions(), torch.rand(1, 3, 17, 17)
    gc.collect()
    gc.disable()
    try:
        for view in ("gradient", "deconv", "gradcam"):
            attribute(model, x, AttributionRequest(view, "conv3", 2))
            assert not [one for one in gc.get_objects() if type(one) is ForwardPass], view
    finally:
        gc.enable()
