"""The tour's layers for edges, textures and parts are those that measuring finds."""

from __future__ import annotations

import pytest

from nnvis.bench.tour_layers import kept_when_shuffled, tour_layers
from nnvis.gui.guide.tour import LAYERS
from nnvis.models import load
from nnvis.models.info import ModelRequest

BLOCKS = [f"blocks.{number}" for number in range(7)]


@pytest.fixture(scope="module")
def network():
    return load(ModelRequest().spec)


def test_the_tour_goes_to_the_layers_that_measuring_finds(network):
    assert list(tour_layers(network, BLOCKS).values()) == list(LAYERS.values())


def test_the_deeper_a_layer_the_less_of_it_survives_a_shuffle(network):
    kept = list(kept_when_shuffled(network, BLOCKS).values())
    assert kept == sorted(kept, reverse=True)
    assert kept[0] > 0.99
