"""How soon the picture follows a change of source, layer or model, and that it is never wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from nnvis.bench.measurement import LONGEST_S, Measurement, at_most, rounds
from nnvis.bench.saturated_session import SaturatedSession, demo_frames
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.progress import Progress, Steps

ROUNDS = 10


def switch(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Change layer, source and model on a running line; count forward passes until it shows."""
    mill = SaturatedSession(model_request, demo_frames())
    session = mill.session
    passes: dict[str, list[float]] = {"layer": [], "source": [], "model": []}
    wrong = 0

    def until(kind: str, right: Callable[[Snapshot], bool]) -> None:
        nonlocal wrong
        before = mill.count
        mill.wait_for(lambda: mill.latest is not None and right(mill.latest))
        passes[kind].append(mill.count - before)
        wrong += mill.latest is not None and not _true(mill.latest)

    try:
        mill.start()
        mill.wait_for(lambda: mill.count > 5)
        info = session.info
        assert info is not None
        for done in rounds(ROUNDS, LONGEST_S / 2):
            yield Progress(done, ROUNDS, "changing layer and source")
            layer = info.layers[done * len(info.layers) // ROUNDS].name
            session.select(replace(session.request, layer=layer, unit=0))
            until("layer", partial(_shows_layer, layer))
            spec = f"belt-{done}"
            session.open_source(spec)
            mill.wait_for(partial(_source_is, mill, spec))
            until("source", partial(_shows_source, spec))
        for done in rounds(3, LONGEST_S / 4):
            yield Progress(done, 3, "changing the model")
            left = session.info
            session.load_model(model_request if done % 2 else replace(model_request, spec="tiny"))
            mill.wait_for(partial(_model_is_not, mill, left))
            until("model", lambda shown: shown.info is session.info)
    finally:
        mill.close()
    return [
        *(
            at_most(f"passes until a new {kind} shows", counts, 2)
            for kind, counts in passes.items()
        ),
        at_most("pictures that were not what they said", [wrong], 0),
    ]


def _shows_layer(layer: str, shown: Snapshot) -> bool:
    return shown.request.layer == layer


def _shows_source(spec: str, shown: Snapshot) -> bool:
    return shown.frame.source == spec


def _source_is(mill: SaturatedSession, spec: str) -> bool:
    source = mill.session.source
    return source is not None and source.spec == spec


def _model_is_not(mill: SaturatedSession, left: ModelInfo | None) -> bool:
    return mill.session.info is not left


def _true(shown: Snapshot) -> bool:
    """Whether a snapshot's parts belong together."""
    return (
        shown.layer.name == shown.request.layer
        and shown.sheet.grid.count == shown.layer.units
        and shown.unit.values.shape == shown.layer.map_shape
    )
