"""A pass that is recorded and replayed is PyTorch's, or it is left to PyTorch.

There is no GPU: a stand-in for a graph does the recorded call again, into the same tensors.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nnvis.engine.live import cuda_graph, graph_path
from nnvis.engine.live.cuda_graph import BusyError, CudaRecorder, Recorded
from nnvis.engine.live.frame_loop import FrameLoop
from nnvis.engine.live.graph_path import GraphPath
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.observe import ObserveRequest, Pin
from nnvis.engine.protocol.request import AblationRequest, Half, PaneLayout, Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.saving.sheets import exact
from nnvis.imaging.colour_options import Shading
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.sources.frame import Frame
from nnvis.views.request import Ablation, AttributionRequest
from tests.helpers.late_link import LateLink

VISIBLE = ("conv1", "bn1", "relu")
PLAIN = Request(layer="bn2", unit=1, layout=PaneLayout(visible=VISIBLE))


class Net(nn.Module):
    """Two pairs, an in-place ReLU and a sum."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.conv2, self.bn2 = nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 5)
        self.passes = 0

    def forward(self, x: Tensor) -> Tensor:
        self.passes += 1
        first = self.relu(self.bn1(self.conv1(x)))
        return self.head((self.bn2(self.conv2(first)) + first).mean((2, 3)))


class Deciding(Net):
    """Goes another way where the picture is bright."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * (2 if x.mean() > 0 else 1)


class Rerun:
    """Stands for CUDA graphs: a replay is the recorded call, its results put where they were."""

    missing = ""

    def __init__(self, off: float = 0.0, error: Exception | None = None) -> None:
        self.off, self.error = off, error
        self.recordings = self.replays = self.freed = self.asked = 0
        self.made: list[dict[str, Tensor]] = []

    def record(self, run: Callable[[], dict[str, Tensor]]) -> Recorded[dict[str, Tensor]]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        self.recordings += 1
        made = run()
        self.made.append(made)

        def replay() -> None:
            self.replays += 1
            again = run()
            with torch.inference_mode():
                for name, one in made.items():
                    one.copy_(again[name] + self.off * again[name].float().std())

        def free() -> None:
            self.freed += 1

        return Recorded(made, replay, free)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record after a few looks."""
    monkeypatch.setattr(graph_path, "STEADY", 3)
    monkeypatch.setattr(graph_path, "EVERY", 7)


def wrapped(module: nn.Module) -> tuple[VisionModel, ModelInfo]:
    torch.manual_seed(0)
    module = module.eval()
    for one in module.modules():
        if isinstance(one, nn.BatchNorm2d):
            nn.init.uniform_(one.running_mean, -1, 1)
            nn.init.uniform_(one.running_var, 0.5, 2)
    model = VisionModel(module, input_size=(24, 24), takes_over=True)
    return model, model.info(ModelRequest("tiny"))


def frame(index: int) -> Frame:
    rng = np.random.default_rng(index)
    return Frame(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8), index, float(index), "test")


class Line:
    """A stream over a network, with a stand-in for graphs."""

    def __init__(self, module: nn.Module | None = None, recorder: Rerun | None = None) -> None:
        self.model, self.info = wrapped(module or Net())
        self.recorder = recorder or Rerun()
        self.told: list[str] = []
        self.loop = FrameLoop(self.model, self.info, PLAIN, lambda: None, self.told.append)
        self.loop.fast = GraphPath(self.model, self.info, self.recorder)
        self.index = 0

    def look(self, count: int = 1, **changes: object) -> Snapshot:
        """Let frames pass; return the last look."""
        self.loop.select(replace(self.loop.request, **changes))  # type: ignore[arg-type]
        for _ in range(count):
            self.index += 1
            shown = frame(self.index)
            self.loop.frames.put(self.info.preprocess.prepare(shown, self.loop.request.fit))
            self.loop.take(0.0)
            self.loop.step()
            snapshot = self.loop.snapshots.take()
            assert snapshot is not None
        return snapshot

    @property
    def refused(self) -> str:
        return self.loop.fast.refused


