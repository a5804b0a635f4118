"""The widget holds the arrays of the window, and goes where it is told; its script shows them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import nnvis
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import Request
from nnvis.models.info import ModelRequest
from nnvis.sources import open_source

pytest.importorskip("anywidget")


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_click_and_a_layer_show_what_the_window_would():
    view = nnvis.open("tiny")
    frame = open_source("sample:chelsea").read()
    widget = view.widget("sample:chelsea", "conv3", 2)
    model = nnvis.models.load("tiny")
    info = model.info(ModelRequest("tiny"))

    def check():
        shown = process_frame(model, info, frame, Request(widget.layer, widget.unit))
        assert np.array_equal(pixels(widget.sheet), shown.sheet.picture[..., :3])
        assert np.array_equal(pixels(widget.overlay), shown.unit.overlay)
        assert np.array_equal(widget.snapshot.unit.values, shown.unit.values)
        assert widget.tiles["count"] == shown.sheet.grid.count
        assert [label for label, _ in widget.classes] == [one.label for one in shown.top]

    check()
    widget.set_state({"unit": 5})  # as the front end sends it
    check()
    assert "conv3 5" in widget.about
    widget.set_state({"layer": "conv2"})
    check()
    widget.set_state({"layer": "conv3", "unit": 15})
    widget.set_state({"layer": "conv1"})  # which has eight units
    assert widget.unit == 0
    check()
    widget.set_state({"layer": "<b>nosuch</b>"})
    assert "nosuch" in widget.problem
    assert "conv" in widget.layers[0]


def test_the_front_end_fetches_nothing_and_writes_text_as_text():
    from nnvis.api.widget import FRONT

    script = FRONT.read_text("utf-8")
    for word in (
        "http",
        "fetch(",
        "import ",
        "innerHTML",
        "eval(",
        "insertAdjacentHTML",
        "XMLHttp",
    ):
        assert word not in script
    assert "textContent" in script
