"""How much of the live rate stays while a feature image forms."""

from __future__ import annotations

import time
from dataclasses import replace

from nnvis.bench.live import line_rate, middle, over
from nnvis.bench.measurement import Measurement, at_least, plain, rounds
from nnvis.bench.saturated_session import SaturatedSession, demo_frames
from nnvis.engine.protocol.job import JobState
from nnvis.engine.unit_card.jobs import GENTLE, feature_job
from nnvis.featurevis.parameters import DEFAULT, PRESETS
from nnvis.featurevis.result import FormingImage
from nnvis.featurevis.target import Target
from nnvis.models.info import ModelRequest
from nnvis.progress import Progress, Steps

ROUNDS = 7
SLICE_S = 3.0  # of a round and side: a step that was saved up while the climb rested counts little
FIRST_S = 1.0  # within which the picture is to begin to form


def feature_live(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Pictures/s while a feature image forms, over those without, in turn.

    The frames come as fast as the line takes them, so that the climb has no idle moment to use;
    it runs at the gentle share that the card begins with.

    Raises:
        UserError: the network cannot be had.
    """
    mill = SaturatedSession(model_request, demo_frames())
    job = None
    try:
        layer = middle(mill)
        info = mill.session.info
        assert info is not None
        mill.session.select(replace(mill.session.request, layer=layer, unit=0))
        mill.start()
        time.sleep(SLICE_S)
        parameters = replace(PRESETS[DEFAULT].parameters, steps=100_000, side=128)
        job = feature_job(info.weights_hash, Target(layer, 0), parameters, 0, GENTLE)
        begin = time.monotonic()
        mill.session.submit(job)
        mill.wait_for(lambda: job.progress is not None or job.state is JobState.FAILED)
        first = time.monotonic() - begin
        mill.pause()
        alone, beside, steps = [], [], []
        for done in rounds(ROUNDS):
            yield Progress(done, ROUNDS, "the line alone, and beside a climb, in turn")
            job.rest(True)
            alone.append(line_rate(mill, SLICE_S))
            before = job.progress.done if isinstance(job.progress, FormingImage) else 0
            job.rest(False)
            beside.append(line_rate(mill, SLICE_S))
            job.rest(True)
            after = job.progress.done if isinstance(job.progress, FormingImage) else 0
            steps.append((after - before) / SLICE_S)
    finally:
        if job is not None:
            job.cancel()
        mill.close()
    return [
        at_least("live rate kept while a preferred picture forms", over(beside, alone), 0.9),
        plain("steps of the climb", steps, "/s"),
        Measurement("first picture of the climb", first, "s", f"<= {FIRST_S:g}", first <= FIRST_S),
    ]
