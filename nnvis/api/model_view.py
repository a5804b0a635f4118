"""A person's own network, to be looked at from Python; it stays as it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nnvis.api import arguments, looks
from nnvis.api.given_pictures import Normalisation, frame_of, frames_of
from nnvis.api.tables import ClassScores, LayerTable
from nnvis.attacks.classes import find_class
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.errors import UserError
from nnvis.extras import require
from nnvis.models.info import LayerInfo, ModelInfo, ModelRequest
from nnvis.models.mirror import Mirror
from nnvis.models.registry import load
from nnvis.models.untouched import draws_random_numbers, plain_numbers, random_numbers_kept
from nnvis.models.vision import SIZE, VisionModel
from nnvis.views.registry import EVERY_VIEW
from nnvis.views.request import LOGITS, AttributionRequest

if TYPE_CHECKING:
    from nnvis.api.attacked_picture import AttackedPicture
    from nnvis.api.feature_picture import FeaturePicture
    from nnvis.api.widget import LayerWidget
    from nnvis.top_images.in_memory import StrongestPictures

_SPOKEN = {"+": "_plus"}  # of names that are no Python names: gradcam_plus_plus
_OWN = ("activation",)


class ModelView:
    """What can be seen of one network. Every number is that of the window.

    The network is never touched: nnvis looks through modules of its own that share the weights, so
    mode, `requires_grad`, gradients, hooks, buffers and random numbers stay, and a training may go
    on meanwhile, on another thread, too. What is seen is of the weights as they are at that moment.

    Where a picture is taken, it may be a PIL picture, a numpy array (H,W,3) of uint8 or of floats
    in [0,1], a tensor (3,H,W) in [0,1], a path or a source. Of several, in a list or a batch, the
    answers come as a list.
    """

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
        if names is not None and count and len(names) != count:
            raise UserError(f"labels has {len(names)} names, but the network puts out {count}")

    # What there is.

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

    # What it makes of a picture.

    def predict(self, picture: Any, *, top: int = 5, fit: str = "crop") -> Any:
        """Return the likeliest classes -> ClassScores: `top` of index, label, probability."""
        how, most = arguments.fit_of(fit), arguments.whole("top", top)

        def one(frame: Any) -> ClassScores:
            return looks.predicted(self._model, frame, most, how)

        return self._each(picture, one)

    def grid(
        self, layer: str, picture: Any, *, unit: int = 0, range: Any = "layer", gamma: float = 1.0,
        boost: float = 0.0, colormap: str = "viridis", signed_colormap: str = "blue-orange",
        fit: str = "crop",
    ) -> Any:  # fmt: skip
        """Return every unit of a layer as a tile, as `nnvis snapshot` writes it -> ScaledPicture.

        Its `values` are (units,3): lowest, mean and highest value of each unit's map.

        Args:
            layer: a name of `layers`.
            picture: see the class.
            unit: whose range is told where `range` is "unit".
            range: what the colours span: "layer", "unit" (each its own), or (low, high).
            gamma: exponent on the values.
            boost: how far weak units are lifted: 0 not at all, 1 to the full range.
            colormap: for values of one sign.
            signed_colormap: for values of both signs.
            fit: how the picture meets the network: crop, stretch or whole.

        Raises:
            UserError: an argument cannot be used; names it.
        """
        asked = Request(
            self._layer(layer).name,
            arguments.whole("unit", unit),
            arguments.shading_of(range, gamma, boost, colormap, signed_colormap),
            arguments.fit_of(fit),
        )
        return self._each(picture, lambda one: looks.grid(self._model, self._info, one, asked))

    def activations(self, layers: str | Sequence[str], picture: Any, *, fit: str = "crop") -> Any:
        """Return the numbers of a layer -> (units,h,w) float32; of several, a dict by name.

        Class and register tokens are left out, and vectors are maps of (1,1).
        """
        several = not isinstance(layers, str)
        names = [self._layer(one).name for one in ([layers] if isinstance(layers, str) else layers)]
        how = arguments.fit_of(fit)

        def one(frame: Any) -> dict[str, NDArray[np.float32]] | NDArray[np.float32]:
            found = looks.activations(self._model, frame, names, how)
            return found if several else found[names[0]]

        return self._each(picture, one)

    def activation(self, layer: str, unit: int, picture: Any, *, fit: str = "crop") -> Any:
        """Return the map of one unit laid over the picture -> ScaledPicture, `values` (h,w)."""
        asked = Request(
            self._layer(layer).name, arguments.whole("unit", unit), fit=arguments.fit_of(fit)
        )
        return self._each(picture, lambda one: looks.unit(self._model, self._info, one, asked))

    def attribution(
        self, view: str, layer: str | None, unit: int | str | None, picture: Any, *,
        cells: Any = "map", at: str = "", fit: str = "crop", **parameters: Any,
    ) -> Any:  # fmt: skip
        """Return what in the picture drives a unit -> ScaledPicture, `values` (C,H,W) or (1,H,W).

        Each view is a method as well: `view.gradcam(layer, unit, picture)`.

        Args:
            view: one of `nnvis list views`, such as "deconv" or "gradcam++".
            layer: a name of `layers`; None, or "logits": the classes.
            unit: a unit of it, or a class by number or name; None: a sheet of every unit.
            picture: see the class.
            cells: which cells of the unit's map are followed: "map", "max", "sum" or (row, column).
            at: of a CAM, the layer whose maps are weighed.
            fit: how the picture meets the network.
            parameters: of the view.

        Raises:
            UserError: an argument cannot be used; names it.
        """
        if view in _OWN:
            if layer in (None, "logits", LOGITS) or unit is None:
                raise UserError("activation shows a unit of a layer; name both")
            return self.activation(str(layer), self._unit(str(layer), unit), picture, fit=fit)
        asked = self._asked(view, layer, unit, cells, at, parameters)
        request = Request(
            layer=asked.layer or self._info.first_look().name,
            fit=arguments.fit_of(fit),
            attribution=asked if unit is not None else replace(asked, pinned=False),
        )
        if unit is None:
            return self._each(
                picture, lambda one: looks.view_grid(self._model, self._info, one, request)
            )
        return self._each(
            picture, lambda one: looks.attribution(self._model, self._info, one, request)
        )

    def attack(
        self, picture: Any, *, method: str = "pgd", target: int | str | None = None, seed: int = 0,
        own_size: bool = True, fit: str = "crop", **parameters: Any,
    ) -> AttackedPicture | list[AttackedPicture]:  # fmt: skip
        """Fool the network -> AttackedPicture: both pictures, the change, and what is said of them.

        Args:
            picture: see the class.
            method: one of `nnvis list attacks`.
            target: the class to reach, by number or name; None: any other.
            seed: of what is random.
            own_size: change the picture at its own size, else what the network is fed.
            fit: how the picture meets the network.
            parameters: of the method, such as `eps="4/255"`.
        """
        from nnvis.api.attacked_picture import attacked

        aim = None
        if target is not None:
            aim = self._class("target", target)
        run = partial(
            attacked, method=method, target=aim, seed=arguments.whole("seed", seed),
            own_size=own_size, fit=arguments.fit_of(fit), values=parameters,
        )  # fmt: skip
        found: Any = self._each(picture, lambda frame: run(self._model, frame))
        return found  # type: ignore[no-any-return]

    def feature(
        self, layer: str | None, unit: int | str, *, preset: str = "vivid", seed: int = 0,
        **settings: Any,
    ) -> FeaturePicture:  # fmt: skip
        """Make the picture that excites a unit, or class, most -> FeaturePicture.

        Args:
            layer: a name of `layers`; None, or "logits": the classes.
            unit: a unit of it, or a class by number or name.
            preset: one of `nnvis list presets`.
            seed: of the noise that it begins with.
            settings: of the preset, such as `steps=64`.
        """
        from nnvis.api.feature_picture import feature

        name = LOGITS if layer in (None, "logits", LOGITS) else self._layer(str(layer)).name
        at = self._class("unit", unit) if name == LOGITS else self._unit(name, unit)
        with self.looking():
            seed = arguments.whole("seed", seed)
            return feature(self._model, self._request.spec, name, at, preset, seed, settings)

    def top_pictures(
        self, pictures: Any, *, layers: str | Sequence[str] = (), top: int = 9, fit: str = "crop",
        normalised: bool = False,
    ) -> StrongestPictures:  # fmt: skip
        """Return the pictures in which every unit was strongest -> StrongestPictures.

        Args:
            pictures: a list, a Dataset or a DataLoader, of pictures or (picture, label); a folder.
            layers: names of `layers`; none: the blocks.
            top: pictures kept for every unit.
            fit: how they meet the network.
            normalised: whether arrays and tensors have had `mean` and `std` applied.
        """
        from nnvis.top_images.in_memory import strongest_pictures

        chosen = [
            self._layer(one).name for one in ([layers] if isinstance(layers, str) else layers)
        ]
        undo = self.normalisation if normalised else None
        most, how = arguments.whole("top", top), arguments.fit_of(fit)

        def read(given: Any, argument: str) -> list[NDArray[np.uint8]]:
            return [one.picture for one in frames_of(given, argument, undo)[0]]

        with self.looking():
            return strongest_pictures(self._model, pictures, chosen, most, how, read)

    def snapshot(self, layer: str, unit: int, picture: Any, *, fit: str = "crop") -> Snapshot:
        """Return all that the window would show of one picture, as arrays."""
        asked = Request(
            self._layer(layer).name, arguments.whole("unit", unit), fit=arguments.fit_of(fit)
        )
        frame = frame_of(picture)
        with self.looking():
            return process_frame(self._model, self._info, frame, asked)

    def widget(self, picture: Any, layer: str = "", unit: int = 0) -> LayerWidget:
        """Return a widget for a notebook: every unit of a layer, one of them selected by a click.

        Args:
            picture: see the class; `widget.show(picture)` takes another.
            layer: to begin with; empty: one worth seeing first.
            unit: to begin with.

        Raises:
            UserError: anywidget is missing, or an argument cannot be used.
        """
        require("notebook", "the widget")
        from nnvis.api.widget import LayerWidget

        name = self._layer(layer or self._info.first_look().name).name
        return LayerWidget(self, picture, name, self._unit(name, unit))

    def __getattr__(self, name: str) -> Any:
        """Return a view by its name: `view.deconv(layer, unit, picture)`."""
        known = {} if name.startswith("_") else {_spoken(one): one for one in EVERY_VIEW}
        if name not in known:
            raise AttributeError(f"a view of a model has no {name!r}")
        return partial(self.attribution, known[name])

    def __dir__(self) -> list[str]:
        """List the views as well."""
        return sorted({*super().__dir__(), *map(_spoken, EVERY_VIEW)})

    def __repr__(self) -> str:
        """Name the network."""
        count, (height, width) = len(self._model.layers), self._model.input_size
        return f"<ModelView of {self._model.name}: {count} layers, input {height} x {width}>"

    def _repr_html_(self) -> str:
        """Show what there is in a notebook."""
        return self.layers._repr_html_()

    @property
    def normalisation(self) -> Normalisation:
        """What was done to pixels before they go into the network."""
        flat = (self._model.mean.flatten(), self._model.std.flatten())
        mean, std = (tuple(one.tolist()) for one in flat)
        return Normalisation(mean, std)

    # Within.

    def _each(self, given: Any, look: Any) -> Any:
        frames, many = frames_of(given)
        with self.looking():
            found = [look(one) for one in frames]
        return found if many else found[0]

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
        return VisionModel(self._mirror.network, **given, notes=notes, takes_over=True)

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

    def _asked(
        self, view: str, layer: str | None, unit: int | str | None, cells: Any, at: str,
        parameters: dict[str, Any],
    ) -> AttributionRequest:  # fmt: skip
        found = EVERY_VIEW.named(view)
        name = LOGITS if layer in (None, "logits", LOGITS) else self._layer(str(layer)).name
        if isinstance(cells, list):
            cells = tuple(cells)
        if not isinstance(cells, tuple):
            arguments.one_of("cells", cells, ("map", "max", "sum"))
        elif len(cells) != 2:
            raise UserError(f"cells {cells!r} is no cell; give (row, column)")
        if unit is None and name == LOGITS:
            raise UserError("unit is None, which is a sheet of a layer; name a layer, or a class")
        at_unit = 0
        if unit is not None:
            at_unit = self._class("unit", unit) if name == LOGITS else self._unit(name, unit)
        return AttributionRequest(
            view, name, at_unit, cells, self._layer(at).name if at else "",
            looks.parameters_of(found, parameters), pinned=True,
        )  # fmt: skip


def _spoken(view: str) -> str:
    for sign, word in _SPOKEN.items():
        view = view.replace(sign, word)
    return view
