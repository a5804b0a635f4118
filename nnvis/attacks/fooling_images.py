"""Fooling images: from noise to a picture that means nothing and is believed to be a class."""

from __future__ import annotations

from dataclasses import replace

import torch

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.gradient_loop import Best
from nnvis.attacks.quantise import from_bytes, to_bytes
from nnvis.attacks.registry import FoolingParameters
from nnvis.attacks.result import RawResult
from nnvis.progress import Progress, Steps


def fooling(case: AttackInput, how: FoolingParameters) -> Steps[RawResult]:
    """Ascend from gaussian noise to a class: Nguyen, Yosinski & Clune 2015, sec. 3.6.

    That is their gradient ascent, without the decay that made their images look like something
    else than noise. The pictures given only say how large the images are; sizes are measured
    from the noise.
    """
    drawn = torch.randn(case.x.shape, generator=case.generator).to(case.x)
    start = from_bytes(to_bytes(0.5 + how.spread * drawn))
    place = start
    best = Best(
        AttackInput(case.network, start, case.criterion, case.clean_logits, case.generator, True)
    )
    everything = torch.arange(len(start), device=start.device)
    target = case.criterion.target
    assert target is not None
    for step in range(how.steps):
        shown = from_bytes(to_bytes(place)) if case.eight_bit else place
        judge = case.criterion.margin_and_slope
        logits, margin, slope = case.network.judged_slope(shown, judge)
        best.offer(everything, shown, margin, logits)
        mean = slope.abs().mean((1, 2, 3), keepdim=True)
        best.note_slope(everything, (mean > 0).view(-1) & mean.isfinite().view(-1))
        believed = case.network.chances(logits).gather(1, target[:, None])[:, 0]
        yield Progress(step + 1, how.steps, f"believed {float(believed.mean()):.3f}")
        if bool((believed >= how.confidence).all()):
            break
        move = torch.nan_to_num(slope / mean.clamp(min=1e-12), 0.0, 0.0, 0.0)
        place = (place - how.step * move).clamp(0, 1)
    # The scores that `best` began with are not of its picture: what is found is judged once more.
    return replace(best.found(how.steps), start=start, logits=None)
