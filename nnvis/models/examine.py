"""A few passes over made-up pictures, which tell what a network is made of and what it puts out."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from nnvis.errors import UserError, Worded, first_line
from nnvis.models.branches import different, with_branches
from nnvis.models.checkpoint import some
from nnvis.models.detection.objects import boxes_of
from nnvis.models.detection.queries import QueryFormat, format_of, queries_of
from nnvis.models.info import LayerInfo, OutputInfo
from nnvis.models.layers import list_layers
from nnvis.models.meaning import Meaning, asked, guess
from nnvis.models.outputs import Choice, as_rows, choose, describe, pick, tensors_of
from nnvis.models.places.locality import place_layers
from nnvis.probe import Squashes, keep_evaluating, set_evaluating

log = logging.getLogger(__name__)


class Runs(Protocol):
    """What is examined: a VisionModel."""

    name: str
    network: nn.Module
    channels: int
    mean: Tensor
    std: Tensor
    classifier: bool

    @property
    def input_size(self) -> tuple[int, int]: ...

    @property
    def device(self) -> torch.device: ...

    @property
    def precision(self) -> torch.dtype: ...

    def run(self, normalised: Tensor) -> Any: ...


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What the passes told."""

    layers: tuple[LayerInfo, ...]
    outputs: tuple[OutputInfo, ...]
    choice: Choice | None  # None: boxes, or nothing
    meaning: Meaning
    notes: tuple[str, ...]
    boxes: bool = False  # it is a detector
    queries: QueryFormat | None = None  # of one that answers queries


def examine(
    model: Runs, output: str | None, scores: str | None, labels: tuple[str, ...] | None
) -> Findings:
    """Look into `model`, whose weights and statistics are afterwards as before.

    Raises:
        UserError: it cannot take a picture of its input size, or has no such output.
    """
    height, width = model.input_size
    notes: list[str] = []
    # Whoever looks first may do so in inference mode, in which there are no gradients.
    with torch.inference_mode(False), torch.no_grad():
        x = torch.full((1, model.channels, height, width), 0.5, device=model.device)
        before = {name: one.clone() for name, one in model.network.named_buffers()}
        held = _held(model.network)
        learning = [one for one in model.network.modules() if one.training]  # somebody's purpose
        set_evaluating(model.network)
        try:
            layers = _list_layers(model, x, notes)
        except UserError:
            raise
        except (Exception, SystemExit) as error:
            raise UserError(_cannot_take(model, error), field="input_size") from error
        own = [name for name, one in _held(model.network).items() if held.get(name) is not one]
        calmed, changed = _calmed(model.network, before)
        notes += calmed
        keeps = [] if calmed else sorted({*changed, *own})
        try:
            layers = place_layers(model.network, model.run, _picture(model, x), layers)
            notes += _told_places(layers)
        except Exception:
            log.debug("the cells of %s cannot be placed", model.name, exc_info=True)
            notes.append("whether its cells lie where they are drawn could not be tested")
        others = different(model.mean, model.std, x)
        kind = model.precision
        more = with_branches(model.network, model.run, (one.to(kind) for one in others), layers)
        if len(more) > len(layers):
            names = [one.name for one in more if one not in layers]
            notes.append(f"some layers run on some pictures only: {some(names)}")
            layers = more
        result, squashes, random = _second_pass(model, x)
        if (random or keeps) and not _same(result, _second_pass(model, x)[0]):
            notes.append(
                "it is random: two passes over one picture differ"
                if random
                else f"it remembers: each pass changes {some(keeps)}, so that what it answers "
                "depends on the pictures before"
            )
        seen = () if scores or labels or model.classifier else _elsewhere(model, x)
        _put_back(model.network, before)
        for one in learning:
            one.training = True
    choice, meaning = None, Meaning()
    queried = queries_of(result)
    boxes, queries = queried is not None or boxes_of(result) is not None, None
    count = len(labels) if labels else None
    if queried is not None:
        queries = format_of(queried[0], model.network, count, scores)
        notes += [f"its scores: {queries.describe()}"] if queries.why else []
    if not boxes:
        choice = choose(result, output, count)
    if choice is not None:
        notes += [choice.why] if choice.why else []
        values = pick(result, choice.path)
        assert values is not None
        values = as_rows(values, 1)
        if scores:
            meaning = asked(scores, values, squashes)
        else:
            embeds = getattr(model.network, "num_classes", None) == 0
            listed = [pick(one, choice.path) for one in seen]
            rest = [as_rows(one, 1) for one in listed if one is not None]
            meaning = guess(values, squashes, count, embeds, model.classifier, rest)
            notes += [f"its scores: {meaning.describe()}"] if meaning.why or meaning.inside else []
    return Findings(layers, describe(result), choice, meaning, tuple(notes), boxes, queries)


