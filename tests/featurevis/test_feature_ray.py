"""On a Ray cluster a layer's preferred pictures are those of one machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from nnvis.featurevis.parameters import DEFAULT, PRESETS
from nnvis.featurevis.save import save_features
from nnvis.featurevis.target import Target
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain

pytest.importorskip("ray")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Ray's own
def test_workers_make_the_same_pictures(tmp_path):
    import torch

    from nnvis.featurevis.ray_backend import spread

    torch.set_num_threads(1)
    model, parameters = load("tiny"), replace(PRESETS[DEFAULT].parameters, steps=8)
    targets = [Target("conv2", unit) for unit in range(6)]
    drain(
        spread(model, ModelRequest("tiny", "cpu"), targets, parameters, tmp_path / "ray", batch=2)
    )
    made = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "ray").glob("*.png")}
    assert len(made) == 6
    found = drain(save_features(model, "tiny", targets, parameters, tmp_path / "ray", batch=2))
    alone = drain(save_features(model, "tiny", targets, parameters, tmp_path / "alone", batch=2))
    for one, other in zip(found.report, alone.report, strict=True):
        pictures = [
            np.asarray(Image.open(tmp_path / where / one["file"])).astype(int)
            for where in ("ray", "alone")
        ]
        assert np.abs(pictures[0] - pictures[1]).max() <= 1
        assert one["reached"] == pytest.approx(other["reached"], rel=1e-4)
    assert made == {p.name: p.stat().st_mtime_ns for p in (tmp_path / "ray").glob("*.png")}