def assert_plain(shown: Snapshot, model: VisionModel) -> None:
    """Assert that `shown` is what a plain pass gives."""
    thumbnails = [*shown.thumbnails]
    plain = process_frame(model, shown.info, shown.frame, shown.request, thumbnails=thumbnails)
    np.testing.assert_array_equal(shown.unit.values, plain.unit.values)
    np.testing.assert_array_equal(shown.sheet.picture, plain.sheet.picture)
    assert shown.top == plain.top
    for name in thumbnails:
        np.testing.assert_array_equal(shown.thumbnails[name], plain.thumbnails[name])


def test_it_takes_over_once_the_same_is_asked_for_and_is_the_same_to_the_bit() -> None:
    line = Line()
    shots = [line.look() for _ in range(9)]
    assert [bool(one.path) for one in shots] == [False] * 3 + [True] * 6
    assert shots[-1].path == "a CUDA graph, the same as PyTorch's own pass to the bit"
    assert line.recorder.recordings == 1
    assert {name for one in shots[3:] for name in one.thumbnails} == {*VISIBLE}
    for one in shots:  # those before as well: what was shown is no longer written to
        assert_plain(one, line.model)
    assert line.told == []


def test_looks_that_are_begun_before_the_one_before_is_read_are_the_same_to_the_bit() -> None:
    line, done, seen = Line(), [], []
    line.loop.link = LateLink(done.append)
    line.loop._saw = lambda: seen.append(line.loop.snapshots.take())
    for index in range(1, 13):
        line.loop.frames.put(line.info.preprocess.prepare(frame(index), PLAIN.fit))
        if index > 1:  # one waits while the other is looked at
            line.loop.step()
        line.loop.take(0.0)
    line.loop.step()
    assert [one.frame.index for one in seen] == [*range(1, 13)]
    assert [bool(one.path) for one in seen] == [False] * 3 + [True] * 9
    assert done.index("up 9") < done.index("wait 8")
    for one in seen:
        assert_plain(one, line.model)
    assert line.told == []


def test_frames_and_results_do_not_share_memory_with_the_recording() -> None:
    line = Line()
    line.look(3)
    model, fast = line.model, line.loop.fast
    x = model.tensor(frame(50).picture[:24, :24])
    with torch.inference_mode():
        found = fast.look(model, x, ("bn2",), {}, VISIBLE)
    assert found is not None
    outputs, _said = found
    before = {name: one.clone() for name, one in outputs.items()}
    recorded = {one.data_ptr() for one in line.recorder.made[0].values()}
    assert not recorded & {one.data_ptr() for one in outputs.values()}
    line.look()
    assert all(torch.equal(one, before[name]) for name, one in outputs.items())


def test_what_is_saved_and_still_pictures_are_pytorchs_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = Line()
    shown = line.look(5)
    assert shown.path
    again = exact(shown, line.model)
    assert not again.path
    np.testing.assert_array_equal(again.sheet.picture, shown.sheet.picture)
    monkeypatch.setattr("nnvis.engine.live.frame_loop.STILL_S", -1.0)
    line.loop.take(0.0)
    line.loop.step()
    still = line.loop.snapshots.take()
    assert still is not None
    assert not still.path
    assert still.frame is shown.frame


@pytest.mark.parametrize(
    ("change", "anew"),
    [
        ({"layer": "conv1"}, True),
        ({"layout": PaneLayout(visible=("conv1", "conv2"))}, True),
        ({"half": Half.BFLOAT16}, True),
        ({"unit": 3}, False),
        ({"shading": Shading(gamma=0.5)}, False),
        ({"layout": PaneLayout(visible=VISIBLE, overlay=0.1)}, False),
    ],
)
def test_it_is_recorded_anew_where_something_else_is_heard(
    change: dict[str, object], anew: bool
) -> None:
    line = Line()
    line.look(4)
    shown = line.look(1, **change)
    assert bool(shown.path) != anew
    shown = line.look(4)
    assert shown.path
    assert_plain(shown, line.model)
    assert (line.recorder.recordings, line.recorder.freed) == ((2, 1) if anew else (1, 0))


