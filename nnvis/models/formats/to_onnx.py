"""A network and what its layers put out as one ONNX graph, of which parts can be run."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nnvis.errors import UserError, first_line
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.quiet import quiet

LOGITS = "logits"
PICTURE = "picture"
OPSET = 17
_LIBRARIES = {"nnvis", "timm", "torch", "torchvision", "transformers"}


@dataclass(frozen=True, slots=True, eq=False)
class LayeredGraph:
    """An ONNX model from PICTURE to LOGITS in which the layers' outputs are known by name."""

    model: Any  # onnx.ModelProto, without outputs but while it is written
    logits: Any  # onnx.ValueInfoProto
    layers: dict[str, Any]  # the same for each layer; two of them may be one value

    def ending_in(self, layers: Sequence[str]) -> bytes:
        """Return the model that puts out LOGITS and these layers, each value once."""
        values = {one.name: one for one in (self.logits, *(self.layers[name] for name in layers))}
        outputs = self.model.graph.output
        outputs.extend(values.values())
        try:
            written: bytes = self.model.SerializeToString()
        finally:
            del outputs[:]
        return written  # with all weights: no copy more of them is made

    def value_of(self, layer: str) -> str:
        """Return by which name the graph puts out a layer."""
        return str(self.layers[layer].name)


def layered_graph(model: VisionModel, layers: Sequence[str], x: Tensor) -> LayeredGraph:
    """Follow one pass of `model` over `x`, (N,C,H,W), and write it down for N pictures.

    The model must be the caller's own: hooks are set while its pass is followed.

    Raises:
        UserError: the network decides by values, so that one pass does not tell of the next; or
            what it does has no name in ONNX.
        ImportError: `onnx` is not installed.
    """
    import onnx

    names = [f"layer{place}" for place in range(len(layers))]
    export: Any = torch.onnx.export  # whose types know nothing of files in memory
    file = io.BytesIO()
    with quiet() as told:
        try:
            with torch.no_grad():
                export(
                    _WithLayers(model, layers), (x,), file, input_names=[PICTURE],
                    output_names=[LOGITS, *names], opset_version=OPSET, dynamo=False,
                )  # fmt: skip
        except Exception as error:
            line = first_line(error)
            raise UserError(f"it cannot be written as ONNX: {line[:200]}") from error
    _refuse_decisions(told)
    graph = onnx.load_from_string(file.getvalue())
    same = {
        node.output[0]: node.input[0] for node in graph.graph.node if node.op_type == "Identity"
    }
    outputs = {one.name: one for one in graph.graph.output}
    del graph.graph.output[:]
    return LayeredGraph(
        model=graph,
        logits=outputs[LOGITS],
        layers={
            layer: outputs[_first(name, same, outputs)]
            for layer, name in zip(layers, names, strict=True)
        },
    )


class _WithLayers(nn.Module):
    """(N,C,H,W) -> logits, then the layers."""

    def __init__(self, model: VisionModel, layers: Sequence[str]) -> None:
        super().__init__()
        self.model, self._layers = model, tuple(layers)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        with record(self.model, self._layers, detach=False) as seen:
            logits = self.model(x)
        if missing := [name for name in self._layers if name not in seen]:
            raise UserError(f"{missing[0]} did not run on this picture")
        return logits, *(seen[name] for name in self._layers)


def _first(name: str, same: dict[str, str], outputs: dict[str, Any]) -> str:
    """Return the output that `name` only repeats, if it does."""
    while (before := same.get(name)) in outputs:
        name = before
    return name


def _refuse_decisions(told: Sequence[warnings.WarningMessage]) -> None:
    """Raise where code of the network itself made numbers or decisions of tensors' values."""
    for one in told:
        if one.category.__name__ != "TracerWarning" or str(one.message).startswith("Using len"):
            continue
        if not _LIBRARIES & set(Path(one.filename).parts):
            place = f"{Path(one.filename).name}, line {one.lineno}"
            raise UserError(f"its code may decide by values ({place})")
