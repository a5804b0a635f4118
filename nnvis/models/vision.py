"""A network with its normalisation inside: pixels in, logits out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nnvis.errors import UserError
from nnvis.models.devices import devices
from nnvis.models.info import LayerInfo, ModelInfo, ModelRequest
from nnvis.models.layers import list_layers
from nnvis.models.preprocess import Preprocess, plain
from nnvis.probe import Wrapper, first_tensor

Reference = Callable[[], Callable[[Any], Tensor]]  # makes: PIL picture -> normalised (C,h,w)

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class VisionModel(Wrapper):
    """(N,C,H,W) float pixels in [0,1], RGB -> logits; frozen and in evaluation mode.

    Gradients are therefore in units of pixels. Layers go by the names they have in `network`.
    A network that puts out a dict or tuple is asked for its "logits" or "out", else for its first
    tensor; one that puts out boxes gives (N,0).
    """

    mean: Tensor  # (1,C,1,1)
    std: Tensor

    def __init__(
        self,
        module: nn.Module,
        *,
        input_size: tuple[int, int] | None = None,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        labels: Sequence[str] | None = None,
        name: str = "",
        preprocessing: Preprocess | None = None,
        channels: int | None = None,
        reference: Reference | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        """Take `module` over.

        Args:
            module: normalised (N,C,H,W) -> logits.
            input_size: height and width; None: that of `preprocessing`, else 224 x 224.
            mean: subtracted from the pixels; a value a channel, or one for all.
            std: divides the pixels.
            labels: the names of the logits.
            name: what people call it; empty: its class.
            preprocessing: how frames become inputs; None: shorter side to the input, centre.
            channels: of the input; None: those of the first convolution, else as many as `mean`.
            reference: makes the transform that the network's library documents, to compare with.
            notes: what people must know of it, a sentence each.

        Raises:
            UserError: `mean`, `std` or `input_size` cannot be used.
        """
        super().__init__()
        module = getattr(module, "_orig_mod", module)  # torch.compile hides the layers' calls
        self.network = module.eval().requires_grad_(False)
        self.channels = channels or _channels(module) or len(mean)
        self.register_buffer("mean", _per_channel("mean", mean, self.channels), persistent=False)
        self.register_buffer("std", _per_channel("std", std, self.channels), persistent=False)
        if not bool((self.std > 0).all()):
            raise UserError(f"the std {tuple(std)} has a value that is not above 0; mend --std")
        self.preprocess = replace(
            _preprocess(preprocessing, input_size, mean), grey=self.channels == 1
        )
        self.labels = tuple(labels) if labels is not None else None
        self.name = name or type(module).__name__
        self.reference = reference
        self.notes = tuple(notes)
        self.eval()
        weights = next(module.parameters(), None)
        if weights is not None:
            self.to(weights.device)

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of what `prepare` makes."""
        return self.preprocess.size

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.mean.device

    def forward(self, x: Tensor) -> Tensor:
        """(N,C,H,W) in [0,1] -> logits."""
        return self.logits((x - self.mean) / self.std)

    def logits(self, normalised: Tensor) -> Tensor:
        """(N,C,H,W) as the network itself takes it -> logits."""
        return _logits(self.network(normalised), normalised)

    def train(self, mode: bool = True) -> VisionModel:
        """Stay in evaluation mode, whatever is asked."""
        del mode
        super().train(False)
        return self

    def prepare(
        self, picture: NDArray[np.uint8], fit: str = "crop"
    ) -> tuple[NDArray[np.uint8], Tensor]:
        """(H,W,3) uint8 RGB of any size -> what is fed, to look at and as the network takes it.

        A network of one channel is fed luminance; one of more than three R, G, B, R, G, ...

        Returns:
            (h,w,3) uint8 RGB, and (1,C,h,w) float32 in [0,1] on the model's device.
        """
        fed = self.preprocess.feed(picture, fit)
        return fed, self.tensor(fed)

    def tensor(self, fed: NDArray[np.uint8]) -> Tensor:
        """(h,w,3) uint8 of `Preprocess.feed` -> (1,C,h,w) float32 in [0,1], on the device."""
        x = torch.from_numpy(fed).to(self.device).permute(2, 0, 1)[None].float().div_(255)
        if self.channels != 3:
            x = x[:, [channel % 3 for channel in range(self.channels)]]
        return x.contiguous()

    def window(
        self, height: int, width: int, fit: str = "crop"
    ) -> tuple[float, float, float, float]:
        """Return which part (x0, y0, x1, y1) of a frame is fed; see Preprocess.window."""
        return self.preprocess.window(height, width, fit)

    @cached_property
    def layers(self) -> tuple[LayerInfo, ...]:
        """In execution order, found by one pass over a grey picture.

        Raises:
            UserError: the network cannot take a picture of its input size.
        """
        height, width = self.input_size
        x = torch.full((1, self.channels, height, width), 0.5, device=self.device)
        try:
            return list_layers(self, x)
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise UserError(
                f"{self.name} does not take {self.channels} x {height} x {width} pixels "
                f"({reason}); give another --input-size"
            ) from error

    @cached_property
    def weights_hash(self) -> str:
        """First 16 hex digits of the SHA-256 over the names and values of the state dict."""
        digest = hashlib.sha256()
        for name, tensor in self.network.state_dict().items():
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            values = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            digest.update(values.numpy().data)
        return digest.hexdigest()[:16]

    def info(self, model_request: ModelRequest) -> ModelInfo:
        """Say what is known of this model, for the window and for files.

        Raises:
            UserError: there is no layer to look at, or the network does not run.
        """
        if not self.layers:
            raise UserError(f"{self.name} puts out nothing that could be shown as maps")
        return ModelInfo(
            model_request=model_request,
            name=self.name,
            device=str(self.device),
            parameters=sum(one.numel() for one in self.network.parameters()),
            input_size=self.input_size,
            channels=self.channels,
            layers=self.layers,
            labels=self.labels,
            weights_hash=self.weights_hash,
            preprocessing=self._describe_input(),
            preprocess=self.preprocess,
            devices=tuple(devices()),
        )

    def _describe_input(self) -> str:
        colours = {1: "luminance", 3: "RGB"}.get(
            self.channels, f"RGB repeated to {self.channels} channels"
        )
        mean, std = (
            ", ".join(f"{one:.4g}" for one in values.flatten().tolist())
            for values in (self.mean, self.std)
        )
        return f"{self.preprocess.describe()}, {colours}, mean {mean}, std {std}"


