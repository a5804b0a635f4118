"""A look that its device works at, or is done with; what the host makes of it, the snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.engine.attack.live_attack import (
    AttackParts,
    CleanAndAttacked,
    LiveAttackState,
    read_attack_result,
)
from nnvis.engine.live.forward_clock import ForwardClock
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import HalfLook, Snapshot, Timings
from nnvis.engine.render.attribution import AttributionParts, read_attribution
from nnvis.engine.render.sheet import (
    ClassProbabilities,
    SheetParts,
    UnitParts,
    marked,
    scores_of,
    sheet_of,
    unit_of,
)
from nnvis.engine.render.thumbnails import thumbnail
from nnvis.engine.unit_order.held import PlacedOrder
from nnvis.imaging.host_transfer import A, Array, Arrival, to_host
from nnvis.models.detection.region import FoundObjects
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.sources.frame import Frame
from nnvis.views.live import LiveViewResult


@dataclass(frozen=True, slots=True, eq=False)
class ForwardResult:
    """Tensors on the device."""

    output: Tensor  # what the grid shows of the layer
    signed: bool  # whether that is a change or backward values
    own: Tensor  # what the layer put out for the clean frame
    logits: Tensor
    small: dict[str, Tensor]  # of the other layers, what was to be kept
    before: Tensor | None = None  # the logits with nothing switched off
    looked: LiveViewResult | None = None
    attack: CleanAndAttacked | None = None
    ran: bool = True  # whether the layer did, on this picture
    path: str = ""  # by what it was computed, if not by PyTorch
    order: PlacedOrder | None = None  # where the units lie, if not by number


@dataclass(frozen=True, slots=True, eq=False)
class FrameParts(Generic[A]):
    """All that crosses from the device to the host of one frame."""

    sheet: SheetParts[A]
    unit: UnitParts[A]
    top: ClassProbabilities[A]
    thumbnails: dict[str, A]  # what they are drawn of
    attack: AttackParts[A] | None
    attribution: AttributionParts[A] | None
    unablated: ClassProbabilities[A] | None


@dataclass(frozen=True, slots=True, eq=False)
class LaunchedLook:
    """Nothing of it changes by what is launched after it."""

    info: ModelInfo
    frame: Frame
    request: Request
    layer: LayerInfo
    fed: NDArray[np.uint8]  # (h,w,3)
    ran: ForwardResult
    half: HalfLook | None
    objects: FoundObjects | None
    followed: int | None
    attack_state: LiveAttackState
    begin: float  # time.perf_counter()
    clock: ForwardClock
    arrival: Arrival  # of FrameParts
    again: Callable[[], FrameParts[Tensor]] | None  # draws with a search for what is no number

    @property
    def quick(self) -> bool:
        """Whether the network was passed by other means than PyTorch's, in few launches."""
        return bool(self.ran.path)

    def finish(self) -> Snapshot:
        """Wait for the device, and make the snapshot; once.

        Raises:
            UserError: what was asked makes no sense for what came out.
        """
        request, info, ran = self.request, self.info, self.ran
        host: FrameParts[Array] = self.arrival.read()
        if self.again is not None and _doubtful(host):
            with torch.inference_mode():
                host = to_host(self.again())
        unit_map = unit_of(host.unit, host.sheet, self.layer, request, self.fed)
        now = time.perf_counter()
        timings = Timings(
            self.clock.prepared - self.begin, self.clock.seconds(), now - self.begin,
            time.monotonic(),
        )  # fmt: skip
        return Snapshot(
            info=info,
            frame=self.frame,
            request=request,
            layer=self.layer,
            fed=self.fed,
            sheet=sheet_of(host.sheet, request, ran.order),
            unit=unit_map,
            top=scores_of(host.top, info),
            thumbnails={
                name: thumbnail(one, info.require_layer(name), request)
                for name, one in host.thumbnails.items()
            },
            timings=timings,
            silent=not ran.ran,
            path=ran.path,
            half=self.half,
            objects=self.objects,
            marked=marked(self.fed, self.objects),
            followed=self.followed,
            attack=read_attack_result(host.attack, ran.attack, info, self.attack_state)
            if host.attack and ran.attack
            else None,
            attribution=read_attribution(host.attribution) if host.attribution else None,
            unablated=scores_of(host.unablated, info) if host.unablated else (),
        )


def _doubtful(host: FrameParts[Array]) -> bool:
    """Whether something is no number, for which a GPU did not search."""
    views = [host.attribution.painted.peak] if host.attribution else []
    told = (host.sheet.minima, host.sheet.means, host.sheet.maxima, *views)
    return not all(np.isfinite(one).all() for one in told)
