"""What operations of PyTorch are called on the map, and which need no box of their own."""

from __future__ import annotations

from nnvis.probe import FlowStep

_MOVES = {  # numbers as they are, elsewhere or of another type
    "clone", "contiguous", "copy", "to_copy", "detach", "lift_fresh", "repeat", "unsafe_view",
    "reshape_copy", "view_copy", "unsafe_split", "unsafe_split_with_sizes", "unsafe_chunk",
    "expand_copy", "permute_copy", "slice_copy", "alias_copy", "as_strided", "squeeze", "unsqueeze",
    "transpose", "t", "resize", "set", "swapaxes", "swapdims",
}  # fmt: skip
_SCALES = {"add", "sub", "rsub", "mul", "div", "neg"}  # where only one number is the other side
MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
_TITLES = {
    "add": "+", "sub": MINUS, "rsub": MINUS, "mul": TIMES, "div": "÷", "addcmul": "+",
    "mm": "matmul", "bmm": "matmul", "addmm": "matmul", "baddbmm": "matmul",
    "native_layer_norm": "layer norm",
    "native_group_norm": "group norm", "adaptive_avg_pool2d": "average pool",
    "avg_pool2d": "average pool", "max_pool2d_with_indices": "max pool",
    "constant_pad_nd": "pad", "amax": "max", "amin": "min", "linalg_vector_norm": "norm",
    "native_batch_norm": "batch norm", "cudnn_batch_norm": "batch norm",
    "native_batch_norm_legit_no_training": "batch norm", "miopen_batch_norm": "batch norm",
}  # fmt: skip


def only_moves(step: FlowStep) -> bool:
    """Tell whether a step puts numbers elsewhere or scales them all alike, and no more."""
    name = _plain(step.operation)
    if name in _MOVES or not name:
        return True
    if name not in _SCALES or step.constants:
        return False
    return len(set(step.reads)) == len(step.reads) == 1


def operation_title(operation: str) -> str:
    """Return what people call "aten::add_"."""
    name = _plain(operation)
    if name.startswith("scaled_dot_product"):
        return "attention"
    if name.startswith("upsample"):
        return "resize"
    return _TITLES.get(name, name.replace("_", " "))


def _plain(operation: str) -> str:
    return operation.partition("::")[2].strip("_")
