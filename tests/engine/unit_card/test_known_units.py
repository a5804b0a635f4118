"""What an index says of every unit of a layer: its top picture, and the folder it fires for."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnvis.engine.unit_card.known_units import KnownUnit, known_units
from nnvis.errors import UserError
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.top_images import Index, index, make_spec

LAYER = "conv2"


def make_index(folder, kinds):
    network, random = load("tiny"), np.random.default_rng(0)
    for kind, colour in kinds.items():
        (folder / "pictures" / kind).mkdir(parents=True)
        for number in range(8):
            noise = random.integers(0, 60, (4, 4, 3)) + np.array(colour)
            picture = noise.astype(np.uint8).repeat(8, 0).repeat(8, 1)
            Image.fromarray(picture).save(folder / "pictures" / kind / f"{number}.png")
    request = ModelRequest("tiny", "cpu")
    spec = make_spec(network, request, str(folder / "pictures"), [LAYER], top=5)
    return drain(index(network, spec, folder / "index", 0)), network.info(request)


def test_units_fire_for_the_folder_that_most_of_their_top_pictures_lie_in(tmp_path):
    path, info = make_index(tmp_path, {"red": (190, 0, 0), "blue": (0, 0, 190)})
    found = known_units(path, info, LAYER).units
    assert sorted(found) == list(range(16))
    for unit, known in found.items():
        tops = Index(path).top(LAYER, unit)
        counts = Counter(Path(one.reference.name).parent.name for one in tops)
        assert counts[known.folder] == max(counts.values())
        assert known.share == counts[known.folder] / len(tops)
        assert known.pictures == len(tops) == 5
        np.testing.assert_array_equal(known.thumbnail, tops[0].thumbnail())
    assert {one.folder for one in found.values()} == {"red", "blue"}
    with pytest.raises(UserError, match="has no conv1; it has conv2"):
        known_units(path, info, "conv1")


def test_one_folder_tells_nothing_and_a_unit_without_a_majority_is_mixed(tmp_path):
    path, info = make_index(tmp_path, {"only": (90, 90, 90)})
    assert {one.text for one in known_units(path, info, LAYER).units.values()} == {""}
    assert KnownUnit(None, "bagel", 0.8, 10).text == "bagel 80 %"
    assert KnownUnit(None, "bagel", 0.4, 10).text == "mixed (bagel 40 %)"
