"""The heads of an attention, as the page of the lens draws them."""

import time

import numpy as np
import pytest
import timm
import torch

from nnvis.engine.lens.context import Cadence
from nnvis.engine.live.observers import Observers
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.observe import LensRequest, LensTopic, ObserveRequest
from nnvis.engine.protocol.request import Request
from nnvis.engine.saving.metadata import describe
from nnvis.models import VisionModel
from nnvis.models.info import ModelRequest
from nnvis.sources.frame import Frame
from nnvis.views.heads import heads_at

SMALL = {"embed_dim": 24, "depth": 2, "num_heads": 3, "num_classes": 5, "img_size": 64}


@pytest.fixture
def look(monkeypatch):
    monkeypatch.setattr(Cadence, "due", True)
    torch.manual_seed(0)
    model = VisionModel(timm.create_model("vit_tiny_patch16_224", **SMALL), input_size=(64, 64))
    info = model.info(ModelRequest("vit"))
    watch = Observers(model, info)
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    frame = Frame(picture, 0, time.monotonic(), "drawn")

    def look(layer, cell=None):
        lens = LensRequest(LensTopic.HEADS, cell)
        request = Request(layer, observe=ObserveRequest(lens=lens))
        with watch.hearing(request):
            shown = process_frame(model, info, frame, request)
        return watch.add(shown, request)

    look.model = model
    return look


def test_tiles_are_the_weights_from_the_cell(look):
    shot = look("blocks.1", (1, 2))
    found = shot.observations.lens.found
    heads = heads_at(look.model, look.model.tensor(shot.fed), "blocks.1")
    expected = heads.seen_from((1, 2))[0]
    np.testing.assert_allclose(found.values[:3], expected, rtol=1e-5)
    np.testing.assert_allclose(found.values[3], expected.mean(0), rtol=1e-5)
    assert found.to_tokens.shape == (3,)
    assert found.tiles.shape == (*found.grid.shape, 3) == found.token_tiles.shape
    assert (found.queries, found.keys, found.matrix.shape[:2]) == (17, 17, (17, 17))
    other = look("blocks.1", (3, 0)).observations.lens.found
    assert other.query == (3, 0)
    assert not np.array_equal(other.tiles, found.tiles)
    assert np.array_equal(other.token_tiles, found.token_tiles)
    assert describe(shot, "unit")["lens"]["query"] == (1, 2)


def test_a_layer_before_all_attention_says_so(look):
    lens = look("patch_embed").observations.lens
    assert lens.found is None
    assert "no attention up to patch_embed" in lens.note
