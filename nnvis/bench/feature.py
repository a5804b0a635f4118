"""Feature images beside torch-lucent's: what they reach in equal time, and how fast."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from nnvis.bench import lucent_peer as feature_peer
from nnvis.bench.measurement import Measurement, at_least, plain
from nnvis.featurevis.held_out_score import held_out
from nnvis.featurevis.optimiser import Optimiser
from nnvis.featurevis.parameters import DEFAULT, PRESETS, FeatureParameters
from nnvis.featurevis.target import Target
from nnvis.models.info import LayerInfo, ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps

LAYERS = 4
BATCH = 16
SECOND_CANVAS = 1.25  # of the input, for the other half of the judgement
TRIAL = 3  # steps by which our pace is found, within our time
STRIDE = 37  # between the units that are chosen


def feature(
    model_request: ModelRequest, units: int = 1, steps: int = feature_peer.STEPS
) -> Steps[list[Measurement]]:
    """Make pictures of `units` units in each of four layers with both, in equal wall time.

    torch-lucent makes one at a time, as it does; the time that it took for the units of a layer is
    what our batch of the same units gets. All pictures are then judged alike by views that neither
    has seen, at the network's input size and at 1.25 of it. A unit counts with our value over
    torch-lucent's; a value that is not above mid-grey's would make no ratio, and is reported.

    Args:
        model_request: the network.
        units: of each layer; fewer take less time.
        steps: of torch-lucent; 512 is its default.

    Raises:
        UserError: the network cannot be had, or torch-lucent is not installed.
    """
    model = yield from load_steps(model_request)
    ratios: list[float] = []
    figures: list[Measurement] = []
    paces: list[float] = []
    failed = 0
    layers = _layers(model)
    for at, layer in enumerate(layers):
        targets = [Target(layer.name, (STRIDE * one + 5) % layer.units) for one in range(units)]
        theirs, seconds = [], 0.0
        for done, target in enumerate(targets):
            yield Progress(at * units + done, LAYERS * units, f"torch-lucent, {target.title}")
            peer = feature_peer.make(model, target, steps)
            theirs.append(peer.picture)
            seconds += peer.seconds
        yield Progress(at * units, LAYERS * units, f"nnvis, {layer.name}")
        ours = _ours(model, targets, seconds)
        own, other, grey = (
            _judged(model, x, targets)
            for x in (ours, torch.cat(theirs), torch.full_like(ours, 0.5))
        )
        layer_ratios = [
            a / b for a, b, plain_ in zip(own, other, grey, strict=True) if b > max(0.0, plain_)
        ]
        failed += len(targets) - len(layer_ratios)
        ratios += layer_ratios
        if layer_ratios:
            figures.append(plain(f"reached over torch-lucent, {layer.name}", layer_ratios))
        whole = seconds / len(targets) * feature_peer.STEPS / steps
        paces.append((yield from _pace(model, layer, whole)))
    mean = statistics.mean(ratios) if ratios else 0.0
    return [
        Measurement(
            "reached over torch-lucent in equal time, mean of units", mean, "", ">= 1.2",
            mean >= 1.2, (min(ratios, default=0.0), max(ratios, default=0.0)),
        ),
        plain("units whose picture by torch-lucent is no better than grey", [failed]),
        *figures,
        at_least("pictures a second over torch-lucent, batch of 16", paces, 2.0),
    ]  # fmt: skip


def _layers(model: VisionModel) -> list[LayerInfo]:
    """Return three blocks over the depth of the network, and its last layer."""
    blocks = [one for one in model.layers if one.family == "block" and one.units >= 16]
    blocks = blocks or [one for one in model.layers if one.family == "conv"]
    picked = [blocks[len(blocks) * part // 6] for part in (1, 3, 5)]
    return [*picked, model.layers[-1]]


def _ours(model: VisionModel, targets: Sequence[Target], seconds: float) -> Tensor:
    """Return (N,C,h,w) of our preset after `seconds` of wall time, finding the pace included."""
    begin = time.perf_counter()
    parameters = PRESETS[DEFAULT].parameters
    trial = Optimiser(model, targets, parameters, [0] * len(targets))
    trial.step()
    started = time.perf_counter()
    for _ in range(TRIAL):
        trial.step()
    pace = (time.perf_counter() - started) / TRIAL
    # The end of a climb looks at the whole input, which takes longer than a window of it.
    longer = 1 - parameters.fade + parameters.fade / parameters.window**2
    left = seconds - (time.perf_counter() - begin)
    steps = max(8, int(left / (pace * longer)))
    optimiser = Optimiser(model, targets, _stretched(parameters, steps), [0] * len(targets))
    while optimiser.state.step < steps and time.perf_counter() - begin < seconds:
        optimiser.step()
    return optimiser.painted()


def _stretched(parameters: FeatureParameters, steps: int) -> FeatureParameters:
    return replace(parameters, steps=steps)


def _judged(model: VisionModel, x: Tensor, targets: Sequence[Target]) -> list[float]:
    rounded = (x * 255).round() / 255
    near = held_out(model, rounded, targets)
    far = held_out(model, rounded, targets, zoom=SECOND_CANVAS)
    both: list[float] = ((near + far) / 2).tolist()
    return both


def _pace(model: VisionModel, layer: LayerInfo, peer_seconds: float) -> Steps[float]:
    """Return our finished pictures a second over theirs, which take `peer_seconds` each.

    Finished means our preset's steps and their 512; ours are timed by a few steps of a batch.
    """
    targets = [Target(layer.name, unit % layer.units) for unit in range(BATCH)]
    parameters = PRESETS[DEFAULT].parameters
    seconds = 0.0
    parts = [(1.0, 1.0)]  # how a climb looks at its input: all of it, or first a window
    if parameters.window < 1:
        parts = [(0.0, 1 - parameters.fade), (1.0, parameters.fade)]
    for fade, share in parts:
        optimiser = Optimiser(model, targets, replace(parameters, fade=fade), [0] * BATCH)
        optimiser.step()
        begin = time.perf_counter()
        optimiser.step()
        optimiser.step()
        seconds += share * parameters.steps * (time.perf_counter() - begin) / 2
        yield Progress(0, 0, f"a batch of {BATCH}, {layer.name}")
    return peer_seconds / (seconds / BATCH)
