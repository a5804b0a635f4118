"""From a frame of any size to the picture a network is fed, as its library does it with PIL."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis.models.resizing.part import part_of_resized
from nnvis.sources.frame import Frame

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
    "hamming": Image.Resampling.HAMMING,
}
MOST_PIXELS = 1 << 25  # a thin strip, scaled by its short side, would need any amount of memory


class Fit(enum.StrEnum):
    """How a frame meets the network."""

    CROP = "crop"  # what the network's own library does
    STRETCH = "stretch"  # the whole frame, without regard to its shape
    WHOLE = "whole"  # the whole frame, between bars of the mean colour


class Scale(enum.Enum):
    """What the picture is scaled to before the centre is cut out."""

    SHORTER = "shorter"  # its shorter side is that of the box (torchvision; timm where square)
    COVER = "cover"  # it just covers the box (timm where not square)
    CONTAIN = "contain"  # it just fits into the box (timm's crop mode "border")
    SQUASH = "squash"  # it is the box, whatever its shape was


@dataclass(frozen=True, slots=True)
class Preprocess:
    """How a library prepares a picture; sizes are (height, width)."""

    size: tuple[int, int]  # what the network is fed
    box: tuple[int, int]
    scale: Scale = Scale.SHORTER
    interpolation: str = "bilinear"
    fill: tuple[int, int, int] = (0, 0, 0)  # around a picture that is too small
    mean: tuple[int, int, int] = (124, 116, 104)  # around a picture shown whole
    grey: bool = False  # the network takes one channel: the luminance, as PIL's mode L has it

    def resized(self, size: tuple[int, int]) -> Preprocess:
        """Return the same for another size of input, the share that is cut out unchanged."""
        box = [
            math.floor(new * side / old)
            for new, side, old in zip(size, self.box, self.size, strict=True)
        ]
        scale = self.scale
        if scale in (Scale.SHORTER, Scale.COVER):
            scale = Scale.SHORTER if box[0] == box[1] else Scale.COVER
        return replace(self, size=size, box=(box[0], box[1]), scale=scale)

    def cut(self, share: float | None, interpolation: str | None) -> Preprocess:
        """Return the same with another share of the scaled picture cut out, or another filter."""
        box = self.box
        if share is not None:
            box = (math.floor(self.size[0] / share), math.floor(self.size[1] / share))
        return replace(self, box=box, interpolation=interpolation or self.interpolation)

    def feed(self, picture: NDArray[np.uint8], fit: Fit = Fit.CROP) -> NDArray[np.uint8]:
        """(H,W,3) -> (h,w,3), both uint8 RGB; `fit` "crop" is what the library itself does.

        "stretch" feeds the whole frame without regard to its shape, "whole" the whole frame with
        bars of the mean colour.
        """
        fed = self._framed(picture, fit)
        if self.grey:
            fed = np.repeat(np.array(Image.fromarray(fed).convert("L"))[..., None], 3, axis=2)
        return fed

    def prepare(self, frame: Frame, fit: Fit) -> Prepared:
        """Make `frame` ready for the network, on whatever thread."""
        return Prepared(frame, self.feed(frame.picture, fit), self, fit)

    def _framed(self, picture: NDArray[np.uint8], fit: Fit) -> NDArray[np.uint8]:
        height, width = picture.shape[:2]
        high, wide = self.scaled_size(height, width, fit)
        if high * wide > MOST_PIXELS:
            rows, columns = min(high, self.size[0]), min(wide, self.size[1])
            top, left = round((high - rows) / 2), round((wide - columns) / 2)
            part = (
                left * width / wide, top * height / high,
                (left + columns) * width / wide, (top + rows) * height / high,
            )  # fmt: skip
            image = Image.fromarray(np.ascontiguousarray(picture))
            image = image.resize((columns, rows), _FILTERS[self.interpolation], box=part)
            return np.array(image)
        top, left = self.corner(high, wide)
        y0, x0 = max(0, top), max(0, left)
        y1, x1 = min(high, top + self.size[0]), min(wide, left + self.size[1])
        cut = part_of_resized(picture, (high, wide), (y0, x0, y1, x1), self.interpolation)
        if cut.shape[:2] == self.size:
            return cut
        fed = np.empty((*self.size, 3), np.uint8)
        fed[:] = self.mean if fit == Fit.WHOLE else self.fill
        fed[y0 - top : y0 - top + cut.shape[0], x0 - left : x0 - left + cut.shape[1]] = cut
        return fed

    def window(
        self, height: int, width: int, fit: Fit = Fit.CROP
    ) -> tuple[float, float, float, float]:
        """Return which part (x0, y0, x1, y1) of a frame is fed, in its pixels.

        It reaches beyond the frame where bars are added.
        """
        high, wide = self.scaled_size(height, width, fit)
        top, left = self.corner(high, wide)
        across, down = width / wide, height / high
        return (
            left * across, top * down,
            (left + self.size[1]) * across, (top + self.size[0]) * down,
        )  # fmt: skip

    def describe(self, fit: Fit = Fit.CROP) -> str:
        """Say in a few words what is done."""
        size = f"{self.size[0]}x{self.size[1]}"
        if fit == Fit.STRETCH:
            return f"stretched to {size} ({self.interpolation})"
        if fit == Fit.WHOLE:
            return f"scaled to fit into {size} ({self.interpolation}), bars of the mean colour"
        sides = f"{self.box[0]}" if self.box[0] == self.box[1] else f"{self.box[0]}x{self.box[1]}"
        words = {
            Scale.SHORTER: f"shorter side to {sides}",
            Scale.COVER: f"scaled to cover {sides}",
            Scale.CONTAIN: f"scaled to fit into {sides}",
            Scale.SQUASH: f"squashed to {self.box[0]}x{self.box[1]}",
        }
        return f"{words[self.scale]} ({self.interpolation}), centre {size}"

    def scaled_size(self, height: int, width: int, fit: Fit) -> tuple[int, int]:
        """Return the size of the whole frame after scaling."""
        if fit == Fit.STRETCH:
            return self.size
        if fit == Fit.WHOLE:
            ratio = max(height / self.size[0], width / self.size[1])
            return max(1, round(height / ratio)), max(1, round(width / ratio))
        if self.scale is Scale.SQUASH:
            return self.box
        if self.scale is Scale.SHORTER:
            side = self.box[0]
            if width <= height:
                return int(side * height / width), side
            return side, int(side * width / height)
        pick = min if self.scale is Scale.COVER else max
        ratio = pick(height / self.box[0], width / self.box[1])
        return max(1, round(height / ratio)), max(1, round(width / ratio))

    def corner(self, high: int, wide: int) -> tuple[int, int]:
        """Return (top, left) of what is fed, in the scaled frame; negative where bars are added."""
        corner = [
            -((size - side) // 2) if side < size else round((side - size) / 2)
            for side, size in zip((high, wide), self.size, strict=True)
        ]
        return corner[0], corner[1]


def plain(size: tuple[int, int], interpolation: str = "bilinear") -> Preprocess:
    """Return the shorter side scaled to the input and the centre of it cut out."""
    scale = Scale.SHORTER if size[0] == size[1] else Scale.COVER
    return Preprocess(size=size, box=size, scale=scale, interpolation=interpolation)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A frame and the picture that a network is fed of it."""

    frame: Frame
    picture: NDArray[np.uint8]  # (h,w,3)
    preprocess: Preprocess
    fit: Fit

    def serves(self, preprocess: Preprocess, fit: Fit) -> bool:
        """Whether this is still what the network is to be fed."""
        return self.preprocess == preprocess and self.fit == fit
