"""The spectrum of a Hessian from products alone: for networks too large for the matrix.

Lanczos' method with a quadrature: Golub & Welsch 1969; for Hessians of networks Ghorbani, Krishnan
& Xiao 2019, arXiv 1901.10159.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.labs.saddle_points.surface import LossSurface


@dataclass(frozen=True)
class Spectrum:
    """Places where eigenvalues lie and what share of all of them each stands for."""

    values: Tensor  # (M,) rising; the outermost are close to the true ends
    shares: Tensor  # (M,) of all eigenvalues, in sum 1

    @property
    def downward(self) -> float:
        """Share (0..1) of all curvature, the sum of absolute eigenvalues, that bends down.

        Not of the number of directions: most eigenvalues of a large network are too close to zero
        for an estimate to tell their sign.
        """
        curvature = self.shares * self.values.abs()
        return float(curvature[self.values < 0].sum() / curvature.sum())


def spectrum(
    surface: LossSurface, at: Tensor, die: torch.Generator, *, steps: int = 60, probes: int = 2
) -> Spectrum:
    """Estimate the eigenvalues of the Hessian at `at` (P,) from `steps` products a probe.

    A product costs about two gradients. What is lost to rounding is taken out at every step, so
    that no eigenvalue appears twice.
    """
    values, shares = [], []
    for _ in range(probes):
        found, weights = _ritz(surface, at, die, min(steps, surface.size))
        values.append(found)
        shares.append(weights / probes)
    order = torch.cat(values).argsort()
    return Spectrum(torch.cat(values)[order], torch.cat(shares)[order])


def _ritz(
    surface: LossSurface, at: Tensor, die: torch.Generator, steps: int
) -> tuple[Tensor, Tensor]:
    """Eigenvalues of the matrix cut down to a Krylov space, and the probe's share in each."""
    probe = torch.randn(surface.size, generator=die, dtype=at.dtype)
    _, cut = krylov(surface, at, probe, steps)
    values, vectors = torch.linalg.eigh(cut)
    return values, vectors[0].square()


def krylov(surface: LossSurface, at: Tensor, start: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """An orthonormal basis (K,P) of start, H start, H^2 start..., and the Hessian in it, (K,K)."""
    basis = (start / start.norm())[None]
    middle: list[Tensor] = []
    beside: list[Tensor] = []
    for _ in range(steps):
        bent = surface.bent(at, basis[-1])
        middle.append(bent @ basis[-1])
        for _ in range(2):  # once is not enough in floating point
            bent = bent - basis.T @ (basis @ bent)
        norm = bent.norm()
        if len(middle) == steps or float(norm) < 1e-12:
            break
        beside.append(norm)
        basis = torch.cat([basis, (bent / norm)[None]])
    cut = torch.diag(torch.stack(middle))
    if beside:
        cut = cut + torch.diag(torch.stack(beside), 1) + torch.diag(torch.stack(beside), -1)
    return basis, cut