def _logits(output: object, x: Tensor) -> Tensor:
    if isinstance(output, Tensor):
        return output
    for key in ("logits", "out"):
        named = output.get(key) if isinstance(output, Mapping) else getattr(output, key, None)
        if isinstance(named, Tensor):
            return named
    boxes = isinstance(output, (list, tuple)) and any(isinstance(one, Mapping) for one in output)
    found = None if boxes else first_tensor(output)
    return x.new_zeros(len(x), 0) if found is None else found


def _channels(module: nn.Module) -> int | None:
    first = next((one for one in module.modules() if isinstance(one, nn.Conv2d)), None)
    return None if first is None else first.in_channels


def _per_channel(what: str, values: Sequence[float], channels: int) -> Tensor:
    """Return (1,C,1,1); three values become their average for one channel, or go round."""
    given = [float(value) for value in values]
    if len(given) not in (1, 3, channels):
        raise UserError(
            f"{len(given)} values of {what} do not fit a network of {channels} channels; "
            f"give 1 or {channels}"
        )
    if len(given) == 3 and channels == 1:
        given = [sum(given) / 3]
    row = [given[channel % len(given)] for channel in range(channels)]
    return torch.tensor(row).view(1, channels, 1, 1)


def _preprocess(
    given: Preprocess | None, size: tuple[int, int] | None, mean: Sequence[float]
) -> Preprocess:
    if size is not None and not all(1 <= side <= 8192 for side in size):
        raise UserError(f"an input of {size[0]}x{size[1]} pixels cannot be; mend --input-size")
    done = given or plain(size or (224, 224))
    if size is not None and size != done.size:
        done = done.resized(size)
    bars = [round(255 * min(1.0, max(0.0, mean[channel % len(mean)]))) for channel in range(3)]
    return replace(done, mean=(bars[0], bars[1], bars[2]))
