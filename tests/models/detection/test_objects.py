"""What a network detects and segments is listed, looked back from, and attacked."""

import numpy as np
import pytest
import torch
from helpers.detector import GREEN, RED, Squares, scene, squares_model
from pytorch_grad_cam import GradCAM
from torch import nn
from torchvision.models import detection, segmentation
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.ops import MultiScaleRoIAlign
from torchvision.ops.feature_pyramid_network import LastLevelP6P7

from nnvis.attacks import ATTACKS
from nnvis.attacks.network import AttackedNetwork
from nnvis.attacks.save import rgb, scores
from nnvis.engine.render.sheet import ClassProbabilities, scores_of, top_of
from nnvis.errors import UserError
from nnvis.models import VisionModel
from nnvis.models.detection.region import Region
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.progress import drain
from nnvis.views import SLOW_VIEWS, VIEWS

TWO = scene((RED, 6, 8, 16), (GREEN, 36, 20, 12))


def seen(model, picture):
    x = model.tensor(model.prepare(picture)[0])
    with torch.no_grad():
        return x, model.objects(model.run((x - model.mean) / model.std))


@pytest.mark.parametrize("masks", [False, True])
def test_boxes_are_listed_with_their_masks(masks):
    model = squares_model(masks)
    _, found = seen(model, TWO)
    assert (model.detects, model.kinds) == ("boxes", 3)
    assert sorted(one.name for one in found.listed) == ["green", "red"]
    red = next(one for one in found.listed if one.name == "red")
    assert red.box == pytest.approx((6 / 64, 8 / 48, 22 / 64, 24 / 48))
    assert (found.masks is not None) == masks
    assert found.listed[found.at(0.2, 0.3)].name == "red"
    assert found.at(0.9, 0.05) is None
    if masks:
        assert red.area == pytest.approx(16 * 16 / (48 * 64))
        assert found.listed[found.masks[30, 40] - 1].name == "green"


def faster():
    backbone = nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1))
    backbone.out_channels = 8
    return detection.FasterRCNN(
        backbone,
        5,
        rpn_anchor_generator=detection.anchor_utils.AnchorGenerator(((16,),), ((1.0,),)),
        box_roi_pool=MultiScaleRoIAlign(["0"], 3, 0),
        **SMALL,
    )


def pyramid(**more):
    return resnet_fpn_backbone(backbone_name="resnet18", weights=None, **more)


def mask():
    few = {"rpn_post_nms_top_n_test": 20, "box_detections_per_img": 3}
    return detection.MaskRCNN(pyramid(), 5, **few, **SMALL)


def retina():
    more = LastLevelP6P7(256, 256)
    return detection.RetinaNet(pyramid(returned_layers=[2, 3, 4], extra_blocks=more), 5, **SMALL)


SMALL = {"min_size": 64, "max_size": 64}
DETECTORS = {
    "faster r-cnn": (64, 0.05, faster),
    "mask r-cnn": (64, 0.05, mask),
    "retinanet": (64, 2e-3, retina),
}


@pytest.mark.filterwarnings("ignore:.*init:FutureWarning")
@pytest.mark.parametrize("name", DETECTORS)
def test_the_gradient_of_a_box_is_that_of_autograd(name):
    torch.manual_seed(3)
    side, loud, make = DETECTORS[name]
    network = make()
    with torch.no_grad():  # random heads say next to nothing: with larger weights boxes stand out
        for key, weight in network.named_parameters():
            if "cls_" in key or "classification_head" in key:
                weight.copy_(torch.randn(weight.shape) * (loud if weight.ndim > 1 else 0.0))
    model = VisionModel(network, input_size=(side, side), mean=(0.0,), std=(1.0,), name=name)
    picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    x, found = seen(model, picture)
    assert model.detects == "boxes"
    assert found.listed
    assert (found.masks is not None) == (name == "mask r-cnn")
    leaf = x.clone().requires_grad_()
    output = model.network(leaf)[0]
    score, label = (
        output["scores"].max(0)[0],
        int(output["labels"][output["scores"].detach().argmax()]),
    )
    odds = torch.log(score / (1 - score))
    expected = torch.autograd.grad(odds, leaf)[0]
    chosen = found.listed[0]
    assert (chosen.label, chosen.score) == (label, pytest.approx(float(score.detach())))
    at = model.at(chosen.region)
    assert float(at(x)[0, label].detach()) == pytest.approx(float(odds.detach()), abs=1e-3)
    given = VIEWS["gradient"](at, x, layer="", unit=label, cells="sum")
    assert expected.any()
    torch.testing.assert_close(given, expected, rtol=1e-3, atol=1e-6 * float(expected.abs().max()))
    cam = VIEWS["gradcam"](at, x, layer="", unit=label)
    assert cam.shape == (1, 1, side, side)


