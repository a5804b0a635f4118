"""What an attack made of a picture, and what the network says of both."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis import __version__
from nnvis.api.scaled_picture import WIDE
from nnvis.api.tables import table_html
from nnvis.attacks.native_size import NativeSize
from nnvis.attacks.registry import ATTACKS
from nnvis.attacks.save import amplified, report_of, rgb
from nnvis.attacks.sheet import side_by_side
from nnvis.errors import UserError
from nnvis.files.inline_html import png_bytes, png_html
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel
from nnvis.progress import drain
from nnvis.sources.frame import Frame


class AttackedPicture:
    """Both pictures as (H,W,3) uint8, the change, and `report`, as `nnvis attack` writes it.

    Attributes:
        clean: the picture before.
        adversarial: and after, as a file would have it; all numbers are of this one.
        perturbation: the change times `report["amplified"]`, around middle grey.
        report: method, norm, eps, linf, l2, l0, success, clean and adversarial classes, ...
    """

    def __init__(
        self, clean: NDArray[np.uint8], adversarial: NDArray[np.uint8], report: dict[str, Any]
    ) -> None:
        self.clean, self.adversarial, self.report = clean, adversarial, report
        _, self.perturbation = amplified(clean, adversarial)

    @property
    def success(self) -> bool:
        """Whether the network is fooled by the 8-bit picture."""
        return bool(self.report["success"])

    @property
    def picture(self) -> Image.Image:
        """The adversarial picture, as PIL has it."""
        return Image.fromarray(self.adversarial)

    @property
    def sheet(self) -> Image.Image:
        """The clean picture, the change and the adversarial one side by side, with classes."""
        page = side_by_side(self.clean, self.perturbation, self.adversarial, self.report)
        return Image.fromarray(page)

    def _repr_png_(self) -> bytes:
        """Show the sheet in a notebook."""
        return png_bytes(self.sheet)

    def _repr_html_(self) -> str:
        """Show the sheet and the sizes in a notebook."""
        names = ("method", "norm", "eps", "success", "linf", "l2", "l0", "steps", "seconds")
        rows = [(name, _text(name, self.report)) for name in names]
        warning = html.escape(self.report["warning"])
        return f"{png_html(self.sheet, 'the attack', WIDE)}{table_html(('', ''), rows)}{warning}"

    def __repr__(self) -> str:
        """Say what came of it."""
        before, after = (self.report[kind][0] for kind in ("clean", "adversarial"))
        word = "fooled" if self.success else "not fooled"
        return (
            f"<AttackedPicture by {self.report['method']}, {word}: {before['label']} "
            f"{before['probability']:.3f} -> {after['label']} {after['probability']:.3f}, "
            f"L-inf {self.report['linf'] * 255:.0f}/255>"
        )


def _text(name: str, report: Mapping[str, Any]) -> str:
    value = report[name]
    if not isinstance(value, float):
        return str(value)
    steps = name == "linf" or (name == "eps" and report["norm"] == "linf")
    return f"{value * 255:.3g}/255" if steps else f"{value:.4g}"


def attacked(
    model: VisionModel, frame: Frame, *, method: str, target: int | None, seed: int,
    own_size: bool, fit: Fit, values: Mapping[str, Any],
) -> AttackedPicture:  # fmt: skip
    """Run an attack on one picture; see `ModelView.attack`.

    Raises:
        UserError: there is no such method or parameter, or the network cannot be attacked.
    """
    attack = ATTACKS.named(method)
    if own_size:
        before = NativeSize(model, frame.picture, fit)
        steps = attack(before, before.x, target=target, seed=seed, **values)
    else:
        x = model.prepare(frame.picture, fit)[1]
        steps = attack(model, x, target=target, seed=seed, **values)
    outcome = drain(steps)
    if outcome.clean.shape[1] not in (1, 3):
        raise UserError(
            f"a picture of {outcome.clean.shape[1]} channels cannot be shown; use own_size=True"
        )
    clean, adversarial = rgb(outcome.clean[0]), rgb(outcome.adversarial[0])
    how = fit if own_size else Fit.STRETCH
    about = {"version": __version__, "kind": "attack", "method": outcome.method, "seed": seed}
    report = {**about, **report_of(outcome, 0, model, how, clean, adversarial)}
    return AttackedPicture(clean, adversarial, report)
