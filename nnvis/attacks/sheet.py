"""Clean picture, change and adversarial picture side by side, with what the network says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nnvis.imaging.lettering import Font, font_for
from nnvis.imaging.palette import colour_of
from nnvis.models.detection.region import FoundObject, FoundObjects

PAGE, INK, FAINT = (24, 26, 31), (235, 236, 240), (150, 154, 163)
SIZE = 14  # of the letters
LINE = 20
GAP = 12
SURE, MOST = 0.5, 8  # score of an object that is drawn, and how many are
LEAST = 200  # pixels that a picture is wide at least, so that its lines fit


def side_by_side(
    clean: NDArray[np.uint8],
    perturbation: NDArray[np.uint8],
    adversarial: NDArray[np.uint8],
    report: Mapping[str, Any],
    found: Sequence[FoundObjects | None] = (None, None),
) -> NDArray[np.uint8]:
    """(H,W,3) each -> (h,w,3): three columns, each with lines below.

    Args:
        clean: the picture.
        perturbation: the change, amplified.
        adversarial: the attacked picture.
        report: that of nnvis.attacks.save.
        found: the objects in the clean and the attacked picture, which are drawn.
    """
    times = max(1, -(-LEAST // clean.shape[1]))
    enlarged = [one.repeat(times, 0).repeat(times, 1) for one in (clean, perturbation, adversarial)]
    height, width = enlarged[0].shape[:2]
    eps = "" if report["eps"] is None else f", eps {report['eps'] * 255:.3g}/255"
    if report["norm"] != "linf":
        eps = "" if report["eps"] is None else f", eps {report['eps']:.3g}"
    columns = [
        ["clean", *_classes(report["clean"])],
        [
            f"change, {report['amplified']:.3g} times as strong",
            f"{report['method']}{eps}",
            f"L-inf {report['linf'] * 255:.0f}/255",
            f"L2 {report['l2']:.3f}",
            f"pixels {report['l0']}",
        ],
        ["attacked", *_classes(report["adversarial"])],
    ]
    lines = max(len(one) for one in columns)
    page = Image.new("RGB", (3 * width + 4 * GAP, height + 3 * GAP + lines * LINE), PAGE)
    draw = ImageDraw.Draw(page)
    for place, (picture, words) in enumerate(zip(enlarged, columns, strict=True)):
        left = GAP + place * (width + GAP)
        page.paste(Image.fromarray(picture), (left, GAP))
        objects = (found[0], None, found[1])[place]
        for one in objects.listed[:MOST] if objects is not None else ():
            if one.score >= SURE:
                _frame(draw, one, (left, GAP), (width, height))
        for row, words_of_row in enumerate(words):
            at = (left, height + 2 * GAP + row * LINE)
            font = font_for(words_of_row, SIZE)
            draw.text(at, _fitting(words_of_row, font, width), INK if row else FAINT, font)
    return np.asarray(page)


def _frame(
    draw: ImageDraw.ImageDraw, one: FoundObject, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    left, top, right, bottom = (
        corner[at % 2] + part * (size[at % 2] - 1) for at, part in enumerate(one.box)
    )
    draw.rectangle((left, top, max(left, right), max(top, bottom)), None, colour_of(one.label), 2)
    words = f"{one.name} {one.score:.2f}"
    draw.text((left + 4, top + 2), words, INK, font_for(words, SIZE), stroke_width=2,
              stroke_fill=PAGE)  # fmt: skip


def _classes(top: list[dict[str, Any]]) -> list[str]:
    return [f"{one['probability']:.3f} {one['label']}" for one in top]


def _fitting(text: str, font: Font, width: int) -> str:
    """Shorten `text` until it is at most `width` pixels wide."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."
