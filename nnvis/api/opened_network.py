"""A network that is looked at from Python and stays as it is; its parts, asked for by name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from nnvis.api import arguments
from nnvis.api.given_pictures import Normalisation
from nnvis.api.tables import LayerTable
from nnvis.attacks.classes import find_class
from nnvis.errors import UserError
from nnvis.models.info import LayerInfo, ModelInfo, ModelRequest
from nnvis.models.input_form import SIZE
from nnvis.models.mirror import Mirror
from nnvis.models.registry import load
from nnvis.models.untouched import draws_random_numbers, plain_numbers, random_numbers_kept
from nnvis.models.vision import VisionModel


class OpenedNetwork:
    """The network, through modules of our own that share its weights; see `nnvis.open`."""

    def __init__(
        self,
        model: nn.Module | str,
        *,
        mean: Any = None,
        std: Any = None,
        labels: Any = None,
        input_size: Any = None,
        channels: int | None = None,
        name: str = "",
        output: str | None = None,
        scores: str | None = None,
        device: str = "auto",
        weights: str | None = None,
        random_weights: bool = False,
        seed: int = 0,
    ) -> None:
        """See `nnvis.open`."""
        self._lock = threading.RLock()
        self._mirror: Mirror | None = None
        row, spread = arguments.numbers("mean", mean), arguments.numbers("std", std)
        if spread is not None and min(spread) <= 0:
            raise UserError(f"std {std!r} has a value that is not above 0")
        names = arguments.names("labels", labels)
        size = arguments.size("input_size", input_size)
        self._options: dict[str, Any] = {
            "input_size": size, "mean": row, "std": spread, "labels": names, "channels": channels,
            "name": name, "output": output, "scores": scores,
        }  # fmt: skip
        if isinstance(model, str):
            self._request = ModelRequest(
                model, device, weights, random_weights=random_weights, seed=seed, input_size=size,
                mean=row, std=spread, channels=channels, output=output, scores=scores,
            )  # fmt: skip
            asked = {key: getattr(self._request, key) for key in ModelRequest.__slots__}
            del asked["spec"], asked["device"]
            self._model = load(model, device, **asked)
            if names is not None:
                self._model.labels = names
                self._model.name_both()
        elif isinstance(model, nn.Module):
            self._mirror = Mirror(model)
            self._request = ModelRequest(name or type(self._mirror.theirs).__name__)
            self._model = self._looked_through()
        else:
            raise UserError(
                f"model is a {type(model).__name__}; give an nn.Module, or the name of a model as "
                "nnvis models lists them"
            )
        self._prepare()
        count = self._model.classes
        if names is not None and count and len(names) != count and not self._model.negative:
            raise UserError(f"labels has {len(names)} names, but the network puts out {count}")

    @property
    def model(self) -> VisionModel:
        """The network as nnvis looks at it: (N,C,H,W) pixels in [0,1] -> logits."""
        return self._model

    @property
    def info(self) -> ModelInfo:
        """What is known of it."""
        with self.looking():
            return self._info

    @property
    def layers(self) -> LayerTable:
        """Its layers in the order in which they run: names, kinds, shapes, units."""
        return LayerTable(self._model.layers)

    @property
    def labels(self) -> tuple[str, ...] | None:
        """The names of the classes, where they are known."""
        return self._model.labels

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known of it, a sentence each."""
        return self._model.notes

    @property
    def normalisation(self) -> Normalisation:
        """What was done to pixels before they go into the network."""
        flat = (self._model.mean.flatten(), self._model.std.flatten())
        mean, std = (tuple(one.tolist()) for one in flat)
        return Normalisation(mean, std)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look at the weights of now, one call at a time, and leave no trace."""
        with self._lock, ExitStack() as left:
            if self._random:
                left.enter_context(random_numbers_kept(self._model.device))
            left.enter_context(plain_numbers(self._model.device))
            if self._mirror is not None:
                if not self._mirror.refresh():  # its parts are others now
                    self._mirror = Mirror(self._mirror.theirs)
                    self._model = self._looked_through()
                    self._prepare()
                elif self._state != self._mirror.state:
                    self._note_weights()
            yield

    def _prepare(self) -> None:
        """Find out what there is, and whether the network draws random numbers."""
        model = self._model
        grey = torch.full((1, model.channels, *model.input_size), 0.5, device=model.device)
        with plain_numbers(model.device):
            try:
                self._random = draws_random_numbers(
                    lambda: model.run((grey - model.mean) / model.std)
                )
            except Exception:  # noqa: BLE001 - what is wrong is said by what comes next
                self._random = False
            with ExitStack() as left:
                if self._random:
                    left.enter_context(random_numbers_kept(model.device))
                self._note_weights()

    def _note_weights(self) -> None:
        self._state = self._mirror.state if self._mirror is not None else ()
        self._model.__dict__.pop("weights_hash", None)
        self._info = self._model.info(self._request)

    def _looked_through(self) -> VisionModel:
        assert self._mirror is not None
        given, theirs = dict(self._options), self._mirror.theirs
        known = getattr(theirs, "pretrained_cfg", None)  # of timm's networks
        known = known if isinstance(known, dict) else {}
        notes = []
        for key in ("mean", "std"):
            if given[key] is None:
                found = known.get(key)
                given[key] = tuple(found) if found else None
        if given["mean"] is None or given["std"] is None:
            missing = " and ".join(key for key in ("mean", "std") if given[key] is None)
            notes.append(f"{missing} not given: those of ImageNet are taken")
        given = {key: one for key, one in given.items() if one is not None}
        if "input_size" not in given:
            wanted = known.get("input_size")
            given["input_size"] = tuple(wanted[1:]) if wanted else SIZE
        model = VisionModel(self._mirror.network, **given, notes=notes, takes_over=True)
        model.name_both()
        return model

    def _layer(self, name: str) -> LayerInfo:
        if not isinstance(name, str):
            raise UserError(f"layer {name!r} is no name; view.layers lists them")
        try:
            return self._info.require_layer(name)
        except UserError as error:
            raise UserError(
                f"layer: {error}".replace("nnvis layers lists", "view.layers has")
            ) from None

    def _unit(self, layer: str, unit: Any) -> int:
        found, known = self._layer(layer), arguments.whole("unit", unit)
        if not 0 <= known < found.units:
            raise UserError(f"unit {known}: {layer} has units 0 to {found.units - 1}")
        return known

    def _class(self, argument: str, given: Any) -> int:
        if not self._model.classes:
            raise UserError(f"{argument}: the network has no classes")
        try:
            return find_class(str(given), self._model.labels, self._model.classes)
        except UserError as error:
            raise UserError(f"{argument}: {error}") from None
