"""Networks of many kinds open without settings and can be looked at forward and back."""

import time
from functools import partial

import numpy as np
import pytest
from helpers.nets import OWN
from torch import nn

from nnvis.bench.model_sweep import SweepRow, examine, table
from nnvis.models import VisionModel, load
from nnvis.sources.frame import Frame

SMALL = [
    *("squeezenet1_1", "mobilenet_v3_small", "shufflenet_v2_x0_5", "mnasnet0_5"),
    *("regnet_x_400mf", "googlenet", "lraspp_mobilenet_v3_large"),
]
TINY = [
    *("test_resnet", "test_efficientnet", "test_convnext", "test_vit", "test_byobnet"),
    *("test_mambaout", "test_nfnet", "test_vit4"),
]
LARGER = ["ghostnet_050", "efficientvit_b0"]
NETWORKS = {
    **{name: partial(load, f"torchvision/{name}", input_size=(96, 96)) for name in SMALL},
    **{name: partial(load, f"timm/{name}") for name in TINY},
    **{name: partial(load, f"timm/{name}", input_size=(96, 96)) for name in LARGER},
}


@pytest.fixture(scope="module")
def frame():
    picture = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    return Frame(picture, 0, time.monotonic(), "noise")


@pytest.fixture
def few_places_asked(monkeypatch):
    """That cells lie where they are drawn has tests of its own: here it is asked at all."""
    monkeypatch.setattr("nnvis.bench.places.COARSE", 2)
    monkeypatch.setattr("nnvis.bench.places.FINE_SHOWN", 2)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*init:FutureWarning")
@pytest.mark.parametrize("name", [*NETWORKS, *OWN])
def test_everything_can_be_seen_of(name, frame, few_places_asked):
    start = OWN[name] if name in OWN else partial(NETWORKS[name], random_weights=True)
    row = examine(name, start, frame)
    assert row.refused == ""
    assert row.layers > 0
    assert row.places is not None
    assert (row.grid, row.top, row.gradient, row.deconv) == (True, True, True, True)


def test_a_network_that_fails_is_a_line_of_the_table(frame):
    rows = [
        examine("broken", lambda: VisionModel(nn.Linear(7, 3)), frame),
        examine("missing", lambda: load("timm/resnet99"), frame),
    ]
    assert [row.layers for row in rows] == [0, 0]
    assert "does not take 3 x 224 x 224 pixels" in rows[0].refused
    assert "timm has no model 'resnet99'" in rows[1].refused
    written = table([*rows, SweepRow("good", 5, 5, True, True, True, True)]).splitlines()
    assert written[4].startswith("| good | 5 | 5 | yes | yes | yes | yes |")
    assert any(
        line.startswith("3 networks: opened 1, grid 1, gradient 1, deconv 1, refused")
        for line in written
    )
