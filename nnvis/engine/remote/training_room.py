"""A training that is watched: what it hands over, and what is made of that on another thread.

The thread that trains copies what is needed, now and then, and goes on; the rest happens on the
door's thread, on a network of its own. It draws no random number, and touches none of the other's
modules, so that the training comes out to the bit as it would have.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nnvis.engine.protocol.training import TrainingReport
from nnvis.engine.remote.training_measures import TrainingMeasures
from nnvis.engine.remote.training_sample import TrainingSample
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.models.mirror import Mirror
from nnvis.models.untouched import NoDraws, plain_numbers
from nnvis.models.vision import VisionModel
from nnvis.sources.frame import Frame
from nnvis.sources.training import SPEC

SHARE = 0.01  # of the processor time of the thread that trains, for looks that nobody asked for,
CREDIT_S = 0.1  # beyond so much that the first looks may take at once
GUEST_SHARE = 0.1  # for the pictures that a guest sends


class TrainingRoom:
    """Behind a door: a network that is being trained."""

    training = True

    def __init__(
        self, module: nn.Module, title: str, every: int, options: dict[str, Any],
        picture: NDArray[np.uint8] | None = None,
    ) -> None:  # fmt: skip
        """Watch `module`, every so many steps at most.

        Args:
            module: what is trained.
            title: what people call it.
            every: steps from one look to the next, at least.
            options: of VisionModel; those that are missing are found out from the first batch.
            picture: (H,W,3) to look at in place of the batch.
        """
        self.title, self._every, self._options, self._picture = title, every, options, picture
        self._mirror = Mirror(module)  # stands on their weights until `opened` copies them
        self._theirs = self._mirror.theirs
        self.measures = TrainingMeasures(
            [name for name, one in self._theirs.named_parameters() if one.ndim > 1]
        )
        self.wanted = False  # whether anybody looks; read by the thread that trains
        self.steps = 0  # written by the thread that trains
        self._lock = threading.Lock()
        self._box: TrainingSample | None = None
        self._sampled_step = -(1 << 60)
        self._wanted_since: float | None = None  # of the time of the thread that trains
        self._spent = 0.0  # seconds of processor since then, on both threads
        self._settled = 0.0  # of the time of the door's thread
        self._model: VisionModel | None = None
        self._info: ModelInfo | None = None
        self._sample: TrainingSample | None = None
        self._note = ""
        self._free_at = 0.0  # when a guest's picture may be looked at again

    # On the thread that trains.

    def due(self) -> bool:
        """Whether the step that begins now is to be handed over."""
        if not self.wanted or self._box is not None:
            return False
        if self.steps + 1 - self._sampled_step < self._every:
            return False
        trained = time.thread_time()
        if self._wanted_since is None:
            self._wanted_since = trained
        return self._spent <= CREDIT_S + SHARE * (trained - self._wanted_since)

    def weights(self) -> list[Tensor]:
        """Return the weights, in the order in which they are handed over."""
        return [one for _, one in self._theirs.named_parameters()]

    def buffers(self) -> list[Tensor]:
        """Return the buffers, in the order in which they are handed over."""
        return [one for _, one in self._theirs.named_buffers()]

    def hand_over(self, sample: TrainingSample) -> None:
        """Leave a sample for the door's thread."""
        self._sampled_step = sample.step
        with self._lock:
            self._box = sample

    # On the door's thread.

    def occupied(self, guests: int) -> None:
        """Ask for samples while somebody looks."""
        if guests and not self.wanted:
            self._spent, self._wanted_since = 0.0, None
            self._settled = time.thread_time()
            self._sampled_step = -(1 << 60)  # the next step, whatever came before
        self.wanted = guests > 0

    def opened(self) -> tuple[VisionModel, ModelInfo] | None:
        """Return the network on weights of its own, None before the first step.

        Raises:
            UserError: it cannot be shown.
        """
        if self._model is not None and self._info is not None:
            return self._model, self._info
        self._take()
        sample = self._sample
        if sample is None:
            return None
        with plain_numbers(sample.after[0].device if sample.after else torch.device("cpu")):
            network = self._mirror.network
            own = {  # weights that two layers share stay one
                id(one): nn.Parameter(one.detach().clone(), requires_grad=False)
                for one in network.parameters()
            }
            for one in network.modules():
                one._parameters.update(
                    {
                        name: own[id(weight)]
                        for name, weight in one._parameters.items()
                        if weight is not None
                    }
                )
            model = VisionModel(network, takes_over=True, **self._model_options(sample))
            model.__dict__["weights_hash"] = ""  # they change with every step
            self._fill(model, sample)
            self._model = model
            with NoDraws():
                self._info = model.info(ModelRequest(self.title))
        self._measure(model, self._info, sample)
        self._settled = time.thread_time()  # to open it is once, and not counted
        return model, self._info

    @property
    def step(self) -> int:
        """Of the training, whose weights are looked with."""
        return self._sample.step if self._sample is not None else 0

    def renew(self) -> None:
        """Look with the weights that were handed over last."""
        self._take()

    def batch(self, since: int) -> tuple[int, Frame] | None:
        """Return the picture to look at after the last step, again once its loss is told.

        The optimiser's step is heard before the loss of it, which may be the last of a training.
        """
        self._take()
        sample = self._sample
        if sample is None or self._model is None:
            return None
        number = 2 * sample.step + self.measures.knows_loss(sample.step)
        if number == since:
            return None
        if self._picture is not None:
            picture, label = self._picture, f"step {sample.step:,}, the picture that was given"
        elif sample.pictures is not None and self._shown(sample.pictures) is not None:
            picture = self._shown(sample.pictures)  # type: ignore[assignment]
            label = f"step {sample.step:,}, the first of {sample.of}"
        else:
            return None
        frame = Frame(picture, sample.step, time.monotonic(), SPEC, label)
        return number, frame

    def report(self) -> TrainingReport | None:
        """Return how the training goes."""
        if self._sample is None:
            return None
        return self.measures.report(self.title, self._sample.step, self._every, self._note)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look with the weights of the last sample; `opened` has seen that nothing is drawn."""
        begun = time.thread_time()
        assert self._model is not None
        with plain_numbers(self._model.device):
            try:
                yield
            finally:
                spent = time.thread_time() - begun
                self._settle()
                self._free_at = time.monotonic() + spent * (1 / GUEST_SHARE - 1)

    def may_look(self) -> bool:
        """Whether the pictures of guests may have more of the time."""
        return time.monotonic() >= self._free_at

    def _take(self) -> None:
        """Take over what was handed over."""
        with self._lock:
            sample, self._box = self._box, None
        if sample is None:
            return
        for one in sample.ready:
            one.synchronize()
        self.measures.note_step(sample.step)
        self._sample = sample
        if self._model is not None:
            self._fill(self._model, sample)
            if self._info is not None:
                self._measure(self._model, self._info, sample)
        self._spent += sample.cost
        self._settle()

    def _settle(self) -> None:
        """Count what the door's thread took since the last time: looks, packing, waking."""
        before, self._settled = self._settled, time.thread_time()
        self._spent += self._settled - before

    def _fill(self, model: VisionModel, sample: TrainingSample) -> None:
        with torch.no_grad():
            for mine, new in (
                (model.network.named_parameters(), sample.after),
                (model.network.named_buffers(), sample.buffers),
            ):
                for (_, one), value in zip(mine, new, strict=True):
                    one.copy_(value)

    def _measure(self, model: VisionModel, info: ModelInfo, sample: TrainingSample) -> None:
        self._note = self.measures.measure(model, info, sample) or self._note

    def _shown(self, pictures: Tensor) -> NDArray[np.uint8] | None:
        """Return the first of (n,C,H,W) as (H,W,3), as it was before it was normalised."""
        model = self._model
        assert model is not None
        if pictures.shape[1] not in (1, 3):
            self._note = f"batches of {pictures.shape[1]} channels cannot be shown"
            return None
        pixels = pictures[:1].float() * model.std + model.mean
        levels = (pixels[0] * 255).round().clamp(0, 255).to(torch.uint8)
        found: NDArray[np.uint8] = levels.expand(3, -1, -1).permute(1, 2, 0).cpu().numpy()
        return np.ascontiguousarray(found)

    def _model_options(self, sample: TrainingSample) -> dict[str, Any]:
        """Find out what the person did not say, from the first batch."""
        options = dict(self._options)
        first = sample.pictures
        if first is not None:
            options.setdefault("input_size", (int(first.shape[2]), int(first.shape[3])))
            options.setdefault("channels", int(first.shape[1]))
        elif "input_size" not in options and self._picture is None:
            self._note = "the network was given no pictures (N,C,H,W); give input_size and picture"
        if ("mean" in options and "std" in options) or first is None:
            return options
        low, high = (float(one) for one in torch.aminmax(first.float()))
        if low >= 0 and high <= 1:
            options["mean"], options["std"] = (0.0,), (1.0,)
        else:
            spread = max(high - low, 1e-6)
            options["mean"], options["std"] = (-low / spread,), (1 / spread,)
            self._note = (
                "mean and std were not given: the lowest value of the first batch is shown black, "
                "the highest white"
            )
        return options
