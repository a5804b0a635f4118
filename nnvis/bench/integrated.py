"""Integrated gradients beside captum's, with as many points."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import torch

from nnvis.bench.measurement import Measurement, Spent, faster, plain, rounds, spent
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.progress import Progress, Steps, drain
from nnvis.sources.sample import read_sample
from nnvis.views.integrated import integrated_gradients
from nnvis.views.registry import IntegratedParameters
from nnvis.views.request import LOGITS

ROUNDS = 5
POINTS = 50  # captum's default


def integrated(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Share out the top class of a photograph, in turn with captum, as it comes and point by point.

    As it comes captum sends all points through the network at once; ours goes point by point, so
    that the live picture goes on between two of them.
    """
    model = yield from load_steps(model_request)
    x = model.prepare(read_sample("coffee"))[1]
    with torch.no_grad():
        top = int(model(x).argmax())
    captum: Any = importlib.import_module("captum.attr")
    theirs = captum.IntegratedGradients(model)
    options = IntegratedParameters(steps=POINTS, complete=False)
    calls: dict[str, Callable[[], object]] = {
        "nnvis": lambda: drain(
            integrated_gradients(model, x, layer=LOGITS, unit=top, cells="sum", options=options)
        ),
        "captum": lambda: theirs.attribute(x, target=top, n_steps=POINTS),
        "captum, point by point": lambda: theirs.attribute(
            x, target=top, n_steps=POINTS, internal_batch_size=1
        ),
    }
    taken: dict[str, list[Spent]] = {name: [] for name in calls}
    for done in rounds(ROUNDS):
        for name, call in calls.items():
            yield Progress(done, ROUNDS, name)
            one = spent(call)
            if done:  # the first round warms up
                taken[name].append(one)
    return [
        *faster("as fast as captum", taken["nnvis"], taken["captum"], 1.0),
        *faster("as fast as captum, point by point", taken["nnvis"], taken[[*calls][2]]),
        plain("nnvis", [one.wall for one in taken["nnvis"]], "s"),
    ]
