"""On a Ray cluster features, passes over labelled pictures and indexes are those of one machine."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace

import numpy as np
import psutil
import pytest
import torch
from helpers.indexed import LAYERS, files
from PIL import Image

from nnvis.cluster import joined
from nnvis.error_analysis.labelled import read_labelled
from nnvis.error_analysis.measure import ARRAYS, measure, shard_file
from nnvis.error_analysis.spec import make_pass_spec
from nnvis.featurevis.parameters import DEFAULT, PRESETS
from nnvis.featurevis.save import save_features
from nnvis.featurevis.target import Target
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.top_images import index, make_spec

ray = pytest.importorskip("ray")
TINY = ModelRequest("tiny", "cpu")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # of Ray's own


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """One for all tests here: it takes longer to start than they do."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # as a worker has
    with joined(ray, None):
        yield
    assert not ray.is_initialized()  # what was started here has ended
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def model():
    return load("tiny", "cpu")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """600 in folders of two classes, one of which is no picture."""
    folder, die = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for row in range(600):
        (folder / str(row % 2)).mkdir(exist_ok=True)
        picture = die.integers(0, 256, (40, 40, 3), np.uint8)
        Image.fromarray(picture).save(folder / str(row % 2) / f"{row}.png", compress_level=1)
    (folder / "0" / "300.png").write_bytes(b"no picture")
    return folder


@pytest.mark.skipif("RAY_USAGE_STATS_ENABLED" in os.environ, reason="somebody has set what is told")
def test_a_cluster_of_this_machine_tells_its_maker_nothing():
    daemons = [one.environ() for one in psutil.Process().children(recursive=True)]
    # Two of them write their title over theirs.
    told = {one.get("RAY_USAGE_STATS_ENABLED") for one in daemons if "PATH" in one}
    assert told == {"0"}


def test_workers_make_the_same_feature_images(model, tmp_path):
    from nnvis.featurevis.ray_backend import spread

    parameters = replace(PRESETS[DEFAULT].parameters, steps=8)
    targets = [Target("conv2", unit) for unit in range(6)]
    one = {"batch": 2, "workers": 1}  # two share the work of the index below
    drain(spread(model, TINY, targets, parameters, tmp_path / "ray", **one))
    made = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "ray").glob("*.png")}
    assert len(made) == 6
    found = drain(save_features(model, "tiny", targets, parameters, tmp_path / "ray", batch=2))
    alone = drain(save_features(model, "tiny", targets, parameters, tmp_path / "alone", batch=2))
    for one, other in zip(found.report, alone.report, strict=True):
        images = [
            np.asarray(Image.open(tmp_path / where / one["file"])).astype(int)
            for where in ("ray", "alone")
        ]
        assert np.abs(images[0] - images[1]).max() <= 1
        assert one["reached"] == pytest.approx(other["reached"], rel=1e-4)
    assert made == {p.name: p.stat().st_mtime_ns for p in (tmp_path / "ray").glob("*.png")}


def test_shards_of_labelled_pictures_are_those_of_one_machine(model, pictures, tmp_path):
    from nnvis.error_analysis.ray_backend import pass_on_ray

    labelled = read_labelled(str(pictures), None, None, model.classes)
    spec = make_pass_spec(model, TINY, labelled)
    assert spec.count > 2 * spec.shard  # three shards, the last one short
    near = drain(measure(model, spec, labelled, tmp_path / "alone", 0))
    (tmp_path / "ray").mkdir()  # as a run leaves it that was killed after its first shard
    for path in (tmp_path / "alone" / "pass.json", shard_file(tmp_path / "alone", 0)):
        shutil.copy(path, tmp_path / "ray" / path.name)
    made = shard_file(tmp_path / "ray", 0).stat().st_mtime_ns
    far = drain(measure(model, spec, labelled, tmp_path / "ray", 0, pass_on_ray(None, 1)))
    assert shard_file(tmp_path / "ray", 0).stat().st_mtime_ns == made  # it is not made again
    for name in (*ARRAYS, "places"):
        assert np.array_equal(getattr(far, name), getattr(near, name), equal_nan=True), name
    assert far.skipped == near.skipped
    assert len(far.skipped) == 1


def test_a_worker_that_dies_costs_an_index_time_and_nothing_else(model, pictures, tmp_path):
    from nnvis.top_images.ray_backend import on_ray

    spec = make_spec(model, TINY, str(pictures), LAYERS, bottom=True, runner="pytorch")
    spec = replace(spec, shard=32)
    killed = []

    def kill_one(step):
        if not killed and 0 < step.done < 300:
            family = psutil.Process().children(recursive=True)
            workers = [one for one in family if "ray::IndexWorker" in " ".join(one.cmdline())]
            assert workers[0].nice() == psutil.Process().nice()
            os.kill(workers[0].pid, signal.SIGKILL)
            killed.append(workers[0].pid)

    out = drain(index(model, spec, tmp_path / "ray", 0, on_ray(None, 2)), kill_one)
    assert killed
    alone = drain(index(model, spec, tmp_path / "alone", 0))
    assert files(out) == files(alone)
