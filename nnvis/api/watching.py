"""A training that goes on in a loop of yours, to be attached to."""

from __future__ import annotations

import logging
import sys
import threading
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn

from nnvis.api import arguments
from nnvis.api.given_pictures import frame_of
from nnvis.engine.remote.door import Door
from nnvis.engine.remote.training_room import TrainingRoom
from nnvis.engine.remote.training_sample import PICTURES, TrainingSample, copied
from nnvis.errors import UserError
from nnvis.probe import training_steps

log = logging.getLogger(__name__)


class Watch:
    """Watches from `with` to its end; `nnvis attach` opens the window on it meanwhile.

    While nobody is attached, a step costs the calls of three hooks. While somebody is, what is
    needed is copied at every so manieth step, as seldom as it takes to stay below one percent of
    the processor time that the training takes, and looked at on another thread. Weights, random
    numbers, statistics and modes are those of the training alone, to the bit.

    Attributes:
        address: HOST:PORT, on this machine alone.
        token: what a person needs to attach from elsewhere, through a forwarded port.
    """

    def __init__(
        self, model: nn.Module, *, every: int = 50, mean: Any = None, std: Any = None,
        labels: Any = None, input_size: Any = None, picture: Any = None, name: str = "",
        port: int = 0, token: str = "", quiet: bool = False,
    ) -> None:  # fmt: skip
        """See `nnvis.watch`."""
        if not isinstance(model, nn.Module):
            raise UserError(
                f"model is a {type(model).__name__}; give the nn.Module that is trained"
            )
        if arguments.whole("every", every) < 1:
            raise UserError(f"every {every} is no number of steps; give 1 or more")
        options = {
            "mean": arguments.numbers("mean", mean), "std": arguments.numbers("std", std),
            "labels": arguments.names("labels", labels), "name": name or None,
            "input_size": arguments.size("input_size", input_size),
        }  # fmt: skip
        shown = None if picture is None else frame_of(picture).picture
        self._model, self._port, self._token, self._quiet = model, port, token, quiet
        title = name or type(model).__name__
        known = {key: value for key, value in options.items() if value is not None}
        self._room = TrainingRoom(model, title, every, known, shown)
        self._door: Door | None = None
        self._left = ExitStack()
        self._thread = 0  # the one that trains
        self._due = self._told = False
        self._pictures: Tensor | None = None
        self._of = 0
        self._before: list[Tensor] | None = None
        self._cost = 0.0
        self._optimised = False  # an optimiser has stepped since the last call of `step`
        self._failed = ""

    @property
    def address(self) -> str:
        """HOST:PORT; "" before the beginning."""
        return self._door.address if self._door else ""

    @property
    def token(self) -> str:
        """What opens the door from elsewhere; "" before the beginning."""
        return self._door.token if self._door else ""

    @property
    def steps(self) -> int:
        """How many steps of the optimiser there were."""
        return self._room.steps

    def __enter__(self) -> Watch:
        """Open the door, and listen."""
        self._door = Door(self._room, self._port, self._token)
        self._left.callback(self._door.close)
        self._left.enter_context(
            training_steps(self._model, self._batch_came, self._before_step, self._after_step)
        )
        if not self._quiet:
            sys.stderr.write(
                f"nnvis: watching {self._room.title}; see it with: nnvis attach {self.address}\n"
                f"nnvis: elsewhere, through a forwarded port, the token is {self.token}\n"
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say goodbye to whoever is attached."""
        self._left.close()
        self._before = self._pictures = None

    def step(self, batch: Any = None, loss: Any = None) -> None:
        """Tell the loss of a step, after the optimiser's; a tensor is not waited for.

        Args:
            batch: the pictures (N,C,H,W) as the network took them; None: those that were heard.
            loss: a number, or a tensor of one.
        """
        try:
            if not self._optimised:  # weights that change without an optimiser of PyTorch
                if self._room.due():
                    self._due, self._before = True, None
                    if isinstance(batch, Tensor) and batch.ndim == 4:
                        self._keep(batch)
                self._stepped()
            self._optimised = False
            if loss is not None:
                self._room.measures.note_loss(self._room.steps, _kept(loss))
        except Exception as failure:  # noqa: BLE001 - a training must not end by being watched
            self._give_up(failure)

    def _batch_came(self, pictures: Tensor | None) -> None:
        if self._failed or not torch.is_grad_enabled():
            return
        try:
            self._thread = threading.get_ident()
            self._due = self._room.due()
            if self._due:
                self._cost = 0.0
                if pictures is not None:
                    self._keep(pictures)
        except Exception as failure:  # noqa: BLE001
            self._give_up(failure)

    def _keep(self, pictures: Tensor) -> None:
        begun = time.perf_counter()
        with torch.no_grad():
            self._pictures, self._of = pictures.detach()[:PICTURES].clone(), len(pictures)
        self._cost += time.perf_counter() - begun

    def _before_step(self) -> None:
        if self._failed or not self._due:
            return
        try:
            begun = time.perf_counter()
            self._before = copied(self._room.weights())
            self._cost += time.perf_counter() - begun
        except Exception as failure:  # noqa: BLE001
            self._give_up(failure)

    def _after_step(self) -> None:
        if self._failed:
            return
        try:
            self._optimised = True
            self._stepped()
        except Exception as failure:  # noqa: BLE001
            self._give_up(failure)

    def _stepped(self) -> None:
        self._room.steps += 1
        if not self._due:
            return
        begun = time.perf_counter()
        weights = self._room.weights()
        after, buffers = copied(weights), copied(self._room.buffers())
        ready = tuple(
            torch.cuda.current_stream(device).record_event()
            for device in {one.device for one in weights if one.is_cuda}
        )
        cost = self._cost + time.perf_counter() - begun
        self._room.hand_over(
            TrainingSample(
                self._room.steps,
                self._pictures,
                self._of,
                self._before,
                after,
                buffers,
                ready,
                cost,
            )
        )
        if self._door is not None:
            self._door.wake()
        self._due, self._before, self._pictures, self._cost = False, None, None, 0.0

    def _give_up(self, failure: Exception) -> None:
        if not self._failed:
            self._failed = str(failure) or type(failure).__name__
            log.exception("watching has failed")
            sys.stderr.write(f"nnvis: watching has ended ({self._failed}); the training goes on\n")


def _kept(loss: Any) -> Any:
    """Return a number, or where that would have to be waited for, a copy on its device."""
    if isinstance(loss, Tensor):
        return loss.detach().clone() if loss.device.type != "cpu" else loss.item()
    return float(loss)


def watch(model: nn.Module, **options: Any) -> Watch:
    """Watch a training: `with nnvis.watch(model, every=50) as watch:` around the loop.

    Steps and batches are heard by themselves, where an optimiser of PyTorch steps and the network
    is called as a module. `watch.step(batch, loss)` after the optimiser's step tells the loss.

    Args:
        model: what is trained; it is not changed.
        options: `every` (steps from one look to the next, at least), `mean` and `std` of the
            batches, `labels`, `input_size`, `picture` (looked at in place of the batch), `name`,
            `port` and `token` (else any), `quiet` (print nothing).

    Returns:
        A context manager, with `address`, `token`, `steps` and `step`.

    Raises:
        UserError: an argument cannot be used; names it.
    """
    return Watch(model, **options)
