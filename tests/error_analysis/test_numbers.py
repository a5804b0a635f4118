"""Accuracy, confusion, calibration and units, against scikit-learn and by hand."""

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage, stats
from skimage import data
from sklearn import metrics

from nnvis.error_analysis.measure import _highest
from nnvis.error_analysis.near_duplicates import near_duplicates
from nnvis.error_analysis.nearest import nearest
from nnvis.error_analysis.picture_map import project
from nnvis.error_analysis.rates import calibrate, confusion_matrix, holm, label_suspects, rate
from nnvis.error_analysis.read_blocks import PictureBlocks
from nnvis.error_analysis.separation import areas, rank_units
from nnvis.error_analysis.slices import compare_slices
from nnvis.models.preprocess import Fit, Preprocess
from nnvis.top_images.list_pictures import find_pictures
from nnvis.top_images.perceptual_hash import look_hash


@pytest.fixture
def judged():
    die = np.random.default_rng(3)
    logits = die.normal(size=(300, 5)) * 2
    truths = die.integers(0, 4, 300)
    logits[np.arange(300), truths] += 1.5
    odds = np.exp(logits)
    return odds / odds.sum(1, keepdims=True), truths


def test_the_interval_is_wilsons():
    found = rate(7, 20)
    low, high = stats.binomtest(7, 20).proportion_ci(method="wilson")
    assert (found.value, found.low, found.high) == pytest.approx((0.35, low, high))
    assert (rate(0, 5).low, rate(5, 5).high) == (0.0, 1.0)
    assert np.isnan(rate(0, 0).value)


def test_the_confusion_matrix_is_scikit_learns_with_a_last_column_for_other_classes(judged):
    probabilities, truths = judged
    said = probabilities.argmax(1)
    found = confusion_matrix(truths, said, (0, 1, 2, 3))
    expected = metrics.confusion_matrix(truths, said, labels=range(5))
    assert (found[:4, :4] == expected[:4, :4]).all()
    assert (found[:4, 4] == expected[:4, 4]).all()
    assert found.sum() == 300


def test_calibration_by_hand_and_brier_as_scikit_learns(judged):
    probabilities, truths = judged
    found = calibrate(probabilities, truths, 10)
    confidence, right = probabilities.max(1), probabilities.argmax(1) == truths
    gap = 0.0
    for place in range(10):
        inside = (confidence > place / 10) & (confidence <= (place + 1) / 10)
        if inside.any():
            gap += abs(confidence[inside].mean() - right[inside].mean()) * inside.mean()
    assert found.error == pytest.approx(gap)
    assert sum(one.count for one in found.bins) == 300
    own = sum(metrics.brier_score_loss(truths == one, probabilities[:, one]) for one in range(5))
    assert found.brier == pytest.approx(own)


def test_a_swapped_label_is_doubted_first():
    truths = np.array([0] * 20 + [1] * 20)
    odds = np.where(truths[:, None] == np.arange(2), 0.8, 0.2)
    odds[3] = (0.05, 0.95)  # looks like the other class for sure
    found = label_suspects(odds, truths)
    assert [one.row for one in found] == [3]
    assert (found[0].truth, found[0].said) == (0, 1)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, float("nan")])[:3] == pytest.approx([0.03, 0.06, 0.06])


def test_areas_are_scikit_learns_and_their_errors_those_of_chance():
    die = np.random.default_rng(0)
    values = die.normal(size=(90, 6)).round(1).astype(np.float32)  # with ties
    chosen = die.random(90) < 0.4
    values[chosen, 2] += 1
    auc, error = areas(values, chosen)
    expected = [metrics.roc_auc_score(chosen, values[:, unit]) for unit in range(6)]
    assert auc == pytest.approx(expected)
    draws = [  # the spread over fresh draws is what the error says
        areas(fresh, chosen)[0][0]
        for fresh in (die.normal(size=(90, 1)).astype(np.float32) for _ in range(400))
    ]
    assert np.mean(error[[0, 1, 3, 4, 5]]) == pytest.approx(np.std(draws), rel=0.2)


def test_the_unit_that_separates_is_found_and_chance_is_not_taken_for_one():
    die = np.random.default_rng(1)
    values = die.normal(size=(200, 500)).astype(np.float32)
    chosen = np.arange(200) < 60
    units = tuple(("layer", unit) for unit in range(500))
    lucky = [rank_units(values, chosen, units, seed)[0] for seed in range(20)]
    assert sum(one.low > 0.5 or one.high < 0.5 for one in lucky) <= 4  # 5 % each
    values[chosen, 123] += 1.5
    first = rank_units(values, chosen, units)[0]
    assert first.unit == 123
    assert first.low > 0.6


