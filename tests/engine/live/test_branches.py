"""Which layers run may depend on the picture: one that did not has no values, the rest goes on."""

from __future__ import annotations

import numpy as np
import pytest

from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import Request
from nnvis.engine.saving.sheets import save_layers
from nnvis.errors import UserError
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.sources.frame import Frame

NETS = """
from torch import nn

class Branch(nn.Module):
    def __init__(self):
        super().__init__()
        self.dark, self.bright, self.head = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3), nn.Linear(4, 3)

    def forward(self, x):
        way = self.bright if x.mean() > 0 else self.dark
        return self.head(way(x).mean((2, 3)))
"""


def test_a_layer_that_did_not_run_is_told_and_the_classes_go_on(tmp_path):
    (tmp_path / "nets.py").write_text(NETS)
    asked = ModelRequest(f"{tmp_path}/nets.py:Branch", input_size=(16, 16))
    model = load(asked.spec, input_size=(16, 16))
    info = model.info(asked)
    assert [one.name for one in info.layers] == [
        "dark",
        "bright",
        "head",
    ]  # grey alone would not tell
    dark = Frame(np.zeros((16, 16, 3), np.uint8), 0, 0.0, "dark")
    shown = process_frame(model, info, dark, Request("bright"), thumbnails=["bright", "head"])
    assert shown.silent
    assert shown.sheet.bad == 4 * 14 * 14
    assert len(shown.top) == 3
    assert not process_frame(model, info, dark, Request("head"), thumbnails=["bright"]).silent
    with pytest.raises(UserError, match="bright did not run on this picture"):
        drain(save_layers(model, info, dark, Request(), ["bright"], [], tmp_path / "out"))
    paths = drain(
        save_layers(model, info, dark, Request(), ["bright", "head"], [], tmp_path / "out")
    )
    assert len(paths) == 1
