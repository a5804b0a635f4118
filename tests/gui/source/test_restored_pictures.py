"""A saved picture brings back all that it shows: by its own metadata, every picture of a look."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import av
import numpy as np
import pytest
from helpers.laid_out import laid_out
from PIL import Image
from pytestqt.exceptions import TimeoutError

from nnvis.engine.protocol.observe import LensRequest, LensTopic, Pin, Trigger, TriggerAction
from nnvis.engine.protocol.request import AblationRequest, AttackRequest, GridShows, Request
from nnvis.engine.saving.session_file import read_session, write_session
from nnvis.engine.saving.sheets import save_shown
from nnvis.export import read_meta
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window.app import Program
from nnvis.imaging.attribution_options import Display, DisplayKind, DisplayOver
from nnvis.imaging.colour_options import Range, Shading
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.progress import drain
from nnvis.sources.source import Control
from nnvis.views.request import LOGITS, Ablation, AblationMode, AttributionRequest

SLOW = "integrated_gradients"
TINY = ModelRequest("tiny", "cpu")
CODE = """
from torch import nn
class Net(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 6, 5), nn.ReLU(), nn.Conv2d(6, 8, 3), nn.AdaptiveAvgPool2d(1),
            nn.Flatten(), nn.Linear(8, 4),
        )
