"""What most tests of the engine look at: the small network, what is known of it, a photograph."""

import pytest

from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.sources import open_source


@pytest.fixture(scope="module")
def model():
    return load("tiny")


@pytest.fixture(scope="module")
def info(model):
    return model.info(ModelRequest("tiny"))


@pytest.fixture(scope="module")
def frame():
    return open_source("sample:chelsea").read()
