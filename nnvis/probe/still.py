"""Modules that switch themselves to training while they run, kept from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import nn


def set_evaluating(module: nn.Module) -> None:
    """Set the flag on `module` and all below it, without calling `train`, which may do anything."""
    for one in module.modules():
        one.training = False


def keep_evaluating(modules: Iterable[nn.Module]) -> None:
    """Let each of `modules` begin every pass in evaluation mode, whatever its parent has set."""

    def calm(module: nn.Module, _inputs: Any) -> None:
        module.training = False

    for one in modules:
        one.training = False
        one.register_forward_pre_hook(calm)
