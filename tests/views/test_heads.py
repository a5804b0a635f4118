"""The weights of every head are the softmax of queries times keys, and stand where they belong."""

import math
from functools import cache

import pytest
import timm
import torch
import torchvision
from timm.models.swin_transformer import SwinTransformerBlock
from torch import nn
from torch.nn import functional

from nnvis.errors import UserError
from nnvis.models import VisionModel
from nnvis.probe import attention, attention_inputs, record
from nnvis.views.attention_places import attention_places, by_windows
from nnvis.views.heads import heads_at

SMALL = {"embed_dim": 24, "depth": 2, "num_heads": 3, "num_classes": 5, "img_size": 64}


def picture(side, seed=0):
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(seed))


def test_fused_attention_of_timm_is_opened_without_changing_the_output():
    torch.manual_seed(0)
    model = VisionModel(timm.create_model("vit_tiny_patch16_224", **SMALL), input_size=(64, 64))
    block = model.network.blocks[1]
    assert block.attn.fused_attn
    x = picture(64)
    with torch.no_grad(), record(model, ["blocks.1.norm1"]) as seen:
        plain = model(x)
    with torch.no_grad(), attention():
        assert torch.equal(model(x), plain)
    found = heads_at(model, x, "blocks.1")
    with torch.no_grad():
        mixed = block.attn.qkv(seen["blocks.1.norm1"]).reshape(1, 17, 3, 3, 8)
        query, key, _ = mixed.permute(2, 0, 3, 1, 4)
        by_hand = (query @ key.transpose(-2, -1) / math.sqrt(8)).softmax(-1)[0]
    torch.testing.assert_close(found.weights[0], by_hand, rtol=1e-5, atol=1e-6)
    assert (found.count, found.keys.grid, found.keys.prefix) == (3, (4, 4), 1)
    maps, tokens, inside = found.seen_from((2, 1))
    torch.testing.assert_close(maps.flatten(1), by_hand[:, 1 + 2 * 4 + 1, 1:])
    torch.testing.assert_close(tokens[:, 0], by_hand[:, 1 + 2 * 4 + 1, 0])
    torch.testing.assert_close(found.seen_from(None)[0].flatten(1), by_hand[:, 0, 1:])
    assert inside.all()
    first = heads_at(model, x, "blocks.0")
    assert not torch.allclose(first.weights, found.weights)
    with pytest.raises(UserError, match="no attention up to patch_embed"):
        heads_at(model, x, "patch_embed")


class Encoder(nn.Module):
    """torch's own attention, with a class token."""

    def __init__(self):
        super().__init__()
        self.patch, self.mark = nn.Conv2d(3, 16, 8, 8), nn.Parameter(torch.randn(1, 1, 16))
        self.layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        return self.head(self.layer(torch.cat([self.mark.expand(len(x), 1, 16), x], 1))[:, 0])


def test_multihead_attention_of_torch():
    torch.manual_seed(1)
    model = VisionModel(Encoder(), input_size=(32, 32), mean=(0.0,), std=(1.0,))
    x = picture(32)
    found = heads_at(model, x, "layer")
    net = model.network
    with torch.no_grad():
        tokens = net.patch(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([net.mark, tokens], 1)
        _, expected = net.layer.self_attn(tokens, tokens, tokens, average_attn_weights=False)
    torch.testing.assert_close(found.weights[0], expected[0], rtol=1e-5, atol=1e-6)
    assert found.seen_from((0, 0))[0].shape == (4, 4, 4)


def test_a_vit_of_transformers():
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(2)
    config = transformers.ViTConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=32,
        image_size=32, patch_size=8,
    )  # fmt: skip
    network = transformers.ViTForImageClassification(config).eval()
    model = VisionModel(network, input_size=(32, 32))
    x = picture(32)
    layer = next(one.name for one in reversed(model.layers) if one.layout == "tokens")
    found = heads_at(model, x, layer)
    made = transformers.ViTForImageClassification._from_config  # as all its versions have it
    eager = made(config, attn_implementation="eager").eval()
    eager.load_state_dict(network.state_dict())
    with torch.no_grad():
        expected = eager((x - model.mean) / model.std, output_attentions=True).attentions[-1][0]
    torch.testing.assert_close(found.weights[0], expected, rtol=1e-4, atol=1e-6)


