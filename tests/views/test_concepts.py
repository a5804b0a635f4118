"""Principal components and concepts, against scikit-learn."""

import numpy as np
import pytest
import torch
from helpers.nets import wrap
from sklearn.decomposition import NMF, PCA
from torch import nn

from nnvis.errors import UserError
from nnvis.probe import record
from nnvis.progress import drain
from nnvis.views.features.concept_basis import ConceptParameters
from nnvis.views.features.concepts import concept_weights, find_concepts, without_concepts
from nnvis.views.features.principal import colours, likeness, principal_basis


@pytest.mark.parametrize("shape", [(200, 12), (20, 64)])
def test_the_principal_subspace_is_that_of_scikit_learn(shape):
    generator = torch.Generator().manual_seed(0)
    scale = torch.linspace(3, 0.2, shape[1])
    cells = torch.randn(shape, generator=generator) * scale + 5
    basis, theirs = principal_basis(cells), PCA(3).fit(cells.numpy())
    ours = basis.components.numpy()
    assert np.allclose(ours.T @ ours, theirs.components_.T @ theirs.components_, atol=1e-5)
    assert np.allclose(np.abs(ours), np.abs(theirs.components_), atol=1e-4)
    assert basis.share == pytest.approx(theirs.explained_variance_ratio_.sum(), abs=1e-6)
    part, spread = colours(cells.T, basis)
    assert float(spread[0] / spread[1]) == pytest.approx(basis.share, abs=1e-4)
    assert float(part.min()) == 0
    assert float(part.max()) == 1


def test_cells_that_are_bad_alike_or_few_give_no_wrong_colours():
    assert principal_basis(torch.ones(9, 4)) is None
    assert principal_basis(torch.full((9, 4), torch.nan)) is None
    cells = torch.rand(9, 2, generator=torch.Generator().manual_seed(0))
    cells[3] = torch.nan
    basis = principal_basis(cells)  # of two units: the third colour is empty
    assert not basis.components[2].any()
    assert basis.share == pytest.approx(1, abs=1e-6)
    cosines = likeness(cells.T, 0)
    expected = torch.nn.functional.cosine_similarity(cells, cells[:1])
    assert torch.allclose(cosines, expected, equal_nan=True)
    assert likeness(torch.zeros(4, 3), 1).tolist() == [0, 0, 0]


@pytest.fixture
def model():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(16, 5),
    )  # fmt: skip
    return wrap(net, (24, 24))


@pytest.fixture
def pictures():
    return list(np.random.default_rng(0).integers(0, 256, (4, 24, 24, 3), dtype=np.uint8))


def cells_of(model, pictures, layer):
    with torch.no_grad(), record(model, [layer]) as seen:
        model(torch.cat([model.tensor(one) for one in pictures]))
    return seen[layer].movedim(1, -1).flatten(0, 2)


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
def test_concepts_are_those_of_scikit_learn(model, pictures):
    found = drain(find_concepts(model, pictures, "1", ConceptParameters(count=4)))
    cells = cells_of(model, pictures, "1").double().numpy()
    theirs = NMF(4, init="nndsvda", max_iter=200, random_state=0)
    weights = theirs.fit_transform(cells)
    rest = np.linalg.norm(cells - weights @ theirs.components_)
    own = concept_weights(torch.from_numpy(cells), torch.from_numpy(found.directions).double())
    mine = np.linalg.norm(cells - own.numpy() @ found.directions)
    assert mine == pytest.approx(rest, rel=1e-3)
    assert found.explained == pytest.approx(1 - (rest / np.linalg.norm(cells)) ** 2, abs=1e-4)
    order = [int(np.abs(theirs.components_ - one).sum(1).argmin()) for one in found.directions]
    assert sorted(order) == [0, 1, 2, 3]
    assert np.allclose(found.directions, theirs.components_[order], atol=1e-4)
    assert np.allclose(own.numpy(), theirs.transform(cells)[:, order], atol=0.02 * own.max().item())
    assert not found.negative


def test_a_concept_that_is_off_is_subtracted_and_leaves_nothing_behind(model, pictures):
    found = drain(find_concepts(model, pictures, "1", ConceptParameters(count=3)))
    x = model.tensor(pictures[0])
    cells = cells_of(model, pictures[:1], "1")
    before = model(x)
    weights = concept_weights(cells, torch.from_numpy(found.directions))
    taken = cells - weights[:, [1]] @ torch.from_numpy(found.directions[[1]])
    expected = model.network[4](taken.mean(0, keepdim=True))
    with torch.no_grad(), without_concepts(model, found, [(1,)]):
        after = model(x)
    assert torch.allclose(after, expected, atol=1e-5)
    with torch.no_grad(), without_concepts(model, found, [(), (1,)]):
        rows = model(x.repeat(2, 1, 1, 1))
    assert torch.allclose(rows, torch.cat([before, expected]), atol=1e-5)
    assert torch.equal(model(x), before)


def test_negative_values_are_left_out_and_said_and_bad_input_is_one_line(model, pictures):
    found = drain(find_concepts(model, pictures, "0"))
    assert found.negative
    assert "only the positive part" in found.note
    for layer, given, said in (
        ("2", pictures, "no maps"), ("9", pictures, "no layer"), ("1", [], "no pictures"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=said):
            drain(find_concepts(model, given, layer))
    with torch.no_grad():
        model.network[0].weight.fill_(torch.nan)
    with pytest.raises(UserError, match="nothing above 0"):
        drain(find_concepts(model, pictures, "1"))
