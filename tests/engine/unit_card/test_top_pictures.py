"""The top pictures of a unit: read from an index, measured and followed back."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from nnvis.bench.saturated_session import SaturatedSession
from nnvis.engine.protocol.job import JobState
from nnvis.engine.protocol.request import Request
from nnvis.engine.unit_card import export as card_export
from nnvis.engine.unit_card import top_pictures
from nnvis.errors import UserError
from nnvis.export import read_meta
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.probe import record
from nnvis.progress import drain
from nnvis.sources import open_source
from nnvis.top_images import Index, index, make_spec
from nnvis.views.backward import deconv
from nnvis.views.request import AttributionRequest

LAYER, UNIT = "conv2", 3


@pytest.fixture(scope="module")
def network():
    return load("tiny")


@pytest.fixture
def indexed(network, tmp_path):
    """An index of 12 pictures, and their folder."""
    random = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(12):
        coarse = random.integers(0, 256, (4, 4, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        Image.fromarray(coarse).save(folder / f"{number}.png")
    spec = make_spec(network, ModelRequest("tiny", "cpu"), str(folder), [LAYER], top=4)
    return drain(index(network, spec, tmp_path / "index", 0)), folder


@pytest.fixture
def mill():
    mill = SaturatedSession(ModelRequest("tiny"), [open_source("sample:chelsea").read()])
    yield mill
    assert mill.close() == []


def test_the_pictures_are_measured_and_followed_back_as_the_views_do(indexed, mill, network):
    path, _ = indexed
    info = mill.step().info
    found = top_pictures.look_up(path, info, LAYER, UNIT)
    assert [one.fed for one in found.pictures] == [None] * 4
    assert found.seen == 12
    assert found.highest == pytest.approx(found.pictures[0].value)
    found = top_pictures.read_pictures(path, info, found)

    job = mill.session.submit(top_pictures.measure(info.weights_hash, found))
    mill.wait_for(lambda: job.state is JobState.DONE)
    own = replace(found, means=job.result)
    with torch.inference_mode(), record(network, [LAYER]) as seen:
        maps = []
        for one in found.pictures:
            network(network.tensor(one.fed))
            maps.append(seen[LAYER][0, UNIT].clone())
    assert own.most == pytest.approx(max(float(one.mean()) for one in maps), rel=1e-4)
    for one, values in zip(found.pictures, maps, strict=True):
        assert float(values[one.cell]) == pytest.approx(one.value, rel=1e-4)

    job = mill.session.submit(
        top_pictures.attribute(info.weights_hash, found, 1, "deconv", Request(LAYER, UNIT))
    )
    mill.wait_for(lambda: job.state is JobState.DONE)
    one = found.pictures[1]
    x = network.tensor(one.fed)
    expected = deconv(network, x, layer=LAYER, unit=UNIT, cells=one.cell)[0].numpy()
    assert np.allclose(job.result.values, expected, atol=1e-6)
    assert np.abs(expected).max() > 0


def test_the_card_in_files_has_the_top_pictures_and_what_drove_the_unit(indexed, mill, tmp_path):
    path, _ = indexed
    mill.session.select(Request(LAYER, UNIT, attribution=AttributionRequest("gradient")))
    mill.wait_for(lambda: mill.step().attribution is not None)
    shown = mill.step()
    found = top_pictures.read_pictures(
        path, shown.info, top_pictures.look_up(path, shown.info, LAYER, UNIT)
    )
    job = mill.session.submit(card_export.export(shown, [], tmp_path, "x", found))
    mill.wait_for(lambda: job.state is JobState.DONE)
    names = {one.name for one in job.result}
    assert names == {"card.png", "map.png", "overlay.png", "back.png"} | {
        name for at in range(4) for name in (f"top_{at}.png", f"top_{at}_deconv.png")
    }
    told = read_meta(job.result[0])
    assert [one["value"] for one in told["top_pictures"]] == [one.value for one in found.pictures]


def test_a_picture_that_is_gone_leaves_its_thumbnail_and_says_so(indexed, mill):
    path, folder = indexed
    info = mill.step().info
    found = top_pictures.look_up(path, info, LAYER, UNIT)
    (folder / found.pictures[0].name.rpartition("/")[2]).unlink()
    found = top_pictures.read_pictures(path, info, found)
    assert found.pictures[0].fed is None
    assert found.pictures[0].thumbnail is not None
    assert found.pictures[1].fed is not None
    with pytest.raises(UserError, match="does not exist"):
        top_pictures.attribute(info.weights_hash, found, 0, "deconv", Request(LAYER, UNIT))


def test_a_frame_of_a_stream_is_never_taken_from_the_place_where_the_stream_was(
    indexed, mill, monkeypatch
):
    path, _ = indexed
    info = mill.step().info
    found = top_pictures.look_up(path, info, LAYER, UNIT)
    top = Index.top

    def kept_of_stream(self, layer, unit, side="top"):
        return tuple(replace(one, sha256="") for one in top(self, layer, unit, side))

    monkeypatch.setattr(Index, "top", kept_of_stream)
    found = top_pictures.read_pictures(path, info, found)
    assert all(one.fed is None and "stream" in one.problem for one in found.pictures)


def test_an_index_of_another_network_is_refused(indexed, mill):
    path, _ = indexed
    info = replace(mill.step().info, weights_hash="f" * 16)
    with pytest.raises(UserError, match="not of this network"):
        top_pictures.look_up(path, info, LAYER, UNIT)
    with pytest.raises(UserError, match="has no conv1; it has conv2"):
        top_pictures.look_up(path, mill.step().info, "conv1", UNIT)
