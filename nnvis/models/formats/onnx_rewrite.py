"""ONNX graphs of today in the words of an older version, for which there are converters."""

from __future__ import annotations

from typing import Any

import numpy as np

OPSET = 17  # the newest whose operators onnx2torch has
OWN = "nnvis"  # the domain of operators that have no older form
_REDUCTIONS = (
    "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum",
    "ReduceLogSumExp", "ReduceSumSquare",
)  # fmt: skip


def rewritten(model: Any) -> Any:
    """Return `model` (an onnx.ModelProto) with the same meaning in opset 17, where it is newer."""
    import onnx

    model = _weights_under_each_name(model)
    version = next((one.version for one in model.opset_import if not one.domain), OPSET)
    if version <= OPSET:
        return model
    made = onnx.ModelProto()
    made.CopyFrom(model)
    for one in made.opset_import:
        if not one.domain:
            one.version = OPSET
    known = {one.name: onnx.numpy_helper.to_array(one) for one in made.graph.initializer}
    for node in made.graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
            known[node.output[0]] = onnx.numpy_helper.to_array(node.attribute[0].t)
    for node in made.graph.node:
        if node.op_type in _REDUCTIONS:
            _axes_as_attribute(node, known)
        elif node.op_type == "Reshape" and (shape := known.get(node.input[1])) is not None:
            if 0 not in shape:
                _without(node, "allowzero")
        elif node.op_type == "Split":
            _without(node, "num_outputs")
        elif node.op_type == "Gelu":
            node.domain = OWN
    if any(node.domain == OWN for node in made.graph.node):
        made.opset_import.append(onnx.helper.make_opsetid(OWN, 1))
        _register_gelu()
    return made


def channels_first(model: Any, name: str) -> Any:
    """Return `model`, whose input `name` is (N,H,W,C), with (N,C,H,W) in its place.

    The transposition with which such files begin goes; where something else reads the input, one
    is put in.
    """
    import onnx

    made = type(model)()
    made.CopyFrom(model)
    given = next(one for one in made.graph.input if one.name == name)
    dims = [
        type(one).FromString(one.SerializeToString()) for one in given.type.tensor_type.shape.dim
    ]
    for place, at in enumerate((0, 3, 1, 2)):
        given.type.tensor_type.shape.dim[place].CopyFrom(dims[at])
    outputs = {one.name for one in made.graph.output}
    back, kept = {}, []
    for node in made.graph.node:
        turned = next((list(one.ints) for one in node.attribute if one.name == "perm"), [])
        first = node.op_type == "Transpose" and node.input[0] == name and turned == [0, 3, 1, 2]
        if first and node.output[0] not in outputs:
            back[node.output[0]] = name
        else:
            kept.append(node)
    last = f"{name}_channels_last"
    used = False
    for node in kept:
        for at, one in enumerate(node.input):
            used = used or one == name
            node.input[at] = last if one == name else back.get(one, one)
    turn = onnx.helper.make_node("Transpose", [name], [last], "channels_last", perm=[0, 2, 3, 1])
    nodes = [*([turn] if used else []), *kept]
    del made.graph.node[:]
    made.graph.node.extend(nodes)
    return made


def _weights_under_each_name(model: Any) -> Any:
    """Exporters write equal weights once, and repeat them by Identity, which onnx2torch misses."""
    weights = {one.name: one for one in model.graph.initializer}
    outputs = {one.name for one in model.graph.output}
    again, kept = [], []
    for node in model.graph.node:
        if (
            node.op_type == "Identity"
            and node.input[0] in weights
            and node.output[0] not in outputs
        ):
            weights[node.output[0]] = weights[node.input[0]]
            again.append(node.output[0])
        else:
            kept.append(node)
    if not again:
        return model
    made = type(model)()
    made.CopyFrom(model)
    del made.graph.node[:]
    made.graph.node.extend(kept)
    for name in again:
        own = made.graph.initializer.add()
        own.CopyFrom(weights[name])
        own.name = name
    return made


def _axes_as_attribute(node: Any, known: dict[str, np.ndarray[Any, Any]]) -> None:
    import onnx

    _without(node, "noop_with_empty_axes")
    if len(node.input) < 2 or node.input[1] not in known:
        return
    axes = [int(one) for one in known[node.input[1]].ravel()]
    del node.input[1:]
    node.attribute.append(onnx.helper.make_attribute("axes", axes))


def _without(node: Any, name: str) -> None:
    kept = [one for one in node.attribute if one.name != name]
    del node.attribute[:]
    node.attribute.extend(kept)


def _register_gelu() -> None:
    from onnx2torch.node_converters.registry import add_converter
    from onnx2torch.utils.common import OperationConverterResult, onnx_mapping_from_node
    from torch import nn

    def converter(node: Any, _graph: Any) -> Any:
        kind = node.attributes.get("approximate", "none")
        return OperationConverterResult(nn.GELU(kind), onnx_mapping_from_node(node))

    try:
        add_converter("Gelu", 1, OWN)(converter)
    except ValueError:  # it is there already
        return
