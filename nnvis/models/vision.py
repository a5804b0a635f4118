"""A network with its normalisation inside: pixels in, logits out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nnvis.errors import UserError, Worded, in_window
from nnvis.models.detection.objects import ScoresAtRegion, all_candidates, classes_of
from nnvis.models.detection.region import FoundObjects, Region
from nnvis.models.devices import devices
from nnvis.models.examine import Findings, examine, settle_lazy
from nnvis.models.found_objects import boxes_in, kind_of_objects, objects_in
from nnvis.models.info import GONE, LayerInfo, ModelInfo, ModelRequest, class_label
from nnvis.models.input_form import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    channels_of,
    describe_input,
    per_channel,
    preprocess_for,
)
from nnvis.models.meaning import Meaning, without_squash
from nnvis.models.mirror import mirrored
from nnvis.models.outputs import as_rows, name_of, pick
from nnvis.models.preprocess import Fit, Preprocess
from nnvis.models.unwrap import unwrapped
from nnvis.models.weights_hash import hash_of
from nnvis.probe import Squashes, Wrapper, set_evaluating

Reference = Callable[[], Callable[[Any], Tensor]]  # makes: PIL picture -> normalised (C,h,w)

_HALF = (torch.float16, torch.bfloat16)


class VisionModel(Wrapper):
    """(N,C,H,W) float pixels in [0,1], RGB -> logits; frozen and in evaluation mode.

    The module that it was made of is neither: `network` has modules of its own over the same
    weights, and follows them. Gradients are in units of pixels. Layers go by the names they have in
    `network`. Of a network with several outputs one is looked at, see `choose`; one that puts out
    boxes gives (N,0), but for one object that it is asked about, see `at`. What the logits mean is
    `meaning`; of a network that ends in a softmax or sigmoid they are what goes into it.
    """

    mean: Tensor  # (1,C,1,1)
    std: Tensor
    focus: ScoresAtRegion | None = None  # the logits are those of one object; see `at`
    weak: bool = False  # with the weak boxes of a detector as well
    narrow: torch.dtype | None = None  # in what a copy in half precision computes; see `in_half`

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
        output: str | None = None,
        scores: str | None = None,
        random: str = "",
        classifier: bool = False,
        takes_over: bool = False,
    ) -> None:
        """Look at `module`, which stays as it is.

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
            output: of several outputs the one to look at, its name or number; None: found out.
            scores: one of SCORES, what its values mean; None: guessed.
            random: which weights are random, in a few words; empty: none.
            classifier: whether its library says that it puts out logits of classes.
            takes_over: freeze `module` itself, which nobody else has.

        Raises:
            UserError: `mean`, `std` or `input_size` cannot be used.
        """
        super().__init__()
        self.network = module = unwrapped(module if takes_over else mirrored(module))
        self.channels = channels or channels_of(module) or len(mean)
        self.register_buffer("mean", per_channel("mean", mean, self.channels), persistent=False)
        self.register_buffer("std", per_channel("std", std, self.channels), persistent=False)
        if not bool((self.std > 0).all()):
            what = f"the std {tuple(std)} has a value that is not above 0"
            raise UserError(Worded(f"{what}; mend --std", what), field="std")
        self.preprocess = preprocess_for(preprocessing, input_size, mean, self.channels)
        self.labels = tuple(labels) if labels is not None else None
        self.negative = ""  # what it is called where the one output says no; see `name_both`
        self.name = name or type(module).__name__
        self.reference = reference
        self.random, self.classifier = random, classifier
        self._told, self._output, self._scores = tuple(notes), output, scores
        set_evaluating(self)
        settle_lazy(module, torch.zeros(1, self.channels, *self.input_size))
        weights = next(module.parameters(), None)
        for weight in module.parameters():
            weight.requires_grad_(False)
        if weights is not None:
            self.mean, self.std = self.mean.to(weights.device), self.std.to(weights.device)

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of what `prepare` makes."""
        return self.preprocess.size

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.mean.device

    @property
    def precision(self) -> torch.dtype:
        """The type of the network's weights, in which it computes."""
        kinds = (one.dtype for one in self.network.parameters() if one.is_floating_point())
        return self.narrow or next(kinds, self.mean.dtype)

    def forward(self, x: Tensor) -> Tensor:
        """(N,C,H,W) in [0,1] -> logits."""
        return self.logits((x - self.mean) / self.std)

    def logits(self, normalised: Tensor) -> Tensor:
        """(N,C,H,W) as the network itself takes it -> logits.

        Raises:
            UserError: there is no output to look at, or the network ends the program.
        """
        found, meaning = self.findings, self.findings.meaning
        if found.boxes:
            values = self._boxes(normalised)
        elif not meaning.inside:
            values = self._picked(self.run(normalised), found, normalised)
        else:
            with Squashes() as squashes:
                output = self._picked(self.run(normalised), found, normalised)
                values = without_squash(output, squashes, meaning.squash)
        if self.focus is not None and not found.boxes:
            values = self.focus.of_maps(values)
        return values.float() if values.dtype in _HALF else values

    def at(self, region: Region, weak: bool = False) -> VisionModel:
        """Return the same network, whose logits are those of the classes at one object.

        Of boxes they are log-odds, each judged for itself; of a segmentation means of its logits.
        The first picture that it is shown must have the object.

        Args:
            region: the object, as `objects` told of it.
            weak: let a detector of torchvision put out the boxes that it would hold back.

        Raises:
            UserError: the network finds no objects.
        """
        if not self.detects:
            raise UserError(
                f"{self.name} finds neither boxes nor regions; choose a class or a unit"
            )
        if self.findings.boxes and region.box is None:
            raise UserError("a detector's object is a box; choose one that was found")
        seen = copy.copy(self)
        seen.focus = ScoresAtRegion(region, self.kinds, self.object_label(region.label))
        seen.weak = weak
        return seen

    @property
    def detects(self) -> str:
        """What it finds in the picture: "boxes", "regions" (a segmentation), or ""."""
        return kind_of_objects(self.findings)

    @cached_property
    def kinds(self) -> int:
        """How many classes it tells apart, of pictures or of objects; 0: none."""
        if self.findings.queries is not None:
            return self.findings.queries.classes
        return classes_of(self.network, self.labels) if self.findings.boxes else self.classes

    def objects(self, output: object) -> FoundObjects | None:
        """List what was found in the first picture of a pass; None where it looks for no objects.

        Args:
            output: all that the network put out.
        """
        return objects_in(output, self.findings, self.input_size, self.labels, self.object_label)

    def _boxes(self, normalised: Tensor) -> Tensor:
        if self.focus is None:
            self.run(normalised)
            return normalised.new_zeros(len(normalised), 0)
        with all_candidates(self.network) if self.weak else nullcontext():
            pictures = boxes_in(self.run(normalised), self.findings, self.input_size, every=True)
        if pictures is None:
            raise UserError(f"{self.name} put out no boxes for this picture")
        # Where no box is left the slope is zero, which is not to say that there is none.
        nothing = 0 * normalised.flatten(1).sum(1, keepdim=True)
        return self.focus.of_boxes(pictures, self.input_size) + nothing

    def run(self, normalised: Tensor) -> Any:
        """Return all that the network puts out for (N,C,H,W) as it takes it."""
        kind = self.precision
        if normalised.dtype != kind and not (
            kind == torch.float32 and normalised.dtype == torch.float64
        ):
            normalised = normalised.to(kind)
        try:
            return self.network(normalised)
        except SystemExit as error:
            raise UserError(
                f"{self.name} ended the program in its forward (exit {error.code}); take that out"
            ) from error

    def _picked(self, output: object, found: Findings, normalised: Tensor) -> Tensor:
        if found.choice is None:
            return normalised.new_zeros(len(normalised), 0)
        values = pick(output, found.choice.path)
        if values is None:
            raise UserError(
                f"{self.name} did not put out {name_of(found.choice.path)} for this picture"
            )
        return as_rows(values, len(normalised))

    @property
    def classes(self) -> int:
        """How many values the output has that is looked at; 0: boxes, or nothing."""
        choice = self.findings.choice
        if choice is None:
            return self.kinds if self.focus is not None else 0
        shapes = {one.name: one.shape for one in self.findings.outputs}
        return shapes[name_of(choice.path)][0]

    def label(self, index: int) -> str:
        """Return the name of a class, or its number."""
        separate = self.meaning.squash == "sigmoid"
        negative = GONE if self.detects == "boxes" else self.negative
        return class_label(self.labels, index, self.kinds, separate, negative)

    def name_both(self) -> None:
        """Take two names for one output with a sigmoid: the second is its, the first the other."""
        if self.labels is not None and len(self.labels) == 2 and self.answers_both:
            self.negative, positive = self.labels
            self.labels = (positive,)

    @property
    def answers_both(self) -> bool:
        """Whether one output with a sigmoid is all that there is: what it leaves is the other."""
        return not self.detects and self.classes == 1 and self.meaning.squash == "sigmoid"

    @property
    def answers(self) -> tuple[str, ...] | None:
        """The names of all that can be answered: of the outputs, and the other one's of one."""
        return (*self.labels, self.negative) if self.labels and self.negative else self.labels

    def listed(self, logits: Tensor) -> Tensor:
        """(N,K) logits -> the scores, with that of the other answer where it has a name."""
        return self.judged(logits) if self.negative else self.scores(logits)

    def judged(self, logits: Tensor) -> Tensor:
        """(N,K) logits -> scores whose largest is the answer: one output brings the other's."""
        own = self.scores(logits)
        return torch.cat([own, 1 - own], 1) if self.answers_both else own

    def object_label(self, index: int) -> str:
        """Return the name of an object's class, or its number: it always has one."""
        return class_label(self.labels, index, self.kinds, separate=False)

    @property
    def meaning(self) -> Meaning:
        """What the logits mean."""
        return Meaning("sigmoid", "sigmoid") if self.findings.boxes else self.findings.meaning

    def scores(self, logits: Tensor) -> Tensor:
        """(N,K,...) logits -> probabilities, or what else `meaning` says, float32."""
        return self.meaning.of(logits)

    @cached_property
    def findings(self) -> Findings:
        """What a few passes over made-up pictures tell.

        Raises:
            UserError: the network cannot take a picture of its input size.
        """
        return examine(self, self._output, self._scores, self.labels)

    @property
    def notes(self) -> tuple[str, ...]:
        """What people must know of it, a sentence each."""
        badge = (f"{self.random}: what it answers means nothing",) if self.random else ()
        other = (self._other(),) if self.negative else ()
        kind = str(self.precision).removeprefix("torch.")
        half = (f"its weights are {kind}: half precision",) if self.precision in _HALF else ()
        return (*badge, *half, *self._told, *self.findings.notes, *other)

    def _other(self) -> str:
        return (
            f"its one output is the probability of {self.label(0)!r}, the second name; what it "
            f"leaves of 1 is that of {self.negative!r}"
        )

    def train(self, mode: bool = True) -> VisionModel:
        """Stay in evaluation mode, whatever is asked."""
        del mode
        set_evaluating(self)
        return self

    def prepare(
        self, picture: NDArray[np.uint8], fit: Fit = Fit.CROP
    ) -> tuple[NDArray[np.uint8], Tensor]:
        """(H,W,3) uint8 RGB of any size -> what is fed, to look at and as the network takes it.

        A network of one channel is fed luminance; one of more than three R, G, B, R, G, ...

        Returns:
            (h,w,3) uint8 RGB, and (1,C,h,w) float32 in [0,1] on the model's device.
        """
        fed = self.preprocess.feed(picture, fit)
        return fed, self.tensor(fed)

    def tensor(self, fed: NDArray[np.uint8] | Tensor) -> Tensor:
        """(h,w,3) uint8 of `Preprocess.feed` -> (1,C,h,w) float32 in [0,1], on the device.

        Several, (B,h,w,3), give (B,C,h,w).
        """
        there = (fed if isinstance(fed, Tensor) else torch.from_numpy(fed)).to(self.device)
        rows = (there if there.ndim == 4 else there[None]).permute(0, 3, 1, 2)
        x = torch.div(rows, 255, out=torch.empty(rows.shape, device=there.device))
        if self.channels != 3:
            x = x[:, [channel % 3 for channel in range(self.channels)]].contiguous()
        return x

    def window(
        self, height: int, width: int, fit: Fit = Fit.CROP
    ) -> tuple[float, float, float, float]:
        """Return which part (x0, y0, x1, y1) of a frame is fed; see Preprocess.window."""
        return self.preprocess.window(height, width, fit)

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """In execution order, found by one pass over a grey picture.

        Raises:
            UserError: the network cannot take a picture of its input size.
        """
        return self.findings.layers

    @cached_property
    def weights_hash(self) -> str:
        """First 16 hex digits of the SHA-256 over the names and values of the state dict."""
        return hash_of(self.network)

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
            negative=self.negative,
            weights_hash=self.weights_hash,
            preprocessing=describe_input(self.preprocess, self.mean, self.std),
            preprocess=self.preprocess,
            devices=tuple(devices()),
            outputs=self.findings.outputs,
            output=name_of(self.findings.choice.path) if self.findings.choice else "",
            scores=self.meaning.scores,
            squash=self.meaning.squash,
            detects=self.detects,
            kinds=self.kinds,
            scoring="one for each box" if self.findings.boxes else self.meaning.describe(),
            random=self.random,
            notes=tuple(map(in_window, self.notes)),
        )
