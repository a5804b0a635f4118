"""A small network as people write them, and ways to end it."""

from __future__ import annotations

import torch
from torch import nn

from nnvis.models import VisionModel


def body(classes=10):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1),
        nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, classes),
    )  # fmt: skip


class Then(nn.Module):
    """`end` of what a body says."""

    def __init__(self, end, classes=10):
        super().__init__()
        self.body, self.end = body(classes), end

    def forward(self, x):
        return self.end(self.body(x))


def opened(module, **options):
    return VisionModel(module, input_size=(32, 32), takes_over=True, **options)


def picture(seed=0):
    levels = torch.randint(0, 256, (1, 3, 32, 32), generator=torch.Generator().manual_seed(seed))
    return levels / 255
