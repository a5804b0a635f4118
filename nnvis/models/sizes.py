"""How large a library's network must be built for the weights of a file to fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nnvis.models.checkpoint import Checkpoint
from nnvis.models.fitting import Match, match


@dataclass(frozen=True, slots=True)
class Sizes:
    """What differs from the network as its library builds it; None: nothing."""

    classes: int | None = None
    channels: int | None = None  # of the input
    spare: tuple[str, ...] = ()  # names that the file lacks, all of the head


def sizes_of(
    make: Callable[[], nn.Module], classes: int, checkpoint: Checkpoint, ema: bool | None
) -> Sizes:
    """Compare shapes with those of the network that `make` builds with `classes` classes.

    A head for K classes may have several times K outputs (boxes of every class, anchors): the
    counts that all heads agree on are taken.

    Raises:
        UserError: the file lacks the kind of weights that is asked for.
    """
    skeleton = _skeleton(make)
    classes = getattr(skeleton, "num_classes", None) or classes
    state = {name: one for name, one in skeleton.state_dict().items() if isinstance(one, Tensor)}
    taken = match(checkpoint, state, ema)
    votes: Counter[int] = Counter()
    for name, one in taken.found.items():
        if one.shape == state[name].shape or not one.ndim or not state[name].ndim:
            continue
        given, own = one.shape[0], state[name].shape[0]
        if own % classes == 0 and given % (own // classes) == 0:
            votes[given // (own // classes)] += 1
    count = votes.most_common(1)[0][0] if votes else None
    return Sizes(count, _channels(skeleton, state, taken), _spare(skeleton, state, taken))


def head_note(sizes: Sizes) -> tuple[str, ...]:
    """Say what was made otherwise than the library has it."""
    if sizes.spare:
        return ("the file has no weights of the head: what it says of classes is random",)
    if sizes.classes:
        kinds = "1 output" if sizes.classes == 1 else f"{sizes.classes} classes"
        return (f"the head was made for {kinds}, as the file has them",)
    return ()


def with_channels(module: nn.Module, channels: int) -> None:
    """Give the first convolution of `module` other input channels, drawn anew."""
    first = next(one for one in module.modules() if isinstance(one, nn.Conv2d))
    first.in_channels = channels
    first.weight = nn.Parameter(torch.empty(first.out_channels, channels, *first.kernel_size))
    first.reset_parameters()


def _skeleton(make: Callable[[], nn.Module]) -> nn.Module:
    """Build without memory where the library can: only shapes are looked at."""
    try:
        with torch.device("meta"):
            return make()
    except (NotImplementedError, RuntimeError):  # it computes with its weights
        return make()


def _channels(skeleton: nn.Module, state: dict[str, Tensor], taken: Match) -> int | None:
    first = next((n for n, one in skeleton.named_modules() if isinstance(one, nn.Conv2d)), None)
    given = taken.found.get(f"{first}.weight")
    if given is None or given.ndim != 4:
        return None
    return given.shape[1] if given.shape[1] != state[f"{first}.weight"].shape[1] else None


def _spare(skeleton: nn.Module, state: dict[str, Tensor], taken: Match) -> tuple[str, ...]:
    """Names of the last linear layer, where the file has all of the network but that."""
    last = next(
        (n for n, one in [*skeleton.named_modules()][::-1] if isinstance(one, nn.Linear)), ""
    )
    missing = [name for name in state if name not in taken.found and "num_batches" not in name]
    own = [name for name in missing if name.rpartition(".")[0] == last]
    return tuple(own) if own and len(own) == len(missing) < len(state) / 2 else ()
