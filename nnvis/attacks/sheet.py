"""Clean picture, change and adversarial picture side by side, with what the network says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nnvis.imaging.lettering import Font, font_for

PAGE, INK, FAINT = (24, 26, 31), (235, 236, 240), (150, 154, 163)
SIZE = 14  # of the letters
LINE = 20
GAP = 12
LEAST = 200  # pixels that a picture is wide at least, so that its lines fit


def side_by_side(
    clean: NDArray[np.uint8],
    perturbation: NDArray[np.uint8],
    adversarial: NDArray[np.uint8],
    report: Mapping[str, Any],
) -> NDArray[np.uint8]:
    """(H,W,3) each -> (h,w,3): three columns, each with lines below.

    `report` is that of nnvis.attacks.save.
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
        for row, words_of_row in enumerate(words):
            at = (left, height + 2 * GAP + row * LINE)
            font = font_for(words_of_row, SIZE)
            draw.text(at, _fitting(words_of_row, font, width), INK if row else FAINT, font)
    return np.asarray(page)


def _classes(top: list[dict[str, Any]]) -> list[str]:
    return [f"{one['probability']:.3f} {one['label']}" for one in top]


def _fitting(text: str, font: Font, width: int) -> str:
    """Shorten `text` until it is at most `width` pixels wide."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."
