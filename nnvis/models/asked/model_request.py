"""Which network a person asks for: free of numpy, so that help waits for nothing."""

from __future__ import annotations

from dataclasses import dataclass

from nnvis.models.asked.asked_field import MOST_SIDE, asked

SCORES = ("softmax", "sigmoid", "probabilities", "raw")  # what the values of an output mean
PRECISIONS = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What a person asked for: on the command line, in the form of the window, or in settings."""

    spec: str = asked(
        "efficientnet_lite0",
        "Architecture",
        "efficientnet_lite0 (bundled), torchvision/NAME, timm/NAME, package.module:factory, "
        "file.py:factory, a .onnx file, a Hugging Face folder, or tiny.",
    )
    device: str = asked("auto", "Device", "auto, cpu, cuda, cuda:1 or mps.")
    weights: str | None = asked(
        None,
        "Weights file",
        "A file of weights: .safetensors, or a state dict or checkpoint of PyTorch.",
        unsaid="its trained weights",
        file=True,
    )
    ema: bool | None = asked(
        None,
        "EMA or raw",
        "From a file that has both, take the averaged (EMA) or the raw weights.",
        unsaid="as the file has them",
        choices=("ema", "raw"),
    )
    random_weights: bool = asked(
        False, "Random weights", "Use random weights instead of trained ones."
    )
    seed: int = asked(0, "Seed", "Seed of everything that is random.")
    labels: str | None = asked(
        None,
        "Labels file",
        "A file with the names of the classes: one a line, CSV, or JSON.",
        unsaid="those that come with it",
        file=True,
    )
    input_size: tuple[int, int] | None = asked(
        None,
        "Input size",
        "Size of the input in pixels: 224, or 480x640 (height x width).",
        unsaid="its own",
        minimum=1,
        maximum=MOST_SIDE,
    )
    mean: tuple[float, ...] | None = asked(
        None,
        "Mean",
        "Subtracted from each channel of the [0,1] input, as in 0.5,0.5,0.5.",
        unsaid="its own",
    )
    std: tuple[float, ...] | None = asked(
        None, "Std", "What each channel is then divided by, as in 0.5,0.5,0.5.", unsaid="its own"
    )
    channels: int | None = asked(
        None,
        "Channels",
        "How many channels the input has.",
        unsaid="its own",
        minimum=1,
        maximum=4096,
    )
    output: str | None = asked(
        None,
        "Output",
        "Which of several outputs to use, by name or index.",
        unsaid="found out from its outputs",
    )
    scores: str | None = asked(
        None,
        "Its meaning",
        f"How to read the output: {', '.join(SCORES)}.",
        unsaid="guessed from the values",
        choices=SCORES,
    )
    precision: str | None = asked(
        None,
        "Precision",
        f"Number format of weights and activations: {', '.join(PRECISIONS)}.",
        unsaid="its own",
        choices=PRECISIONS,
    )

    @property
    def title(self) -> str:
        """What tells it from others in a list: which network, and which weights of it."""
        if self.weights:
            return f"{self.spec} · {self.weights}"
        random = f" · random weights, seed {self.seed}" if self.random_weights else ""
        return f"{self.spec}{random}"