"""


def looks(folder):
    """Fourteen looks: what is loaded, what is opened, which frame, what is asked."""
    pages = folder / "pages"
    pages.mkdir()
    for number in range(4):
        picture = np.random.default_rng(number).integers(0, 255, (50, 70, 3), np.uint8)
        Image.fromarray(picture).resize((300, 210)).save(pages / f"{number}.png")
    with av.open(str(folder / "a.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 70, 50, "yuv444p"
        for number in range(20):
            picture = np.roll(np.asarray(Image.open(pages / "1.png").resize((70, 50))), number, 1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    (folder / "nets.py").write_text(CODE)
    net = ModelRequest(f"{folder}/nets.py:Net", "cpu", seed=5, input_size=(40, 56))
    coffee, cat, film = "sample:coffee", "sample:chelsea", str(folder / "a.mkv")
    off = (Ablation("conv1", 0), Ablation("conv1", 1, AblationMode.CLAMP, 1.0, -0.1, 0.1))
    ask, back, show = Request, AttributionRequest, Display
    return {
        "gamma and pins": (TINY, coffee, 0, ask("conv1", 3, Shading(Range.UNIT, gamma=0.5))),
        "range": (TINY, coffee, 0, ask("conv2", 5, Shading(Range.FIXED, -0.5, 2, boost=0.3))),
        "stretch": (TINY, cat, 0, ask("conv1", 1, Shading(signed_colormap="vik"), Fit.STRETCH)),
        "whole": (TINY, cat, 0, ask("conv2", 2, Shading(colormap="magma"), Fit.WHOLE)),
        "class": (TINY, cat, 0, ask("conv2", attribution=back("gradient", LOGITS, 3, pinned=True))),
        "cell": (TINY, coffee, 0, ask("conv2", 4, attribution=back("guided", cells=(2, 3)),
                                      grid=GridShows.BACKWARD)),
        "cam": (TINY, coffee, 0, ask("conv2", 1, display=show(over=DisplayOver.INPUT, strength=0.3),
                                     attribution=back("gradcam", LOGITS, 2, pinned=True))),
        "slow": (TINY, cat, 0, ask("conv2", 1, display=show(DisplayKind.BLURRED, blur=2.0),
                                   attribution=back(SLOW, parameters=(("steps", 12),)))),
        "off": (TINY, coffee, 0, ask("conv2", 1, ablation=AblationRequest(off))),
        "off as it is": (TINY, cat, 0, ask("conv2", ablation=AblationRequest(off, compared=False))),
        "video": (TINY, film, 7, ask("conv1", 2)),
        "folder": (replace(TINY, seed=4), str(pages), 2, ask("conv1", 1, fit=Fit.WHOLE)),
        "factory": (net, cat, 0, ask("2", 3)),
        "attack": (TINY, coffee, 0, ask("conv2", 2, attack=AttackRequest("linf", 6 / 255, steps=3,
                                                                         target=1))),
    }  # fmt: skip


@pytest.fixture
def program(qtbot, dressed):
    made = Program()
    qtbot.addWidget(made.window)
    made.window.resize(1280, 800)
    made.window.show()
    made.begin(WindowOptions(source="sample:coffee", model_request=TINY))
    qtbot.waitUntil(lambda: made.controller.shown is not None)
    yield made
    made.window.close()
    assert made.stuck == []


def pictures(program):
    """All that a snapshot would write now, empty while something is under way."""
    controller = program.controller
    shown, still = controller.shown, program.window.context.saving.still()
    asked = controller.view_state.request
    if shown is None or shown.request.origin != asked.origin or shown.request.fit != asked.fit:
        return {}
    found = {"sheet": shown.sheet.picture, "overlay": shown.unit.overlay, "fed": shown.fed}
    looked = still or shown
    if looked.attribution is not None:
        found["back"] = looked.attribution.picture
    return found


def differing(first, second):
    return [
        name
        for name in sorted({*first, *second})
        if not np.array_equal(first.get(name), second.get(name))
    ]


def show(qtbot, program, look):
    """Look as a person would have got there by hand."""
    model_request, source, step, asked = look
    controller = program.controller
    controller.set_attack(None)
    controller.set_attribution(None)
    controller.set_ablations(())
    if model_request != controller.model_request:
        controller.run_model(model_request)
        qtbot.waitUntil(lambda: controller.model_request == model_request)
    controller.open_source(source)
    qtbot.waitUntil(lambda: bool(controller.shown and controller.shown.frame.source == source))
    if step:
        controller.control(Control.PAUSE, 1)
        controller.control(Control.STEP, step)
        qtbot.waitUntil(lambda: bool(controller.shown and controller.shown.frame.position))
    controller.go(asked.layer, asked.unit)
    controller.shade(asked.shading)
    controller.set_fit(asked.fit)
    controller.set_display(asked.display)
    controller.set_attribution(asked.attribution)
    if asked.attribution is not None and asked.attribution.pinned:
        controller.pin_origin(asked.attribution.layer, asked.attribution.unit)
    controller.set_grid(asked.grid)
    controller.set_ablations(asked.ablation.units)
    controller.compare(asked.ablation.compared)
    controller.set_attack(asked.attack)
    slow = asked.attribution is not None and asked.attribution.view == SLOW

    def there():
        last = controller.shown
        return (
            bool(pictures(program))
            and (not slow or program.window.context.saving.still() is not None)
            and (
                asked.attack is None or (last.attack is not None and (last.attack.walked or 0) > 9)
            )
            and replace(last.request, layout=asked.layout, observe=asked.observe)
            == replace(controller.view_state.request, layout=asked.layout, observe=asked.observe)
        )

    qtbot.waitUntil(there)


@pytest.mark.slow
def test_every_picture_comes_back(qtbot, program, tmp_path):
    """From the metadata of each picture, and from a bookmark of a session that was read again."""
    controller, saved = program.controller, {}
    page = program.window.pages["sessions"]
    for number, (name, look) in enumerate(looks(tmp_path).items()):
        program.window.resize(1100 + 20 * number, 640 + 12 * number)  # other shapes of the sheet
        show(qtbot, program, look)
        if name == "gamma and pins":
            controller.set_pins((Pin("conv1", 3), Pin("conv2", 0)))
            controller.set_trigger(Trigger(3.0, False, TriggerAction.FREEZE, 7.0))
            qtbot.waitUntil(lambda: controller.last.observations.pins != ())
        if name == "whole":
            lens = program.window.pages["lens"]
            lens.turn_to(LensTopic.RECEPTIVE_FIELD)
            program.window.context.turn_to("lens")
            lens.point_at(0.9, 0.2)
            qtbot.waitUntil(lambda: controller.view_state.request.observe.lens is not None)
            qtbot.waitUntil(lambda: controller.last.observations.lens is not None)
        qtbot.waitUntil(lambda: laid_out(program) and bool(pictures(program)))
        snapshot, still = controller.shown, program.window.context.saving.still()
        folder = tmp_path / "saved" / str(number)
        paths = drain(save_shown(snapshot, folder, "x", still))
        saved[name] = SimpleNamespace(
            metas=[read_meta(path) for path in paths],
            pictures={path.stem: np.asarray(Image.open(path).convert("RGB")) for path in paths},
            request=snapshot.request,
        )
        page.add_bookmark()
        controller.set_pins(())
        controller.set_trigger(None)
        program.window.context.turn_to("unit")
    assert len(saved) == 14
    session = read_session(write_session(tmp_path / "all.nnvis", page.session))
    program.window.resize(1300, 700)
    ways = [  # each kind of picture leads back
        (name, partial(controller.restore, one.metas[number % len(one.metas)]))
        for number, (name, one) in enumerate(reversed(saved.items()))
    ]
    ways += [
        (name, partial(controller.go_back, mark.view))
        for name, mark in zip(saved, session.bookmarks, strict=True)
    ]
    for name, go in ways:
        one = saved[name]
        go()
        other = ["nothing is shown"]

        def back(one=one, other=other):
            shown, still = controller.shown, program.window.context.saving.still()
            if not pictures(program):
                return False
            folder = tmp_path / "again"
            paths = drain(save_shown(shown, folder, "x", still))
            again = {path.stem: np.asarray(Image.open(path).convert("RGB")) for path in paths}
            other[:] = differing(again, one.pictures)
            return not other

        with contextlib.suppress(TimeoutError):
            qtbot.waitUntil(back, timeout=30_000)
        assert not other, (name, other, controller.view_state.request)
        asked, was = controller.view_state.request, one.request
        assert asked.observe.pins == was.observe.pins, name
        assert asked.observe.trigger == was.observe.trigger, name
        lens = program.window.pages["lens"]
        assert lens.isVisible() == (was.observe.lens is not None), name
        if was.observe.lens is not None:
            assert (
                lens.lens
                == was.observe.lens
                == LensRequest(LensTopic.RECEPTIVE_FIELD, lens.lens.cell)
            )
    assert not program.window.banner.isVisible()


def test_other_weights_than_those_of_the_picture_are_told(qtbot, program, tmp_path):
    controller = program.controller
    paths = drain(save_shown(controller.shown, tmp_path, "x"))
    meta = read_meta(paths[0])
    controller.restore({**meta, "weights_hash": "0123456789abcdef"})
    assert "made with other weights of tiny (0123456789abcdef" in program.window.banner.text.text()
    controller.restore(meta)
    assert not program.window.banner.isVisible()


def test_what_is_done_to_the_frame_is_told_as_it_is_fitted(program, tmp_path, qtbot):
    told = {}
    for fit in Fit:
        program.controller.set_fit(fit)
        qtbot.waitUntil(
            lambda fit=fit: program.controller.shown and program.controller.shown.request.fit == fit
        )
        paths = drain(save_shown(program.controller.shown, tmp_path / fit, "x"))
        told[fit] = read_meta(paths[0])["preprocessing"]
    assert told[Fit.CROP].startswith("shorter side to 32 (bilinear), centre 32x32, RGB, mean 0.485")
    assert told[Fit.STRETCH].startswith("stretched to 32x32 (bilinear), RGB, mean 0.485")
    assert told[Fit.WHOLE].startswith("scaled to fit into 32x32 (bilinear), bars")
