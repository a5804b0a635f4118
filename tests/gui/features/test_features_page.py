"""Features as colours and concepts in the window: of no other layer, and only while in sight."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers.fake_session import snapshot

from nnvis.engine.attribution.concept_jobs import ConceptsFound
from nnvis.engine.protocol.job import JobState
from nnvis.engine.protocol.observations import ConceptReading, FeatureColours
from nnvis.engine.protocol.observe import ObserveRequest
from nnvis.engine.protocol.request import AblationRequest
from nnvis.engine.saving.metadata import describe
from nnvis.views.features.concept_basis import ConceptBasis
from nnvis.views.request import ConceptsOff

FED = np.zeros((32, 32, 3), np.uint8)


@pytest.fixture
def page(shown):
    shown.window.commands["features"].trigger()
    shown.qtbot.waitUntil(lambda: observe(shown).colours is not None)
    return shown.window.pages["features"]


def observe(shown):
    return shown.controller.view_state.request.observe


def observed(shown, **found):
    """Let the session answer with something observed."""
    session = shown.session
    session.ticks += 1
    request = shown.controller.view_state.request
    plain = snapshot(session.info, request, session.source.spec, session.ticks)
    session.snapshots.put(replace(plain, observations=replace(plain.observations, **found)))
    session.listener.snapshot_ready()
    shown.qtbot.waitUntil(lambda: shown.controller.last.frame.index == session.ticks)


def coloured(layer, cell=None):
    cosines = np.linspace(-0.5, 1, 144, dtype=np.float32).reshape(12, 12)
    told = (cell, cosines, FED) if cell else (None, None, None)
    return FeatureColours(layer, np.zeros((12, 12, 3), np.uint8), 0.53, 0.6, "coffee", *told)


def test_colours_are_of_the_layer_that_is_shown_and_asked_for_only_in_sight(shown, page):
    observed(shown, colours=coloured("stem.conv"))
    assert "53% of this frame's variance" in page.colours.share.text()
    assert not page.colours.picture._stale
    page.colours.picture.pointed.emit(0.99, 0.5)
    shown.qtbot.waitUntil(lambda: observe(shown).colours.cell == (6, 11))
    observed(shown, colours=coloured("stem.conv", (6, 11)))
    assert "Cell 6, 11" in page.colours.hovered.text()
    shown.window.commands["new_basis"].trigger()
    shown.qtbot.waitUntil(lambda: observe(shown).colours.basis == 1)
    shown.controller.go_layer("body.conv")
    assert page.colours.picture._stale
    observed(shown, colours=coloured("stem.conv"))  # late
    assert page.colours.picture._stale
    shown.window.right.turn_to("unit")
    shown.qtbot.waitUntil(lambda: observe(shown).colours is None)


def test_concepts_are_found_painted_switched_off_and_put_back(shown, page):
    page.turn_to("concepts")
    shown.look(2)
    assert page.concepts.frames.text().startswith("Find in")
    page.concepts.frames.click()
    job = shown.session.asked[-1]
    assert job.title == "concepts"
    assert page.concepts.cancel.isVisible()
    hashed = shown.session.info.weights_hash
    basis = ConceptBasis(
        "stem.conv", np.ones((2, 16), np.float32), np.ones(2, np.float32), 0.8, True, 99,
        "in 2 frames", hashed,
    )  # fmt: skip
    job.result, job.state = ConceptsFound(basis, ((FED,), ())), JobState.DONE
    shown.session.listener.job_changed(job)
    shown.qtbot.waitUntil(lambda: observe(shown).concepts is basis)
    assert "only the positive part" in page.concepts.note.text()
    reading = ConceptReading(FED, (1.0, 0.5), (0.7, 0.3), "label 2", 0.62, (0.21, -0.05))
    observed(shown, concepts=reading)
    rows = page.concepts._rows
    assert "70% of the picture" in rows[0].share.text()
    assert "21.0 points without" in rows[0].share.text()
    assert "+5.0 points without" in rows[1].share.text()
    rows[1].off.setChecked(True)
    assert shown.controller.view_state.request.ablation.concepts.off == (1,)
    assert shown.window.toolbar.changed.isVisible()
    assert shown.window.scores._stale  # its numbers are of the network as it was
    shown.window.right.turn_to("unit")  # painted no more, but still off
    shown.qtbot.waitUntil(lambda: observe(shown).concepts is None)
    assert shown.controller.view_state.request.ablation.concepts.off == (1,)
    shown.window.commands["put_back"].trigger()
    assert shown.controller.view_state.request.ablation.concepts is None
    assert not rows[1].off.isChecked()


def test_without_an_index_there_is_one_line(shown, page):
    page.turn_to("concepts")
    page.concepts.index.click()
    assert "no index is open" in shown.window.banner.text.text()


def test_a_saved_picture_brings_its_concepts_and_colours_back(shown, page):
    shown.window.right.turn_to("unit")
    info = shown.session.info
    basis = ConceptBasis(
        "stem.conv", np.ones((2, 16), np.float32), np.ones(2, np.float32), 0.8, False, 99,
        "in 2 frames", info.weights_hash,
    )  # fmt: skip
    asked = replace(
        shown.controller.view_state.request,
        observe=ObserveRequest(concepts=basis),
        ablation=AblationRequest(concepts=ConceptsOff(basis, (1,))),
    )
    taken = snapshot(info, asked, shown.session.source.spec, 1)
    shown.controller.restore(json.loads(json.dumps(describe(taken, "sheet"))))
    shown.qtbot.waitUntil(lambda: page.concepts.isVisible())
    shown.qtbot.waitUntil(lambda: observe(shown).concepts == basis)
    assert shown.controller.view_state.request.ablation.concepts == ConceptsOff(basis, (1,))
    assert [row.off.isChecked() for row in page.concepts._rows] == [False, True]
