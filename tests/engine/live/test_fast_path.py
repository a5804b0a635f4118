"""The live picture by OpenVINO or ONNX Runtime is PyTorch's, or it is left to PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nnvis import extras
from nnvis.engine.live import fast_path
from nnvis.engine.live.fast_path import apart
from nnvis.engine.live.frame_loop import FrameLoop
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.live.quick_path import Outputs
from nnvis.engine.protocol.observe import ObserveRequest, Pin
from nnvis.engine.protocol.request import PaneLayout, Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.saving.sheets import exact
from nnvis.models.formats.graph_libraries import GraphLibrary, Run, graph_libraries
from nnvis.models.formats.to_onnx import LOGITS, LayeredGraph, layered_graph
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.sources.frame import Frame
from nnvis.views.request import AttributionRequest

pytest.importorskip("onnx")


class Net(nn.Module):
    """Two folded pairs, an in-place ReLU and a sum."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.conv2, self.bn2 = nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        first = self.relu(self.bn1(self.conv1(x)))
        second = self.relu(self.bn2(self.conv2(first)) + first)
        return self.head(second.mean((2, 3)))


class Deciding(Net):
    """Goes another way where the picture is bright."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * (2 if x.mean() > 0 else 1)


class Drifting(Net):
    """Answers otherwise from its hundredth pass on."""

    passes = 0

    def forward(self, x: Tensor) -> Tensor:
        self.passes += 1
        return super().forward(x) * (1 if self.passes < 100 else 2)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let networks of no size be worth it."""
    monkeypatch.setattr(fast_path, "LEAST_S", 0.0)
    monkeypatch.setattr(fast_path, "LOOKS", 2)
    monkeypatch.setattr(fast_path, "EVERY", 7)


def wrapped(module: nn.Module) -> tuple[VisionModel, ModelInfo]:
    torch.manual_seed(0)
    module = module.eval()
    for one in module.modules():
        if isinstance(one, nn.BatchNorm2d):
            nn.init.uniform_(one.running_mean, -1, 1)
            nn.init.uniform_(one.running_var, 0.5, 2)
    model = VisionModel(module, input_size=(24, 24))
    return model, model.info(ModelRequest("tiny"))


def frame(index: int) -> Frame:
    rng = np.random.default_rng(index)
    return Frame(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8), index, float(index), "test")


def look(loop: FrameLoop, one: Frame) -> None:
    """Let `one` pass."""
    loop.frames.put(loop.info.preprocess.prepare(one, loop.request.fit))
    loop.take(0.0)
    loop.step()


def taken(loop: FrameLoop) -> Snapshot:
    snapshot = loop.snapshots.take()
    assert snapshot is not None
    return snapshot


def looks(
    module: nn.Module, count: int, change: Callable[[Request], Request] = lambda asked: asked
) -> tuple[list[Snapshot], FrameLoop, VisionModel]:
    """Let a stream of frames pass, the network written down as soon as it is asked for."""
    model, info = wrapped(module)
    seen: list[Snapshot] = []
    request = change(Request(layer="bn2", unit=1, layout=PaneLayout(visible=("conv1", "bn1"))))
    loop = FrameLoop(model, info, request, lambda: None, lambda _line: None)
    loop._saw = lambda: seen.append(taken(loop))
    for index in range(count):
        look(loop, frame(index))
        if loop.fast.preparing is not None:
            loop.fast.preparing.join()
    return seen, loop, model


