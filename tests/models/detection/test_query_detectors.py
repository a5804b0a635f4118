"""DETR and its kin: a class and a box for each query, read, looked back from and attacked."""

import numpy as np
import pytest
import torch
import transformers
from torch import nn

from nnvis.attacks import ATTACKS
from nnvis.models import VisionModel, load
from nnvis.progress import drain
from nnvis.views import VIEWS

SIDE, CLASSES = 64, 5
BODY = {
    "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 16,
    "decoder_ffn_dim": 16, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
}  # fmt: skip


def resnet():
    return transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage4"],
    )  # fmt: skip


def detr():
    config = transformers.DetrConfig(
        use_timm_backbone=False, use_pretrained_backbone=False, backbone=None,
        backbone_config=resnet(), num_queries=12, num_labels=CLASSES, **BODY,
    )  # fmt: skip
    return transformers.DetrForObjectDetection(config), transformers.DetrImageProcessor()


def yolos():
    config = transformers.YolosConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
        image_size=[SIDE, SIDE], patch_size=16, num_detection_tokens=12, num_labels=CLASSES,
    )  # fmt: skip
    return transformers.YolosForObjectDetection(config), transformers.YolosImageProcessor()


def rt_detr():
    config = transformers.RTDetrConfig(
        backbone_config=transformers.RTDetrResNetConfig(
            embedding_size=8, hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1],
            layer_type="basic", out_features=["stage2", "stage3", "stage4"],
        ),
        encoder_in_channels=[8, 16, 16], decoder_in_channels=[16, 16, 16],
        encoder_hidden_dim=16, num_queries=12, num_labels=CLASSES, num_denoising=0,
        hidden_expansion=0.5, anchor_image_size=None, **BODY,
    )  # fmt: skip
    return transformers.RTDetrForObjectDetection(config), transformers.RTDetrImageProcessor()


def loud(network):
    """Let random heads tell classes apart."""
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Linear) and module.out_features in (CLASSES, CLASSES + 1):
                nn.init.normal_(module.weight, std=1.0)
                nn.init.normal_(module.bias, std=1.0)
    return network.eval()


def picture():
    return np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def opened(make):
    torch.manual_seed(0)
    network, processor = make()
    loud(network)
    model = VisionModel(network, input_size=(SIDE, SIDE), mean=(0.5,), std=(0.25,))
    return model, processor, model.tensor(model.prepare(picture())[0])


@pytest.mark.parametrize("make", [detr, yolos, rt_detr])
def test_boxes_and_scores_are_those_that_transformers_lists(make):
    model, processor, x = opened(make)
    assert (model.detects, model.kinds) == ("boxes", CLASSES)
    with torch.no_grad():
        output = model.run((x - model.mean) / model.std)
    found = model.objects(output).listed
    theirs = processor.post_process_object_detection(output, 0.05, [(SIDE, SIDE)])[0]
    order = theirs["scores"].argsort(descending=True, stable=True)
    assert len(found) == len(order) > 1
    assert [one.label for one in found] == theirs["labels"][order].tolist()
    np.testing.assert_allclose([one.score for one in found], theirs["scores"][order], atol=1e-6)
    boxes = np.array([one.box for one in found]) * SIDE
    np.testing.assert_allclose(boxes, theirs["boxes"][order], atol=1e-3)


@pytest.mark.parametrize("make", [detr, yolos, rt_detr])
def test_the_gradient_of_a_query_is_that_of_autograd(make):
    model, _, x = opened(make)
    with torch.no_grad():
        chosen = model.objects(model.run((x - model.mean) / model.std)).listed[0]
    leaf = x.clone().requires_grad_()
    logits = model.network((leaf - model.mean) / model.std)["logits"][0]
    chances = logits.softmax(-1) if logits.shape[1] > CLASSES else logits.sigmoid()
    score = chances[:, chosen.label].max()
    expected = torch.autograd.grad(torch.log(score / (1 - score)), leaf)[0]
    given = VIEWS["gradient"](model.at(chosen.region), x, layer="", unit=chosen.label, cells="sum")
    assert expected.any()
    torch.testing.assert_close(given, expected, rtol=1e-3, atol=5e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("target", [None, 0])
def test_a_query_is_attacked_until_it_says_something_else(target):
    model, _, x = opened(detr)
    listed = model.objects(model.run((x - model.mean) / model.std)).listed
    chosen = next(one for one in listed if one.label != 0)
    at = model.at(chosen.region, weak=True)
    goal = chosen.label if target is None else target
    with torch.no_grad():
        before = float(at(x)[0, goal])
    made = drain(ATTACKS["pgd"](at, x, target=target, eps=16 / 255, steps=10))
    with torch.no_grad():
        after = float(model.at(chosen.region, weak=True)(made.adversarial)[0, goal])
    assert after < before if target is None else after > before


class Plain(nn.Module):
    """The format of the paper's authors: two logits and one for none, for two queries."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 8, 8)

    def forward(self, x):
        logits = self.conv(x).mean((2, 3)).view(-1, 2, 3) + torch.tensor([[4.0, 0, 0], [0, 0, 6]])
        boxes = torch.tensor([[0.5, 0.25, 0.5, 0.5], [0.5, 0.5, 1, 1]]).expand(len(x), -1, -1)
        return {"pred_logits": logits, "pred_boxes": boxes}


def test_without_a_count_of_classes_the_last_is_taken_for_none_and_that_is_said():
    torch.manual_seed(0)
    model = VisionModel(Plain(), input_size=(16, 16))
    x = model.tensor(model.prepare(picture())[0])
    found = model.objects(model.run(x)).listed
    assert (found[0].label, found[0].box) == (0, (0.25, 0.0, 0.75, 0.5))
    assert len(found) == 1  # the other query says that there is nothing
    assert found[0].score > 0.8
    assert any("one for none (a guess" in note for note in model.notes)
    alone = VisionModel(Plain(), input_size=(16, 16), scores="sigmoid")
    assert alone.kinds == 3
    assert not any("guess" in note for note in alone.notes)


def test_a_folder_is_opened_with_its_own_normalisation(tmp_path):
    torch.manual_seed(0)
    network, processor = rt_detr()
    loud(network).save_pretrained(tmp_path)
    processor.size = {"height": SIDE, "width": SIDE}
    processor.save_pretrained(tmp_path)
    assert not processor.do_normalize
    model = load(str(tmp_path))
    fed, x = model.prepare(picture())
    theirs = model.reference()(picture())
    torch.testing.assert_close(((x - model.mean) / model.std)[0], theirs, atol=2e-2, rtol=0)
    assert model.detects == "boxes"
    assert model.input_size == fed.shape[:2] == (SIDE, SIDE)
