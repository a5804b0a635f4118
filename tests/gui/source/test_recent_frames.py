"""Going back in a stream: all that is shown is computed for the very frame of then."""

import numpy as np

from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window.app import Program
from nnvis.models.info import ModelRequest


def test_going_back_shows_the_frame_of_then_and_space_goes_on(qtbot, dressed):
    program = Program()
    qtbot.addWidget(program.window)
    window, controller, session = program.window, program.controller, program.session
    window.show()
    trace = window.pages["unit"].trace
    if trace is None:
        window.pages["unit"].add_trace()
        trace = window.pages["unit"].trace
    program.begin(WindowOptions("demo", ModelRequest("tiny", "cpu"), "conv1", 2))
    qtbot.waitUntil(lambda: controller.shown is not None and len(session.recent.frames) > 12)
    qtbot.waitUntil(lambda: window.source.recent.isVisible())
    window.commands["recent_back"].trigger()
    assert session.frozen
    frames = session.recent.frames
    chosen = frames[3]
    window.source.recent.show_frames(frames, None, live=True)
    window.source.recent.place.setSliderPosition(3)
    window.source.recent.place.sliderMoved.emit(3)
    qtbot.waitUntil(lambda: controller.shown is not None and controller.shown.frame is chosen)
    shown = controller.shown
    again = controller.view_state.info.preprocess.prepare(chosen, shown.request.fit)
    np.testing.assert_array_equal(shown.fed, again.picture)
    for command, place in (("recent_on", 4), ("recent_on", 5), ("recent_back", 4)):
        window.commands[command].trigger()
        qtbot.waitUntil(
            lambda place=place: bool(controller.shown)
            and controller.shown.frame is frames[place]
        )  # fmt: skip
    window.commands["recent_first"].trigger()
    qtbot.waitUntil(lambda: bool(controller.shown) and controller.shown.frame is frames[0])
    assert session.recent.frames == frames  # however long one looks
    assert window.source.recent.place.value() == 0
    assert trace.held == frames[0].time
    assert trace.points[-1].at <= max(one.time for one in frames)
    controller.go("conv2", 1)
    qtbot.waitUntil(lambda: controller.shown is not None)
    assert controller.shown.frame is frames[0]
    assert [one.at for one in trace.points] == [frames[0].time]  # of the other unit
    window.commands["freeze"].trigger()
    qtbot.waitUntil(
        lambda: bool(controller.shown) and controller.shown.frame.time > frames[-1].time
    )
    assert trace.held is None
    window.close()
    assert program.stuck == []