def settle_lazy(module: nn.Module, x: Tensor) -> None:
    """Let lazy layers find their sizes by one pass over `x`, (1,C,H,W)."""
    if any(is_lazy(one) for one in module.parameters()):
        with torch.no_grad():
            module(x)


def _list_layers(model: Runs, x: Tensor, notes: list[str]) -> tuple[LayerInfo, ...]:
    kind = model.precision
    try:
        return list_layers(model.network, x.to(kind))
    except RuntimeError as error:
        if kind not in (torch.float16, torch.bfloat16) or "not implemented for" not in str(error):
            raise
        model.network.float()
        notes.append(f"computed in float32: there is no {str(kind)[6:]} for it on {model.device}")
        return list_layers(model.network, x)


def _second_pass(model: Runs, x: Tensor) -> tuple[Any, Squashes, bool]:
    """Run with gradients on, which tell what feeds what; and whether it draws random numbers."""
    state = torch.get_rng_state()
    picture = _picture(model, x)
    squashes = Squashes()
    try:
        with torch.enable_grad(), squashes:
            result = model.run(picture.clone().requires_grad_())
    except Exception:  # noqa: BLE001 - there are networks that only run without gradients
        squashes = Squashes()
        with squashes:
            result = model.run(picture)
    drew = not torch.equal(state, torch.get_rng_state())
    return result, squashes, drew


def _elsewhere(model: Runs, grey: Tensor) -> list[Any]:
    """Return what the network puts out for a few other pictures; nothing where it takes none."""
    try:
        pictures = different(model.mean, model.std, grey)
        return [model.run(one.to(model.precision)) for one in pictures]
    except Exception:  # whatever a branch does that nobody took before
        log.debug("%s does not take other pictures", model.name, exc_info=True)
        return []


def _picture(model: Runs, grey: Tensor) -> Tensor:
    """Return a picture that is not the same everywhere, as the network takes it."""
    noise = torch.rand(grey.shape, generator=torch.Generator().manual_seed(0)).to(grey)
    return ((grey + noise) / 2 - model.mean) / model.std


def _told_places(layers: Sequence[LayerInfo]) -> list[str]:
    sorted_ = sum(bool(one.order) for one in layers)
    listed = [one.name for one in layers if not one.placed]
    told = []
    if sorted_:
        told.append(f"the tokens of {sorted_} layers are out of order: put where they belong")
    if listed:
        told.append(
            f"the cells of {len(listed)} layers are no places of the picture and never laid over "
            f"it: {some(listed)}"
        )
    return told


def _held(network: nn.Module) -> dict[str, Tensor]:
    """Return the tensors that modules hold as plain attributes, as those do that remember."""
    return {
        f"{name}.{key}".removeprefix("."): one
        for name, module in network.named_modules()
        for key, one in vars(module).items()
        if isinstance(one, Tensor)
    }


def _put_back(network: nn.Module, before: dict[str, Tensor]) -> list[str]:
    """Give the buffers the values `before`; return which had others."""
    changed = []
    for name, one in network.named_buffers():
        old = before.get(name)
        if old is not None and old.shape == one.shape and not torch.equal(old, one):
            one.copy_(old)
            changed.append(name)
    return changed


