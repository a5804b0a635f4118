import itertools

import pytest
import torch
from torch.nn.functional import cosine_similarity

from nnvis.labs.training.coherence import drawn, furthest, likeness, purity

DIE = torch.Generator().manual_seed(0)


def test_likeness_is_the_mean_cosine_of_every_pair():
    pictures = torch.rand(20, 6, generator=DIE)
    chosen = torch.tensor([[1, 4, 7, 9], [0, 2, 3, 19]])
    centred = pictures - pictures.mean(0)
    for row, found in zip(chosen.tolist(), likeness(pictures, chosen).tolist(), strict=True):
        pairs = [
            float(cosine_similarity(centred[a], centred[b], dim=0))
            for a, b in itertools.combinations(row, 2)
        ]
        assert found == pytest.approx(sum(pairs) / len(pairs), abs=1e-5)


def test_the_furthest_along_an_axis_are_those_of_the_largest_value():
    features = torch.rand(30, 4, generator=DIE)
    chosen = furthest(features, torch.eye(4), 3)
    for unit in range(4):
        assert chosen[unit].tolist() == features[:, unit].argsort(descending=True)[:3].tolist()


def test_random_directions_favour_no_axis():
    found = drawn(4000, 5, DIE)
    assert torch.allclose(found.norm(dim=0), torch.ones(4000), atol=1e-5)
    assert found.mean(1).abs().max() < 0.03
    assert torch.allclose(found.square().mean(1), torch.full((5,), 0.2), atol=0.02)


def test_purity_is_the_share_of_the_commonest_class():
    labels = torch.tensor([0, 0, 1, 2, 2, 2])
    assert purity(labels, torch.tensor([[0, 1, 2, 3], [3, 4, 5, 0]])).tolist() == [0.5, 0.75]
