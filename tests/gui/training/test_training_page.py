"""The window on a training: its numbers, its end, and the way to come by one."""

from __future__ import annotations

import torch
from torch import nn

import nnvis
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window.app import Program
from nnvis.models.info import ModelRequest


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)
    )


def step(net, optimiser, watch):
    x = torch.rand(4, 3, 16, 16)
    optimiser.zero_grad()
    loss = nn.functional.cross_entropy(net(x), torch.randint(0, 4, (4,)))
    loss.backward()
    optimiser.step()
    watch.step(x, loss)


def test_a_training_is_found_shown_and_its_end_is_told(qtbot):
    net = network()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    program = Program()
    window, controller = program.window, program.controller
    qtbot.addWidget(window)
    window.show()
    program.begin(WindowOptions(source="sample:coffee", model_request=ModelRequest("tiny")))
    qtbot.waitUntil(lambda: controller.shown is not None)
    page = window.pages["training"]
    told = []
    controller.failed.connect(lambda line, _details: told.append(line))
    with nnvis.watch(net, every=1, name="<b>mine</b>", quiet=True) as watch:
        window.commands["training"].trigger()
        assert page.form.isVisible()
        assert not page.board.isVisible()
        qtbot.waitUntil(lambda: _buttons(page.form) == ["<b>mine</b> (training)"])
        page.form.found.itemAt(0).widget().click()
        qtbot.waitUntil(lambda: watch._room.wanted)
        step(net, optimiser, watch)

        def seen():
            if page._report is None or page._report.step < watch.steps:
                return False
            return controller.last.info is controller.view_state.info

        qtbot.waitUntil(seen)
        step(net, optimiser, watch)
        qtbot.waitUntil(seen)
        assert page.board.isVisible()
        assert not page.form.isVisible()
        assert page.title.text().startswith("<b>mine</b>, step 2")
        assert controller.view_state.source == "training"
        rows = page.weights.texts
        assert {rows[1][0], rows[2][0]} == {"0.weight", "4.weight"}
        assert page.dead.texts[1][0] == "1"
        assert page.dead.texts[1][2] == "8"
        qtbot.waitUntil(lambda: page._lines[0].getData()[0].tolist() == [1, 2])
        assert not told
        assert controller.settings.model == "tiny"  # at the next start that is gone
        assert controller.settings.source == "sample:coffee"
    qtbot.waitUntil(lambda: bool(told))
    assert told == [f"{watch.address or controller.model_request.spec[7:]} has ended; "
                    "what is shown is its last"]  # fmt: skip
    assert controller.shown is not None
    page.leave.click()
    qtbot.waitUntil(lambda: page.form.isVisible())
    window.close()
    assert program.stuck == []


def test_what_is_typed_is_refused_in_one_line_or_taken(qtbot):
    program = Program()
    window = program.window
    qtbot.addWidget(window)
    window.show()
    page, told = window.pages["training"], []
    program.controller.failed.connect(lambda line, _details: told.append(line))
    window.commands["training"].trigger()
    page.form.address.setText("gpu-box:5555")
    page.form.attach.click()
    assert len(told) == 1
    assert "ssh -L 5555:127.0.0.1:5555 gpu-box" in told[0]
    chosen = []
    page.form.chosen.disconnect()
    page.form.chosen.connect(lambda *values: chosen.append(values))
    page.form.address.setText("127.0.0.1:5555")
    page.form.token.setText("secret")
    page.form.attach.click()
    assert chosen == [("127.0.0.1:5555", True)]
    assert page.form.token.text() == ""
    window.close()


def _buttons(form):
    widgets = [form.found.itemAt(at).widget() for at in range(form.found.count())]
    return [one.text() for one in widgets if hasattr(one, "click")]
