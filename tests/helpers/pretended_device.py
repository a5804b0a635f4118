"""A device that is not there: mixed devices raise, and what crosses to and from it is counted.

Shapes and devices are true, values are not. Only for a process of its own, since torch knows one
such device.
"""

from __future__ import annotations

import collections
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode

DEVICE = "pretended"
NUMPY = {
    torch.float32: np.float32, torch.float64: np.float64, torch.uint8: np.uint8,
    torch.int64: np.int64, torch.int32: np.int32, torch.bool: np.bool_,
}  # fmt: skip
# What hangs on values, of which there are none here
GUESSED = ("aten.nonzero.", "aten._unique2.", "aten.unique_dim.", "aten.allclose.", "aten.equal.")


def place() -> str:
    """Return the line of nnvis that is being run."""
    frames = [one for one in traceback.extract_stack() if "/nnvis/" in one.filename]
    last = next(one for one in reversed(frames) if "host_transfer" not in one.filename)
    return f"{last.filename.rpartition('/nnvis/')[2]}:{last.lineno}"


class Traffic(TorchDispatchMode):
    """Counts operations that launch something, and copies between host and device."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0
        self.reads: collections.Counter[str] = collections.Counter()
        self.uploads: collections.Counter[str] = collections.Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = str(func)
        if "_local_scalar_dense" in name or "is_nonzero" in name:
            self.reads[place()] += 1
            return _value(args[0])
        if name.startswith("aten.index") and args[0].device.type != DEVICE and _there(args[1]):
            raise RuntimeError("indices of the device into a tensor of the host: mixed devices")
        if name.startswith(GUESSED) or (name == "aten.index.Tensor" and _masks(args[1])):
            self.reads[place()] += 1  # the host waits for what hangs on values
            return _guessed(name, args)
        if name.startswith("aten._fused_"):  # a step of an optimiser, in place
            self.operations += 1
            assert len({one.device.type for one in _tensors(args)}) == 1, "mixed devices"
            return None
        if "_to_copy" in name and _goes_there(args[0], kwargs.get("device")):
            self.uploads[place()] += 1
            self.operations += 1
            kind = kwargs.get("dtype") or args[0].dtype
            if kind is torch.float64:
                _refuse_double()
            return torch.empty(args[0].shape, dtype=kind, device=DEVICE)
        made = func(*args, **kwargs)
        if any(one.dtype is torch.float64 for one in _tensors(made) if one.device.type == DEVICE):
            _refuse_double()
        self.operations += _there((args, kwargs, made)) and _launches(name, func, args, made)
        if ("_to_copy" in name or "aten.to." in name) and made.device.type != args[0].device.type:
            (self.reads if made.device.type == "cpu" else self.uploads)[place()] += 1
        return made


NOW: list[Traffic] = []
NARROW = [True]  # whether the device has no double precision


def _refuse_double() -> None:
    """Say what MPS says; `torch.quantile` knows by itself where it must do without."""
    frames = [one for one in traceback.extract_stack() if "/nnvis/" in one.filename]
    if NARROW[0] and not any("quantile(" in (one.line or "") for one in frames[-1:]):
        raise TypeError("the device has no double precision")


def _tensors(values: Any) -> list[torch.Tensor]:
    """List those in lists, tuples and dictionaries: by hand, since every launch asks thrice."""
    if isinstance(values, torch.Tensor):
        return [values]
    if isinstance(values, dict):
        values = values.values()
    elif not isinstance(values, (list, tuple)):
        return []
    return [one for part in values for one in _tensors(part)]


def _there(values: Any) -> bool:
    return any(one.device.type == DEVICE for one in _tensors(values))


def _launches(name: str, func: Any, args: Any, made: Any) -> bool:
    if "aten.to." in name or "aten.reshape" in name or "aten.contiguous" in name:
        return made is not args[0] and not (  # a copy was needed
            made.dtype == args[0].dtype and made.device == args[0].device
            and "aten.reshape" in name and _could_view(args[0], tuple(made.shape))
        )  # fmt: skip
    nothing = name.startswith(("prim.", "aten.detach", "aten.empty", "aten.new_empty"))
    first = made[0] if isinstance(made, (tuple, list)) and made else made
    empty = isinstance(first, torch.Tensor) and first.numel() == 0
    return not func.is_view and not nothing and not empty


def _could_view(tensor: torch.Tensor, shape: tuple[int, ...]) -> bool:
    try:
        torch.empty_strided(tensor.shape, tensor.stride(), device="meta").view(shape)
    except RuntimeError:
        return False
    return True


def _value(tensor: torch.Tensor) -> Any:
    if tensor.dtype is torch.bool:
        return True
    return 1.0 if tensor.is_floating_point() else 1


def _masks(indices: Any) -> bool:
    return any(one is not None and one.dtype is torch.bool for one in indices)


def _goes_there(tensor: torch.Tensor, device: Any) -> bool:
    there = device is not None and torch.device(device).type == DEVICE
    return there and tensor.device.type != DEVICE


def _guessed(name: str, args: Any) -> Any:
    """Stand for an answer that hangs on values: all are found, no two are the same or all are."""
    tensor: torch.Tensor = args[0]
    if "index" in name:
        axis, mask = next((at, one) for at, one in enumerate(args[1]) if one is not None)
        rest = tensor.shape[axis + mask.ndim :]
        return tensor.new_zeros((*tensor.shape[:axis], mask.numel(), *rest))
    if "nonzero" in name:
        return tensor.new_zeros((tensor.numel(), tensor.ndim), dtype=torch.int64)
    if "unique_dim" in name:
        numbers = torch.zeros(tensor.shape[args[1]], dtype=torch.int64, device=tensor.device)
        return tensor.clone(), numbers, numbers.clone()
    if "unique" in name:
        numbers = torch.zeros(tensor.shape, dtype=torch.int64, device=tensor.device)
        return tensor.flatten().clone(), numbers, numbers.flatten()
    return True


def _numpy(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    if tensor.device.type == DEVICE:
        raise TypeError("a tensor of the device has no numpy(); use cpu() first")
    return np.ones(tuple(tensor.shape), NUMPY[tensor.dtype])


def _reading(value: Any) -> Any:
    def read(self: torch.Tensor, *_args: Any) -> Any:
        if NOW and self.device.type == DEVICE:
            NOW[-1].reads[place()] += 1
        return value(self) if callable(value) else value

    return read


def pretend() -> None:
    """Register the device, and let the host's reads of it be counted; it has as little as MPS."""
    from nnvis.models import devices

    devices.widest = _widest
    backend_registration._setup_privateuseone_for_python_backend(DEVICE)
    for name, value in {
        "__float__": 1.0, "__int__": 1, "__bool__": True, "__index__": 0, "item": _value,
        "tolist": lambda one: np.ones(tuple(one.shape), NUMPY[one.dtype]).tolist(),
        "numpy": _numpy,
    }.items():  # fmt: skip
        setattr(FakeTensor, name, _reading(value))
    torch.UntypedStorage.data_ptr = lambda self: self._cdata  # type: ignore[method-assign]
    for made in ("tensor", "as_tensor"):
        setattr(torch, made, _uploading(getattr(torch, made)))
    torch.nn.Module.to = _module_to  # type: ignore[method-assign, assignment]
    setattr(FakeTensor, "new_tensor", _new_tensor)  # noqa: B010 - its type says that it has one


