"""A small untrained network with the awkward habits of large ones; for tests and first steps."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from nnvis.models.vision import VisionModel

LABELS = tuple(f"class {index}" for index in range(10))


def tiny(seed: int = 0, device: str = "cpu") -> VisionModel:
    """Return three convolutions, in-place ReLUs, pools and a linear layer, drawn from `seed`."""
    return VisionModel(
        tiny_network(seed).to(device),
        input_size=(32, 32),
        labels=LABELS,
        name="tiny",
        takes_over=True,
    )


def tiny_network(seed: int = 0) -> nn.Module:
    """Return the network of `tiny`, on the CPU."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        layers: dict[str, nn.Module] = {
            "conv1": nn.Conv2d(3, 8, 3, padding=1),
            "relu1": nn.ReLU(inplace=True),
            "pool1": nn.MaxPool2d(2),
            "conv2": nn.Conv2d(8, 16, 3, padding=1, bias=False),
            "norm2": nn.BatchNorm2d(16),
            "relu2": nn.ReLU(inplace=True),
            "conv3": nn.Conv2d(16, 16, 3, stride=2, padding=1),
            "relu3": nn.ReLU(inplace=True),
            "pool3": nn.AdaptiveAvgPool2d(1),
            "flat": nn.Flatten(),
            "head": nn.Linear(16, 10),
        }
        return nn.Sequential(OrderedDict(layers))