def test_half_precision_is_recorded_and_given_with_all_digits() -> None:
    line = Line()
    shown = line.look(6, half=Half.BFLOAT16)
    assert shown.path
    assert shown.half is not None
    assert shown.half.kind == "bfloat16"
    assert shown.unit.values.dtype == np.float32
    assert line.recorder.made[0]["bn2"].dtype == torch.bfloat16
    assert_plain(shown, line.model)


@pytest.mark.parametrize(
    "change",
    [
        {"exact": True},
        {"attribution": AttributionRequest("gradient")},
        {"observe": ObserveRequest(pins=(Pin("bn1", 0),))},
        {"ablation": AblationRequest((Ablation("bn1", 0),))},
    ],
)
def test_what_goes_back_listens_or_changes_something_is_not_replayed(
    change: dict[str, object],
) -> None:
    line = Line()
    assert line.look(5).path
    replays = line.recorder.replays
    usual = {name: getattr(PLAIN, name) for name in change}
    assert not line.look(4, **change).path
    assert line.recorder.replays == replays
    shown = line.look(1, **usual)
    assert shown.path  # and goes on at once with what was recorded
    assert line.recorder.recordings == 1
    assert_plain(shown, line.model)


def test_weights_that_change_in_place_are_followed_and_those_that_move_recorded_anew() -> None:
    line = Line()
    line.look(4)
    with torch.no_grad():
        line.model.network.conv1.weight.mul_(2)
    shown = line.look()
    assert shown.path
    assert_plain(shown, line.model)
    line.model.network.conv1.weight.data = line.model.network.conv1.weight * 2
    shown = line.look()
    assert not shown.path
    assert_plain(shown, line.model)
    shown = line.look(4)
    assert shown.path
    assert line.recorder.recordings == 2
    assert_plain(shown, line.model)


def test_a_network_that_decides_by_values_is_never_recorded() -> None:
    line = Line(Deciding())
    shown = line.look(8)
    assert line.refused.startswith("it decides by values (")
    assert shown.plain == f"not by a recorded CUDA graph: {line.refused}"
    assert line.recorder.asked == 0
    assert_plain(shown, line.model)


def test_a_network_with_hooks_of_its_own_is_never_recorded() -> None:
    net = Net()
    net.conv1.register_forward_hook(lambda *_: None)
    line = Line(net)
    line.look(8)
    assert "hooks of its own" in line.refused
    assert line.recorder.asked == 0


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("CUDA error: operation not permitted\nwhen capturing"), "not permitted"),
        (torch.OutOfMemoryError("CUDA out of memory"), "no memory"),
    ],
)
def test_where_recording_fails_it_is_not_tried_again(error: Exception, said: str) -> None:
    line = Line(recorder=Rerun(error=error))
    shown = line.look(8)
    assert said in line.refused
    assert "\n" not in shown.plain
    assert line.recorder.asked == 1
    assert_plain(shown, line.model)
    line.look(6, layer="conv1")
    assert line.recorder.asked == 1
    assert line.told == []


def test_where_another_recording_is_under_way_it_is_tried_later() -> None:
    line = Line(recorder=Rerun(error=BusyError()))
    assert not line.look(7).path
    assert line.recorder.asked == 2
    line.recorder.error = None
    assert line.look(3).path


@pytest.mark.parametrize(("off", "taken"), [(5e-7, True), (1e-4, False), (float("nan"), False)])
def test_it_is_held_against_a_plain_pass_before_it_takes_over(off: float, taken: bool) -> None:
    line = Line(recorder=Rerun(off))
    shown = line.look(6)
    assert bool(shown.path) == taken
    if taken:
        told = re.search(r"it differs by (\S+) of the deviation", shown.path)
        assert told is not None
        assert float(told[1]) == pytest.approx(off, rel=0.5)
    else:
        assert "it differs by" in shown.plain
        assert line.recorder.freed == 1
        assert_plain(shown, line.model)