def _widest(device: torch.device) -> torch.dtype:
    return torch.float32 if device.type == DEVICE else torch.float64


_TO = torch.nn.Module.to


def _module_to(self: torch.nn.Module, device: Any, *args: Any, **kwargs: Any) -> torch.nn.Module:
    """Give a module weights there; those of a device that is not cannot be swapped in place."""
    if not isinstance(device, (str, torch.device)) or torch.device(device).type != DEVICE:
        return _TO(self, device, *args, **kwargs)
    for module in self.modules():
        for kept in (module._parameters, module._buffers):
            for name, one in list(kept.items()):
                if one is not None:
                    there = one.detach().to(device)
                    asked = one.requires_grad
                    weight = kept is module._parameters
                    kept[name] = torch.nn.Parameter(there, requires_grad=asked) if weight else there
    return self


def _new_tensor(self: torch.Tensor, data: Any, *, dtype: Any = None, device: Any = None) -> Any:
    return torch.tensor(data, dtype=dtype or self.dtype, device=device or self.device)


def _uploading(make: Any) -> Any:
    """Count numbers of the host that become a tensor there; a tensor is counted when copied."""

    def made(data: Any, *args: Any, device: Any = None, **kwargs: Any) -> Any:
        if device is None or isinstance(data, torch.Tensor) or torch.device(device).type != DEVICE:
            there = {} if device is None else {"device": device}
            return make(data, *args, **there, **kwargs)
        if NOW:
            NOW[-1].uploads[place()] += 1
        on_host = make(data, *args, **kwargs)
        return torch.zeros(tuple(on_host.shape), dtype=on_host.dtype, device=device)

    return made


