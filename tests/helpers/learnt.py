"""The small network, taught the few pictures of a test."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import cross_entropy

from nnvis.models.tiny_network import tiny


def learnt(seed: int, folder: Path):
    """Fit the head of `tiny(seed)` to the folders "class N" in `folder`."""
    model = tiny(seed)
    pictures, labels = [], []
    for kind in sorted(folder.iterdir()):
        for path in sorted(kind.iterdir()):
            pictures.append(model.prepare(np.asarray(Image.open(path).convert("RGB")))[1])
            labels.append(int(kind.name.split()[-1]))
    with torch.no_grad():
        features = model.network[:-1]((torch.cat(pictures) - model.mean) / model.std)
    head, answers = model.network.head, torch.tensor(labels)
    head.requires_grad_(True)
    step = torch.optim.LBFGS(head.parameters(), 1, max_iter=300)

    def loss():
        step.zero_grad()
        value = cross_entropy(head(features), answers)
        value.backward()
        return value

    step.step(loss)
    head.requires_grad_(False)
    assert torch.equal(head(features).argmax(1), answers)
    return model
