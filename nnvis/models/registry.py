"""Every model that can be asked for by name, and how to get it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from nnvis.errors import UserError, Worded, about
from nnvis.models import bundled
from nnvis.models.checkpoint import Checkpoint, read_checkpoint, refuse_pickles, refuse_programs
from nnvis.models.devices import resolve
from nnvis.models.drawn import describe_random, drawn_from
from nnvis.models.examine import settle_lazy
from nnvis.models.facts import Facts
from nnvis.models.fitting import fit_weights
from nnvis.models.formats import (
    from_factory,
    from_hugging_face,
    from_onnx,
    from_timm,
    from_torchvision,
    from_ultralytics,
)
from nnvis.models.info import WEIGHT_SUFFIXES, ModelRequest
from nnvis.models.input_form import SIZE
from nnvis.models.labels import read_labels
from nnvis.models.network import LibraryNetwork
from nnvis.models.offers import models
from nnvis.models.preprocess import plain
from nnvis.models.refusals import no_such
from nnvis.models.tiny_network import LABELS, tiny_network
from nnvis.models.trusted_code import PICKLES, read_code
from nnvis.models.unwrap import unwrapped
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps, drain

Build = Callable[[str, ModelRequest, Checkpoint | None], Generator[Progress, None, Any]]


def load(spec: str = bundled.NAME, device: str = "cpu", **options: Any) -> VisionModel:
    """Load a model; `options` are the other fields of ModelRequest.

    Raises:
        UserError: it cannot be had; says why and what to do.
    """
    return drain(load_steps(ModelRequest(spec, device, **options)))


def load_steps(model_request: ModelRequest, *, guarded: bool = False) -> Steps[VisionModel]:
    """Load the model of `model_request`, telling each stage and the bytes of a download.

    Args:
        model_request: what a person typed; where it may come from a file, it is to be `guarded`.
        guarded: code runs only where a person trusts it as it is (`trusted_code`).

    Raises:
        UserError: it cannot be had; says why and what to do.
    """
    if model_request.random_weights and model_request.weights:
        raise UserError(
            Worded(
                "--random-weights and --weights exclude each other; give one of them",
                "a weights file is given too: take it out, or the tick",
            ),
            field="random_weights",
        )
    with about("device"):
        device = resolve(model_request.device)
    with about("labels"):
        labels = read_labels(Path(model_request.labels)) if model_request.labels else None
    with about("spec"):
        build, name = _builder(model_request.spec, guarded=guarded)
    yield Progress(0, 0, f"loading {model_request.spec}")
    checkpoint = None
    if model_request.weights:
        yield Progress(0, 0, f"reading {model_request.weights}")
        with about("weights"):
            checkpoint = read_checkpoint(Path(model_request.weights))
    facts = checkpoint.facts if checkpoint else Facts()
    asked = replace(
        model_request,
        input_size=model_request.input_size or facts.input_size,
        mean=model_request.mean or facts.mean,
        std=model_request.std or facts.std,
    )
    try:
        with about("spec"):
            found: LibraryNetwork | VisionModel = yield from build(name, asked, checkpoint)
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        raise UserError(
            f"torch {version('torch')} and torchvision {version('torchvision')} were not made for "
            "each other; pip install --force-reinstall torch torchvision, both from one place"
        ) from error
    network = found if isinstance(found, LibraryNetwork) else _opened(found)
    network = _fitted(network, asked, checkpoint)
    if any(one.is_meta for one in network.module.parameters()):
        raise UserError(
            f"{model_request.spec} has weights without values (on the device meta); let it fill "
            "them before it is returned",
            field="spec",
        )
    yield Progress(0, 0, f"moving to {device}")
    try:
        model = _vision_model(network, asked, facts, labels).to(device)
    except RuntimeError as error:  # out of memory, or a broken driver
        reason = str(error).strip().splitlines()[0]
        what = f"{model_request.spec} does not get onto {device} ({reason})"
        line = Worded(f"{what}; use --device cpu", f"{what}; choose cpu")
        raise UserError(line, field="device") from error
    if device.type == "cpu":  # convolutions, depthwise ones above all, are faster so
        for weight in (*model.network.parameters(), *model.network.buffers()):
            if weight.dim() == 4:  # Module.to would try it on five dimensions too, and fail
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    yield Progress(0, 0, "listing the layers")
    _require_labels(model, labels, model_request.labels)
    return model


def _tiny(
    name: str, model_request: ModelRequest, _checkpoint: Checkpoint | None
) -> Steps[LibraryNetwork]:
    yield Progress(0, 0, "building tiny")
    with drawn_from(model_request.seed) as draws:
        module = tiny_network(model_request.seed)
    return LibraryNetwork(
        module, name, plain((32, 32)), labels=LABELS, draws=draws, classifier=True
    )


_OWN: dict[str, Build] = {bundled.NAME: bundled.build, "tiny": _tiny}
_OFFERED = 4  # functions of a file that are named
_LIBRARIES: dict[str, Build] = {
    "torchvision": from_torchvision.build,
    "timm": from_timm.build,
}


def _builder(spec: str, *, guarded: bool = False) -> tuple[Build, str]:
    """Return who builds `spec`, and under what name."""
    if spec in _OWN:
        return _OWN[spec], spec
    library, slash, name = spec.partition("/")
    if slash and library in _LIBRARIES and ":" not in spec:
        return _LIBRARIES[library], name
    where, colon, function = spec.rpartition(":")
    if colon and where and function and not function.endswith(".py"):
        return partial(from_factory.build, guarded=guarded), spec
    if spec.lower().endswith(from_onnx.SUFFIX):
        return from_onnx.build, spec
    if from_hugging_face.is_folder(spec):
        return from_hugging_face.build, spec
    if spec.lower().endswith(PICKLES) and from_ultralytics.is_file_of(spec):
        return partial(from_ultralytics.build, guarded=guarded), spec
    file = spec.removesuffix(":")
    if file.endswith(".py"):
        made = read_code(f"{file}:").seen.functions[:_OFFERED] or (f"{file}:function",)
        raise UserError(f"{file} names no function; give {' or '.join(made)}")
    if spec.lower().endswith((*WEIGHT_SUFFIXES, ".pt2")):
        refuse_programs(Path(spec))
        refuse_pickles(Path(spec))
        raise UserError(
            Worded(
                f"{spec} holds weights, but not which network they are of; "
                f"give --model torchvision/NAME --weights {spec}",
                f"{spec} holds weights, but not which network they are of; "
                "name that here, and the file as the weights file",
            )
        )
    known = [offer.name for offer in models()]
    near = [name for name in known if name.endswith(f"/{spec}")]
    near = near or difflib.get_close_matches(spec, known, 3, 0.5)
    near = near or [name for name in known if spec and spec.lower() in name][:3]
    raise no_such(f"there is no model {spec!r}", near)


def _opened(model: VisionModel) -> LibraryNetwork:
    """Return what a person's own VisionModel is made of."""
    mean, std = model.mean.flatten().tolist(), model.std.flatten().tolist()
    return LibraryNetwork(
        model.network, model.name, model.preprocess, tuple(mean), tuple(std), model.labels,
        model.channels, model.reference, classifier=model.classifier,
    )  # fmt: skip


