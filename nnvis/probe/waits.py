"""What in a pass makes the host wait for the device, or hangs on values: told by its operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

# The shape of what these put out, or what Python does next, hangs on values.
_VALUES = (
    "aten._local_scalar_dense.", "aten.is_nonzero.", "aten.item.", "aten.equal.", "aten.allclose.",
    "aten.nonzero.", "aten.masked_select.", "aten._unique", "aten.unique_", "aten.bincount.",
    "aten.repeat_interleave.Tensor", "torchvision.nms.",
)  # fmt: skip


class Waits(TorchDispatchMode):
    """Notes in `first` what the first such operation inside does, on `device`; "" while none."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._device = device
        self.first = ""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        if not self.first:
            self.first = self._said(str(func), [args, kwargs], made)
        return made

    def _said(self, name: str, given: Any, made: Any) -> str:
        tensors = [one for one in tree_leaves(given) if isinstance(one, Tensor)]
        there = [one for one in tensors if one.device == self._device]
        operation = name.removeprefix("aten.").partition(".")[0]
        masks = name.startswith(("aten.index.", "aten.index_put")) and any(
            one.dtype in (torch.bool, torch.uint8) for one in there
        )
        if there and (masks or name.startswith(_VALUES)):
            return f"it decides by values ({operation})"
        out = [one for one in tree_leaves(made) if isinstance(one, Tensor)]
        # A number of the host goes along with the call; what is copied, the host waits for.
        copies = operation in ("to", "_to_copy", "copy_")
        homes = {one.device for one in tensors if one.ndim or copies or one.device == self._device}
        homes |= {one.device for one in out}
        if self._device in homes and len(homes) > 1:
            return f"it copies between devices ({operation})"
        return ""
