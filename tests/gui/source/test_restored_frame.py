"""A snapshot brings back the very frame: of a video, a folder, pages and a drawn stream."""

import av
import numpy as np
import pytest
from PIL import Image

from nnvis.engine.saving.metadata import describe
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window.app import Program
from nnvis.models.info import ModelRequest
from nnvis.sources.source import Control


def plain(level):
    return Image.new("RGB", (40, 40), (level, 60, 255 - level))


def video(folder):
    path = folder / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 40, 40, "yuv444p"
        for number in range(20):
            picture = np.asarray(plain(10 * number))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def many(folder):
    for number in range(4):
        plain(40 * number).save(folder / f"{number}.png")
    return folder


def pages(folder):
    plain(9).save(folder / "a.tif", save_all=True, append_images=[plain(90), plain(190)])
    return folder / "a.tif"


def moving(folder):
    path = folder / "a.gif"
    plain(9).save(path, save_all=True, append_images=[plain(90), plain(190)], duration=70)
    return path


def position(controller):
    return controller.shown.frame.position if controller.shown is not None else None


@pytest.mark.parametrize("make", [video, many, pages, moving, lambda _: "pattern:noise"])
def test_a_snapshot_brings_its_frame_back(qtbot, dressed, tmp_path, make):
    program = Program()
    qtbot.addWidget(program.window)
    controller = program.controller
    program.window.show()
    source = str(make(tmp_path))
    program.begin(WindowOptions(source=source, model_request=ModelRequest("tiny", "cpu")))
    qtbot.waitUntil(
        lambda: controller.shown is not None and controller.shown.frame.source == source
    )
    controller.control(Control.PAUSE, 1)
    controller.control(Control.STEP, 2)
    qtbot.waitUntil(lambda: (position(controller) or 0) > 0)
    frame, meta = controller.shown.frame, describe(controller.shown, "sheet")
    for elsewhere in ("sample:coffee", source):  # from another source, and from the same
        controller.open_source("sample:coffee")
        qtbot.waitUntil(lambda: controller.view_state.source == "sample:coffee")
        if elsewhere == source:
            controller.open_source(source)
            qtbot.waitUntil(lambda: controller.view_state.source == source)
        controller.restore(meta)
        qtbot.waitUntil(
            lambda: (
                controller.shown is not None
                and controller.shown.frame is not frame
                and controller.shown.frame.label == frame.label
                and np.array_equal(controller.shown.frame.picture, frame.picture)
            )
        )
    program.window.close()
    assert program.stuck == []