def failure(error: Exception) -> str:
    """Return in one line what failed, and where in nnvis."""
    where = [one for one in traceback.extract_tb(error.__traceback__) if "/nnvis/" in one.filename]
    at = f"{where[-1].filename.rpartition('/nnvis/')[2]}:{where[-1].lineno}" if where else "?"
    return f"{type(error).__name__}: {error} ({at})".replace("\n", " ")[:500]


def moved(model: torch.nn.Module, mode: FakeTensorMode) -> None:
    """Put the weights of `model` there."""
    with mode:
        for module in model.modules():
            for name, weight in list(module._parameters.items()):
                if weight is not None:
                    there = mode.from_tensor(weight.detach()).to(DEVICE)
                    module._parameters[name] = torch.nn.Parameter(there, requires_grad=False)
            for name, buffer in list(module._buffers.items()):
                if buffer is not None:
                    module._buffers[name] = mode.from_tensor(buffer).to(DEVICE)


def copied(tensors: Any) -> list[np.ndarray[Any, Any]]:
    """Stand for the one copy to the host."""
    for one in tensors:
        assert one.device.type == DEVICE, f"a tensor of the host: {tuple(one.shape)}"
    if NOW and tensors:
        NOW[-1].reads[place()] += 1
    return [np.zeros(tuple(one.shape), NUMPY[one.dtype]) for one in tensors]


class PretendedLink:
    """Copies to and from it that are not waited for; each still crosses, and is counted."""

    def __init__(self) -> None:
        self.device = torch.device(DEVICE)
        self.under_way = self.most = 0  # copies to the host that nobody has read

    def up(self, picture: np.ndarray[Any, Any]) -> torch.Tensor:
        """Copy a picture there."""
        return torch.from_numpy(picture).to(DEVICE)

    def down(self, block: torch.Tensor) -> PretendedLanding:
        """Begin to copy a block."""
        copied([block])
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        return PretendedLanding(self, block.numel())


class PretendedLanding:
    """A block that is on its way."""

    def __init__(self, link: PretendedLink, size: int) -> None:
        self._link, self._size = link, size
        self.done = False

    def wait(self) -> np.ndarray[Any, Any]:
        """Return as many bytes."""
        self._link.under_way -= not self.done
        self.done = True
        return np.zeros(self._size, np.uint8)


@contextmanager
def counted(mode: FakeTensorMode) -> Iterator[Traffic]:
    """Count what is done inside."""
    traffic = Traffic()
    NOW.append(traffic)
    try:
        with mode, traffic:
            yield traffic
    finally:
        NOW.pop()
