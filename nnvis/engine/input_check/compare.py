"""Ours beside the library's: the tensors, the logits, and what the difference looks like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from nnvis.engine.input_check.half_difference import half_difference
from nnvis.engine.protocol.input_report import (
    Channel,
    InputReport,
    InputState,
    LogitRow,
)
from nnvis.engine.protocol.request import Half
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.render.sheet import TOP
from nnvis.errors import UserError
from nnvis.models.info import ModelInfo
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel
from nnvis.probe import given
from nnvis.progress import Progress, Steps

LOGITS_TOLERANCE = 1e-3  # of the largest logit
LEVEL = 1 / 255
CLOSE = 0.1  # levels: as good as the same pixel


@dataclass(frozen=True, slots=True, eq=False)
class _Fed:
    """One way of feeding a frame: what the network took and what it said."""

    taken: Tensor  # (1,C,h,w), normalised
    logits: Tensor


def compare_input(snapshot: Snapshot, model: VisionModel) -> Steps[InputReport]:
    """Feed the frame of `snapshot` as it was fed, and as the library's documentation has it.

    Raises:
        UserError: the model has changed since the snapshot.
    """
    if model.weights_hash != snapshot.info.weights_hash:
        raise UserError("the model has changed since; compare again")
    fit = snapshot.request.fit
    half = None
    if snapshot.half is not None and snapshot.half.kind and snapshot.request.half is not Half.OFF:
        yield Progress(0, 3, "computing it in half precision and without")
        half = half_difference(snapshot, model)
    yield Progress(0, 3, "feeding the frame as nnvis does")
    ours = _as_fed(model, snapshot.fed)
    yield Progress(1, 3, "feeding it as the library does")
    theirs, reason = _as_documented(model, snapshot.frame.picture)
    cropped: _Fed | None = None
    if theirs is not None and fit != Fit.CROP:
        yield Progress(2, 3, "feeding it cropped")
        cropped = _as_fed(model, model.preprocess.feed(snapshot.frame.picture))
    state, verdict = InputState.UNKNOWN, reason
    if theirs is not None:
        state, verdict = _judge(model, ours, theirs, cropped, fit)
    pixels = _pixels(model, ours.taken)
    height, width = snapshot.frame.picture.shape[:2]
    return InputReport(
        frame=snapshot.frame,
        fit=fit,
        picture=_picture(pixels),
        error=float((pixels[:3] - _shown(snapshot.fed, pixels)).abs().max()) / LEVEL,
        shape=tuple(ours.taken.shape),
        channels=_channels(model, ours.taken[0]),
        window=model.window(height, width, fit),
        rows=_rows(ours.logits, theirs.logits if theirs else None, snapshot.info),
        difference=_apart(ours.logits, theirs.logits) if theirs else None,
        levels=_levels(model, ours.taken, theirs.taken) if theirs else None,
        state=state,
        verdict=verdict,
        half=half,
    )


@torch.inference_mode()
def _as_fed(model: VisionModel, fed: NDArray[np.uint8]) -> _Fed:
    with given(model) as inputs:
        logits = model(model.tensor(fed))
    return _Fed(inputs[0], logits)


@torch.inference_mode()
def _as_documented(model: VisionModel, picture: NDArray[np.uint8]) -> tuple[_Fed | None, str]:
    """Return what the library's transform and the bare network make of a frame, or why not."""
    if model.reference is None:
        return None, f"no library documents how {model.name} is fed: there is nothing to compare"
    taken = model.reference()(Image.fromarray(picture))[None].to(model.device)
    if taken.shape[1] != model.channels:
        return None, (
            f"the library's transform gives {taken.shape[1]} channels and the network takes "
            f"{model.channels}: there is nothing to compare"
        )
    return _Fed(taken, model.logits(taken)), ""


def _judge(
    model: VisionModel, ours: _Fed, theirs: _Fed, cropped: _Fed | None, fit: Fit
) -> tuple[InputState, str]:
    apart = _apart(ours.logits, theirs.logits)
    if apart is not None and apart <= LOGITS_TOLERANCE:
        by = f"differ by {apart:.0e} of the largest" if apart else "are the same to the bit"
        return InputState.SAME, f"as the library does it: the logits {by}"
    if cropped is not None:
        near = _apart(cropped.logits, theirs.logits)
        if near is not None and near <= LOGITS_TOLERANCE:
            words = {Fit.STRETCH: "stretched", Fit.WHOLE: "whole, between bars"}[fit]
            return (
                InputState.CHOSEN,
                f"fed {words}, as you chose; the library crops, so its logits differ",
            )
    return InputState.DIFFERS, _explain(model, (cropped or ours), theirs)