def _fitted(
    found: LibraryNetwork, asked: ModelRequest, checkpoint: Checkpoint | None
) -> LibraryNetwork:
    """Put the weights of the file into the network, and say what of it is random."""
    module, notes = unwrapped(found.module), found.notes
    size = asked.input_size or (found.preprocess.size if found.preprocess else SIZE)
    with drawn_from(asked.seed, found.draws) as draws:
        settle_lazy(module, torch.zeros(1, asked.channels or found.channels or 3, *size))
        if checkpoint is not None:
            with about("weights"):
                notes = (*notes, *fit_weights(module, checkpoint, asked.ema, found.spare))
    names = draws.names(module) if found.draws is not None else ()
    random = describe_random(names, module, asked.seed) or found.random
    if asked.precision:
        module.to(getattr(torch, asked.precision))
    return replace(found, module=module, notes=notes, random=random)


def _vision_model(
    found: LibraryNetwork, asked: ModelRequest, facts: Facts, labels: tuple[str, ...] | None
) -> VisionModel:
    preprocess = found.preprocess
    if facts.crop_share or facts.interpolation:
        size = asked.input_size or (preprocess.size if preprocess else SIZE)
        preprocess = (preprocess or plain(size)).resized(size)
        preprocess = preprocess.cut(facts.crop_share, facts.interpolation)
    return VisionModel(
        found.module,
        input_size=asked.input_size,
        mean=asked.mean or found.mean,
        std=asked.std or found.std,
        labels=labels or facts.labels or found.labels,
        name=found.name,
        preprocessing=preprocess,
        channels=asked.channels or found.channels,
        reference=found.reference,
        notes=found.notes,
        output=asked.output,
        scores=asked.scores,
        random=found.random,
        classifier=found.classifier,
        takes_over=True,
    )


def _require_labels(model: VisionModel, given: tuple[str, ...] | None, file: str | None) -> None:
    """Let names of classes be as many as there are.

    Raises:
        UserError: the person's are not.
    """
    model.name_both()
    count = model.classes
    if model.labels is None or not count:
        return
    if model.negative:
        return
    if given is not None and len(given) != count:
        raise UserError(
            f"{file} has {len(given)} labels, but {model.name} puts out {count} values; "
            "give one for each",
            field="labels",
        )
    if len(model.labels) != count:
        model.labels = None
