"""A session comes back from its file as it was, runs nothing, and damage is one clear line."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from nnvis.engine.protocol.observe import ObserveRequest, Pin, Trigger
from nnvis.engine.protocol.request import AblationRequest, AttackRequest, Request
from nnvis.engine.protocol.unit_order import GivenOrder, OrderRequest
from nnvis.engine.saving import session_file
from nnvis.engine.saving.metadata import SavedView
from nnvis.engine.saving.session_file import Bookmark, SavedSession, read_session, write_session
from nnvis.errors import UserError
from nnvis.imaging.colour_options import Range, Shading
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.sources.frame import Frame
from nnvis.views.features.concept_basis import ConceptBasis
from nnvis.views.request import Ablation, AttributionRequest, ConceptsOff

REQUEST = Request(
    "conv2", 3, Shading(Range.FIXED, -1.5, 2.25, gamma=0.5), Fit.WHOLE,
    attribution=AttributionRequest("guided", "conv1", 2, (1, 4), pinned=True),
    attack=AttackRequest("linf", 6 / 255, steps=3, target=1, second=ModelRequest("tiny", "cpu")),
    ablation=AblationRequest((Ablation("conv1", 5),), compared=False),
    observe=ObserveRequest(pins=(Pin("conv1", 1), Pin("conv2", 0)), trigger=Trigger(3.5)),
    order=OrderRequest("activation", 24, 2, "conv2", 3, GivenOrder("conv2", (4, 1), text="so")),
)  # fmt: skip


def basis():
    random = np.random.default_rng(0)
    return ConceptBasis("conv2", random.random((2, 16), np.float32), random.random(2, np.float32),
                        0.5, False, 64, "a stream", "0" * 16)  # fmt: skip


def test_everything_comes_back_and_frames_to_the_byte(tmp_path):
    picture = np.random.default_rng(1).integers(0, 256, (37, 51, 3), np.uint8)
    frame = Frame(picture, 7, 1.0, "camera:0", "seven")
    concepts = basis()
    off = replace(
        REQUEST,
        ablation=replace(REQUEST.ablation, concepts=ConceptsOff(concepts, (1,))),
        observe=replace(REQUEST.observe, concepts=concepts),
    )
    model = ModelRequest("tiny", "cuda", seed=4, input_size=(40, 56))
    view = SavedView("camera:0", model, REQUEST, None, "abc", False, True, frame)
    other = SavedView("a.mkv", ModelRequest(), off, 3.5, "", True, True)
    marks = (Bookmark("first", view), Bookmark("second", other))
    path = write_session(tmp_path / "a.nnvis", SavedSession(view, marks, {"page": "lens"}))
    found = read_session(path)
    with zipfile.ZipFile(path) as file:
        assert sorted(file.namelist()) == ["frames/0.png", "session.json"]  # one frame, kept once
    assert found.parts == {"page": "lens"}
    assert [one.name for one in found.bookmarks] == ["first", "second"]
    assert found.bookmarks[0].view.frame.picture is found.view.frame.picture  # and in memory once
    for got in (found.view, found.bookmarks[0].view):
        np.testing.assert_array_equal(got.frame.picture, picture)
        assert (got.frame.label, got.frame.index, got.frame.source) == ("seven", 7, "camera:0")
        assert replace(got, frame=None) == replace(
            view,
            frame=None,
            model_request=replace(model, device=ModelRequest().device),
            request=replace(
                REQUEST,
                attack=replace(REQUEST.attack, second=ModelRequest("tiny")),
            ),
        )
    again = found.bookmarks[1].view
    assert (again.position, again.paused, again.frozen) == (3.5, True, True)
    got = again.request.ablation.concepts
    assert got.off == (1,)
    for one in (got.basis, again.request.observe.concepts):
        np.testing.assert_array_equal(one.directions, concepts.directions)
        np.testing.assert_array_equal(one.largest, concepts.largest)
        assert (one.layer, one.cells, one.weights_hash) == ("conv2", 64, "0" * 16)


@pytest.mark.parametrize("damage", ["cut", "text", "other", "no frame", "bomb", "nan"])
def test_a_damaged_session_is_one_line(tmp_path, damage):
    frame = Frame(np.zeros((8, 8, 3), np.uint8), 0, 0.0, "camera:0")
    view = SavedView("camera:0", ModelRequest(), REQUEST, None, frame=frame)
    path = write_session(tmp_path / "a.nnvis", SavedSession(view))
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    if damage == "no frame":
        del parts["frames/0.png"]
    elif damage == "bomb":
        parts["session.json"] = b"[" * 50_000_000
    elif damage == "nan":
        parts["session.json"] = b'{"format": NaN}'
    elif damage == "other":
        parts["session.json"] = json.dumps({"format": "another"}).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif damage == "text":
        path.write_text("hello")
    with pytest.raises(UserError) as told:
        read_session(path)
    assert "\n" not in str(told.value)
    assert "a.nnvis" in str(told.value)


def test_frames_beyond_memory_are_neither_read_nor_written(tmp_path, monkeypatch):
    def session(count):
        frames = [Frame(np.zeros((40, 50, 3), np.uint8), at, 0.0, "camera:0")
                  for at in range(count)]  # fmt: skip
        views = [SavedView("camera:0", ModelRequest(), Request(), None, frame=one)
                 for one in frames]  # fmt: skip
        return SavedSession(views[0], tuple(Bookmark("", one) for one in views))

    large, path = write_session(tmp_path / "large.nnvis", session(3)), tmp_path / "a.nnvis"
    monkeypatch.setattr(session_file, "_MOST_FRAMES", 2 * 40 * 50 * 3)
    assert len(read_session(write_session(path, session(2))).bookmarks) == 2
    with pytest.raises(UserError, match="large"):
        read_session(large)
    with pytest.raises(UserError, match="remove some bookmarks"):
        write_session(tmp_path / "b.nnvis", session(3))
    assert not (tmp_path / "b.nnvis").exists()


def test_what_is_odd_takes_its_default_and_nothing_is_taken_on_trust(tmp_path):
    path = tmp_path / "odd.nnvis"
    view = {
        "source": 7, "position": -3, "frozen": "yes", "model": {"spec": [], "seed": "x"},
        "request": {"layer": "conv1", "unit": -4, "order": {"by": 5, "given": {"units": ["a"]}}},
        "off": {"basis": {"directions": [["x"]]}}, "concepts": [],
    }  # fmt: skip
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("session.json", json.dumps(
            {"format": "nnvis session 1", "view": view, "bookmarks": [3, {"name": "n"}]}
        ))  # fmt: skip
    found = read_session(path)
    assert found.view == SavedView(
        "", ModelRequest(), Request("conv1"), None, "", paused=False, frozen=False
    )
    assert [one.name for one in found.bookmarks] == ["n"]
