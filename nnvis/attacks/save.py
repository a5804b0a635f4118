"""An attacked picture as files, and what the network says of the file that was written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nnvis import __version__
from nnvis.attacks.network import AttackedNetwork
from nnvis.attacks.quantise import TOP, to_bytes
from nnvis.attacks.result import AttackOutcome
from nnvis.attacks.sheet import side_by_side
from nnvis.errors import UserError
from nnvis.export import file_name, write_png
from nnvis.files.whole import write_text
from nnvis.models.detection.objects import UNSEEN
from nnvis.models.detection.region import FoundObjects
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel
from nnvis.sources.picture import read_picture

KINDS = ("adversarial", "clean", "perturbation", "sheet", "report")
SHOWN = 5  # classes
MIDDLE = 128  # the grey that stands for no change


@dataclass(frozen=True, slots=True)
class SavedAttack:
    """`report` is what interface and files say of one attack; it can be written as JSON."""

    report: dict[str, Any]
    files: dict[str, Path]  # by kind, see KINDS


def save(
    outcome: AttackOutcome, index: int, model: VisionModel, fit: Fit, folder: Path, stem: str,
    about: Mapping[str, Any] | None = None, kinds: Sequence[str] = KINDS,
) -> SavedAttack:  # fmt: skip
    """Write picture `index` of `outcome` before and after, the change, a sheet and a report.

    Classes, sizes and success in the report are computed from the adversarial PNG, read again
    and prepared for the network as any picture is.

    Args:
        outcome: of an attack on `model` itself, or on a FullSize before it.
        index: which of its pictures.
        model: the network.
        fit: how the files meet it: that of the FullSize; "stretch" where the attack was on the
            network's own input.
        folder: made if need be.
        stem: how all names begin.
        about: goes into the report and the PNGs too.
        kinds: which of KINDS are written; the adversarial picture is in any case.

    Raises:
        UserError: a file cannot be written, or the pictures are no RGB.
    """
    if outcome.clean.shape[1] not in (1, 3):
        raise UserError(
            f"a picture of {outcome.clean.shape[1]} channels cannot be written as PNG; attack the "
            "picture at its own size"
        )
    meta = {"version": __version__, "kind": "attack", "method": outcome.method, **(about or {})}
    files: dict[str, Path] = {}

    def write(kind: str, picture: NDArray[np.uint8]) -> None:
        path = folder / f"{file_name(stem, outcome.method, kind)}.png"
        files[kind] = write_png(path, picture, {**meta, "view": kind})

    clean = rgb(outcome.clean[index])
    write("adversarial", rgb(outcome.adversarial[index]))
    adversarial = read_picture(files["adversarial"])
    _, change = amplified(clean, adversarial)
    report = {**meta, **report_of(outcome, index, model, fit, clean, adversarial)}
    for kind, picture in (("clean", clean), ("perturbation", change)):
        if kind in kinds:
            write(kind, picture)
    if "sheet" in kinds:
        found = [_found(model, picture, fit) for picture in (clean, adversarial)]
        write("sheet", side_by_side(clean, change, adversarial, report, found))
    if "report" in kinds:
        files["report"] = folder / f"{file_name(stem, outcome.method)}.json"
        report["files"] = {kind: str(path) for kind, path in files.items()}
        write_text(files["report"], json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    return SavedAttack(report, files)


@torch.no_grad()
def _found(model: VisionModel, picture: NDArray[np.uint8], fit: Fit) -> FoundObjects | None:
    """Return the objects in (H,W,3), None where their boxes are not those of the whole picture."""
    if not model.detects:
        return None
    shown, x = model.prepare(picture, fit)
    if fit is not Fit.STRETCH and shown.shape != picture.shape:
        return None
    return model.objects(model.run((x - model.mean) / model.std))


def report_of(
    outcome: AttackOutcome, index: int, model: VisionModel, fit: Fit, clean: NDArray[np.uint8],
    adversarial: NDArray[np.uint8],
) -> dict[str, Any]:  # fmt: skip
    """Say what is to be said of two 8-bit pictures, (H,W,3), as the network sees them."""
    report: dict[str, Any] = {"fit": fit, **_measured(outcome, index, clean, adversarial)}
    report["amplified"], _ = amplified(clean, adversarial)
    report["clean"], report["adversarial"] = (
        scores(model, picture, fit) for picture in (clean, adversarial)
    )
    top, target = report["adversarial"][0]["index"], report["target"]
    report["success"] = top != int(outcome.label[index]) if target is None else top == target
    return report


def rgb(x: torch.Tensor) -> NDArray[np.uint8]:
    """(C,H,W) in [0,1], C 1 or 3 -> (H,W,3) uint8."""
    pixels = to_bytes(x).permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def amplified(
    clean: NDArray[np.uint8], adversarial: NDArray[np.uint8]
) -> tuple[float, NDArray[np.uint8]]:
    """Return the factor, and (H,W,3) uint8 the change times that factor around middle grey."""
    change = adversarial.astype(np.float32) - clean
    peak = float(np.abs(change).max())
    gain = max(1.0, (MIDDLE - 1) / peak) if peak else 1.0
    return gain, np.clip(change * gain + MIDDLE, 0, TOP).round().astype(np.uint8)


@torch.no_grad()
def scores(model: VisionModel, picture: NDArray[np.uint8], fit: Fit) -> list[dict[str, Any]]:
    """(H,W,3) -> the likeliest classes, the likeliest first; at a box those found there."""
    network = AttackedNetwork(model)
    chances = network.chances(network.logits(model.prepare(picture, fit)[1]))[0]
    probabilities, classes = chances.topk(min(SHOWN, len(chances)))
    return [
        {"index": index, "label": model.label(index), "probability": probability}
        for index, probability in zip(classes.tolist(), probabilities.tolist(), strict=True)
        if model.detects != "boxes" or probability > UNSEEN
    ]


def _measured(
    outcome: AttackOutcome, index: int, clean: NDArray[np.uint8], adversarial: NDArray[np.uint8]
) -> dict[str, Any]:
    change = np.abs(adversarial.astype(np.int64) - clean)
    if outcome.clean.shape[1] == 1:
        change = change[..., :1]
    return {
        "norm": outcome.norm,
        "eps": outcome.eps,
        "target": None if outcome.target is None else int(outcome.target[index]),
        "linf": int(change.max()) / TOP,
        "l2": float(np.sqrt(float((change**2).sum()))) / TOP,
        "l0": int(change.any(2).sum()),
        "steps": outcome.steps,
        "queries": outcome.queries,
        "gradients": outcome.gradients,
        "seconds": round(outcome.seconds, 3),
        "rate": None if outcome.rate is None else round(float(outcome.rate[index]), 4),
        "warning": outcome.warning,
    }