class Windows(nn.Module):
    """One block of a Swin transformer over 8 x 8 patches."""

    def __init__(self, shift):
        super().__init__()
        self.patch = nn.Conv2d(3, 16, 4, 4)
        self.block = SwinTransformerBlock(16, (8, 8), 2, window_size=4, shift_size=shift)
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        return self.head(self.block(self.patch(x).permute(0, 2, 3, 1)).mean((1, 2)))


@pytest.mark.parametrize("shift", [0, 2])
def test_windows_and_their_shift_are_undone(shift):
    torch.manual_seed(3)
    model = VisionModel(Windows(shift), input_size=(32, 32), mean=(0.0,), std=(1.0,))
    x = picture(32)
    found = heads_at(model, x, "block")
    moved = f", shifted by {shift}" if shift else ""
    assert (
        found.queries.within
        == found.keys.within
        == f"its window of 4\N{MULTIPLICATION SIGN}4{moved}"
    )
    for query in ((0, 0), (3, 5), (7, 7)):
        maps, _, inside = found.seen_from(query)
        torch.testing.assert_close(maps.sum((1, 2)), torch.ones(2))
        assert not maps[:, ~inside].any()
        reached = torch.zeros(8, 8, dtype=torch.bool)
        for row in range(8):
            for column in range(8):
                changed = x.clone()
                patch = (..., slice(4 * row, 4 * row + 4), slice(4 * column, 4 * column + 4))
                changed[patch] = 1 - changed[patch]
                after = heads_at(model, changed, "block").seen_from(query)[0]
                reached[row, column] = float((after - maps).abs().max()) > 1e-12
        # What is masked in a shifted window has no weight, and what has weight is inside.
        assert torch.equal(reached, (maps > 1e-12).any(0))
        assert (reached <= inside).all()
        assert bool(reached[query])


def by_hand_of_swin(model, x, number):
    """softmax(QK^T/sqrt(d) + bias) of a block of timm, from what its attention was given."""
    modules = model.network.modules()
    attn = [one for one in modules if type(one).__name__ == "WindowAttention"][number]
    given = []
    handle = attn.register_forward_pre_hook(
        lambda _m, args, more: given.append((args[0], more.get("mask", (*args, None)[1]))),
        with_kwargs=True,
    )
    try:
        with torch.no_grad():
            model(x)
    finally:
        handle.remove()
    tokens, mask = given[0]
    rows, count = tokens.shape[:2]
    with torch.no_grad():
        mixed = attn.qkv(tokens).reshape(rows, count, 3, attn.num_heads, -1)
        query, key, _ = mixed.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
        scores = scores + attn._get_rel_pos_bias()
        if mask is not None:
            scores = (scores.view(-1, len(mask), *scores.shape[1:]) + mask[:, None]).view_as(scores)
    return scores.softmax(-1)


@pytest.mark.filterwarnings("ignore:.*meshgrid")
def test_a_swin_of_timm():
    torch.manual_seed(4)
    net = timm.create_model(
        "swin_tiny_patch4_window7_224", depths=(2, 2), embed_dim=24, num_heads=(2, 4),
        num_classes=5, img_size=112,
    )  # fmt: skip
    model = VisionModel(net, input_size=(112, 112))
    x = picture(112)
    for number, layer in enumerate(
        ("layers.0.blocks.0", "layers.0.blocks.1", "layers.1.blocks.0", "layers.1.blocks.1")
    ):
        found = heads_at(model, x, layer)
        torch.testing.assert_close(
            found.weights, by_hand_of_swin(model, x, number), rtol=1e-4, atol=1e-6
        )
        assert found.keys.grid == ((28, 28) if number < 2 else (14, 14))
        assert found.keys.within.endswith("shifted by 3") == (number % 2 == 1)


