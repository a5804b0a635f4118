"""An object that was chosen stays the same from frame to frame, or is said to be lost."""

import time

import pytest
import torch
from helpers.detector import GREEN, RED, scene, squares_model

from nnvis.engine.live.frame_loop import FrameLoop
from nnvis.engine.protocol.request import AttackRequest, Request
from nnvis.models.info import ModelRequest
from nnvis.sources.frame import Frame
from nnvis.views.request import LOGITS, AttributionRequest

LAYER = "backbone.1"


class Loop:
    def __init__(self):
        self.model = squares_model()
        self.info = self.model.info(ModelRequest("squares"))
        self.seen, self.said = [], []
        self.loop = FrameLoop(self.model, self.info, Request(LAYER), lambda: None, self.said.append)

    def look(self, picture, request):
        frame = Frame(picture, len(self.seen), time.monotonic(), "drawn")
        self.loop.select(request)
        self.loop.frames.put(self.info.preprocess.prepare(frame, request.fit))
        self.loop.take(0.0)
        self.loop.step()
        self.seen += [one for one in [self.loop.snapshots.take()] if one is not None]
        return self.seen[-1]


@pytest.fixture
def loop():
    return Loop()


def followed(shot):
    return shot.objects.listed[shot.followed]


def test_a_box_is_followed_by_overlap_and_lost_loudly(loop):
    plain = Request(LAYER)
    shot = loop.look(scene((RED, 4, 4, 12), (RED, 40, 28, 12)), plain)
    assert [one.name for one in shot.objects.listed] == ["red", "red"]
    assert (shot.top, shot.followed) == ((), None)
    left = next(one for one in shot.objects.listed if one.box[0] < 0.5)
    asked = Request(
        LAYER,
        attribution=AttributionRequest("gradient", LOGITS, 1, pinned=True, region=left.region),
    )
    for step in range(6):  # towards where the other one was, further than its own size
        at = 4 + 4 * step
        shot = loop.look(scene((RED, at, 4 + 2 * step, 12), (RED, 44, 28 - 2 * step, 12)), asked)
        assert followed(shot).box[0] == pytest.approx(at / 64)
        inside = shot.attribution.values[0][:, at : at + 12]
        assert abs(inside).sum() == pytest.approx(abs(shot.attribution.values[0]).sum(), rel=1e-5)
    assert loop.said == []
    shot = loop.look(scene((GREEN, 24, 14, 12)), asked)
    assert (shot.attribution, shot.followed) == (None, None)
    assert "red is lost" in loop.said[-1]
    shot = loop.look(scene((RED, 26, 14, 12)), asked)
    assert followed(shot).name == "red"
    assert loop.said[-1] == ""


def test_grad_cam_of_a_box_finds_the_layer_that_speaks(loop):
    shot = loop.look(scene((RED, 4, 4, 16)), Request(LAYER))
    region = shot.objects.listed[0].region
    asked = AttributionRequest("gradcam", LOGITS, 1, pinned=True, region=region)
    for left in (4, 8, 12):
        shot = loop.look(scene((RED, left, 4, 16)), Request(LAYER, attribution=asked))
        assert shot.attribution.at == LAYER
        row, column = divmod(int(shot.attribution.values[0].argmax()), 64)
        assert 4 <= row < 20
        assert left <= column < left + 16


@pytest.mark.parametrize(("target", "then"), [(None, "gone"), (2, "green"), (3, "gone")])
def test_a_box_is_attacked_live(loop, target, then):
    picture = scene((RED, 4, 4, 16), (GREEN, 40, 24, 16))
    shot = loop.look(picture, Request(LAYER))
    red = next(one for one in shot.objects.listed if one.name == "red")
    attack = AttackRequest(
        eps=120 / 255, step=8 / 255, steps=10, budget=60, target=target, region=red.region
    )
    for _ in range(6):
        shot = loop.look(picture, Request(LAYER, attack=attack))
    assert (shot.top[0].label, shot.attack.top[0].label) == ("red", then)
    assert shot.attack.success
    assert "gradient" not in shot.attack.note  # a box that is gone has none, as it should be
    assert followed(shot).name == "red"  # what is listed is of the clean picture
    # And beside it what the network finds in the very picture that is shown as attacked.
    x = loop.model.tensor(shot.attack.adversarial)
    with torch.no_grad():
        again = loop.model.objects(loop.model.run((x - loop.model.mean) / loop.model.std))
    assert shot.attack.objects.listed == again.listed
    names = {one.name for one in again.listed if one.score > 0.5 and one.box[0] < 0.5}
    assert names == ({"green"} if target == 2 else set())
