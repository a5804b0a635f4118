"""A training that is watched: what it hands over, and what is made of that on another thread.

The thread that trains copies what is needed, now and then, and goes on; the rest happens on the
door's thread, on a network of its own. It draws no random number, and touches none of the other's
modules, so that the training comes out to the bit as it would have.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nnvis.engine.protocol.training import DeadLayer, TrainingReport
from nnvis.models.info import LayerInfo, ModelInfo, ModelRequest
from nnvis.models.mirror import Mirror
from nnvis.models.untouched import NoDraws, plain_numbers
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.sources.frame import Frame
from nnvis.sources.training import SPEC
from nnvis.views.layout import as_maps

PICTURES = 8  # of a batch that are kept: one is shown, all tell of dead units
SHARE = 0.01  # of the processor time of the thread that trains, for looks that nobody asked for,
CREDIT_S = 0.25  # beyond so much that the first looks may take at once
GUEST_SHARE = 0.1  # for the pictures that a guest sends
_LOSSES = 8192  # steps whose loss is kept
_RATIOS = 128  # looks whose ratios are kept
_MOST_WEIGHTS = 256  # whose ratios are told
_LOOKS = 8  # over which a unit has to be zero to be called dead


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSample:
    """Copies of what there was at one step of the optimiser."""

    step: int
    pictures: Tensor | None  # (n,C,H,W) normalised, as the network took them; None: not seen
    of: int  # pictures in the batch
    before: list[Tensor] | None  # weights before the step; None: not known
    after: list[Tensor]
    buffers: list[Tensor]
    ready: tuple[Any, ...]  # CUDA events after the copies, one for each device
    cost: float  # seconds that the copies took of the training's thread


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
        self._names = [name for name, one in self._theirs.named_parameters() if one.ndim > 1][
            :_MOST_WEIGHTS
        ]
        self.wanted = False  # whether anybody looks; read by the thread that trains
        self.steps = 0  # written by the thread that trains
        self._lock = threading.Lock()
        self._box: TrainingSample | None = None
        self._sampled_step = -(1 << 60)
        self._wanted_since: float | None = None  # of the time of the thread that trains
        self._spent = 0.0  # seconds of processor since then, on both threads
        self._settled = 0.0  # of the time of the door's thread
        self._losses: deque[tuple[int, Any]] = deque(maxlen=_LOSSES)
        self._rates: deque[tuple[float, int]] = deque(maxlen=64)
        self._model: VisionModel | None = None
        self._info: ModelInfo | None = None
        self._sample: TrainingSample | None = None
        self._ratios: deque[tuple[int, NDArray[np.float32]]] = deque(maxlen=_RATIOS)
        self._alive: deque[dict[str, NDArray[np.bool_]]] = deque(maxlen=_LOOKS)
        self._seen: deque[int] = deque(maxlen=_LOOKS)  # pictures at each look
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

    def note_loss(self, step: int, loss: Any) -> None:
        """Remember the loss of a step: a number, or a tensor, which is read when it is shown."""
        self._losses.append((step, loss))

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
        self._measure(sample)
        self._settled = time.thread_time()  # to open it is once, and not counted
        return model, self._info

    def batch(self, since: int) -> tuple[int, Frame] | None:
        """Return the picture to look at after the last step that was handed over."""
        self._take()
        sample = self._sample
        if sample is None or sample.step == since or self._model is None:
            return None
        if self._picture is not None:
            picture, label = self._picture, f"step {sample.step:,}, the picture that was given"
        elif sample.pictures is not None and self._shown(sample.pictures) is not None:
            picture = self._shown(sample.pictures)  # type: ignore[assignment]
            label = f"step {sample.step:,}, the first of {sample.of}"
        else:
            return None
        frame = Frame(picture, sample.step, time.monotonic(), SPEC, label)
        return sample.step, frame

    def report(self) -> TrainingReport | None:
        """Return how the training goes."""
        sample = self._sample
        if sample is None:
            return None
        known = list(self._losses)
        steps = np.array([step for step, _ in known], np.int64)
        rate = 0.0
        if len(self._rates) > 1:
            (begun, first), (ended, last) = self._rates[0], self._rates[-1]
            rate = (last - first) / max(1e-9, ended - begun)
        ratios = list(self._ratios)
        return TrainingReport(
            title=self.title,
            step=sample.step,
            every=self._every,
            rate=rate,
            loss_steps=steps,
            losses=_numbers([loss for _, loss in known]),
            weights=tuple(self._names),
            ratio_steps=np.array([step for step, _ in ratios], np.int64),
            ratios=np.stack([row for _, row in ratios])
            if ratios
            else np.zeros((0, len(self._names)), np.float32),
            dead=self._dead(),
            pictures=sum(self._seen),
            note=self._note,
        )

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
        self._rates.append((time.monotonic(), sample.step))
        self._sample = sample
        if self._model is not None:
            self._fill(self._model, sample)
            self._measure(sample)
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

    def _measure(self, sample: TrainingSample) -> None:
        self._ratios.append((sample.step, self._changes(sample)))
        if sample.pictures is None or self._info is None or self._model is None:
            return
        layers = [one for one in self._info.layers if one.family == "activation"]
        keep = {one.name: partial(_alive, layer=one) for one in layers}
        try:
            with (
                torch.inference_mode(),
                record(self._model, keep, keep=keep) as seen,
            ):
                self._model.run(sample.pictures)
        except Exception as error:  # noqa: BLE001 - a network of anybody's; the training goes on
            line = (str(error).strip().splitlines() or [type(error).__name__])[0]
            self._note = f"dead units are not known: {line}"
            return
        self._alive.append({name: one.cpu().numpy() for name, one in seen.items()})
        self._seen.append(len(sample.pictures))

    def _changes(self, sample: TrainingSample) -> NDArray[np.float32]:
        if sample.before is None:
            return np.full(len(self._names), np.nan, np.float32)
        wide = [
            (old, new) for old, new in zip(sample.before, sample.after, strict=True) if new.ndim > 1
        ][:_MOST_WEIGHTS]
        with torch.no_grad():
            ratios = [
                (new.float() - old.float()).norm() / old.float().norm().clamp(min=1e-30)
                for old, new in wide
            ]
        return _numbers(ratios)

    def _dead(self) -> tuple[DeadLayer, ...]:
        if not self._alive:
            return ()
        found = []
        for name in self._alive[-1]:
            alive = np.any([one[name] for one in self._alive if name in one], axis=0)
            found.append(DeadLayer(name, int((~alive).sum()), len(alive)))
        return tuple(found)

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


def _alive(output: Tensor, layer: LayerInfo) -> Tensor:
    """Return (units,): whether it is other than zero in any cell of any picture."""
    found: Tensor = (as_maps(output, layer) != 0).flatten(2).any(2).any(0)
    return found


def _numbers(values: Sequence[Any]) -> NDArray[np.float32]:
    """Read numbers and tensors of one number; those on devices are read all at once."""
    found = np.full(len(values), np.nan, np.float32)
    tensors = {at: one.detach() for at, one in enumerate(values) if isinstance(one, Tensor)}
    if tensors:
        device = next(iter(tensors.values())).device  # a network may be spread over several
        read = [one.reshape(()).to(device, torch.float32) for one in tensors.values()]
        found[list(tensors)] = torch.stack(read).cpu().numpy()
    for at, one in enumerate(values):
        if not isinstance(one, Tensor):
            found[at] = float(one)
    return found


def copied(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return copies, without a gradient."""
    with torch.no_grad():
        return [one.detach().clone() for one in tensors]


def without_options(options: dict[str, Any]) -> dict[str, Any]:
    """Leave out what was not said."""
    return {name: value for name, value in options.items() if value is not None}
