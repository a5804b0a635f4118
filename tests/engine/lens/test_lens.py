"""The lens and the pins, as the runner's thread has them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnvis.engine.lens.activity import SPAN
from nnvis.engine.lens.context import Cadence
from nnvis.engine.lens.pins import WARM_UP
from nnvis.engine.lens.receptive_field import effective_rect
from nnvis.engine.live.observers import Observers
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.observe import LensRequest, ObserveRequest, Pin, Trigger
from nnvis.engine.protocol.request import AttackRequest, Request
from nnvis.engine.saving.metadata import describe
from nnvis.models.info import ModelRequest
from nnvis.models.tiny_network import tiny
from nnvis.probe import record
from nnvis.sources.frame import Frame


class Line:
    """The runner's turn, without its thread."""

    def __init__(self):
        torch.set_num_threads(1)
        self.model = tiny()
        self.info = self.model.info(ModelRequest("tiny"))
        self.watch = Observers(self.model, self.info)
        self.random = np.random.default_rng(0)
        self.index = 0

    def frame(self, scale=255):
        self.index += 1
        picture = (self.random.random((32, 32, 3)) * scale).astype(np.uint8)
        return Frame(picture, self.index, float(self.index), "made up")

    def look(self, request, frame=None):
        frame = frame or self.frame()
        fed = self.info.preprocess.prepare(frame, request.fit)
        with self.watch.hearing(request):
            snapshot = process_frame(self.model, self.info, frame, request, fed)
        return self.watch.add(snapshot, request)


@pytest.fixture
def line(monkeypatch):
    monkeypatch.setattr(Cadence, "due", True)
    return Line()


def hooks(model):
    return sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in model.modules())


def maps_of(line, layer, frame):
    with record(line.model, [layer]) as seen, torch.no_grad():
        line.model(line.model.prepare(frame.picture)[1])
    return seen[layer][0]


def test_nothing_is_heard_where_nothing_is_asked(line):
    snapshot = line.look(Request("relu1"))
    assert (
        snapshot.observations.lens,
        snapshot.observations.pins,
        snapshot.observations.fired,
    ) == (None, (), ())
    assert hooks(line.model) == 0


def test_the_histogram_counts_every_value_of_the_last_frames(line):
    chosen = Request("relu2", 5, observe=ObserveRequest(LensRequest("activity")))
    frames = [line.frame() for _ in range(4)]
    for frame in frames:
        found = line.look(chosen, frame).observations.lens.found
    line.look(chosen, frames[-1])  # the same frame again counts once
    values = torch.stack([maps_of(line, "relu2", frame)[5] for frame in frames])
    assert found.frames == found.looked == 4
    assert found.zeros == int((values == 0).sum())
    assert found.counts.sum() + found.zeros == values.numel()
    assert found.mean == pytest.approx(float(values.mean()), rel=1e-5)
    assert found.deviation == pytest.approx(float(values.std(correction=0)), rel=1e-5)
    dead = torch.stack([maps_of(line, "relu2", frame) for frame in frames]).eq(0).all(0)
    assert found.dead_cells == pytest.approx(float(dead[5].float().mean()))
    assert found.dead_units.tolist() == dead.flatten(1).all(1).nonzero().flatten().tolist()
    assert SPAN >= 60


def test_the_lens_tells_of_the_clean_picture_while_it_is_attacked(line):
    frame = line.frame()
    plain = line.look(
        Request("relu2", 5, observe=ObserveRequest(LensRequest("activity"))), frame
    ).observations.lens.found
    line.watch = Observers(line.model, line.info)
    attacked = Request(
        "relu2",
        5,
        observe=ObserveRequest(LensRequest("activity")),
        attack=AttackRequest(eps=0.2, budget=1.0),
    )
    found = line.look(attacked, frame).observations.lens.found
    assert found.mean == plain.mean
    assert hooks(line.model) == 0


def test_another_unit_begins_anew_and_says_whose_it_is(line):
    for _ in range(3):
        line.look(Request("relu2", 5, observe=ObserveRequest(LensRequest("activity"))))
    other = line.look(
        Request("relu2", 6, observe=ObserveRequest(LensRequest("activity")))
    ).observations.lens
    assert (other.unit, other.found.frames) == (6, 1)


def test_alike_finds_the_twin_of_a_unit(line):
    with torch.no_grad():
        line.model.network.conv1.weight[2] = -3 * line.model.network.conv1.weight[1]
    chosen = Request("conv1", 1, observe=ObserveRequest(LensRequest("alike")))
    for _ in range(5):
        found = line.look(chosen).observations.lens.found
    assert found.frames == 5
    assert found.best[0] == (2, pytest.approx(-1, abs=1e-5))
    assert found.matrix.shape == found.picture.shape[:2] == (8, 8)


