"""The network inside what frameworks wrap around one."""

from __future__ import annotations

from torch import nn
from torch.optim.swa_utils import AveragedModel

from nnvis.errors import UserError


def unwrapped(module: nn.Module) -> nn.Module:
    """Return the network itself, with its layers' calls to be seen, frozen flags aside as it was.

    Taken off: torch.compile, which hides the calls of layers, and what spreads over devices or
    averages over training.

    Raises:
        UserError: it is TorchScript, into which nobody can look.
    """
    module = outermost(module)
    for parent in [*module.modules()]:
        parent._compiled_call_impl = None  # Module.compile() keeps its program there
        for name, child in [*parent.named_children()]:
            if isinstance(inner := getattr(child, "_orig_mod", None), nn.Module):
                setattr(parent, name, inner)
    return module


def outermost(module: nn.Module) -> nn.Module:
    """Return what stands inside the wrappers around `module`, which stays as it is.

    Raises:
        UserError: it is TorchScript, into which nobody can look.
    """
    while True:
        if isinstance(inner := getattr(module, "_orig_mod", None), nn.Module):
            module = inner
        elif isinstance(
            module, (nn.DataParallel, nn.parallel.DistributedDataParallel, AveragedModel)
        ):
            module = module.module
        else:
            break
    if type(module).__module__.startswith("torch.jit"):
        raise UserError(
            f"{type(module).__name__} is TorchScript, into which nnvis cannot look; give the "
            "module as it was before torch.jit.script or trace, or write it with "
            "torch.onnx.export and open the .onnx file"
        )
    return module
