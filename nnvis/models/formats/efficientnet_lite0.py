"""EfficientNet-Lite0, with the names that timm has in its `tf_efficientnet_lite0`.

Tan & Le 2019, table 1; the lite networks leave out squeeze-and-excitation, and have ReLU6. It is
computed to the bit as timm computes it, and what is kept by the names and the hash of its weights
stays true. To import timm and torchvision for it would take as long as all else at the start.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

# expansion, channels, blocks, stride of the first, side of the kernel
STAGES = (
    (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3),
)  # fmt: skip
STEM, HEAD, CLASSES = 32, 1280, 1000
EPSILON = 1e-3


class EfficientNet(nn.Module):
    """Normalised (N,3,H,W) -> (N,1000) logits."""

    def __init__(self) -> None:
        super().__init__()
        self.num_classes = CLASSES
        self.conv_stem = Conv2dSame(3, STEM, 3, 2, bias=False)
        self.bn1 = BatchNormAct2d(STEM)
        stages, before = [], STEM
        for expansion, channels, count, stride, side in STAGES:
            blocks: list[nn.Module] = []
            for place in range(count):
                step = 1 if place else stride
                blocks.append(
                    DepthwiseSeparableConv(before, channels, side)
                    if expansion == 1
                    else InvertedResidual(before, channels, before * expansion, step, side)
                )
                before = channels
            stages.append(nn.Sequential(*blocks))
        self.blocks = nn.Sequential(*stages)
        self.conv_head = nn.Conv2d(before, HEAD, 1, bias=False)
        self.bn2 = BatchNormAct2d(HEAD)
        self.global_pool = SelectAdaptivePool2d()
        self.classifier = nn.Linear(HEAD, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.bn1(self.conv_stem(x)))
        x = self.global_pool(self.bn2(self.conv_head(x)))
        logits: Tensor = self.classifier(x)
        return logits


class Conv2dSame(nn.Conv2d):
    """Pads as TensorFlow does, where the networks were trained: more at the end if it is odd."""

    def forward(self, x: Tensor) -> Tensor:
        pads: list[int] = []
        for axis in (-1, -2):
            length, side, step = x.shape[axis], self.kernel_size[axis], self.stride[axis]
            total = -(-length // step) * step - length + side - step  # the kernel is the larger one
            pads += [total // 2, total - total // 2]
        convolved: Tensor = super().forward(functional.pad(x, pads))
        return convolved


class BatchNormAct2d(nn.BatchNorm2d):
    """Batch norm, and what rectifies it, if anything does."""

    def __init__(self, channels: int, *, rectified: bool = True) -> None:
        super().__init__(channels, eps=EPSILON)
        self.act = nn.ReLU6(inplace=True) if rectified else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        rectified: Tensor = self.act(super().forward(x))
        return rectified


class DepthwiseSeparableConv(nn.Module):
    """The first block, which expands nothing."""

    def __init__(self, before: int, after: int, side: int) -> None:
        super().__init__()
        self.conv_dw = _depthwise(before, 1, side)
        self.bn1 = BatchNormAct2d(before)
        self.conv_pw = nn.Conv2d(before, after, 1, bias=False)
        self.bn2 = BatchNormAct2d(after, rectified=False)

    def forward(self, x: Tensor) -> Tensor:
        projected: Tensor = self.bn2(self.conv_pw(self.bn1(self.conv_dw(x))))
        return projected


class InvertedResidual(nn.Module):
    """Expands, convolves each channel for itself, and projects; added to its input where it fits.

    Sandler et al. 2018, sec. 3.
    """

    def __init__(self, before: int, after: int, wide: int, stride: int, side: int) -> None:
        super().__init__()
        self.conv_pw = nn.Conv2d(before, wide, 1, bias=False)
        self.bn1 = BatchNormAct2d(wide)
        self.conv_dw = _depthwise(wide, stride, side)
        self.bn2 = BatchNormAct2d(wide)
        self.conv_pwl = nn.Conv2d(wide, after, 1, bias=False)
        self.bn3 = BatchNormAct2d(after, rectified=False)
        self.has_skip = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        wide = self.bn2(self.conv_dw(self.bn1(self.conv_pw(x))))
        projected: Tensor = self.bn3(self.conv_pwl(wide))
        return projected + x if self.has_skip else projected


class SelectAdaptivePool2d(nn.Module):
    """(N,C,h,w) -> (N,C), the means."""

    def __init__(self) -> None:
        super().__init__()
        self.pool, self.flatten = nn.AdaptiveAvgPool2d(1), nn.Flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        means: Tensor = self.flatten(self.pool(x))
        return means


def _depthwise(channels: int, stride: int, side: int) -> nn.Conv2d:
    if stride > 1:
        return Conv2dSame(channels, channels, side, stride, groups=channels, bias=False)
    return nn.Conv2d(channels, channels, side, 1, side // 2, groups=channels, bias=False)
