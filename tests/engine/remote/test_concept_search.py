"""Concepts that are found while a training goes on say of which of its steps they are."""

from __future__ import annotations

import numpy as np
import pytest

from nnvis.engine.attribution.concept_jobs import FindConcepts
from nnvis.engine.remote import messages
from nnvis.engine.remote.messages import Found
from nnvis.engine.remote.search import ConceptSearch
from nnvis.engine.remote.wire import unpack
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.views.features.concept_basis import ConceptParameters


@pytest.mark.parametrize("goes_on", [True, False])
def test_steps_that_a_search_went_over_are_told(goes_on):
    pytest.importorskip("sklearn")
    model = load("tiny")
    pictures = np.random.default_rng(0).integers(0, 256, (6, *model.input_size, 3), np.uint8)
    asked = FindConcepts(pictures, "conv2", ConceptParameters(count=3))
    search = ConceptSearch(asked, model, model.info(ModelRequest("tiny")))
    sent, step = [], 1200
    # The factorisation alone waits longer than one turn.
    while search.go_on(lambda kind, parts: sent.append((kind, parts)), step):
        step += goes_on
    kind, parts = sent[-1]
    assert kind == messages.FOUND
    said = unpack(Found, [bytes(one) for one in parts]).found.basis.frames
    over = f"in 6 frames, steps 1,200 to {step:,} of the training"
    assert said == (over if step > 1200 else "in 6 frames")
