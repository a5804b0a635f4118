"""An attack on the whole frame at its own size, as files."""

from __future__ import annotations

import math
from pathlib import Path

from nnvis.attacks import ATTACKS
from nnvis.attacks.native_size import NativeSize
from nnvis.attacks.registry import LIVE
from nnvis.attacks.save import save
from nnvis.engine.protocol.attack_results import Exported
from nnvis.engine.protocol.snapshot import Score, Snapshot
from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps

STEPS = 20


def write_attack(
    snapshot: Snapshot, folder: Path, stem: str, model: VisionModel
) -> Steps[Exported]:
    """Attack the frame of `snapshot` as it was attacked live, but at its own size.

    In L2 the radius grows with the number of pixels that the network sees of the frame, so that
    each is changed as much as it was.

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
    before = NativeSize(model, picture, fit)
    height, width = picture.shape[:2]
    if asked.norm == "l2":
        left, top, right, bottom = model.window(height, width, fit)
        eps *= math.sqrt((right - left) * (bottom - top) / math.prod(model.input_size))
    outcome = yield from ATTACKS[LIVE[asked.norm]](
        before, before.x, target=asked.target, eps=eps, steps=STEPS
    )
    yield Progress(STEPS, STEPS, "writing")
    about = {
        "source": snapshot.frame.source,
        "frame": {
            "index": snapshot.frame.index,
            "label": snapshot.frame.label,
            "scale": snapshot.frame.scale,
        },
        "model": snapshot.info.model_request.spec,
        "weights_hash": model.weights_hash,
        "own_size": True,
        "parameters": {"eps": eps, "steps": STEPS},
    }
    saved = save(outcome, 0, model, fit, folder, stem, about)
    top = saved.report["adversarial"][0]
    return Exported(
        tuple(saved.files.values()),
        bool(saved.report["success"]),
        Score(top["index"], top["label"], top["probability"]),
        (width, height),
    )