def test_of_units_that_tell_equally_the_one_that_lies_farthest_apart_is_first():
    chosen = np.arange(60) < 30
    noise = np.random.default_rng(0).uniform(0, 0.9, (60, 3))
    values = (chosen[:, None] * (1.0, 9.0, 3.0) + noise).astype(np.float32)
    found = rank_units(values, chosen, tuple(("layer", unit) for unit in range(3)))
    assert [one.chosen_by for one in found] == [1, 1, 1]
    assert [one.unit for one in found] == [1, 2, 0]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", [(2, 24, 7, 5), (2, 32, 4, 4), (1, 3, 2, 2), (2, 1, 9, 9)])
def test_the_highest_cell_is_found_however_the_units_lie(shape, layout):
    maps = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    maps[0, 0, 0, 0] = torch.nan
    found = _highest(maps.contiguous(memory_format=layout).flatten(2))
    assert torch.equal(found.nan_to_num(99), maps.amax((2, 3)).nan_to_num(99))


def test_a_part_that_fares_worse_stands_first_and_equal_parts_do_not_stand_out():
    die = np.random.default_rng(2)
    right = die.random(400) < 0.8
    camera = np.where(np.arange(400) % 2, "left", "right")
    light = die.normal(size=400)
    facts = np.stack([np.full(400, 32.0), np.full(400, 32.0), light, die.normal(size=400)], 1)
    names = [f"pictures/{row}.png" for row in range(400)]
    plain = compare_slices(right, names, facts, camera.tolist(), {})
    assert all(one.corrected > 0.01 for one in plain)
    right[camera == "left"] &= die.random(200) < 0.5
    found = compare_slices(right, names, facts, camera.tolist(), {})
    assert (found[0].column, found[0].corrected < 1e-6) == ("camera", True)
    assert {found[0].accuracy.value, found[1].accuracy.value} == {
        right[camera == "left"].mean(), right[camera == "right"].mean()
    }  # fmt: skip


def test_copies_are_found_and_plain_colours_are_not_copies():
    hashes = np.array([0b1011, 1 << 60, 0b1111, 0, 0], np.uint64)
    assert near_duplicates(hashes) == [(0, 2)]


def test_parts_have_the_accuracy_of_scikit_learn(judged):
    probabilities, truths = judged
    said = probabilities.argmax(1)
    place = np.where(np.arange(300) % 3, "indoors", "outdoors")
    facts = np.full((300, 4), 32.0)
    found = compare_slices(said == truths, ["a.png"] * 300, facts, [""] * 300, {"place": place})
    assert {one.value for one in found} == {"indoors", "outdoors"}
    for one in found:
        inside = place == one.value
        assert one.accuracy.value == metrics.accuracy_score(truths[inside], said[inside])
        assert one.rest.value == metrics.accuracy_score(truths[~inside], said[~inside])


def test_the_nearest_pictures_are_scikit_learns():
    from sklearn.neighbors import NearestNeighbors

    space = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    expected = NearestNeighbors(n_neighbors=6, metric="cosine").fit(space).kneighbors(space[:9])[1]
    assert [list(one) for one in nearest(space, range(9), 5)] == expected[:, 1:].tolist()


def test_a_map_keeps_groups_apart():
    die = np.random.default_rng(0)
    group = np.repeat([0, 1], 40)
    space = (die.normal(size=(80, 12)) + 9 * group[:, None]).astype(np.float32)
    for how in ("pca", "tsne"):
        places, note = project(space, how, 0)
        assert metrics.silhouette_score(places, group) > 0.5
        assert note


def test_what_is_told_of_a_picture_is_of_what_is_fed(tmp_path):
    picture = data.coffee()[:300, :417]
    Image.fromarray(picture).save(tmp_path / "a.png")
    Image.fromarray(picture).resize((200, 144)).save(tmp_path / "b.jpg", quality=60)
    (tmp_path / "c.png").write_bytes(b"no picture")
    prepared = Preprocess((64, 60), (72, 72))
    block = PictureBlocks(tuple(find_pictures(str(tmp_path))), prepared, Fit.CROP, 4)(0)
    fed = block.fed.numpy()
    assert [place for place, _ in block.skipped] == [2]
    for row, size in enumerate(((300, 417), (144, 200))):
        grey = np.asarray(Image.fromarray(fed[row]).convert("L"), float)
        assert tuple(block.facts[row, :2]) == size
        assert block.facts[row, 2] == pytest.approx(grey.mean(), abs=0.5)
        edges = ndimage.laplace(grey, mode="mirror").std()
        assert block.facts[row, 3] == pytest.approx(edges, rel=0.03)
        assert (int(block.hashes[row]) ^ look_hash(fed[row])).bit_count() <= 1
    assert near_duplicates(block.hashes) == [(0, 1)]


def test_a_unit_that_tells_all_apart_is_not_sure_of_it_beyond_their_number():
    chosen = np.arange(48) < 24
    values = chosen[:, None] + np.linspace(0, 0.1, 48)[:, None]
    (found,) = rank_units(values.astype(np.float32), chosen, (("conv", 0),))
    assert (found.auc, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(rate(12, 12).low)  # a half of 24 is held out
