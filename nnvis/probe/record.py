"""What the layers of a network put out during a pass, and what takes its place."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from nnvis.errors import UserError
from nnvis.probe.parts import parts_of


class Wrapper(nn.Module):
    """A module around another one, by whose names its layers go."""

    network: nn.Module


@dataclass(frozen=True, slots=True, eq=False)
class ModuleCall:
    """One call of one module in one forward pass that put out numbers."""

    name: str  # "name" for the first call in the pass, "name@2" for the second, ...
    module: nn.Module
    shape: tuple[int, ...]  # of its first output, with the batch


@contextmanager
def record(
    model: nn.Module,
    layers: Iterable[str],
    *,
    detach: bool = True,
    keep: Mapping[str, Callable[[Tensor], Tensor]] | None = None,
) -> Iterator[dict[str, Tensor]]:
    """Collect what `layers` put out during the forward passes inside the block.

    Of several passes the last one stays. An output is kept as a clone, since an in-place ReLU
    that follows would overwrite it. Of a tuple or dict of tensors the first one counts.

    Args:
        model: a Wrapper or any other module.
        layers: dotted names; "name@2" is the second call of `name` in a pass.
        detach: False keeps the outputs in the graph, on the way to the logits, so that
            gradients with respect to them can be asked for.
        keep: for some of the layers, what to keep in place of the whole output, called in the
            pass itself; spares the clone.

    Raises:
        UserError: the model has no layer of such a name.
    """
    seen: dict[str, Tensor] = {}

    def heard(name: str, tensor: Tensor) -> Tensor | None:
        seen[name] = _kept(tensor, (keep or {}).get(name), detach)
        # The kept tensor stays as it is, and what follows may overwrite the clone.
        return None if detach else tensor.clone()

    with listen(model, layers, heard):
        yield seen


@contextmanager
def listen(
    model: nn.Module, layers: Iterable[str], heard: Callable[[str, Tensor], Tensor | None]
) -> Iterator[None]:
    """Call `heard(name, output)` whenever one of `layers` has put out a tensor.

    Names and outputs are those of `record`. What `heard` returns takes the output's place in the
    pass, unless it is None.

    Raises:
        UserError: the model has no layer of such a name.
    """
    root = network_of(model)
    counts: Counter[nn.Module] = Counter()
    listened: dict[nn.Module, dict[int, list[str]]] = {}
    for name in layers:
        module, call = _find(name, root)
        of_module = listened.setdefault(module, {})
        of_module.setdefault(call, []).append(name)

    def hear(module: nn.Module, _inputs: object, output: object) -> object:
        counts[module] += 1
        for name in listened[module].get(counts[module], ()):
            tensor = first_tensor(output)
            changed = heard(name, tensor) if tensor is not None else None
            output = output if changed is None else _with_first(output, changed)
        return output

    with ExitStack() as hooks:
        begin = root.register_forward_pre_hook(lambda *_: counts.clear())
        hooks.callback(begin.remove)
        for module in listened:
            hooks.callback(module.register_forward_hook(hear).remove)
        yield


def trace(model: nn.Module, x: Tensor) -> tuple[ModuleCall, ...]:
    """Run `model` on `x` and list the calls of all its modules, in the order they ended.

    The network itself is not among them, nor are calls that put out no tensor.
    """
    root = network_of(model)
    found: list[ModuleCall] = []
    counts: Counter[nn.Module] = Counter()

    def hear(module: nn.Module, _inputs: object, output: object, *, name: str) -> None:
        counts[module] += 1
        tensor = first_tensor(output)
        if tensor is not None:
            label = name if counts[module] == 1 else f"{name}@{counts[module]}"
            found.append(ModuleCall(label, module, tuple(tensor.shape)))

    with ExitStack() as hooks, torch.no_grad():
        for name, module in root.named_modules():
            if module is not root:
                handle = module.register_forward_hook(partial(hear, name=name))
                hooks.callback(handle.remove)
        model(x)
    return tuple(found)


def network_of(model: nn.Module) -> nn.Module:
    """Return the module by whose names the layers of `model` go."""
    return model.network if isinstance(model, Wrapper) else model


def first_tensor(output: object) -> Tensor | None:
    """Return the first tensor of floating numbers in a module's output, None without one."""
    if isinstance(output, Tensor):
        return output if output.is_floating_point() else None
    tensors = (first_tensor(part) for _, part in parts_of(output))
    return next((tensor for tensor in tensors if tensor is not None), None)


def _find(name: str, root: nn.Module) -> tuple[nn.Module, int]:
    """Return the module and the number of its call that "name@2" means."""
    module_name, _, call = name.partition("@")
    module: nn.Module | None = root
    for part in module_name.split("."):  # not by a walk over all modules: this is done each frame
        module = module._modules.get(part) if module is not None else None
    if module is not None and (not call or call.isdecimal()):
        return module, int(call or 1)
    known = [one for one, _ in root.named_modules(remove_duplicate=False) if one]
    near = difflib.get_close_matches(name, known, 3, 0.3) or known[:3]
    raise UserError(f"the network has no layer {name!r}; try {', '.join(near)}")


def _kept(tensor: Tensor, reduce: Callable[[Tensor], Tensor] | None, detach: bool) -> Tensor:
    if reduce is None:
        return tensor.detach().clone() if detach else tensor
    small = reduce(tensor.detach() if detach else tensor)
    shared = small.untyped_storage().data_ptr() == tensor.untyped_storage().data_ptr()
    return small.clone() if shared else small


def _with_first(output: object, tensor: Tensor) -> object:
    """Return `output` with its first tensor replaced; only of outputs that can be rebuilt."""
    if isinstance(output, Tensor):
        return tensor
    if isinstance(output, (tuple, list)) and type(output) in (tuple, list):
        parts = [*output]
        place = next(at for at, part in enumerate(parts) if first_tensor(part) is not None)
        parts[place] = _with_first(parts[place], tensor)
        return tuple(parts) if isinstance(output, tuple) else parts
    if type(output) is dict:
        key = next(key for key, part in output.items() if first_tensor(part) is not None)
        return {**output, key: _with_first(output[key], tensor)}
    return output
