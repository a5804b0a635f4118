"""A picture that knows what its colours mean, and shows itself with them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis.export import write_png
from nnvis.files.inline_html import png_bytes, png_html
from nnvis.imaging.colormaps import LEVELS, palette

WIDE = 720  # points on a page, at most


@dataclass(frozen=True, slots=True)
class ColourScale:
    """What the two ends of the colours stand for."""

    low: float
    high: float
    signed: bool  # zero is the middle
    colormap: str


class ScaledPicture(Image.Image):
    """A PIL picture (RGB) with its scale, its numbers, and what a file of it would say.

    Attributes:
        scale: what the colours mean; None where they are those of a photograph.
        values: the numbers behind the colours, or None; their shape is told where it is made.
        meta: what `save` writes into a PNG beside the picture, as `nnvis snapshot` does.
        note: what must be said of it; often empty.
    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        scale: ColourScale | None,
        meta: Mapping[str, Any],
        title: str,
        values: NDArray[Any] | None = None,
        note: str = "",
    ) -> None:
        """Take (H,W,3) RGB, or (H,W,4) opaque RGBA."""
        super().__init__()
        plain = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
        self.im, self._mode, self._size = plain.im, plain.mode, plain.size
        self.scale, self.meta, self.title = scale, dict(meta), title
        self.values, self.note = values, note

    def save(self, fp: Any, format: str | None = None, **params: Any) -> None:
        """Write the picture; a PNG by its path carries `meta`, and is whole or not there at all."""
        if isinstance(fp, (str, Path)) and format is None and not params:
            path = Path(fp)
            if path.suffix.lower() == ".png":
                write_png(path, np.asarray(self), self.meta)
                return
        super().save(fp, format, **params)

    def _repr_png_(self) -> bytes:
        """Show it in a notebook."""
        return png_bytes(self)

    def _repr_html_(self) -> str:
        """Show it in a notebook, with its scale."""
        line = f'<div style="font: 13px sans-serif">{html.escape(self.title)}</div>'
        bar = scale_html(self.scale) if self.scale else ""
        note = f'<div style="font: 12px sans-serif">{html.escape(self.note)}</div>'
        picture = png_html(self, self.title, WIDE)
        return f"<div>{line}{picture}{bar}{note if self.note else ''}</div>"

    def __repr__(self) -> str:
        """Name it, with its size and scale."""
        told = ""
        if self.scale is not None:
            told = f", {self.scale.low:.4g} to {self.scale.high:.4g} in {self.scale.colormap}"
        return f"<ScaledPicture {self.title!r}, {self.width} x {self.height}{told}>"


def scale_html(scale: ColourScale) -> str:
    """Return the bar of a scale, with the numbers at its ends."""
    row = palette(scale.colormap)[None, :LEVELS, :3].repeat(10, axis=0)
    bar = png_html(row, "the scale of the colours")
    zero = ", 0 in the middle" if scale.signed else ""
    words = html.escape(f"{scale.low:.4g} to {scale.high:.4g}{zero} ({scale.colormap})")
    return f'<div style="font: 12px sans-serif">{bar} {words}</div>'
