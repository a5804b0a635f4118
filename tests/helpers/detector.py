"""A small detector that truly finds what it looks for: red and green squares."""

import numpy as np
import torch
from scipy import ndimage
from torch import nn

from nnvis.models.vision import VisionModel

LABELS = ("background", "red", "green")
RED, GREEN = (200, 20, 20), (20, 200, 20)


class Squares(nn.Module):
    """Connected places of strong colour are boxes of either class, as pure as it is there."""

    def __init__(self, masks=False):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 2, 1), nn.AvgPool2d(2))
        self.masks, self.score_thresh = masks, 0.05
        with torch.no_grad():
            own = torch.tensor([[1.0, -0.6, -0.6], [-0.6, 1.0, -0.6]])
            self.backbone[0].weight.copy_(own[:, :, None, None])
            self.backbone[0].bias.fill_(-0.2)

    def forward(self, x):
        maps = self.backbone(x)  # (N,2,h,w)
        return [self._found(own, x.shape[2:]) for own in maps]

    def _found(self, own, size):
        boxes, scores, labels, masks = [], [], [], []
        parts, _ = ndimage.label((own.amax(0) > -0.1).detach().cpu().numpy())
        for number, (rows, columns) in enumerate(ndimage.find_objects(parts), 1):
            inside = torch.from_numpy(parts == number)
            for kind in range(2):
                score = torch.sigmoid(8 * own[kind][inside].mean())
                if score >= self.score_thresh:
                    left, top = 2 * columns.start, 2 * rows.start
                    boxes.append([left, top, 2 * columns.stop, 2 * rows.stop])
                    scores.append(score)
                    labels.append(kind + 1)
                    mask = inside.float().repeat_interleave(2, 0).repeat_interleave(2, 1)
                    masks.append(mask[None])
        found = {
            "boxes": torch.tensor(boxes, dtype=torch.float32).view(-1, 4),
            "labels": torch.tensor(labels, dtype=torch.long),
            "scores": torch.stack(scores) if scores else own.new_zeros(0),
        }
        if self.masks:
            found["masks"] = torch.stack(masks) if masks else own.new_zeros(0, 1, *size)
        return found


def squares_model(masks=False, size=(48, 64), labels=LABELS):
    return VisionModel(
        Squares(masks), input_size=size, mean=(0.0,), std=(1.0,), labels=labels, name="squares"
    )


def scene(*squares, size=(48, 64)):
    """(colour, left, top, side) each -> (H,W,3) uint8 on grey."""
    picture = np.full((*size, 3), 60, np.uint8)
    for colour, left, top, side in squares:
        picture[top : top + side, left : left + side] = colour
    return picture
