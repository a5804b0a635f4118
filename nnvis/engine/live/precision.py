"""In what a look is computed: in half precision where that is asked and the network takes it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import torch

from nnvis.engine.protocol.request import Half, Request
from nnvis.engine.protocol.snapshot import HalfLook
from nnvis.errors import first_line
from nnvis.models.half import half_of, in_half, refusal, refuse
from nnvis.models.vision import VisionModel

log = logging.getLogger(__name__)

T = TypeVar("T")
MORE = "views, attacks, what is switched off, pins and lenses have all digits"


def looked(
    model: VisionModel, request: Request, passed: Callable[[VisionModel], T]
) -> tuple[T, HalfLook | None]:
    """Return what `passed` makes of `model`, or of its copy in half precision; and which it was.

    A network that fails in half precision, and only there, is not asked for it again.

    Raises:
        Exception: whatever `passed` raises of `model` itself.
    """
    own, kind = half_of(model), request.half.value
    if request.half is Half.OFF:
        return passed(model), HalfLook(own) if own else None
    if not request.only_looks:
        return passed(model), HalfLook(own, MORE)
    why = refusal(model, kind)
    if not why:
        try:
            return passed(in_half(model, kind)), HalfLook(kind)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - people's modules may raise anything
            why = first_line(error)
        found = passed(model)  # fails where the network would have failed anyway
        log.warning("%s does not run in %s: %s", model.name, kind, why)
        refuse(model, kind, why)
        return found, HalfLook(own, why, refused=True)
    return passed(model), HalfLook(own, why, refused=True)
