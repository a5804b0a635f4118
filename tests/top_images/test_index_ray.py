"""On a Ray cluster an index is the same, also where a worker dies."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import psutil
import pytest
from helpers.indexed import LAYERS, files

from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.top_images import index, make_spec

pytest.importorskip("ray")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Ray's own
def test_a_worker_that_dies_costs_time_and_nothing_else(network, pictures, tmp_path):
    from nnvis.top_images.ray_backend import on_ray

    spec = make_spec(network, ModelRequest("tiny", "cpu"), str(pictures), LAYERS, bottom=True)
    spec = replace(spec, shard=64)
    killed = []

    def kill_one(step):
        if not killed and 0 < step.done < 1000:
            family = psutil.Process().children(recursive=True)
            workers = [one for one in family if "ray::IndexWorker" in " ".join(one.cmdline())]
            os.kill(workers[0].pid, signal.SIGKILL)
            killed.append(workers[0].pid)

    out = drain(index(network, spec, tmp_path / "ray", 0, on_ray(None, 2)), kill_one)
    assert killed
    alone = drain(index(network, spec, tmp_path / "alone", 0))
    assert files(out) == files(alone)