def _calmed(network: nn.Module, before: dict[str, Tensor]) -> tuple[list[str], list[str]]:
    """Undo what the network did to itself in its first pass, and keep it from training again.

    Returns:
        What is to be said of that, and which buffers had changed.
    """
    restless = {name: one for name, one in network.named_modules() if one.training}
    keep_evaluating(restless.values())
    changed = _put_back(network, before)
    if not restless:
        return [], changed
    kept = f" ({', '.join(changed[:3])} would have changed)" if changed else ""
    told = f"its forward switches {', '.join([*restless][:3])} to training: kept from it{kept}"
    return [told], changed


def _cannot_take(model: Runs, error: BaseException) -> str:
    missing = _second_input(model.network)
    if missing and isinstance(error, TypeError):
        return (
            f"{model.name}: forward needs a second input {missing}; give a factory that binds it: "
            f"def bound(): net = {type(model.network).__name__}(); net.forward = "
            f"functools.partial(net.forward, {missing}=torch.zeros(1)); return net"
        )
    if isinstance(error, SystemExit):
        return f"{model.name} ended the program in its forward (exit {error.code}); take that out"
    height, width = model.input_size
    reason = first_line(error)
    if isinstance(error, (TypeError, NameError, AttributeError, KeyError, RecursionError)):
        kind = type(error).__name__
        return f"{model.name} failed in its forward ({kind}: {reason}); mend it and try again"
    if model.device.type != "cuda" and ("NVIDIA" in reason or "cuda" in reason.casefold()):
        return (
            f"{model.name} goes to CUDA by itself; take .cuda() and .to('cuda') out of its "
            "forward: it gets the picture where its weights are"
        )
    batch = _fixed_batch(model, reason)
    if batch:
        return (
            f"{model.name} takes {batch} pictures at a time, not one; give the network that it "
            "was made of, or make it again with a batch of 1"
        )
    for code, words, turned in _forms(model):
        if _takes(model, turned):
            return (
                f"{model.name} takes the picture {words}; give a factory that turns it: "
                f"def turned(): net = {type(model.network).__name__}(); forward = net.forward; "
                f"net.forward = lambda x: forward({code}); return net"
            )
    what = f"{model.name} does not take {model.channels} x {height} x {width} pixels ({reason})"
    return Worded(
        f"{what}; give another --input-size or --channels",
        f"{what}; give another size, or another number of channels",
    )


def _forms(model: Runs) -> list[tuple[str, str, Tensor]]:
    height, width = model.input_size
    x = torch.full((1, model.channels, height, width), 0.5, device=model.device)
    x = x.to(model.precision)
    return [
        ("x.permute(0, 2, 3, 1)", "with its channels last", x.permute(0, 2, 3, 1)),
        ("x[:, :, None]", "as a clip of one frame", x[:, :, None]),
    ]


def _fixed_batch(model: Runs, reason: str) -> int:
    """Return how many pictures at once it takes, of the numbers in `reason`; 0: none of them."""
    height, width = model.input_size
    told = {int(one) for one in re.findall(r"\b\d{1,2}\b", reason)} - {0, 1}
    for count in sorted(told):
        x = torch.full((count, model.channels, height, width), 0.5, device=model.device)
        if _takes(model, x.to(model.precision)):
            return count
    return 0


def _takes(model: Runs, x: Tensor) -> bool:
    try:
        model.network(x)
    except (Exception, SystemExit):  # noqa: BLE001 - a person's forward may raise anything
        return False
    return True


def _second_input(network: nn.Module) -> str:
    """Return the name of what `forward` needs beside the picture, empty for nothing."""
    try:
        parameters = [*inspect.signature(network.forward).parameters.values()]
    except (TypeError, ValueError):
        return ""
    needed = [
        one.name
        for one in parameters
        if one.default is one.empty and one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
    ]
    return needed[1] if len(needed) > 1 else ""


def _same(first: object, second: object) -> bool:
    pairs = zip(tensors_of(first), tensors_of(second), strict=False)
    return all(
        one.shape == other.shape and torch.equal(one, other) for (_, one), (_, other) in pairs
    )
