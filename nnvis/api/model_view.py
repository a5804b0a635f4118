"""What can be seen of a person's own network from Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnvis.api import arguments, looks
from nnvis.api.given_pictures import frame_of, frames_of
from nnvis.api.opened_network import OpenedNetwork
from nnvis.api.tables import ClassScores
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.errors import UserError
from nnvis.extras import require
from nnvis.views.registry import EVERY_VIEW
from nnvis.views.request import LOGITS, AttributionRequest

if TYPE_CHECKING:
    from nnvis.api.attacked_picture import AttackedPicture
    from nnvis.api.feature_picture import FeaturePicture
    from nnvis.api.widget import LayerWidget
    from nnvis.top_images.in_memory import StrongestPictures

_SPOKEN = {"+": "_plus"}  # of names that are no Python names: gradcam_plus_plus
_OWN = ("activation",)


class ModelView(OpenedNetwork):
    """What can be seen of one network. Every number is that of the window.

    The network is never touched: nnvis looks through modules of its own that share the weights, so
    mode, `requires_grad`, gradients, hooks, buffers and random numbers stay, and a training may go
    on meanwhile, on another thread, too. What is seen is of the weights as they are at that moment.

    Where a picture is taken, it may be a PIL picture, a numpy array (H,W,3) of uint8 or of floats
    in [0,1], a tensor (3,H,W) in [0,1], a path or a source. Of several, in a list or a batch, the
    answers come as a list.
    """

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

    def _each(self, given: Any, look: Any) -> Any:
        frames, many = frames_of(given)
        with self.looking():
            found = [look(one) for one in frames]
        return found if many else found[0]

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
