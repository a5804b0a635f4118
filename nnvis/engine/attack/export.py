"""An attack on the whole frame at its own size, as files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnvis.attacks import ATTACKS
from nnvis.attacks.native_size import NativeSize
from nnvis.attacks.registry import LIVE
from nnvis.attacks.save import save
from nnvis.engine.attack.robustness import focused
from nnvis.engine.protocol.attack_results import Exported
from nnvis.engine.protocol.snapshot import Score, Snapshot
from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps

STEPS = 20


def write_attack(
    snapshot: Snapshot,
    folder: Path,
    stem: str,
    method: str,
    values: Mapping[str, Any],
    model: VisionModel,
) -> Steps[Exported]:
    """Attack the frame of `snapshot` at its own size: by `method`, or as it was attacked live.

    Of the live attack the radius in L2 grows with the number of pixels that the network sees of
    the frame, so that each is changed as much as it was.

    Args:
        snapshot: shows the frame, and the class that is aimed at.
        folder: for the files.
        stem: of their names.
        method: one of ATTACKS; empty: the live one, with its size.
        values: of the parameters of `method`.
        model: owned by the calling thread.

    Raises:
        UserError: nothing was attacked, the model is another one, or a file cannot be written.
    """
    asked, picture = snapshot.request.attack, snapshot.frame.picture
    if asked is None:
        raise UserError("nothing is attacked; switch the attack on")
    if model.weights_hash != snapshot.info.weights_hash:
        raise UserError("the model has changed since; try again")
    fit, eps = snapshot.request.fit, asked.eps
    yield Progress(0, 0, "measuring the frame")
    model = focused(model, snapshot)
    before = NativeSize(model, picture, fit)
    height, width = picture.shape[:2]
    if method:
        attack = ATTACKS.named(method)
    else:
        attack, values = ATTACKS[LIVE[asked.norm]], {"eps": eps, "steps": STEPS}
    if not method and asked.norm == "l2":
        left, top, right, bottom = model.window(height, width, fit)
        eps *= math.sqrt((right - left) * (bottom - top) / math.prod(model.input_size))
        values = {**values, "eps": eps}
    outcome = yield from attack(before, before.x, target=asked.target, **values)
    yield Progress(1, 1, "writing")
    about = {
        "source": snapshot.frame.source,
        "frame": {
            "index": snapshot.frame.index,
            "label": snapshot.frame.label,
            "scale": snapshot.frame.scale,
        },
        "model": snapshot.info.model_request.spec,
        "weights_hash": model.weights_hash,
        "random": model.random,
        "own_size": True,
        "parameters": dict(values),
    }
    saved = save(outcome, 0, model, fit, folder, stem, about)
    top = saved.report["adversarial"][0]
    return Exported(
        tuple(saved.files.values()),
        bool(saved.report["success"]),
        Score(top["index"], top["label"], top["probability"]),
        (width, height),
    )
