"""On a Ray cluster the pass over labelled pictures is the same, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nnvis.error_analysis.labelled import read_labelled
from nnvis.error_analysis.measure import ARRAYS, measure
from nnvis.error_analysis.spec import make_pass_spec
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load
from nnvis.progress import drain

pytest.importorskip("ray")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Ray's own
def test_shards_of_a_cluster_are_those_of_one_machine(tmp_path):
    from nnvis.error_analysis.ray_backend import pass_on_ray

    die = np.random.default_rng(0)
    for row in range(600):  # three shards, the last one short
        folder = tmp_path / "pictures" / str(row % 2)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(die.integers(0, 256, (40, 40, 3), np.uint8)).save(folder / f"{row}.png")
    (tmp_path / "pictures" / "0" / "300.png").write_bytes(b"no picture")
    model = load("tiny", "cpu")
    pictures = read_labelled(str(tmp_path / "pictures"), None, None, model.classes)
    spec = make_pass_spec(model, ModelRequest("tiny", "cpu"), pictures)
    engine = pass_on_ray(None, 2)
    far = drain(measure(model, spec, pictures, tmp_path / "ray", 0, engine))
    near = drain(measure(model, spec, pictures, tmp_path / "alone", 0))
    for name in (*ARRAYS, "places"):
        assert np.array_equal(getattr(far, name), getattr(near, name), equal_nan=True), name
    assert far.skipped == near.skipped
    assert len(far.skipped) == 1
