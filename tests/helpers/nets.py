"""Networks with one awkward habit each."""

import torch
from torch import nn
from torch.nn import functional as F

from nnvis.models.vision import VisionModel


def wrap(module, size=(32, 32), seed=0, **options):
    """Draw the weights of `module` from `seed` and take it over, with the pixels as they are."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            spread = weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.3
            weight.copy_(torch.randn(weight.shape, generator=generator) * spread)
        for one in module.modules():
            if isinstance(one, nn.BatchNorm2d):
                one.running_mean.copy_(torch.randn(one.num_features, generator=generator) * 0.1)
                one.running_var.copy_(torch.rand(one.num_features, generator=generator) + 0.5)
                one.weight.copy_(torch.rand(one.num_features, generator=generator) + 0.5)
    options = {"mean": (0.0,), "std": (1.0,), "channels": 3, **options}
    return VisionModel(module, input_size=size, **options)


def doubled(model):
    """In double precision; the layers are found before, in single."""
    assert model.layers
    return model.double()


class Branches(nn.Module):
    """A residual block, an overlapping max-pool, a batch norm, and a ReLU called any way."""

    def __init__(self, relu):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(6)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.conv3 = nn.Conv2d(6, 8, 3, stride=2)
        self.head = nn.Linear(8, 5)
        self.relu = relu

    def forward(self, x):
        x = self.pool(self.relu(self.norm1(self.conv1(x))))
        x = self.relu(x + self.conv2(x))
        x = self.relu(self.conv3(x))
        return self.head(x.mean((2, 3)))


class Call(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def one_relu_module(inplace=False):
    """Return one module that is called again and again."""
    return nn.ReLU(inplace=inplace)


RELUS = {
    "module": one_relu_module(),
    "in-place module": one_relu_module(inplace=True),
    "F.relu": F.relu,
    "F.relu in place": lambda x: F.relu(x, inplace=True),
    "torch.relu": torch.relu,
    "Tensor.relu_": lambda x: x.relu_(),
    "clamp": lambda x: x.clamp(min=0),
    "clamp_": lambda x: x.clamp_(min=0),
    "clamp_min": lambda x: torch.clamp_min(x, 0),
    "threshold": lambda x: F.threshold(x, 0.0, 0.0),
}


class Tokens(nn.Module):
    """Patches with a class token, and blocks of attention, fused and by hand."""

    def __init__(self, blocks=2):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, 4)
        self.mark = nn.Parameter(torch.zeros(1, 1, 8))
        self.blocks = nn.ModuleList(Attend(fused=at % 2 == 0) for at in range(blocks))
        self.block = nn.Identity() if not blocks else Attend(fused=False)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.mark.expand(len(x), 1, 8), x], 1)
        for block in self.blocks:
            x = x + block(x)
        x = x + self.block(x)
        return self.head(x[:, 0])


class Attend(nn.Module):
    """Two heads."""

    def __init__(self, fused):
        super().__init__()
        self.mix = nn.Linear(8, 24)
        self.fused = fused

    def forward(self, x):
        parts = self.mix(x).unflatten(2, (3, 2, 4)).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        if self.fused:
            out = F.scaled_dot_product_attention(query, key, value)
        else:
            self.weights = (query @ key.transpose(-2, -1) / 2).softmax(-1)
            out = self.weights @ value
        return out.transpose(1, 2).flatten(2)


class UNet(nn.Module):
    """Down, up, and across; puts out a dict of maps."""

    def __init__(self, channels=3, classes=4):
        super().__init__()
        self.down1 = nn.Conv2d(channels, 8, 3, padding=1)
        self.down2 = nn.Conv2d(8, 16, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.join = nn.Conv2d(16, 8, 3, padding=1)
        self.out = nn.Conv2d(8, classes, 1)

    def forward(self, x):
        across = F.relu(self.down1(x))
        deep = torch.relu(self.down2(self.pool(across)))
        joined = torch.cat([across, F.relu(self.up(deep), inplace=True)], 1)
        return {"out": self.out(self.join(joined).relu_())}


class Pair(nn.Module):
    """Puts out a tuple, the scores in it first."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        scores = self.network(x)
        return scores, {"more": scores.sum(1)}


OWN = {
    "U-Net, dict output": lambda: wrap(UNet(), (64, 64)),
    "1 channel": lambda: wrap(UNet(channels=1), (64, 64), channels=1),
    "5 channels": lambda: wrap(UNet(channels=5), (64, 64), channels=5),
    "tuple output": lambda: wrap(Pair(Branches(F.relu)), (33, 33)),
    "torch.compile": lambda: wrap(torch.compile(Branches(F.relu)), (33, 33)),
    "attention by hand": lambda: wrap(Tokens(), (16, 16)),
}
