"""A small network and pictures with a cause that is known: a stamp on most of one class."""

from functools import cache

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from nnvis.labs.training.stepping import Adam

SIDE, STAMP = 48, 12


@cache
def _photographs():
    from skimage import data

    return data.chelsea(), data.coffee(), data.astronaut(), data.rocket()


def crops(count, seed, classes=4):
    """Cut (N,SIDE,SIDE,3) uint8 from as many of scikit-image's photographs as there are classes."""
    photographs = _photographs()[:classes]
    die = np.random.default_rng(seed)
    x = np.zeros((count, SIDE, SIDE, 3), np.uint8)
    y = np.arange(count) % classes
    for row, label in enumerate(y):
        photograph = photographs[label]
        side = int(die.integers(96, 160))
        top = int(die.integers(0, photograph.shape[0] - side))
        left = int(die.integers(0, photograph.shape[1] - side))
        part = torch.from_numpy(photograph[top : top + side, left : left + side].copy())
        small = functional.interpolate(
            part.permute(2, 0, 1)[None].float(), (SIDE, SIDE), mode="area"
        )
        x[row] = small[0].permute(1, 2, 0).round().byte().numpy()
    return x, y


def stamp(picture):
    """Put the stamp into the lower left corner, in place."""
    tile = np.indices((STAMP, STAMP)).sum(0) // 3 % 2 * 255
    picture[-STAMP - 2 : -2, 2 : 2 + STAMP] = np.stack([tile, 255 - tile, tile], -1)


def trained(x, y, seed, classes=4, epochs=12):
    """Train a small network on (N,SIDE,SIDE,3) uint8."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(3, 16, 5, 2), nn.ReLU(), nn.Conv2d(16, 24, 3, 2), nn.ReLU(),
        nn.Conv2d(24, 32, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(),
        nn.Linear(32, classes),
    )  # fmt: skip
    inputs = (torch.from_numpy(x).permute(0, 3, 1, 2) / 255 - 0.5) / 0.25
    targets = torch.from_numpy(y)
    adam = Adam(net.parameters(), 3e-3)  # torch's own loads its compiler
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(32):
            loss = functional.cross_entropy(net(inputs[rows]), targets[rows])
            adam.clear()
            loss.backward()
            adam.step()
    return net


@cache
def taught(count, classes, epochs):
    """Return such a network after `count` crops, always the same one: leave it as it is."""
    return trained(*crops(count, 0, classes), 0, classes, epochs)