def _explain(model: VisionModel, ours: _Fed, theirs: _Fed) -> str:
    """Say what the difference between the two tensors looks like."""
    if ours.taken.shape != theirs.taken.shape:
        sizes = [f"{one.taken.shape[3]}x{one.taken.shape[2]}" for one in (theirs, ours)]
        return f"the library feeds {sizes[0]} pixels, nnvis {sizes[1]}"
    levels = _levels(model, ours.taken, theirs.taken) or 0.0
    if levels <= CLOSE:
        return "the same pixels give other logits: the network is not the same at every pass"
    pairs = [(ours.taken, theirs.taken), tuple(_pixels(model, one.taken) for one in (ours, theirs))]
    unit = float(model.std.min())
    for (mine, other), close in zip(pairs, (CLOSE * LEVEL / unit, CLOSE * LEVEL), strict=True):
        if float((mine.flip(-3) - other).abs().max()) <= close:
            return "the colours are swapped: BGR is fed where the library feeds RGB, or the reverse"
    if _related(ours.taken[0], theirs.taken[0]):
        return "the same picture on another scale: mean, std or range are not the library's"
    return f"other pixels, up to {levels:.0f} of 255 levels: resize filter or crop differ"


def _apart(ours: Tensor, theirs: Tensor) -> float | None:
    """Return the largest difference over the largest magnitude; None where shapes differ."""
    if ours.shape != theirs.shape or not theirs.numel():
        return None
    size = float(theirs.abs().max())
    return float((ours - theirs).abs().max()) / max(size, 1e-12)


def _levels(model: VisionModel, ours: Tensor, theirs: Tensor) -> float | None:
    if ours.shape != theirs.shape:
        return None
    return float(((ours - theirs) * model.std).abs().max()) / LEVEL


def _related(ours: Tensor, theirs: Tensor) -> bool:
    """Tell whether each channel of ours is a straight line of theirs."""
    for mine, other in zip(
        ours.flatten(1).cpu().double(), theirs.flatten(1).cpu().double(), strict=True
    ):
        spread = mine.var() * other.var()
        if not spread > 0 or torch.corrcoef(torch.stack([mine, other]))[0, 1] < 1 - 1e-6:
            return False
    return True


def _pixels(model: VisionModel, taken: Tensor) -> Tensor:
    """(1,C,h,w) as the network takes it -> (C,h,w) in [0,1]."""
    return (taken * model.std + model.mean)[0]


def _shown(fed: NDArray[np.uint8], pixels: Tensor) -> Tensor:
    """Return the picture that is shown as (c,h,w) in [0,1], as many channels as `pixels`[:3]."""
    shown = torch.from_numpy(fed).permute(2, 0, 1).to(pixels.device).float() / 255
    return shown[: min(3, len(pixels))]


def _picture(pixels: Tensor) -> NDArray[np.uint8]:
    three = pixels[:3] if len(pixels) >= 3 else pixels[:1].expand(3, -1, -1)
    whole = (three * 255).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(whole.permute(1, 2, 0).cpu().numpy())


def _channels(model: VisionModel, taken: Tensor) -> tuple[Channel, ...]:
    names = ["luminance"] if model.channels == 1 else ["R", "G", "B"]
    offsets, scales = model.mean.flatten().tolist(), model.std.flatten().tolist()
    return tuple(
        Channel(
            names[index % len(names)],
            float(one.mean()),
            float(one.std(correction=0)),
            float(one.min()),
            float(one.max()),
            offsets[index],
            scales[index],
        )
        for index, one in enumerate(taken)
    )


def _rows(ours: Tensor, theirs: Tensor | None, info: ModelInfo) -> tuple[LogitRow, ...]:
    """List the strongest classes of ours, and those of theirs that are not among them."""
    if ours.ndim != 2 or not ours.shape[1]:
        return ()
    fits = theirs is not None and theirs.shape == ours.shape
    count = min(TOP, ours.shape[1])
    classes = ours[0].topk(count).indices.tolist()
    if fits and theirs is not None:
        classes += [one for one in theirs[0].topk(count).indices.tolist() if one not in classes]
    return tuple(
        LogitRow(
            index,
            info.label(index),
            float(ours[0, index]),
            float(theirs[0, index]) if fits and theirs is not None else None,
        )
        for index in classes
    )
