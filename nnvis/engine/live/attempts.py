"""A look as far as it can be had: where something asked for fails, it is left out, and said why."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import torch

from nnvis.engine.attack.live_attack import LiveAttackState
from nnvis.engine.attack.second_model import SecondModel
from nnvis.engine.live.ablation_state import AblationState
from nnvis.engine.live.launched_look import LaunchedLook
from nnvis.engine.live.pipeline import launch
from nnvis.engine.live.quick_path import QuickPath
from nnvis.engine.live.region_tracks import RegionTracks
from nnvis.engine.protocol.request import GridShows, Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.protocol.unit_order import OrderRequest
from nnvis.engine.unit_order.held import HeldOrders
from nnvis.errors import UserError, first_line
from nnvis.imaging.device_link import DeviceLink
from nnvis.models.info import ModelInfo
from nnvis.models.preprocess import Prepared
from nnvis.models.vision import VisionModel

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is to be looked at, and how."""

    fed: Prepared
    request: Request
    thumbnails: list[str]
    fast: QuickPath | None  # may compute it
    quiet: bool  # something is wrong already: the log has it


@dataclass(frozen=True, slots=True, eq=False)
class BegunLook:
    """A look that the device works at."""

    asked: Asked
    request: Request  # what of it is looked at
    plainer: Iterator[Request]  # what else there is to try
    look: LaunchedLook
    note: str  # why not all of it
    refused: str = ""  # why all is computed by PyTorch, where something faster was tried


class Attempts:
    """Belongs to the thread of the network; keeps what lasts from one look to the next."""

    def __init__(self, model: VisionModel, info: ModelInfo) -> None:
        self._model, self._info = model, info
        self._attack_state: LiveAttackState | None = None
        self._ablation_state = AblationState()
        self._tracks = RegionTracks()
        self._orders = HeldOrders()
        self._second: SecondModel | None = None

    def begin(self, asked: Asked, link: DeviceLink | None) -> BegunLook:
        """Give the device what it has to do.

        Raises:
            Exception: nothing of it can be had.
        """
        if asked.request.attack is None:
            self._attack_state = None
        elif self._attack_state is None:
            self._attack_state = LiveAttackState()
        return self._next(asked, chain((asked.request,), _plainer(asked.request)), "", link)

    def finish(self, begun: BegunLook) -> tuple[Snapshot, str]:
        """Return the look, and why it is not all that was asked.

        Raises:
            Exception: nothing of it can be had.
        """
        while True:
            try:
                snapshot = begun.look.finish()
                break
            except torch.OutOfMemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - people's modules may raise anything
                note = self._without(error, begun.request, begun.asked, begun.note)
            begun = self._next(begun.asked, begun.plainer, note, None)
        if begun.request.attack is None:
            self._attack_state = None
        return self._with_opinion(snapshot), begun.note

    def said(self, error: Exception) -> str:
        """Say in one line what failed."""
        if isinstance(error, UserError):
            return error.in_window
        return f"{self._info.name} failed on this picture: {first_line(error)}"

    def _next(
        self, asked: Asked, requests: Iterator[Request], note: str, link: DeviceLink | None
    ) -> BegunLook:
        fast = asked.fast
        for one in requests:
            try:
                look = launch(
                    self._model, self._info, asked.fed.frame, one, asked.fed, asked.thumbnails,
                    attack_state=self._attack_state, ablation_state=self._ablation_state,
                    fast=fast, tracks=self._tracks, orders=self._orders, link=link,
                )  # fmt: skip
            except torch.OutOfMemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - people's modules may raise anything
                note = self._without(error, one, asked, note)
                continue
            refused = fast.refused if fast is not None else ""
            return BegunLook(asked, one, requests, look, note, refused)
        raise AssertionError("the plainest look either raises or shows")

    def _without(self, error: Exception, tried: Request, asked: Asked, note: str) -> str:
        """Return what is to be said where `tried` failed; of several reasons the first.

        Raises:
            Exception: `error`, where nothing is left to do without.
        """
        if tried == _plain(asked.request):
            raise error
        if not note and not isinstance(error, UserError) and not asked.quiet:
            log.error("look failed", exc_info=error)
        return note or self.said(error)

    def _with_opinion(self, snapshot: Snapshot) -> Snapshot:
        """Add what the second network says, where one is asked."""
        asked, found = snapshot.request.attack, snapshot.attack
        if asked is None or found is None or asked.second is None:
            self._drop_second()
            return snapshot
        if self._second is None or self._second.model_request != asked.second:
            self._drop_second()
            self._second = SecondModel(asked.second)
        opinion = self._second.judge(snapshot.fed, found.adversarial)
        return replace(snapshot, attack=replace(found, second=opinion))

    def _drop_second(self) -> None:
        if self._second is not None:
            self._second.stop()
            self._second = None


def _plainer(request: Request) -> Iterator[Request]:
    """Give up one thing, then the others, until nothing is asked but to look."""
    plain = _plain(request)
    once = (
        replace(request, order=OrderRequest()),
        replace(request, attribution=None, grid=GridShows.ACTIVATION),
        replace(request, attack=None),
        replace(request, ablation=replace(request.ablation, units=(), concepts=None)),
    )
    yield from (one for one in once if one not in (request, plain))
    if plain != request:
        yield plain


def _plain(request: Request) -> Request:
    ablation = replace(request.ablation, units=(), concepts=None)
    return replace(
        request, attribution=None, grid=GridShows.ACTIVATION, attack=None, ablation=ablation,
        order=OrderRequest(),
    )  # fmt: skip
