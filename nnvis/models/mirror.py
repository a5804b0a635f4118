"""A network beside somebody's own: it has their weights, and nothing done to it reaches theirs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from nnvis.errors import UserError, first_line
from nnvis.models.unwrap import outermost


class Mirror:
    """Holds `network`: modules, flags, hooks and buffers of its own, over the very same weights.

    Weights are shared, not copied, so that `network` follows a training as it goes, and so that
    neither evaluation mode nor frozen weights nor gradients are ever seen in `theirs`.
    """

    def __init__(self, module: nn.Module) -> None:
        """Stand beside `module`.

        Raises:
            UserError: its sizes are not known yet, or it is TorchScript.
        """
        self.theirs = outermost(module)
        if any(is_lazy(one) for one in self.theirs.parameters()):
            raise UserError(
                f"{type(self.theirs).__name__} has layers whose sizes are not known yet; run it "
                "once on a batch of its pictures, then give it again"
            )
        self._pairs: list[tuple[nn.Module, nn.Module]] = []
        self.network = self._made()

    def refresh(self) -> bool:
        """Follow what became of their weights and buffers since; False where it must be made anew.

        Weights that were changed in place are seen anyway; those that were replaced, as by
        `load_state_dict(assign=True)` or a move to another device, and buffers only from here on.
        """
        now = [one for _, one in self.theirs.named_modules(remove_duplicate=False)]
        if len(now) != len(self._pairs) or any(
            one is not before for one, (_, before) in zip(now, self._pairs, strict=True)
        ):
            return False
        with torch.no_grad():
            for mine, theirs in self._pairs:
                if not _alike(mine, theirs):
                    return False
                for name, weight in theirs._parameters.items():
                    if weight is not None and not _same_place(mine._parameters[name], weight):
                        mine._parameters[name] = _shared(weight)
                for name, buffer in theirs._buffers.items():
                    if buffer is not None:
                        mine._buffers[name] = _followed(mine._buffers[name], buffer)
        return True

    @property
    def state(self) -> tuple[Any, ...]:
        """Equal as long as their weights and buffers are the same."""
        known = (*self.theirs.parameters(), *self.theirs.buffers())
        return tuple((one.data_ptr(), one._version, one.dtype, one.shape) for one in known)

    def _made(self) -> nn.Module:
        memo: dict[int, Any] = {}
        for module in self.theirs.modules():
            memo.update((id(one), one) for one in vars(module).values() if _is_heavy(one))
            memo.update((id(one), _shared(one)) for one in _weights(module))
        for module in [*self.theirs.modules()][::-1]:  # compiled ones hide the calls of their parts
            if isinstance(inner := getattr(module, "_orig_mod", None), nn.Module):
                memo[id(module)] = copy.deepcopy(inner, memo)
        try:
            network: nn.Module = copy.deepcopy(self.theirs, dict(memo))
        except Exception:  # noqa: BLE001 - what cannot be copied, a lock say, stays theirs
            for module in self.theirs.modules():
                memo.update((id(one), one) for one in vars(module).values() if _stays(one, memo))
            try:
                network = copy.deepcopy(self.theirs, memo)
            except Exception as error:
                reason = first_line(error)
                raise UserError(
                    f"{type(self.theirs).__name__} cannot be looked at beside its owner "
                    f"({reason}); copy.deepcopy(model) must work"
                ) from error
        mine = dict(network.named_modules(remove_duplicate=False))
        theirs = self.theirs.named_modules(remove_duplicate=False)
        self._pairs = [(mine.get(name, network), one) for name, one in theirs]
        return network


def mirrored(module: nn.Module) -> nn.Module:
    """Return a network with the weights of `module`, of which nothing is changed; see Mirror."""
    return Mirror(module).network


def _weights(module: nn.Module) -> Iterator[Tensor]:
    """Yield the tensors of one module that are shared: weights, and what was computed of them."""
    yield from (one for one in module._parameters.values() if one is not None)
    yield from (one for one in vars(module).values() if isinstance(one, Tensor) and one.grad_fn)


def _shared(weight: Tensor) -> Any:
    """Return the same numbers at the same place, without a gradient."""
    seen = weight.detach()
    return nn.Parameter(seen, requires_grad=False) if type(weight) is nn.Parameter else seen


def _is_heavy(value: object) -> bool:
    return isinstance(value, torch.optim.Optimizer)


def _stays(value: object, memo: dict[int, Any]) -> bool:
    if isinstance(value, (nn.Module, str, int, float, type(None))) or id(value) in memo:
        return False
    try:
        copy.deepcopy(value, dict(memo))
    except Exception:  # noqa: BLE001 - anybody's attribute
        return not isinstance(value, dict)  # of modules and weights: those are gone through
    return False


def _alike(mine: nn.Module, theirs: nn.Module) -> bool:
    return _present(mine._parameters) == _present(theirs._parameters) and _present(
        mine._buffers
    ) == _present(theirs._buffers)


def _present(tensors: Any) -> list[str]:
    return [name for name, one in tensors.items() if one is not None]


def _same_place(mine: Tensor | None, theirs: Tensor) -> bool:
    return (
        mine is not None
        and mine.data_ptr() == theirs.data_ptr()
        and (mine.shape, mine.dtype, mine.device) == (theirs.shape, theirs.dtype, theirs.device)
    )


def _followed(mine: Tensor | None, theirs: Tensor) -> Tensor:
    same = mine is not None and (mine.shape, mine.dtype, mine.device) == (
        theirs.shape, theirs.dtype, theirs.device,
    )  # fmt: skip
    if not same or mine is None:
        return theirs.detach().clone()
    return mine.copy_(theirs)
