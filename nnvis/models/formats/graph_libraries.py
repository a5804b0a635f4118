"""What runs a network that was written down as ONNX: OpenVINO or ONNX Runtime."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnvis.models.formats.to_onnx import LOGITS, PICTURE, LayeredGraph
from nnvis.models.vision import VisionModel

LARGEST = 1 << 29  # bytes of weights: there are three copies beside them for a moment
ALL_THREADS = torch.get_num_threads()  # before a crowded machine takes some; theirs do not mind
Outputs = dict[str, Tensor]  # by layer, and LOGITS
Run = Callable[[Tensor, Sequence[str]], Outputs]


@dataclass(frozen=True, slots=True)
class GraphLibrary:
    """A library that runs ONNX graphs on a processor, all digits kept.

    Attributes:
        title: as it calls itself.
        module: by which it is imported.
        make: graph, layers -> what runs it on as many pictures as the graph is of, (N,C,H,W):
            LOGITS and those of the layers that are asked for, which belong to the caller.
    """

    title: str
    module: str
    make: Callable[[LayeredGraph, Sequence[str]], Run]


def graph_libraries() -> tuple[GraphLibrary, ...]:
    """Return those that are installed, the faster one first.

    On x86-64 OpenVINO takes four fifths of the time; elsewhere that was not measured.
    """
    both = (_OPENVINO, _ONNX_RUNTIME)
    ordered = both if platform.machine().lower() in ("x86_64", "amd64") else both[::-1]
    return tuple(one for one in ordered if importlib.util.find_spec(one.module) is not None)


def refusal(model: VisionModel) -> str:
    """Say why none of them is to run `model`; empty where one may."""
    if model.device.type != "cpu":
        return "it is for processors"
    if model.precision != torch.float32 or not model.classes:
        return "it is for classes and embeddings in float32"
    if sum(one.numel() for one in model.parameters()) * 4 > LARGEST:
        return "the network is too large"
    return ""


def _in_openvino(graph: LayeredGraph, layers: Sequence[str]) -> Run:
    from nnvis.models.formats.openvino_import import openvino

    settings = {
        "INFERENCE_PRECISION_HINT": "f32",  # else bfloat16 where the processor has it
        "INFERENCE_NUM_THREADS": ALL_THREADS,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,  # to cores which others use as well
    }
    core = _core()
    compiled = core.compile_model(core.read_model(graph.ending_in(layers)), "CPU", settings)
    request = compiled.create_infer_request()
    names = {graph.logits.name, *(graph.value_of(name) for name in layers)}
    ports = {name: compiled.output(name) for name in names}
    spare = {name: request.get_tensor(port) for name, port in ports.items()}
    empty = {
        name: torch.from_numpy(np.empty(0, port.get_element_type().to_dtype()))
        for name, port in ports.items()
    }

    def run(x: Tensor, wanted: Sequence[str]) -> Outputs:
        # Written where the caller keeps it, with no copy in between; and nowhere near it later.
        given = {
            name: empty[name].new_empty(tuple(ports[name].shape))
            for name in {graph.logits.name, *(graph.value_of(name) for name in wanted)}
        }
        try:
            for name, values in given.items():
                place = openvino.Tensor(values.numpy(), shared_memory=True)
                request.set_tensor(ports[name], place)
            request.infer({PICTURE: x.numpy()}, share_inputs=True, share_outputs=True)
        finally:
            for name in given:
                request.set_tensor(ports[name], spare[name])
        return _by_layer(graph, given, wanted)

    return run


@cache
def _core() -> Any:
    from nnvis.models.formats.openvino_import import openvino

    return openvino.Core()


def _in_onnx_runtime(graph: LayeredGraph, layers: Sequence[str]) -> Run:
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # which Windows collects
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = ALL_THREADS
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session: Any = onnxruntime.InferenceSession(
        graph.ending_in(layers), options, providers=["CPUExecutionProvider"]
    )

    def run(x: Tensor, wanted: Sequence[str]) -> Outputs:
        names = [graph.logits.name, *dict.fromkeys(graph.value_of(name) for name in wanted)]
        values = session.run(names, {PICTURE: x.numpy()})
        given = {name: torch.from_numpy(value) for name, value in zip(names, values, strict=True)}
        return _by_layer(graph, given, wanted)

    return run


def _by_layer(graph: LayeredGraph, given: Outputs, wanted: Sequence[str]) -> Outputs:
    return {
        LOGITS: given[graph.logits.name],
        **{name: given[graph.value_of(name)] for name in wanted},
    }


_OPENVINO = GraphLibrary("OpenVINO", "openvino", _in_openvino)
_ONNX_RUNTIME = GraphLibrary("ONNX Runtime", "onnxruntime", _in_onnx_runtime)
