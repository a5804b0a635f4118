"""Gathering from the stream, as the runner's thread does it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.observe import GatherRequest, ObserveRequest
from nnvis.engine.protocol.request import AttackRequest, Request
from nnvis.engine.stream.gather import StreamGatherer, folder_of
from nnvis.models.info import ModelRequest
from nnvis.models.tiny_network import tiny
from nnvis.probe import record
from nnvis.sources.frame import Frame
from nnvis.top_images import Index

LAYERS = ("conv1", "relu2", "head")


def asking(request, gather):
    return replace(request, observe=ObserveRequest(gather=gather))


ON = Request("relu2", 5, observe=ObserveRequest(gather=GatherRequest(LAYERS)))


class Line:
    """The runner's turn, without its thread; ten frames a second."""

    def __init__(self):
        torch.set_num_threads(1)
        self.model = tiny()
        self.info = self.model.info(ModelRequest("tiny"))
        self.watch = StreamGatherer(self.model, self.info)
        self.random = np.random.default_rng(0)
        self.index = 0
        self.peaks = []

    def look(self, request, frame=None, dark=False):
        if frame is None:
            picture = (self.random.random((32, 32, 3)) * (40 if dark else 255)).astype(np.uint8)
            frame = Frame(picture, self.index, self.index / 10, "made up")
            self.index += 1
        with self.watch.hearing(request):
            snapshot = process_frame(
                self.model,
                self.info,
                frame,
                request,
                self.info.preprocess.prepare(frame, request.fit),
            )
        return self.watch.add(snapshot, request)


@pytest.fixture
def line():
    made = Line()
    yield made
    made.watch.close()


def test_nothing_is_heard_while_it_is_off(line):
    with line.watch.hearing(asking(ON, None)):
        assert not any(one._forward_hooks for one in line.model.modules())
    assert line.look(asking(ON, None)).observations.stream is None
    with line.watch.hearing(ON):
        assert sum(len(one._forward_hooks) for one in line.model.modules()) == 3
    assert not any(one._forward_hooks for one in line.model.modules())


def test_the_selected_unit_shows_the_strongest_frames_with_cells(line):
    frames, values = [], []
    for _ in range(60):
        snapshot = line.look(ON)
        frames.append(snapshot.frame)
        with torch.no_grad(), record(line.model, ["relu2"]) as seen:
            line.model(line.model.tensor(snapshot.fed))
        values.append(seen["relu2"][0, 5].numpy())
    found = snapshot.observations.stream
    assert (found.gathered, found.frames, found.units) == (True, 60, 8 + 16 + 10)
    best = [max(range(at, at + 10), key=lambda n: values[n].max()) for at in range(0, 60, 10)]
    best.sort(key=lambda n: -values[n].max())
    assert [one.frame for one in found.kept] == best
    assert [one.cell for one in found.kept] == [
        divmod(int(values[n].argmax()), values[n].shape[1]) for n in best
    ]
    assert (
        line.look(ON, frames[-1]).observations.stream.frames == 60
    )  # the same frame once more: not counted
    assert not line.look(replace(ON, layer="conv2", unit=0)).observations.stream.gathered


def test_an_attack_does_not_get_into_it(line):
    plain = [line.look(ON) for _ in range(5)]
    other = Line()
    attacked = replace(ON, attack=AttackRequest(eps=0.3, budget=1.0))
    fooled = [other.look(attacked, one.frame) for one in plain]
    assert fooled[-1].observations.stream.kept == plain[-1].observations.stream.kept
    other.watch.close()


def test_a_thing_that_was_held_in_view_is_told_by_its_units(line):
    for _ in range(15):
        line.look(ON)
    shown = asking(ON, replace(ON.observe.gather, present=True))
    for _ in range(8):
        snapshot = line.look(shown, dark=True)
    assert (snapshot.observations.stream.present, snapshot.observations.stream.ranking) == (8, None)
    let_go = asking(ON, replace(ON.observe.gather, question=1))
    found = line.look(let_go).observations.stream.ranking
    assert (found.question, found.present, found.absent) == (1, 8, 16)
    assert found.units[0][2] == 1.0
    assert [one[2] for one in found.units] == sorted((one[2] for one in found.units), reverse=True)
    again = line.look(
        asking(let_go, replace(let_go.observe.gather, present=True))
    ).observations.stream
    assert (again.present, again.ranking) == (1, None)


def test_it_is_kept_when_it_is_switched_off_and_joined_the_next_time(line):
    for _ in range(20):
        line.look(ON)
    line.look(asking(ON, None))
    for _ in range(10):
        line.look(ON)
    line.watch.close()  # as the program does, which is in a hurry
    assert Index(folder_of(line.info, LAYERS)).pictures == 20
    again = StreamGatherer(line.model, line.info)
    with again.hearing(ON):
        pass
    again.close()
    made = Index(folder_of(line.info, LAYERS))
    assert made.pictures == 30
    assert len(made.top("relu2", 5)) == 4  # of four seconds
    assert made.fits(line.info.weights_hash)