@pytest.mark.parametrize("name", ["fcn_resnet50", "lraspp_mobilenet_v3_large"])
def test_grad_cam_of_a_region_is_that_of_the_grad_cam_package(name):
    torch.manual_seed(1)
    network = getattr(segmentation, name)(weights=None, weights_backbone=None, num_classes=4)
    with torch.no_grad():  # so that several classes are seen
        for key, weight in network.named_parameters():
            if "classifier" in key and weight.shape[:1] == (4,) and weight.ndim > 1:
                weight.mul_(1000)
    model = VisionModel(network, input_size=(64, 64), mean=(0.5,), std=(0.25,))
    picture = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    x, found = seen(model, picture)
    assert model.detects == "regions"
    number, chosen = next((at, one) for at, one in enumerate(found.listed) if one.area < 1)
    mask = torch.from_numpy(found.masks == number + 1)
    layer = "backbone.layer4.2.conv3" if name == "fcn_resnet50" else "backbone.16.0"
    ours = VIEWS["gradcam"](
        model.at(chosen.region), x, layer="", unit=chosen.label, cells="sum", at=layer
    )

    class Whole(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = model.network

        def forward(self, pixels):
            return self.network((pixels - model.mean) / model.std)["out"]

    package = GradCAM(Whole(), [model.network.get_submodule(layer)])
    theirs = package(
        x.clone().requires_grad_(), [lambda output: (output[chosen.label] * mask).sum()]
    )[0]
    mine = ours[0, 0].detach().numpy()
    assert mine.max() > 0
    # The package shows it between its lowest and its highest value.
    mine = (mine - mine.min()) / (mine.max() - mine.min())
    np.testing.assert_allclose(mine, theirs, atol=2e-2)
    assert np.corrcoef(mine.ravel(), theirs.ravel())[0, 1] > 0.999


def test_regions_are_those_of_scikit_image():
    from skimage.measure import label, regionprops

    network = nn.Conv2d(3, 3, 1, bias=False)
    with torch.no_grad():
        network.weight.copy_(9 * torch.eye(3)[:, :, None, None])
    network.requires_grad_(False)
    model = VisionModel(
        network, input_size=(48, 64), mean=(0.0,), std=(1.0,),
        labels=("red", "green", "blue"), scores="softmax",
    )  # fmt: skip
    picture = scene((RED, 4, 4, 10), (RED, 40, 4, 20), (GREEN, 4, 30, 12))
    picture[picture.sum(2) == 180] = (10, 10, 90)
    x, found = seen(model, picture)
    kinds = network(x)[0].argmax(0).numpy()
    for kind in range(3):
        expected = {one.bbox for one in regionprops(label(kinds == kind, connectivity=1))}
        mine = {
            tuple(round(v) for v in (t * 48, left * 64, b * 48, r * 64))
            for one in found.listed
            if one.label == kind
            for left, t, r, b in [one.box]
        }
        assert mine == expected
    red = next(one for one in found.listed if one.name == "red")
    at = model.at(red.region)
    inside = torch.from_numpy(found.masks == found.listed.index(red) + 1)
    assert float(at(x)[0, 0]) == pytest.approx(float(network(x)[0, 0][inside].mean()), rel=1e-5)
    every = model.at(Region(0))
    both = torch.from_numpy(kinds == 0)
    assert float(every(x)[0, 0]) == pytest.approx(float(network(x)[0, 0][both].mean()), rel=1e-5)


def test_a_box_that_an_attack_takes_away_is_gone_whoever_counts_the_classes():
    model = squares_model(labels=None)
    x, found = seen(model, TWO)
    assert {one.name for one in found.listed} == {"class 1", "class 2"}
    assert model.kinds > 2
    at = model.at(next(one for one in found.listed if one.label == 1).region)
    outcome = drain(ATTACKS["pgd"](at, x, eps=100 / 255))
    assert bool(outcome.success)
    assert (at.label(int(outcome.label[0])), at.label(int(outcome.logits[0].argmax()))) == (
        "class 1", "gone",
    )  # fmt: skip
    info = model.info(ModelRequest())
    assert info.label(model.kinds) == "gone"
    # Of the other 999 classes there is nothing to be told.
    shown, chances = rgb(x[0]), AttackedNetwork(at).chances(outcome.logits)
    assert {one["label"] for one in scores(at, shown, Fit.STRETCH)} <= {
        "class 1",
        "class 2",
        "gone",
    }
    top = top_of(chances)
    host = ClassProbabilities(top.probabilities.numpy(), top.indices.numpy())
    assert {one.label for one in scores_of(host, info)} <= {"class 1", "class 2", "gone"}


def test_slow_views_follow_a_box_too():
    model = squares_model()
    x, found = seen(model, TWO)
    red = next(one for one in found.listed if one.name == "red")
    shares = drain(
        SLOW_VIEWS["smoothgrad"](
            model.at(red.region), x, layer="", unit=1, cells="sum", samples=3, noise=0.01
        )
    )
    size = shares.abs().sum(1)[0]
    assert size[8:24, 6:22].all()
    assert not size[:, 24:].any()


@pytest.mark.parametrize(("target", "seen_then"), [(None, "gone"), (2, "green"), (3, "gone")])
def test_a_box_is_attacked_until_it_vanishes_or_becomes_another_class(target, seen_then):
    model = squares_model()
    x, found = seen(model, TWO)
    red = next(one for one in found.listed if one.name == "red")
    at = model.at(red.region, weak=True)
    outcome = drain(ATTACKS["pgd"](at, x, target=target, eps=120 / 255, steps=30, step=6 / 255))
    assert bool(outcome.success)
    assert at.label(int(outcome.logits[0].argmax())) == seen_then
    fooled = model.objects(model.network(outcome.adversarial))
    still = fooled.find(red.region)
    assert still is None or fooled.listed[still].score < 0.5
    if target == 2:
        assert fooled.listed[fooled.find(Region(2, red.box))].score > 0.5


def test_an_object_that_is_not_there_is_said_to_be_lost():
    model = squares_model()
    x, found = seen(model, TWO)
    red = next(one for one in found.listed if one.name == "red")
    other = model.tensor(model.prepare(scene((GREEN, 36, 20, 12)))[0])
    with pytest.raises(UserError, match="red is lost: nothing of that kind is where it was"):
        model.at(red.region)(other)
    with pytest.raises(UserError, match="choose the one that is to be attacked"):
        drain(ATTACKS["fgsm"](model, x))


class Own(nn.Module):
    """The same in a mapping of its own, without labels."""

    def __init__(self):
        super().__init__()
        self.inner = Squares()

    def forward(self, x):
        one = self.inner(x)[0]
        return {"boxes": one["boxes"], "scores": one["scores"]}


def test_classes_without_names_have_their_numbers_however_many_there_are():
    model = squares_model(labels=None)
    _, found = seen(model, TWO)
    assert sorted(one.name for one in found.listed) == ["class 1", "class 2"]


def test_one_picture_may_come_without_a_list_and_without_labels():
    model = VisionModel(Own(), input_size=(48, 64), mean=(0.0,), std=(1.0,))
    _, found = seen(model, TWO)
    assert (model.detects, len(found.listed)) == ("boxes", 2)
    assert {one.name for one in found.listed} == {"class 0"}
