"""Features as colours and concepts, frame by frame: held, true of the frame, and put back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from nnvis.engine.attribution.concept_jobs import concepts_of_frames, concepts_of_index
from nnvis.engine.live.frame_loop import FrameLoop
from nnvis.engine.protocol.observe import FeatureColoursRequest, ObserveRequest
from nnvis.engine.protocol.request import AblationRequest, Request, fitted_to_model
from nnvis.engine.remote.wire import pack, unpack
from nnvis.engine.saving.metadata import describe, restore
from nnvis.engine.saving.sheets import save_shown
from nnvis.errors import UserError
from nnvis.export import read_meta
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.probe import record
from nnvis.progress import drain
from nnvis.sources.frame import Frame
from nnvis.sources.picture import read_picture
from nnvis.top_images import index, make_spec
from nnvis.views.features.concept_basis import ConceptParameters
from nnvis.views.features.concepts import without_concepts
from nnvis.views.request import ConceptsOff


class Bench:
    """A loop over made-up frames."""

    def __init__(self):
        self.model = load("tiny")
        self.info = self.model.info(ModelRequest("tiny"))
        self.warned = []
        self.loop = FrameLoop(self.model, self.info, Request(), lambda: None, self.warned.append)
        draw = np.random.default_rng(0)
        self.frames = [
            Frame(draw.integers(0, 256, (32, 32, 3), dtype=np.uint8), number, 0.0, "noise")
            for number in range(4)
        ]

    def look(self, number, request):
        self.loop.request = request
        self.loop.frames.put(self.info.preprocess.prepare(self.frames[number], request.fit))
        self.loop.take(0)
        self.loop.step()
        found = self.loop.snapshots.take()
        assert found is not None, self.warned
        return found


@pytest.fixture
def bench():
    return Bench()


def test_colours_hold_their_basis_until_another_one_is_asked_for(bench):
    request = Request("conv2", observe=ObserveRequest(colours=FeatureColoursRequest()))
    first = bench.look(0, request).observations.colours
    assert first.picture.shape == (*bench.info.layer("conv2").map_shape, 3)
    assert first.share == pytest.approx(first.basis_share, abs=1e-4)
    second = bench.look(1, request).observations.colours
    assert second.basis_frame == first.basis_frame == "frame 0"
    again = bench.look(0, request).observations.colours
    assert np.array_equal(again.picture, first.picture)
    anew = replace(request, observe=ObserveRequest(colours=FeatureColoursRequest(1)))
    third = bench.look(1, anew).observations.colours
    assert third.basis_frame == "frame 1"
    assert third.share >= second.share - 1e-6  # no other three directions hold more of a frame
    vector = replace(request, layer=bench.info.layers[-1].name)
    assert "no cells with places" in bench.look(1, vector).observations.colours.note


def test_the_cell_under_the_mouse_is_compared_with_all_others(bench):
    asked = FeatureColoursRequest(0, (1, 2))
    request = Request("conv2", observe=ObserveRequest(colours=asked))
    shot = bench.look(0, request)
    found = shot.observations.colours
    with torch.no_grad(), record(bench.model, ["conv2"]) as seen:
        bench.model(bench.model.tensor(shot.fed))
    maps = seen["conv2"][0]
    expected = torch.nn.functional.cosine_similarity(maps, maps[:, 1:2, 2:3], dim=0)
    assert np.allclose(found.likeness, expected.numpy(), atol=1e-5)
    assert found.painted.shape == shot.fed.shape


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
def test_a_concept_is_painted_says_what_the_class_loses_and_goes_off(bench):
    fed = [bench.info.preprocess.feed(one.picture, Request().fit) for one in bench.frames]
    job = concepts_of_frames(fed, "conv3", ConceptParameters(count=3))
    found = drain(job.start(bench.model))
    basis = found.basis
    assert len(found.tops) == 3
    assert found.tops[0][0].shape == fed[0].shape
    request = Request("conv3", observe=ObserveRequest(concepts=basis))
    shot = bench.look(0, request)
    reading = shot.observations.concepts
    assert sum(reading.areas) == pytest.approx(1, abs=0.01)
    x, own = bench.model.tensor(shot.fed), shot.top[0].index
    whole = bench.model.scores(bench.model(x))[0, own].item()
    assert reading.whole == pytest.approx(whole, abs=1e-5)
    with torch.no_grad(), without_concepts(bench.model, basis, [(1,)]):
        less = bench.model.scores(bench.model(x))[0, own].item()
    assert reading.shares[1] == pytest.approx(whole - less, abs=1e-5)
    off = replace(request, ablation=AblationRequest(concepts=ConceptsOff(basis, (1,))))
    changed = bench.look(0, off)
    top = {one.index: one.probability for one in changed.top}
    assert top.get(own, less) == pytest.approx(less, abs=1e-5)
    assert changed.unablated
    assert describe(changed, "sheet")["concepts_off"]["concepts"] == [1]
    other = replace(bench.info, weights_hash="f" * 16)
    assert fitted_to_model(off, other).ablation.concepts is None
    assert fitted_to_model(off, other).observe.concepts is None
    again = bench.look(0, request)
    assert again.top == shot.top


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
def test_a_frame_that_came_too_soon_for_the_shares_gets_them_when_there_is_time(bench):
    fed = [bench.info.preprocess.feed(one.picture, Request().fit) for one in bench.frames]
    basis = drain(concepts_of_frames(fed, "conv3", ConceptParameters()).start(bench.model)).basis
    request = Request("conv3", observe=ObserveRequest(concepts=basis))
    assert bench.look(0, request).observations.concepts.shares
    reader = bench.loop._observers._concepts
    reader._took = 1e6  # as if that had taken days
    assert not bench.look(1, request).observations.concepts.shares
    reader._took = 0.0
    bench.loop.step()  # nothing new came: the frame that waits is looked at again
    last = bench.loop.snapshots.take()
    assert last.frame.index == 1
    assert last.observations.concepts.shares
    bench.loop.step()
    assert bench.loop.snapshots.take() is None


def test_cells_that_are_not_finite_are_counted_and_the_others_keep_their_colours(bench):
    from nnvis.engine.live.feature_colours import FeatureColoursState

    layer, state = bench.info.layer("conv2"), FeatureColoursState()
    shot = bench.look(0, Request("conv2"))
    output = torch.rand(1, *layer.shape)
    asked = FeatureColoursRequest(0, (0, 0))
    clean = state.observe(shot, asked, layer, output)
    output[0, 2, 1, 1] = torch.inf
    found = state.observe(shot, asked, layer, output)
    assert found.bad == 1
    assert np.isnan(found.likeness[1, 1])
    others = np.ones(layer.map_shape, bool)
    others[1, 1] = False
    assert np.array_equal(found.picture[others], clean.picture[others])
    assert found.share == pytest.approx(clean.share, abs=0.05)
    state = FeatureColoursState()
    assert "nothing to colour" in state.observe(shot, asked, layer, output * torch.nan).note


@pytest.fixture
def basis(bench):
    fed = [bench.info.preprocess.feed(one.picture, Request().fit) for one in bench.frames]
    return drain(
        concepts_of_frames(fed, "conv3", ConceptParameters(count=3)).start(bench.model)
    ).basis


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
def test_colours_and_concepts_are_saved_and_come_back_to_the_value(bench, basis, tmp_path):
    observe = ObserveRequest(colours=FeatureColoursRequest(0, (1, 2)), concepts=basis)
    bench.look(1, Request("conv3", observe=observe))  # whose basis the colours keep
    off = AblationRequest(concepts=ConceptsOff(basis, (1,)))
    shot = bench.look(0, Request("conv3", observe=observe, ablation=off))
    found = shot.observations
    written = {one.name: one for one in drain(save_shown(shot, tmp_path, "shown"))}
    assert {"shown_colours.png", "shown_likeness.png", "shown_concepts.png"} <= set(written)
    assert np.array_equal(read_picture(written["shown_concepts.png"]), found.concepts.painted)
    likeness = read_meta(written["shown_likeness.png"])["likeness"]
    assert np.array_equal(np.array(likeness["cosines"], np.float32), found.colours.likeness)
    told = read_meta(written["shown_concepts.png"])["concepts"]["reading"]
    assert told["areas"] == pytest.approx(found.concepts.areas)
    for one in written.values():
        request = fitted_to_model(restore(read_meta(one)).request, bench.info)
        assert request.observe.concepts == request.ablation.concepts.basis == basis
        assert request.observe.colours.given == found.colours.basis
        assert hash(request.observe.concepts) == hash(basis)
    other = Bench()
    again = other.look(0, request).observations
    assert np.array_equal(again.colours.picture, found.colours.picture)
    assert again.colours.basis_frame == "frame 1"
    assert np.array_equal(again.concepts.painted, found.concepts.painted)
    meta = read_meta(written["shown_sheet.png"])
    for name, value in (("directions", [[1, "x"]]), ("directions", [[-1.0] * 16]), ("layer", 3)):
        meta["concepts"]["basis"] = {**meta["concepts"]["basis"], name: value}
        assert restore(meta).request.observe.concepts is None
    wide = {**meta["colours"]["basis"], "mean": [0.0] * 9, "components": [[0.0] * 9] * 3}
    meta["colours"]["basis"] = wide  # of a layer of other width
    asked = restore(meta).request
    assert fitted_to_model(asked, bench.info).observe.colours.given is None


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
def test_concepts_that_came_from_another_process_are_the_same_ones(bench, basis):
    request = Request("conv3", observe=ObserveRequest(concepts=basis))
    there = unpack(Request, pack(request))
    assert there == request
    changed = replace(basis, directions=basis.directions + 1)
    assert replace(request, observe=ObserveRequest(concepts=changed)) != request


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
def test_concepts_are_found_in_the_pictures_of_an_index(bench, tmp_path):
    (tmp_path / "pictures").mkdir()
    for number, frame in enumerate(bench.frames):
        Image.fromarray(frame.picture).save(tmp_path / "pictures" / f"{number}.png")
    spec = make_spec(
        bench.model, ModelRequest("tiny", "cpu"), str(tmp_path / "pictures"), ["conv3"], top=4
    )
    path = drain(index(bench.model, spec, tmp_path / "index", 0))

    def job(layer, info=bench.info):
        return concepts_of_index(path, info, Request().fit, layer, ConceptParameters(count=3))

    found = drain(job("conv3").start(bench.model))
    assert "pictures of index" in found.basis.frames
    assert len(found.tops) == 3
    assert all(1 <= len(tops) <= 3 for tops in found.tops)
    request = Request("conv3", observe=ObserveRequest(concepts=found.basis))
    assert len(bench.look(0, request).observations.concepts.shares) == 3
    off = replace(request, ablation=AblationRequest(concepts=ConceptsOff(found.basis, (0, 2))))
    assert bench.look(0, off).unablated
    for layer, info in (("conv2", bench.info), ("conv3", replace(bench.info, weights_hash="f"))):
        with pytest.raises(UserError, match="does not hold"):
            drain(job(layer, info).start(bench.model))
