"""How much of the bare model's speed is left for the live picture."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec

import torch
from torch import Tensor

from nnvis.bench.measurement import Measurement, at_least, plain, rounds
from nnvis.bench.saturated_session import SaturatedSession, demo_frames
from nnvis.engine.protocol.job import Job, JobState
from nnvis.models.formats.graph_libraries import ALL_THREADS, graph_libraries
from nnvis.models.formats.to_onnx import PICTURE, LayeredGraph, layered_graph
from nnvis.models.info import ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps

ROUNDS = 9
SLICE_S = 1.5
Limit = Callable[[LayeredGraph, str, Tensor], Callable[[], object]]


def bare_rate(mill: SaturatedSession, seconds: float, *, laid_out: bool = False) -> float:
    """Return forward passes/s of the network alone, the line at rest.

    It runs on the thread of the line: a second thread that computes would make both of them slow,
    since each brings threads of its own for the processor's cores.
    """
    return _rate(mill, partial(passes, seconds=seconds, laid_out=laid_out))


def passes(model: VisionModel, seconds: float, laid_out: bool = False) -> Steps[float]:
    """Pass one picture for about `seconds` and return passes/s; a job.

    The network is the one its library makes, with the memory layout it has there; `laid_out`
    leaves it in the layout that nnvis gave it when it was loaded, which can be faster.
    """
    network = model.network
    if not laid_out:
        network = copy.deepcopy(network).to(memory_format=torch.contiguous_format)
    x = torch.rand((1, model.channels, *model.input_size), device=model.device)
    yield Progress(0, 1)

    def call() -> None:
        network(x)
        if x.is_cuda:
            torch.cuda.synchronize(x.device)

    with torch.inference_mode():
        return calls_a_second(call, seconds)


def limit_rate(mill: SaturatedSession, limit: Limit, layer: str, seconds: float) -> float:
    """Return passes/s of `limit` with `layer` as an output; the line at rest, on its thread."""
    return _rate(mill, partial(_limit_passes, limit=limit, layer=layer, seconds=seconds))


def _limit_passes(model: VisionModel, limit: Limit, layer: str, seconds: float) -> Steps[float]:
    x = torch.rand((1, model.channels, *model.input_size))
    run = limit(layered_graph(copy.deepcopy(model), [layer], x), layer, x)
    run()
    yield Progress(0, 1)
    return calls_a_second(run, seconds)


def in_onnx_runtime(graph: LayeredGraph, layer: str, x: Tensor) -> Callable[[], object]:
    """Return a pass in a session of its own settings, but for the number of threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = ALL_THREADS
    session = onnxruntime.InferenceSession(graph.ending_in([layer]), options)
    fed = {PICTURE: x.numpy()}
    return lambda: session.run(None, fed)


def in_openvino(graph: LayeredGraph, layer: str, x: Tensor) -> Callable[[], object]:
    """Return a pass as the line has it."""
    library = next(one for one in graph_libraries() if one.title == "OpenVINO")
    run = library.make(graph, [layer])
    return lambda: run(x, [layer])


def calls_a_second(call: Callable[[], object], seconds: float) -> float:
    """Call for about `seconds`."""
    count, start = 0, time.perf_counter()
    while (now := time.perf_counter()) < start + seconds:
        call()
        count += 1
    return count / (now - start)


def _rate(mill: SaturatedSession, steps: Callable[[VisionModel], Steps[float]]) -> float:
    job = mill.session.submit(Job("passes", steps))
    mill.wait_for(lambda: job.state in (JobState.DONE, JobState.FAILED))
    if job.error is not None:
        raise job.error
    return float(job.result)


def live(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Pictures/s of source -> network -> grid, unit and top-5, over bare forward passes/s.

    They are measured in turn, on one thread of one process: the line, the network as its library
    makes it, the network in the memory layout in which the line runs it, and ONNX Runtime and
    OpenVINO with the shown layer as an output, which are the limits.
    """
    mill = SaturatedSession(model_request, demo_frames())
    try:
        layer = middle(mill)
        mill.session.select(replace(mill.session.request, layer=layer, unit=0))
        mill.start()
        time.sleep(SLICE_S)
        mill.pause()
        bare_rate(mill, SLICE_S)
        lines, library, laid_out, limits, others = [], [], [], [], []
        for done in rounds(ROUNDS):
            yield Progress(done, ROUNDS, "live line and bare model in turn")
            lines.append(line_rate(mill, SLICE_S))
            library.append(bare_rate(mill, SLICE_S))
            laid_out.append(bare_rate(mill, SLICE_S, laid_out=True))
            limits.append(limit_rate(mill, in_onnx_runtime, layer, SLICE_S))
            if find_spec("openvino") is not None:
                others.append(limit_rate(mill, in_openvino, layer, SLICE_S))
    finally:
        mill.close()
    measured = [
        at_least(f"live line with the grid of {layer} / bare forward", over(lines, library), 0.90),
        plain("live line / bare forward in its own memory layout", over(lines, laid_out)),
        at_least("live line / ONNX Runtime with the same layer", over(lines, limits), 0.80),
        plain("live line", lines, "pictures/s"),
        plain("ONNX Runtime", limits, "passes/s"),
        plain("bare forward", library, "passes/s"),
        plain("bare forward in the line's memory layout", laid_out, "passes/s"),
    ]
    if others:
        measured += [
            plain("live line / OpenVINO with the same layer", over(lines, others)),
            plain("OpenVINO", others, "passes/s"),
        ]
    return measured


def over(rates: Sequence[float], others: Sequence[float]) -> list[float]:
    """Return the ratio of each round."""
    return [rate / other for rate, other in zip(rates, others, strict=True)]


def middle(mill: SaturatedSession) -> str:
    """Return the name of the block in the middle of the network."""
    info = mill.session.info
    assert info is not None
    blocks = [one for one in info.layers if one.family == "block"] or list(info.layers)
    return blocks[len(blocks) // 2].name


def line_rate(mill: SaturatedSession, seconds: float) -> float:
    """Return pictures/s of a fed session over about `seconds`, from one snapshot to another."""
    first = mill.count
    mill.start()
    mill.wait_for(lambda: mill.count > first + 1)
    begin, start = mill.count, time.perf_counter()
    time.sleep(seconds)
    last = mill.count
    mill.wait_for(lambda: mill.count > last)
    rate = (last + 1 - begin) / (time.perf_counter() - start)
    mill.pause()
    time.sleep(0.2)  # what is under way ends before the next measurement
    return rate