def test_what_cannot_be_found_out_is_said(line):
    lens = line.look(
        Request("relu2", 5, observe=ObserveRequest(LensRequest("weights")))
    ).observations.lens
    assert lens.found is None
    assert lens.note.endswith("before it that has one is conv2")


def test_weights_are_on_one_scale(line):
    found = line.look(
        Request("conv2", 3, observe=ObserveRequest(LensRequest("weights")))
    ).observations.lens.found
    weights = line.model.network.conv2.weight[3]
    assert found.reach == pytest.approx(float(weights.detach().abs().max()))
    np.testing.assert_array_equal(found.values, weights.detach().numpy())
    first = line.look(
        Request("conv1", 3, observe=ObserveRequest(LensRequest("weights")))
    ).observations.lens.found
    assert first.colours
    assert first.bias == pytest.approx(float(line.model.network.conv1.bias[3]))
    x, y, width, height = first.grid.rect(0)
    tile = first.picture[y : y + height, x : x + width]
    step = height // 3
    for (row, column), value in np.ndenumerate(first.values[1]):  # red
        level = round(255 * (value / (2 * first.reach) + 0.5))
        assert abs(int(tile[row * step, column * step, 0]) - level) <= 1


def test_no_pixel_outside_of_the_field_moves_the_cell(line):
    chosen = Request("conv2", 4, observe=ObserveRequest(LensRequest("field", (5, 9))))
    frame = line.frame()
    found = line.look(chosen, frame).observations.lens.found
    top, left, bottom, right = found.theory
    assert (bottom - top, right - left) == (8, 8)  # 3x3 after 2x2 after 3x3, by hand
    before = maps_of(line, "conv2", frame)[4, 5, 9]
    outside, inside = frame.picture.copy(), frame.picture.copy()
    outside[:] = 255 - outside
    outside[top:bottom, left:right] = frame.picture[top:bottom, left:right]
    inside[top:bottom, left:right] = 255 - inside[top:bottom, left:right]
    assert maps_of(line, "conv2", Frame(outside, 1, 0, ""))[4, 5, 9] == before
    assert maps_of(line, "conv2", Frame(inside, 1, 0, ""))[4, 5, 9] != before
    for _ in range(3):
        found = line.look(chosen).observations.lens.found
    assert found.frames == 4
    y0, x0, y1, x1 = found.effective
    assert top <= y0 < y1 <= bottom
    assert left <= x0 < x1 <= right
    assert (
        line.look(
            Request("conv2", 4, observe=ObserveRequest(LensRequest("field", (1, 1))))
        ).observations.lens.found.frames
        == 1
    )


def test_the_effective_field_holds_what_it_says():
    mean = np.zeros((10, 20), np.float32)
    mean[4, 8], mean[4, 9], mean[0, 0], mean[9, 19] = 50, 48, 1, 1
    assert effective_rect(mean) == (4, 8, 5, 10)
    assert effective_rect(np.zeros((4, 4), np.float32)) is None


def test_links_name_both_sides(line):
    found = line.look(
        Request("relu2", 5, observe=ObserveRequest(LensRequest("links")))
    ).observations.lens.found
    assert (found.before.layer, found.after.layer) == ("pool1", "conv3")
    strengths = [abs(value) for _unit, value in found.before.links]
    assert strengths == sorted(strengths, reverse=True)


def test_pins_of_any_layer_are_followed_and_fire_with_the_look_that_did(line):
    pins = (Pin("relu1", 2), Pin("head", 1), Pin("no.layer", 0), Pin("relu1", 99))
    chosen = Request(
        "conv3", 0, observe=ObserveRequest(pins=pins, trigger=Trigger(sigmas=6, pause=60))
    )
    for _ in range(WARM_UP + 5):
        assert not line.look(chosen, line.frame(scale=60)).observations.fired
    bright = line.frame(scale=255)
    bright.picture[:, ::2] = 0
    snapshot = line.look(chosen, bright)
    assert [one.pin for one in snapshot.observations.pins] == list(pins[:2])
    assert snapshot.observations.pins[0].armed
    assert snapshot.observations.pins[0].highest == pytest.approx(
        float(maps_of(line, "relu1", bright)[2].max())
    )
    (fired,) = snapshot.observations.fired
    assert "relu1 unit 2" in fired.why or "head unit 1" in fired.why
    assert fired.shot.frame is bright
    assert describe(fired.shot, "input")["cause"] == fired.why
    assert not line.look(chosen, line.frame(scale=255)).observations.fired  # the pause
    assert hooks(line.model) == 0
