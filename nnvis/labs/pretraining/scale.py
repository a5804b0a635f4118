"""Dead, ordered, chaotic: what the scale of random weights does to what passes through.

Poole, Lahiri, Raghu, Sohl-Dickstein & Ganguli 2016; Schoenholz et al. 2017: in a wide tanh network
with weights of deviation s/sqrt(fan-in), two pictures become one below s = 1 and strangers above.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def passes(
    x: Tensor, scale: float, depth: int, width: int, seed: int, *, bias: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Mean square (depth+1,) and correlation (depth+1,) of two inputs `x`, (2,D), layer by layer.

    Values before tanh, as the theory has them; weights have deviation `scale`/sqrt(fan-in).
    """
    die = torch.Generator().manual_seed(seed)
    squares, alike = [], []
    now = x
    for layer in range(depth + 1):
        fan = now.shape[1]
        weight = torch.randn(fan, width, generator=die) * (scale / math.sqrt(fan))
        now = (now if layer == 0 else torch.tanh(now)) @ weight
        now = now + bias * torch.randn(width, generator=die)
        squares.append(now.pow(2).mean())
        alike.append((now[0] * now[1]).mean() / now.pow(2).mean(1).prod().sqrt())
    return torch.stack(squares), torch.stack(alike)


def expected(
    square: float, alike: float, scale: float, depth: int, *, bias: float = 0.0, nodes: int = 60
) -> tuple[list[float], list[float]]:
    """What mean-field theory says of the same, by Gauss-Hermite integration (Poole et al. 2016)."""
    import numpy as np

    at, weigh = np.polynomial.hermite_e.hermegauss(nodes)
    weigh = weigh / weigh.sum()
    squares, likes = [square], [alike]
    for _ in range(depth):
        q, c = squares[-1], min(max(likes[-1], -1.0), 1.0)
        one = np.tanh(math.sqrt(q) * at)
        squares.append(float(scale**2 * (weigh * one**2).sum() + bias**2))
        other = np.tanh(math.sqrt(q) * (c * at[:, None] + math.sqrt(1 - c * c) * at[None, :]))
        product = (weigh[:, None] * weigh[None, :] * one[:, None] * other).sum()
        likes.append(float((scale**2 * product + bias**2) / squares[-1]))
    return squares, likes