def test_it_is_held_against_a_plain_pass_again_and_again() -> None:
    line = Line()
    line.look(4)
    line.recorder.off = 1.0
    shown = line.look(8)
    assert not shown.path
    assert "it differs by 1 of the deviation" in line.refused
    assert_plain(shown, line.model)


def test_a_layer_that_does_not_run_is_left_to_pytorch() -> None:
    line = Line()
    x = torch.zeros(1, 3, 24, 24)
    question = graph_path._Question(line.model, (1, 3, 24, 24), frozenset({"bn2@2"}), frozenset())
    assert line.loop.fast._recorded(question, x, {}) is None
    assert line.refused == ""


def test_closing_gives_the_memory_back() -> None:
    line = Line()
    line.look(4)
    line.loop.close()
    assert line.recorder.freed == 1
    assert not line.look(5).path


def test_the_recorder_of_cuda_keeps_to_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warm on a stream of its own, recorded there for this thread alone, and all left as it was."""
    done: list[str] = []
    streams = ["main"]

    class Stream:
        def __init__(self) -> None:
            self.name = "side"

        def wait_stream(self, other: object) -> None:
            done.append(f"{self.name} waits for {other.name}")  # type: ignore[attr-defined]

    main = Stream()
    main.name = "main"

    @contextmanager
    def stream(one: Stream):
        before = streams[:]
        streams.append(one.name)
        try:
            yield
        finally:
            streams[:] = before

    class Graph:
        def replay(self) -> None:
            done.append("replay")

        def reset(self) -> None:
            done.append("reset")

    @contextmanager
    def recording(_graph: Graph, *, stream: Stream, capture_error_mode: str):
        streams.append(stream.name)  # and left so, where it fails
        done.append(f"begin {stream.name} {capture_error_mode}")
        yield
        streams.pop()
        done.append("end")

    @contextmanager
    def device(_one: object):
        yield

    for name, value in {
        "Stream": Stream, "stream": stream, "device": device, "CUDAGraph": Graph,
        "graph": recording, "current_stream": lambda: main,
    }.items():  # fmt: skip
        monkeypatch.setattr(torch.cuda, name, value)

    recorder = CudaRecorder(torch.device("cuda:0"))
    recorded = recorder.record(lambda: done.append(f"run on {streams[-1]}") or len(done))
    recorded.replay()
    recorded.free()
    warm = ["run on side"] * cuda_graph.WARM
    assert done == [
        "side waits for main", *warm, "main waits for side", "begin side thread_local",
        "run on side", "end", "replay", "reset",
    ]  # fmt: skip
    assert streams == ["main"]

    def fail() -> None:
        if any("begin" in one for one in done):
            raise RuntimeError("not permitted")

    for _ in range(2):  # nothing stays taken
        with pytest.raises(RuntimeError, match="not permitted"):
            recorder.record(fail)
    assert streams == ["main"]
    with cuda_graph._ONE, pytest.raises(BusyError):
        recorder.record(lambda: None)


def test_where_it_cannot_be_is_said() -> None:
    assert CudaRecorder(torch.device("mps")).missing == "it is for CUDA devices"


@pytest.mark.parametrize(("version", "there"), [("2.9.1+cu128", False), ("2.12.0+cu130", True)])
def test_an_old_pytorch_is_not_trusted_with_it(
    monkeypatch: pytest.MonkeyPatch, version: str, there: bool
) -> None:
    monkeypatch.setattr(torch, "__version__", version)
    missing = CudaRecorder(torch.device("cuda:0")).missing
    assert missing == ("" if there else "it needs PyTorch 2.12 or newer, for CUDA")
