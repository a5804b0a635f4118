"""Small pictures, a small network, and how an index of them is made on this thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.indexed import LAYERS, small_shards
from PIL import Image

from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.top_images import index


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def network():
    return load("tiny")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """400 pictures in folders of a class each; many share their strongest values."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for number in range(400):  # four shards, the last of them short
        coarse = random.integers(0, 256, (4, 5, 3), np.uint8)
        if number % 7 == 0:
            coarse[:] = 90  # ties: these all are the same to the network
        picture = coarse.repeat(8, 0).repeat(8, 1)
        path = folder / f"class{number % 11}" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(picture).save(path, compress_level=1)
    return folder


@pytest.fixture
def make(network, tmp_path):
    """Index `source` into a folder of its own."""

    def run(source, name="out", workers=0, engine=None, **options) -> Path:
        layers = options.pop("layers", LAYERS)
        spec = small_shards(network, ModelRequest("tiny", "cpu"), str(source), layers, **options)
        return drain(index(network, spec, tmp_path / name, workers, engine))

    return run
