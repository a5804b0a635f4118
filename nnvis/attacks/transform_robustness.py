"""What an adversarial picture survives: compression, blur, scaling, turning, another network."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from nnvis.attacks.findings import Survival
from nnvis.attacks.network import AttackedNetwork
from nnvis.attacks.quantise import from_bytes, to_bytes
from nnvis.attacks.result import AttackOutcome
from nnvis.progress import Progress, Steps
from nnvis.sources.image_file import open_image

Picture = NDArray[np.uint8]  # (H,W) or (H,W,3)


def survival(
    network: AttackedNetwork,
    outcome: AttackOutcome,
    index: int = 0,
    others: Mapping[str, AttackedNetwork] | None = None,
) -> Steps[tuple[Survival, ...]]:
    """Treat picture `index` of `outcome` in every way of TREATMENTS; show it to other networks.

    Treatments work on the 8-bit picture, as a file would be treated. The `others`, by name, must
    have the same classes and take the same size.
    """
    clean, adversarial = outcome.clean[index : index + 1], outcome.adversarial[index : index + 1]
    others = others or {}
    total = len(TREATMENTS) + len(others)
    found = []
    for name, treat in TREATMENTS.items():
        pictures = torch.cat([treated(clean, treat), treated(adversarial, treat)])
        found.append(_judge(name, network, pictures, outcome, index))
        yield Progress(len(found), total, name)
    for name, other in others.items():
        both = torch.cat([clean, adversarial])
        found.append(_judge(name, other, both, outcome, index))
        yield Progress(len(found), total, name)
    return tuple(found)


def treated(x: Tensor, treat: Callable[[Image.Image], Image.Image]) -> Tensor:
    """(1,C,H,W) -> the same after `treat`; channels beyond three are treated three at a time."""
    pixels = to_bytes(x)[0]
    channels = len(pixels)
    done = []
    for begin in range(0, channels, 3):
        part = pixels[begin : begin + 3]
        if len(part) == 3:
            image = Image.fromarray(part.permute(1, 2, 0).cpu().numpy())
            done.append(torch.from_numpy(np.array(treat(image))).permute(2, 0, 1))
        else:
            grey = [np.array(treat(Image.fromarray(one.cpu().numpy()))) for one in part]
            done.append(torch.from_numpy(np.stack(grey)))
    return from_bytes(torch.cat(done)).to(x.device)[None]


def _judge(
    name: str, network: AttackedNetwork, pictures: Tensor, outcome: AttackOutcome, index: int
) -> Survival:
    logits = network.logits(pictures)
    label = int(outcome.label[index])
    clean, top = logits.argmax(1).tolist()
    target = None if outcome.target is None else int(outcome.target[index])
    fooled = top != label if target is None else top == target
    return Survival(name, fooled, clean == label, top, float(network.chances(logits)[1, top]))


def _jpeg(quality: int) -> Callable[[Image.Image], Image.Image]:
    def treat(image: Image.Image) -> Image.Image:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        with open_image(buffer.getvalue(), formats=("JPEG",)) as again:
            return again.convert(image.mode)

    return treat


def _blur(radius: float) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.filter(ImageFilter.GaussianBlur(radius))


def _resize(share: float) -> Callable[[Image.Image], Image.Image]:
    def treat(image: Image.Image) -> Image.Image:
        size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
        small = image.resize(size, Image.Resampling.BICUBIC)
        return small.resize(image.size, Image.Resampling.BICUBIC)

    return treat


def _rotate(degrees: float) -> Callable[[Image.Image], Image.Image]:
    """Turn, with the picture mirrored beyond its edges."""

    def treat(image: Image.Image) -> Image.Image:
        pixels = np.asarray(image)
        rim = max(1, min(image.size) // 4)
        widths = [(rim, rim), (rim, rim), (0, 0)][: pixels.ndim]
        wide = Image.fromarray(np.pad(pixels, widths, mode="reflect"))
        turned = wide.rotate(degrees, Image.Resampling.BICUBIC)
        return turned.crop((rim, rim, rim + image.width, rim + image.height))

    return treat


TREATMENTS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG 95": _jpeg(95),
    "JPEG 75": _jpeg(75),
    "JPEG 50": _jpeg(50),
    "blur 0.5 px": _blur(0.5),
    "blur 1 px": _blur(1),
    "blur 2 px": _blur(2),
    "to 75 % and back": _resize(0.75),
    "to 50 % and back": _resize(0.5),
    "turned 2 degrees": _rotate(2),
    "turned 10 degrees": _rotate(10),
}
