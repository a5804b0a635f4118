import pytest
import torch
from torch.autograd.functional import hessian

from nnvis.labs.saddle_points.lanczos import spectrum
from nnvis.labs.saddle_points.surface import LossSurface


@pytest.fixture
def surface():
    die = torch.Generator().manual_seed(0)
    x = torch.randn(60, 3, generator=die, dtype=torch.float64)
    labels = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.5).long()
    return LossSurface(x, labels, (3, 6, 3), 1e-2)


def at(surface, seed):
    die = torch.Generator().manual_seed(seed)
    return torch.randn(surface.size, generator=die, dtype=torch.float64)


def test_curvature_is_that_of_torchs_own_hessian(surface):
    here, along = at(surface, 1), at(surface, 2)
    expected = hessian(surface.loss, here)
    assert torch.allclose(surface.hessian(here), expected, atol=1e-10)
    assert torch.allclose(surface.bent(here, along), expected @ along, atol=1e-10)
    highest = torch.linalg.eigvalsh(surface.hessian(here))[-1]
    assert float(highest) == pytest.approx(float(torch.linalg.eigvalsh(expected)[-1]), abs=1e-10)


def test_lanczos_finds_the_ends_and_the_shares_of_the_dense_eigenvalues(surface):
    here = at(surface, 1)
    dense = torch.linalg.eigvalsh(hessian(surface.loss, here))
    few = spectrum(surface, here, torch.Generator().manual_seed(3), steps=20, probes=1)
    assert torch.allclose(few.values[[0, -1]], dense[[0, -1]], atol=1e-4)
    whole = spectrum(surface, here, torch.Generator().manual_seed(4), steps=99, probes=1)
    gaps = (whole.values[:, None] - dense).abs()  # an eigenvalue that repeats is found once
    assert float(gaps.min(0).values.max()) < 1e-7
    assert float(gaps.min(1).values.max()) < 1e-7
    many = spectrum(surface, here, torch.Generator().manual_seed(5), steps=20, probes=50)
    assert float(many.shares.sum()) == pytest.approx(1)
    downward = -float(dense[dense < 0].sum() / dense.abs().sum())
    assert 0.05 < downward < 0.95
    assert many.downward == pytest.approx(downward, abs=0.02)
    assert float(many.values @ many.shares) == pytest.approx(float(dense.mean()), rel=0.1)
