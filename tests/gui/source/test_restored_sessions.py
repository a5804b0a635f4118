"""A session file brings the window back: frozen where it was, kept frames are the very ones."""

from __future__ import annotations

import math
import time

import av
import numpy as np
import pytest
from helpers.laid_out import laid_out

from nnvis.engine.protocol.observe import BoardKind
from nnvis.engine.protocol.unit_order import GivenOrder
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window.app import Program
from nnvis.models.info import ModelRequest
from nnvis.sources import open_source
from nnvis.sources.frame import Frame
from nnvis.sources.source import Control, SourceState, Status
from nnvis.views.request import LOGITS, Ablation, AttributionRequest

TINY = ModelRequest("tiny", "cpu")


class FakeCamera:
    """Noise that never comes again."""

    spec, title, controls = "camera:0", "a camera", frozenset()
    status = Status(SourceState.LIVE)

    def __init__(self):
        self.count, self.last = 0, 0.0

    def due(self):
        return self.last + 0.05

    def read(self):
        self.last, self.count = time.monotonic(), self.count + 1
        picture = np.random.default_rng(self.count).integers(0, 256, (40, 60, 3), np.uint8)
        return Frame(picture, self.count, self.last, self.spec)

    def control(self, control, value):
        """It has none."""

    def close(self):
        self.last = math.inf


def opener(spec):
    return FakeCamera() if spec == "camera:0" else open_source(spec)


@pytest.fixture
def start(qtbot, dressed):
    made = []

    def begin(**options):
        program = Program(opener)
        made.append(program)
        qtbot.addWidget(program.window)
        program.window.resize(1100, 700)
        program.window.show()
        program.begin(WindowOptions(**options))
        qtbot.waitUntil(lambda: program.controller.shown is not None)
        return program

    yield begin
    for program in made:
        program.window.close()
        assert program.stuck == []


