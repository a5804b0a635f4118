"""A look is begun before the one before it is read, and nothing that is shown is changed by it.

There is no GPU: by the stand-in a copy to the host is made when it is awaited, to memory that the
next ones are made to as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nnvis.engine.live import attempts, frame_loop, launched_look
from nnvis.engine.live.frame_loop import FrameLoop
from nnvis.engine.live.quick_path import Keep, Outputs
from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.observe import LensRequest, ObserveRequest, Pin
from nnvis.engine.protocol.request import AblationRequest, AttackRequest, PaneLayout, Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.runtime.runner import Runner
from nnvis.errors import UserError
from nnvis.models.formats.to_onnx import LOGITS
from nnvis.models.info import ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.progress import Progress
from nnvis.sources.frame import Frame
from nnvis.views.request import Ablation, AttributionRequest
from tests.helpers.late_link import LateLink
from tests.helpers.runner_owner import Owner, feed_frame

PLAIN = Request(layer="1", unit=1, layout=PaneLayout(visible=("0", "2")))


@pytest.fixture(scope="module")
def model() -> VisionModel:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5),
    )  # fmt: skip
    return VisionModel(net.eval(), input_size=(24, 24), takes_over=True)


def frame(index: int) -> Frame:
    rng = np.random.default_rng(index)
    return Frame(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8), index, float(index), "test")


class Line:
    """A stream over a network; what happens, in order, is in `done`."""

    def __init__(self, model: VisionModel, link: bool = True, request: Request = PLAIN) -> None:
        self.done: list[str] = []
        self.seen: list[Snapshot] = []
        self.told: list[str] = []
        self.model, self.info = model, model.info(ModelRequest("tiny"))
        self.loop = FrameLoop(model, self.info, request, self._saw, self.told.append)
        self.link = LateLink(self.done.append)
        self.loop.link = self.link if link else None
        self.index = 0

    def _saw(self) -> None:
        snapshot = self.loop.snapshots.take()
        assert snapshot is not None
        self.seen.append(snapshot)
        self.done.append(f"seen {snapshot.frame.index}")

    def put(self) -> None:
        """Let a frame come."""
        self.index += 1
        fed = self.info.preprocess.prepare(frame(self.index), self.loop.request.fit)
        self.loop.frames.put(fed)

    def turn(self, another: bool = False) -> None:
        """Take what is there and look; `another` frame comes meanwhile."""
        self.loop.take(0.0)
        if another:
            self.put()
        self.loop.step()

    def stream(self, count: int) -> list[Snapshot]:
        """Let `count` frames pass, each of which waits while the one before is looked at."""
        self.put()
        for _ in range(count - 1):
            self.turn(another=True)
        self.turn()
        return self.seen


def arrays(part: object) -> dict[str, np.ndarray]:
    """List the arrays of what was seen of a frame."""
    found: dict[str, np.ndarray] = {}

    def walk(name: str, one: object) -> None:
        if isinstance(one, np.ndarray):
            found[name] = one
        elif isinstance(one, dict):
            for key, value in one.items():
                walk(f"{name}.{key}", value)
        elif isinstance(one, tuple | list):
            for at, value in enumerate(one):
                walk(f"{name}.{at}", value)
        elif hasattr(one, "__dataclass_fields__") and not isinstance(one, Frame):
            for key in one.__dataclass_fields__:
                if key not in ("info", "frame", "timings"):
                    walk(f"{name}.{key}", getattr(one, key))

    walk("", part)
    return found


def assert_same(seen: list[Snapshot], plain: list[Snapshot]) -> None:
    assert [one.frame.index for one in seen] == [one.frame.index for one in plain]
    for one, other in zip(seen, plain, strict=True):
        mine, theirs = arrays(one), arrays(other)
        assert mine.keys() == theirs.keys()
        for name, values in mine.items():
            np.testing.assert_array_equal(values, theirs[name], err_msg=name)
        assert (one.top, one.request, one.plain, one.path) == (
            other.top, other.request, other.plain, other.path,
        )  # fmt: skip


ASKED = {
    "plain": {},
    "view": {"attribution": AttributionRequest("gradient")},
    "unit off": {"ablation": AblationRequest((Ablation("0", 0),))},
    "pins": {"observe": ObserveRequest(pins=(Pin("0", 0),))},
    "lens": {"observe": ObserveRequest(lens=LensRequest())},
    "attack": {"attack": AttackRequest()},
}
WAITS_FOR_NOTHING = ("plain", "view", "unit off")


@pytest.mark.parametrize("asked", list(ASKED))
def test_the_same_is_seen_in_the_same_order(model: VisionModel, asked: str) -> None:
    request = replace(PLAIN, **ASKED[asked])  # type: ignore[arg-type]
    plain = Line(model, link=False, request=request).stream(6)
    line = Line(model, request=request)
    seen = line.stream(6)
    assert_same(seen, plain)
    assert [one.observations.pins for one in seen] == [one.observations.pins for one in plain]
    assert line.told == []
    assert line.link.ups == line.link.downs == 6  # one of each a look
    begun_early = line.done.index("up 2") < line.done.index("wait 1")
    assert begun_early == (asked in WAITS_FOR_NOTHING)


def test_the_next_look_is_begun_before_this_one_is_awaited_where_a_frame_waits(
    model: VisionModel,
) -> None:
    line = Line(model)
    line.stream(3)
    assert line.done == [
        "up 1", "down 1", "up 2", "down 2", "wait 1", "seen 1",
        "up 3", "down 3", "wait 2", "seen 2", "wait 3", "seen 3",
    ]  # fmt: skip


def test_where_no_frame_waits_a_look_is_finished_at_once(model: VisionModel) -> None:
    line = Line(model)
    for at in (1, 2):
        line.put()
        line.turn()
        assert [one.frame.index for one in line.seen][-1] == at
    assert line.done == [
        "up 1", "down 1", "wait 1", "seen 1", "up 2", "down 2", "wait 2", "seen 2",
    ]  # fmt: skip


def test_what_the_device_is_done_with_is_read_before_a_pass_of_pytorch_is_begun(
    model: VisionModel,
) -> None:
    line = Line(model)
    line.link.quick = True
    line.stream(2)
    assert line.done.index("seen 1") < line.done.index("up 2")


class Quick:
    """Stands for a recorded graph."""

    title, refused, own_threads = "stand-in", "", False

    def look(
        self, model: VisionModel, x: Tensor, layers: tuple[str, ...], keep: Keep, _visible: object
    ) -> tuple[Outputs, str]:
        with torch.inference_mode(), record(model, layers, keep=keep) as seen:
            logits = model(x)
        return {**seen, LOGITS: logits}, self.title

    def took(self, _seconds: float) -> None:
        pass

    def close(self) -> None:
        pass


def test_but_after_what_is_begun_by_one_launch(model: VisionModel) -> None:
    line = Line(model)
    line.loop.fast = Quick()
    line.link.quick = True
    line.stream(2)
    assert line.done.index("seen 1") > line.done.index("down 2")


def test_a_frame_that_comes_while_the_device_works_is_begun_before_that_look_is_read(
    model: VisionModel,
) -> None:
    line = Line(model)
    line.loop.fast = Quick()
    line.link.said = lambda what: (line.done.append(what), line.put() if what == "wait 1" else 0)
    line.put()
    line.turn()
    assert line.seen == []
    line.turn()
    assert line.done == [
        "up 1", "down 1", "wait 1", "up 2", "down 2", "seen 1", "wait 2", "seen 2",
    ]  # fmt: skip


def test_what_was_seen_never_changes(model: VisionModel) -> None:
    request = replace(PLAIN, attribution=AttributionRequest("gradient"))
    line = Line(model, request=request)
    first = line.stream(1)[0]
    before = {name: one.copy() for name, one in arrays(first).items()}
    line.stream(5)
    for name, one in arrays(first).items():
        np.testing.assert_array_equal(one, before[name], err_msg=name)


@pytest.mark.parametrize("what", ["no frame", "request", "settle", "frozen"])
def test_nothing_is_left_unfinished(model: VisionModel, what: str) -> None:
    line = Line(model)
    line.put()
    line.turn(another=True)  # and 2 waits
    assert line.seen == []
    if what == "no frame":  # it was overtaken by the source's end, say
        line.loop.frames.take()
        line.turn()
        assert {one.frame.index for one in line.seen} == {1}
        assert line.done.count("wait 1") == 1
    elif what == "settle":
        line.loop.settle()
        assert [one.frame.index for one in line.seen] == [1]
    elif what == "frozen":  # a frame of before is to be looked at, in place of the next
        line.loop.frames.take()
        line.loop.reserve.put(frame(90))
        line.turn()
        assert [one.frame.index for one in line.seen] == [1, 90]
    else:
        line.loop.select(replace(PLAIN, unit=3))
        line.turn()
        assert [(one.frame.index, one.unit.index) for one in line.seen] == [(1, 1), (2, 3)]
        assert line.done.index("seen 1") < line.done.index("up 2")


def test_what_is_under_way_when_it_is_closed_is_dropped(model: VisionModel) -> None:
    line = Line(model)
    line.put()
    line.turn(another=True)
    line.loop.close()
    line.loop.settle()
    assert line.seen == []
    assert not any("wait" in one for one in line.done)


def failing(
    monkeypatch: pytest.MonkeyPatch, fails: Callable[[int, object], Exception | None]
) -> None:
    """Let looks fail as `fails` says of the frame's number and the link."""
    whole = attempts.launch

    def launch(*args: object, **kwargs: object) -> object:
        error = fails(args[2].index, kwargs["link"])  # type: ignore[attr-defined]
        if error is not None:
            raise error
        return whole(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(attempts, "launch", launch)


def test_a_look_that_cannot_be_begun_does_not_lose_the_one_before(
    model: VisionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, lambda at, _: UserError("no such thing") if at == 2 else None)
    line = Line(model)
    seen = line.stream(4)
    assert [one.frame.index for one in seen] == [1, 3, 4]
    assert line.told == ["no such thing", ""]


def test_where_there_is_no_memory_for_two_looks_they_are_taken_one_by_one(
    model: VisionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(model)

    def fails(at: int, _link: object) -> Exception | None:
        before = line.loop._begun
        return torch.OutOfMemoryError("full") if at > 1 and before is not None else None

    failing(monkeypatch, fails)
    seen = line.stream(4)
    assert [one.frame.index for one in seen] == [1, 2, 3, 4]
    assert line.told == []


def test_where_there_is_no_memory_at_all_it_is_said_and_the_look_before_is_seen(
    model: VisionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, lambda at, _: torch.OutOfMemoryError("full") if at == 2 else None)
    line = Line(model)
    assert [one.frame.index for one in line.stream(4)] == [1, 3, 4]
    assert line.told == [frame_loop.FULL, ""]


def test_a_look_that_fails_when_it_is_read_goes_on_without_what_failed(
    model: VisionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = launched_look.read_attribution
    calls: list[int] = []

    def read(parts: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise UserError("it cannot be read")
        return whole(parts)  # type: ignore[arg-type]

    monkeypatch.setattr(launched_look, "read_attribution", read)
    line = Line(model, request=replace(PLAIN, attribution=AttributionRequest("gradient")))
    seen = line.stream(4)
    assert [one.frame.index for one in seen] == [1, 2, 3, 4]
    assert [one.attribution is not None for one in seen] == [True, False, True, True]
    assert line.told == ["it cannot be read", ""]


def test_a_device_that_fails_at_its_work_ends_no_line(
    model: VisionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failed:
        """What comes of work that ended in an error: whatever is asked of it raises."""

        @property
        def done(self) -> bool:
            raise RuntimeError("device-side assert")

        def wait(self) -> np.ndarray:
            raise RuntimeError("device-side assert")

    line = Line(model)
    whole = line.link.down
    monkeypatch.setattr(
        line.link, "down", lambda block: Failed() if line.link.ups == 2 else whole(block)
    )
    seen = line.stream(4)
    assert [one.frame.index for one in seen] == [1, 3, 4]
    assert line.told == ["Sequential failed on this picture: device-side assert", ""]


def test_what_may_be_no_number_is_drawn_again_though_the_next_look_is_under_way(
    model: VisionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Line(model, link=False).stream(4)
    monkeypatch.setattr(launched_look, "_doubtful", lambda _host: True)
    line = Line(model)
    assert_same(line.stream(4), plain)
    assert line.done.index("up 2") < line.done.index("seen 1")


@pytest.mark.parametrize("share", [None, 0.5])
def test_no_look_is_under_way_while_a_job_has_the_thread(share: float | None) -> None:
    owner = Owner(lambda _seen: 40)
    runner = Runner(ModelRequest("tiny"), owner, Request("conv1"))
    under_way: list[int] = []
    at_work: list[int] = []
    link = LateLink()

    def steps(_model: VisionModel) -> Iterator[Progress]:
        for at in range(3):
            at_work.append(link.downs - link.waits)
            yield Progress(at, 3)

    def said(what: str) -> None:
        under_way.append(link.downs - link.waits)
        if what.startswith("up"):  # another frame waits already
            feed_frame(runner.frame_loop, frame(link.ups))
        if what == "up 12":
            runner.submit(Job("a job", steps, share))

    def begin(_runner: Runner, loop: FrameLoop) -> None:
        loop.link = link
        owner.runner = runner
        feed_frame(loop, frame(0))

    link.said, owner.runner_ready = said, begin
    runner.run()
    assert [one.frame.index for one in owner.seen] == list(range(len(owner.seen)))
    assert len(owner.seen) >= 40
    assert max(under_way) == 2
    assert at_work
    assert set(at_work) == {0}
    assert owner.warnings == []
