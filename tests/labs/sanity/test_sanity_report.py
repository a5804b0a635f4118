"""The report of the sanity check: each view is judged where half of the layers are random."""

import pytest
from torch import nn

from nnvis.labs.sanity import run
from nnvis.models import VisionModel
from nnvis.progress import drain
from nnvis.sources import open_source

pytestmark = pytest.mark.usefixtures("drawn_by_day")


@pytest.mark.parametrize("count", [4, 5])
def test_slow_views_are_judged_at_the_half_too(tmp_path, monkeypatch, count):
    layers = [nn.Conv2d(3, 3, 3, padding=1) for _ in range(count - 1)]
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    model = VisionModel(network.eval(), input_size=(16, 16), name="odd")

    def loaded(_model_request):
        return model
        yield

    monkeypatch.setattr(run, "load_steps", loaded)
    monkeypatch.setattr(run, "SLOW_VIEWS", {"occlusion": run.SLOW_VIEWS["occlusion"]})
    monkeypatch.setattr(run, "VIEWS", {"gradient": run.VIEWS["gradient"]})
    monkeypatch.setattr(run, "_ask", lambda *given: given[-1] * next(given[-2].parameters()).sum())
    drain(run.sanity(None, [open_source("sample:coffee").read()], tmp_path))
    rows = [line.split(",") for line in (tmp_path / "curves.csv").read_text().splitlines()]
    shares = [float(row[2]) for row in rows if row[1] == "occlusion"]
    assert 0.5 <= shares[0] <= 0.6
    assert shares[-1] == 1
    page = (tmp_path / "report.html").read_text()
    assert "2 of 2 views still have a rank correlation of more than 0.5" in page  # all of one order
    assert page.index("rank correlation of more") < page.index("<figure>")
    assert page.index("<figure>") < page.index("What was done")
    assert (tmp_path / "values.png").is_file()