def film(folder):
    path = folder / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 40, 40, "yuv444p"
        for number in range(30):
            picture = np.random.default_rng(number).integers(0, 256, (40, 40, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return str(path)


def saved(qtbot, program, path):
    qtbot.waitUntil(lambda: laid_out(program))
    program.window.pages["sessions"].save(path)
    qtbot.waitUntil(path.exists)
    qtbot.waitUntil(lambda: program.window.pages["sessions"].idle)
    shown = program.controller.shown
    return shown.sheet.picture, shown.fed, shown.top


def save_frozen(qtbot, program, folder):
    program.settings.snapshot_folder = str(folder)
    program.window.commands["save"].trigger()
    qtbot.waitUntil(lambda: any(folder.glob("*unit*sheet.png")))
    qtbot.waitUntil(lambda: any(folder.glob("*input.png")) and any(folder.glob("*board.png")))
    return folder.glob("*sheet.png")


def same(program, before):
    shown = program.controller.shown
    if shown is None or shown.request != program.controller.view_state.request:
        return False
    sheet, fed, top = before
    return bool(
        np.array_equal(shown.sheet.picture, sheet) and np.array_equal(shown.fed, fed)
    ) and shown.top == top  # fmt: skip


def test_a_frozen_frame_of_a_video_is_frozen_again_and_goes_on_from_there(qtbot, start, tmp_path):
    program = start(source=film(tmp_path), model_request=TINY, layer="conv1", unit=2)
    controller = program.controller
    controller.control(Control.SEEK, 0.48)
    qtbot.waitUntil(lambda: bool(controller.shown) and controller.shown.frame.position >= 0.48)
    controller.freeze(True)
    qtbot.wait(300)
    controller.set_ablations((Ablation("conv1", 1),))
    controller.order_units("activation", GivenOrder("conv1", (5, 2, 7), text="of another frame"))
    qtbot.waitUntil(
        lambda: bool(controller.shown) and controller.shown.request == controller.view_state.request
    )
    position = controller.shown.frame.position
    program.window.pages["board"].add(BoardKind.MAP)
    program.window.pages["board"].add(BoardKind.INPUT)
    program.window.commands["board"].trigger()
    qtbot.waitUntil(lambda: controller.shown.request == controller.view_state.request)
    path = tmp_path / "frozen.nnvis"
    before = saved(qtbot, program, path)
    picture = next(save_frozen(qtbot, program, tmp_path / "shot"))
    program.window.close()
    again = start(session=str(path))
    qtbot.waitUntil(lambda: again.session.frozen)
    qtbot.waitUntil(lambda: same(again, before))
    shown = again.controller.shown
    assert shown.frame.position == position
    assert shown.sheet.order.units.tolist() == [5, 2, 7]
    assert again.controller.view_state.request.ablation.units == (Ablation("conv1", 1),)
    assert [card.title for card in again.window.pages["board"].cards] == ["conv1 2", "input"]
    assert again.window.pages["board"].isVisible()
    again.window.commands["freeze"].trigger()
    assert not again.session.frozen
    again.controller.open_source("sample:coffee")
    again.controller.order_units("number")
    qtbot.waitUntil(lambda: again.controller.view_state.source == "sample:coffee")
    again.window.opening.open_path(str(picture))  # its PNG knows the frame and the freeze, too
    qtbot.waitUntil(lambda: again.session.frozen)
    qtbot.waitUntil(lambda: same(again, before))
    assert again.controller.shown.frame.position == position


def test_a_kept_frame_of_a_camera_comes_back_and_no_camera_is_opened(qtbot, start, tmp_path):
    program = start(source="camera:0", model_request=TINY, layer="conv2", unit=1)
    controller = program.controller
    controller.freeze(True)
    qtbot.wait(200)
    controller.set_attribution(AttributionRequest("gradcam", LOGITS, 2, pinned=True))
    controller.pin_origin(LOGITS, 2)
    qtbot.waitUntil(
        lambda: bool(controller.shown) and controller.shown.request == controller.view_state.request
    )
    path = tmp_path / "camera.nnvis"
    before = saved(qtbot, program, path)
    program.window.pages["sessions"].add_bookmark()
    frame = controller.shown.frame
    program.window.commands["freeze"].trigger()
    qtbot.waitUntil(lambda: bool(controller.shown) and controller.shown.frame.index > frame.index)
    program.window.pages["sessions"].open(str(path))  # the camera is on: its frame, frozen
    qtbot.waitUntil(lambda: program.session.frozen)
    qtbot.waitUntil(lambda: same(program, before))
    assert controller.report.spec == "camera:0"
    program.window.close()
    again = start(session=str(path))
    qtbot.waitUntil(lambda: same(again, before))
    assert again.controller.report.spec == "kept:camera:0"
    assert again.settings.source != "kept:camera:0"
    assert again.controller.view_state.request.attribution.pinned


def test_the_order_that_is_kept_is_the_one_asked_not_that_of_the_last_answer(qtbot, start):
    controller = start(source="demo", model_request=TINY, layer="conv1", unit=2).controller
    controller.order_units("activation")
    qtbot.waitUntil(
        lambda: controller.shown is not None and controller.shown.sheet.order is not None
    )
    assert len(controller.saved_view.request.order.given.units) == 8
    controller.order_units("number")
    assert controller.last.sheet.order is not None  # nothing has answered yet
    assert controller.saved_view.request.order.plain


def test_a_session_that_cannot_be_had_leaves_the_window_as_it_was(qtbot, start, tmp_path):
    path = tmp_path / "a.nnvis"
    path.write_bytes(b"nothing")
    program = start(session=str(path), source="sample:coffee", model_request=TINY)
    assert "a.nnvis is no session" in program.window.banner.text.text()
    assert program.controller.shown.frame.source == "sample:coffee"


def test_a_session_of_code_that_was_not_run_here_runs_nothing(qtbot, start, tmp_path):
    (tmp_path / "net.py").write_text("open('ran', 'w')\ndef make(): ...\n")
    program = start(source="sample:coffee", model_request=TINY)
    page, controller = program.window.pages["sessions"], program.controller
    controller.model_request = ModelRequest(f"{tmp_path}/net.py:make", "cpu")
    path = tmp_path / "code.nnvis"
    saved(qtbot, program, path)
    controller.model_request = TINY
    page.open(str(path))
    qtbot.waitUntil(program.window.banner.isVisible)
    assert "net.py" in program.window.banner.text.text()
    assert controller.report.spec == "sample:coffee"
    assert not (tmp_path / "ran").exists()