def test_attention_whose_places_are_not_known_says_so():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.patch, self.head = nn.Conv2d(3, 8, 8, 8), nn.Linear(8, 5)

        def forward(self, x):
            x = self.patch(x).flatten(2).transpose(1, 2)  # 16 tokens
            x = x[:, :10].unflatten(2, (2, 4)).transpose(1, 2)
            return self.head(
                functional.scaled_dot_product_attention(x, x, x).transpose(1, 2).flatten(2).mean(1)
            )

    model = VisionModel(Mixed(), input_size=(32, 32))
    found = heads_at(model, picture(32), "head")
    assert (found.keys, found.weights.shape) == (None, (1, 2, 10, 10))
    with pytest.raises(UserError, match="is not known; its matrix is drawn by queries and keys"):
        found.seen_from((0, 0))


def small(name):
    torch.manual_seed(6)
    if name == "maxvit":
        return torchvision.models.MaxVit(
            (112, 112), stem_channels=16, partition_size=7, block_channels=[16, 24],
            block_layers=[1, 1], head_dim=8, stochastic_depth_prob=0.0, num_classes=5,
        )  # fmt: skip
    if name == "hiera":
        return timm.create_model(
            "hiera_tiny_224", embed_dim=16, num_heads=2, stages=(1, 1, 1, 1), num_classes=5,
            img_size=(128, 128),
        )  # fmt: skip
    if name == "twins":  # queries of all patches, keys pooled
        return timm.create_model(
            "twins_svt_small", embed_dims=(16, 16, 24, 24), num_heads=(2, 2, 2, 2),
            depths=(2, 2, 2, 2), num_classes=5,
        )  # fmt: skip
    return timm.create_model(  # channels by channels, every other time
        "davit_tiny", embed_dims=(16, 16, 24, 24), num_heads=(2, 2, 2, 2), depths=(1, 1, 1, 1),
        num_classes=5,
    )  # fmt: skip


@cache
def opened(name, side):
    return VisionModel(small(name), input_size=(side, side))


SEVEN = "7\N{MULTIPLICATION SIGN}7"
PARTITIONS = {
    "maxvit": (112, {f"its window of {SEVEN}", f"{SEVEN} cells, 4 apart"}),
    "hiera": (128, {"its unit of 16 tokens", ""}),
    "twins": (224, {f"its window of {SEVEN}", ""}),
    "davit": (112, {f"its window of {SEVEN}"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PARTITIONS)
def test_a_changed_patch_moves_its_own_query_and_key_most(name):
    side, kinds = PARTITIONS[name]
    model = opened(name, side)
    x = picture(side)
    places = attention_places(model, x)
    found = [one for one in places if one.keys is not None]
    assert kinds <= {one.keys.within for one in found}
    assert all(one.queries is not None for one in found)
    assert (len(found) == len(places)) == (name != "davit")

    def tokens(shown):
        with torch.no_grad(), attention_inputs() as inputs:
            model(shown)
        return inputs

    before, moved = tokens(x), []
    patches = [(1, 2), (6, 0), (3, 7)]
    for row, column in patches:  # of 8 x 8
        changed, step = x.clone(), side // 8
        at = (..., slice(row * step, (row + 1) * step), slice(column * step, (column + 1) * step))
        changed[at] = 1 - changed[at]
        moved.append(tokens(changed))
    for number, one in enumerate(places):
        for kind, where in enumerate((one.queries, one.keys)):
            if where is None:
                continue
            cells = torch.stack([
                by_windows(after[number][kind] - before[number][kind], one.heads_first)
                .square().sum((1, 3))[where.window, where.token].sqrt()
                for after in moved
            ])  # fmt: skip
            cells = cells / cells.mean(0).clamp(min=1e-9)  # beside the other patches
            height, width = where.grid
            for (row, column), map_ in zip(patches, cells, strict=True):
                top, left = (row * height) // 8, (column * width) // 8
                own = map_[top : -(-(row + 1) * height // 8), left : -(-(column + 1) * width // 8)]
                assert float(own.max()) > 0.9 * float(map_.max()), (number, kind)


def test_keys_that_are_pooled_are_seen_from_every_patch():
    model = opened("twins", 224)
    found = heads_at(model, picture(224), "blocks.0.1.attn")
    assert (found.queries.grid, found.keys.grid) == ((56, 56), (7, 7))
    maps, _, inside = found.seen_from((55, 55))
    torch.testing.assert_close(maps.flatten(1), found.weights[0, :, 55 * 56 + 55])
    assert inside.all()
