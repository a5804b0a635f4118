"""Smallest eps, line and plane, survival, divergence."""

import numpy as np
import pytest
import torch
from PIL import Image

from nnvis.attacks import ATTACKS
from nnvis.attacks.divergence import divergence, strongest
from nnvis.attacks.landscape import line, plane
from nnvis.attacks.minimal_eps import smallest_eps
from nnvis.attacks.network import AttackedNetwork
from nnvis.attacks.transform_robustness import TREATMENTS, survival, treated
from nnvis.errors import UserError
from nnvis.models.layers import to_maps
from nnvis.probe import record
from nnvis.progress import drain


def test_the_smallest_eps_is_that_of_a_search_through_all(affine, pictures):
    for x in pictures[:, None]:
        found = drain(smallest_eps(ATTACKS["fgsm"], affine, x))
        results = [
            bool(drain(ATTACKS["fgsm"](affine, x, eps=level / 255)).success)
            for level in range(1, 65)
        ]
        assert found.eps == pytest.approx((results.index(True) + 1) / 255)
        assert found.outcome.success.all()
        assert len(found.tried) <= 14


def test_the_smallest_l2_eps_is_near_the_distance(affine, pictures):
    x = pictures[:1]
    found = drain(smallest_eps(ATTACKS["pgd-l2"], affine, x, highest=10))
    assert 1 <= found.eps / affine.distances(x) <= 1.25


def test_what_cannot_be_flipped_is_said_so(affine, pictures):
    found = drain(smallest_eps(ATTACKS["noise"], affine, pictures[:1], highest=2 / 255))
    assert found.eps is None
    assert [done for _, done in found.tried] == [False, False]
    with pytest.raises(UserError, match="no eps"):
        drain(smallest_eps(ATTACKS["deepfool"], affine, pictures[:1]))
    with pytest.raises(UserError, match="one picture"):
        drain(smallest_eps(ATTACKS["fgsm"], affine, pictures))


def test_the_line_crosses_where_the_boundary_is(affine, pictures):
    x = pictures[:1]
    outcome = drain(ATTACKS["pgd-l2"](affine, x, eps=2.0, eight_bit=False))
    found = drain(line(AttackedNetwork(affine), x, outcome.adversarial, count=201, beyond=0.5))
    before, after = int(outcome.label), int(outcome.logits.argmax())
    assert found.classes[:2] == (before, after)
    assert found.top[found.places == 0] == before
    assert found.top[-1] == after
    # Logits of an affine network are straight lines along the way.
    ends = torch.cat([outcome.clean_logits, outcome.logits])
    gap = ends[:, before] - ends[:, after]
    crossing = float(gap[0] / (gap[0] - gap[1]))
    flipped = found.places[np.argmax(found.top == after)]
    assert flipped == pytest.approx(crossing, abs=0.011)
    direct = affine(x).softmax(1)[0, list(found.classes)]
    middle = found.probabilities[np.argmin(np.abs(found.places))]
    assert np.allclose(middle, direct.numpy(), atol=0.02)


def test_the_plane_has_the_line_in_its_middle_row(affine, pictures):
    x = pictures[:1]
    adversarial = drain(ATTACKS["pgd-l2"](affine, x, eps=2.0)).adversarial
    network = AttackedNetwork(affine)
    found = drain(plane(network, x, adversarial, count=9, beyond=0.5))
    along = drain(line(network, x, adversarial, count=9, beyond=0.5))
    assert found.top.shape == (9, 9)
    assert found.down[4] == pytest.approx(0)
    assert np.array_equal(found.top[4], along.top)
    with pytest.raises(UserError, match="no change"):
        drain(plane(network, x, x))


def test_treatments_do_what_they_say_and_survival_judges_both_pictures(small):
    model, x = small
    outcome = drain(ATTACKS["pgd"](model, x, eps="8/255"))
    found = drain(survival(AttackedNetwork(model), outcome, 1, {"itself": AttackedNetwork(model)}))
    assert [one.treatment for one in found] == [*TREATMENTS, "itself"]
    assert found[-1].fooled
    assert found[-1].clean_holds
    assert found[-1].top == int(outcome.logits[1].argmax())
    for name, treat in TREATMENTS.items():
        image = Image.fromarray(outcome.pixels[1])
        by_hand = np.asarray(treat(image))
        ours = treated(outcome.adversarial[1:2], treat)
        assert np.array_equal((ours[0] * 255).round().permute(1, 2, 0).numpy(), by_hand), name
        assert by_hand.shape == (32, 32, 3)
        assert not np.array_equal(by_hand, outcome.pixels[1])


def test_pictures_of_other_channels_can_be_treated():
    for channels in (1, 4):
        x = torch.rand(1, channels, 16, 16, generator=torch.Generator().manual_seed(0))
        for treat in TREATMENTS.values():
            assert treated(x, treat).shape == x.shape


def test_divergence_is_what_it_is_by_hand(small):
    model, x = small
    adversarial = drain(ATTACKS["pgd"](model, x[:1], eps="8/255")).adversarial
    found = divergence(model, x[:1], adversarial)
    assert [one.layer for one in found] == [one.name for one in model.layers]
    for change, layer in zip(found, model.layers, strict=True):
        maps = []
        for picture in (x[:1], adversarial):
            with record(model, [layer.name]) as seen, torch.no_grad():
                model(picture)
            maps.append(to_maps(seen[layer.name], layer)[0].flatten(1))
        clean, attacked = maps
        distance = (attacked - clean).norm() / clean.norm()
        assert change.distance == pytest.approx(float(distance), rel=1e-4)
        cosine = torch.nn.functional.cosine_similarity(clean.flatten(), attacked.flatten(), 0)
        assert change.cosine == pytest.approx(float(cosine), abs=1e-5)
        per_unit = (attacked - clean).norm(dim=1)
        assert change.units[0].unit == int(per_unit.argmax())
        assert change.units[0].clean == pytest.approx(
            float(clean[change.units[0].unit].mean()), rel=1e-3, abs=1e-5
        )
        assert len(change.units) == min(10, layer.units)
    top = strongest(found)
    assert len(top) == 10
    assert top[0].change == max(unit.change for one in found for unit in one.units)


def test_pictures_that_are_the_same_do_not_part(small):
    model, x = small
    assert all(one.distance == 0 for one in divergence(model, x[:1], x[:1]))
    with pytest.raises(UserError, match="same size"):
        divergence(model, x[:1], x[:1, :, :16])