@pytest.fixture(params=["OpenVINO", "ONNX Runtime"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> GraphLibrary:
    """Leave one library alone."""
    found = next((one for one in graph_libraries() if one.title == request.param), None)
    if found is None:
        pytest.skip(f"{request.param} is not installed")
    monkeypatch.setattr(fast_path, "graph_libraries", lambda: (found,))
    return found


def test_equals_pytorch_and_says_so(library: GraphLibrary) -> None:
    seen, loop, model = looks(Net(), 12)
    assert not seen[0].path
    assert seen[-1].path.startswith(library.title), loop.fast.refused
    shot = seen[-1]
    plain = process_frame(model, shot.info, shot.frame, shot.request)
    np.testing.assert_allclose(shot.unit.values, plain.unit.values, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        [one.probability for one in shot.top], [one.probability for one in plain.top], rtol=1e-4
    )
    off = shot.sheet.picture.astype(int) - plain.sheet.picture
    assert (off != 0).mean() < 0.01  # of the colours, at the edge of a level


def test_what_is_computed_beside_the_looks_leaves_no_free_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []
    exact = fast_path._exact

    def told(*given: Any) -> Outputs:
        done.append("pass")
        return exact(*given)

    monkeypatch.setattr(fast_path, "_exact", told)
    monkeypatch.setattr(fast_path, "return_memory", lambda: done.append("memory back"))
    looks(Net(), 20)
    assert done == ["pass", "memory back"] * 3  # once it is prepared, at looks 7 and 14


def test_what_was_put_out_stays_as_it_was(library: GraphLibrary) -> None:
    model, _info = wrapped(Net())
    first, second = torch.rand(2, 1, 3, 24, 24)
    run = library.make(layered_graph(model, ["bn1", "bn2"], first), ["bn1", "bn2"])
    kept = run(first, ["bn1", "bn2"])
    expected = {name: values.clone() for name, values in kept.items()}
    for wanted in (["bn2"], ["bn1"], ["bn1", "bn2"]):
        again = run(second, wanted)
        assert not torch.equal(again[wanted[0]], expected[wanted[0]])
    assert all(torch.equal(values, expected[name]) for name, values in kept.items())


def test_library_that_cannot_hands_on_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    last = graph_libraries()[-1]

    def fails(graph: LayeredGraph, layers: Sequence[str]) -> Run:
        raise RuntimeError("no such operation")

    def lies(graph: LayeredGraph, layers: Sequence[str]) -> Run:
        run = last.make(graph, layers)
        return lambda x, wanted: {name: 2 * one for name, one in run(x, wanted).items()}

    wrong = (GraphLibrary("Failing", "", fails), GraphLibrary("Lying", "", lies))
    monkeypatch.setattr(fast_path, "graph_libraries", lambda: (*wrong, last))
    seen, _loop, _model = looks(Net(), 8)
    assert seen[-1].path.startswith(last.title)
    monkeypatch.setattr(fast_path, "graph_libraries", lambda: wrong)
    seen, loop, _model = looks(Net(), 8)
    assert not seen[-1].path
    assert loop.fast.refused == "Failing cannot run it (RuntimeError)"
    assert seen[-1].plain == f"not by Failing, Lying: {loop.fast.refused}"


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_given: object) -> LayeredGraph:
        raise ImportError

    monkeypatch.setattr(fast_path, "layered_graph", missing)
    monkeypatch.setattr("nnvis.extras.missing", lambda _extra: ("onnx",))
    seen, loop, _model = looks(Net(), 8)
    assert not seen[-1].path
    assert loop.fast.refused == f"not installed: onnx; {extras.command('fast')}"


def test_library_that_fails_on_the_way_is_left(library: GraphLibrary) -> None:
    seen, loop, _model = looks(Net(), 8)
    assert seen[-1].path

    def fails(x: Tensor, wanted: Sequence[str]) -> Outputs:
        raise RuntimeError("out of luck")

    assert isinstance(loop.fast, fast_path.FastPath)
    loop.fast._sessions = [replace(one, run=fails) for one in loop.fast._sessions]
    look(loop, frame(9))
    assert not seen[-1].path
    assert loop.fast.refused == "it failed (RuntimeError)"


def test_what_is_kept_is_pytorchs() -> None:
    seen, _loop, model = looks(Net(), 12)
    again = exact(seen[-1], model)
    plain = process_frame(model, again.info, again.frame, again.request)
    assert not again.path
    assert (again.sheet.picture == plain.sheet.picture).all()


def test_still_picture_is_looked_at_again_by_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, loop, _model = looks(Net(), 12)
    monkeypatch.setattr("nnvis.engine.live.frame_loop.STILL_S", -1.0)
    loop.take(0.0)
    loop.step()
    assert not seen[-1].path
    assert seen[-1].frame is seen[-2].frame


@pytest.mark.parametrize(
    "change",
    [
        lambda asked: replace(asked, exact=True),
        lambda asked: replace(asked, attribution=AttributionRequest("gradient")),
        lambda asked: replace(asked, observe=ObserveRequest(pins=(Pin("bn1", 0),))),
    ],
)
def test_gradients_listeners_and_a_person_who_says_so_keep_pytorch(
    change: Callable[[Request], Request],
) -> None:
    seen, loop, _model = looks(Net(), 8, change)
    assert not any(one.path for one in seen)
    assert loop.fast.preparing is None


def test_network_that_decides_by_values_is_refused() -> None:
    seen, loop, _model = looks(Deciding(), 8)
    assert "decide by values" in loop.fast.refused
    assert not seen[-1].path


def test_network_that_changes_is_given_back_to_pytorch() -> None:
    seen, loop, model = looks(Drifting(), 60)
    assert any(one.path for one in seen)
    model.network.passes = 1000
    request = seen[-1].request
    for index in range(8):
        loop.select(request)
        look(loop, frame(index))
    assert "differed" in loop.fast.refused
    assert not seen[-1].path


def test_difference_counts_levels_and_bad_values() -> None:
    _model, info = wrapped(Net())
    values = torch.linspace(0, 1, 8 * 24 * 24).view(1, 8, 24, 24)
    logits = torch.tensor([[0.0, 2.0]])
    off = values.clone()
    off[0, 0, 0, 0] += 1e-5
    found = apart({"bn2": values, LOGITS: logits}, {"bn2": off, LOGITS: logits + 1e-5}, info)
    assert found.logits == pytest.approx(1e-5 / 2**0.5, rel=0.05)
    reach = float(values[0, 0].max() - values[0, 0].min())
    assert found.levels == pytest.approx(1e-5 / reach * 253, rel=0.05)
    off[0, 0, 0, 0] = torch.nan
    found = apart({"bn2": values, LOGITS: logits}, {"bn2": off, LOGITS: logits}, info)
    assert found.far == ("bn2",)
