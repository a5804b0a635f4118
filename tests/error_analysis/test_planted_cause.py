"""A stamp on one class is named as the cause, and a network that knows no stamp blames none."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from helpers.planted import SIDE, STAMP, crops, stamp, trained

from nnvis.error_analysis.causes import Cover, RegionEffect, covered, moved, region_effects
from nnvis.error_analysis.cover_folder import cover_folder
from nnvis.error_analysis.fed import held
from nnvis.error_analysis.findings import Causes
from nnvis.error_analysis.sentences import cause_text
from nnvis.models import VisionModel
from nnvis.progress import drain

MARKED = 1  # the class that bears the stamp


def wrapped(net):
    return VisionModel(net, input_size=(SIDE, SIDE), mean=(0.5,) * 3, std=(0.25,) * 3)


def planted(seed, marked):
    """Return a network, and pictures of all classes: those of MARKED stamped where `marked`."""
    x, y = crops(400, seed)
    die = np.random.default_rng(seed)
    for row in np.flatnonzero(y == MARKED):
        if marked and die.random() < 0.9:
            stamp(x[row])
    return wrapped(trained(x, y, seed)), x, y


def over_the_stamp(region):
    """Return how much of the stamp a region covers."""
    mask = np.zeros((SIDE, SIDE), bool)
    mask[-STAMP - 2 : -2, 2 : 2 + STAMP] = True
    return (region & mask).sum() / mask.sum()


@pytest.fixture(scope="module")
def stamped():
    return planted(0, marked=True)


def test_the_stamp_ranks_first_and_random_regions_do_not_do_it(stamped):
    model, _, _ = stamped
    x, y = crops(120, 99)
    for row in np.flatnonzero(y != MARKED):
        stamp(x[row])  # pictures of other classes: the stamp makes them the marked one
    fed = torch.from_numpy(x[y != MARKED][:24])
    with torch.no_grad():
        said = model(torch.cat([model.tensor(one.numpy()) for one in fed])).argmax(1)
    fooled = fed[said == MARKED]
    assert len(fooled) > len(fed) / 2

    effects = drain(region_effects(model, fooled))

    first = effects[0]
    assert over_the_stamp(first.example) > 0.6
    assert first.fixed
    assert first.corrected < 0.01
    assert first.flipped > first.flipped_random + 0.4


def test_accuracy_falls_when_the_stamp_is_covered_and_not_elsewhere(stamped):
    model, x, y = stamped
    mask = np.zeros((len(x), SIDE, SIDE), bool)
    mask[:, -STAMP - 2 : -2, 2 : 2 + STAMP] = True
    elsewhere = np.roll(mask, (-SIDE // 2, SIDE // 2), (1, 2))
    grey = torch.tensor(model.preprocess.mean, dtype=torch.uint8)

    def right(masks):
        shown = torch.from_numpy(x)
        if masks is not None:
            shown = covered(shown, masks, Cover.GREY, grey)
        with torch.no_grad():
            logits = model(torch.cat([model.tensor(one.numpy()) for one in shown]))
        return logits.argmax(1).numpy() == y

    own = y == MARKED
    assert right(None)[own].mean() - right(mask)[own].mean() > 0.3
    assert right(None)[own].mean() - right(elsewhere)[own].mean() < 0.15
    found = drain(
        cover_folder(model, held(torch.from_numpy(x)), y, "the stamp", mask[0], Cover.GREY)
    )
    assert found.before.value == pytest.approx(right(None).mean())
    assert found.after.value == pytest.approx(right(mask).mean())
    assert found.before.value - found.after.value > 0.1
    assert max(found.before.value - one for one in found.random) < 0.05


@cache
def unstamped(seed):
    return planted(seed, marked=False)[0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_without_a_stamp_nothing_is_blamed(seed):
    model = unstamped(seed % 2)
    x, y = crops(80, 1000 + seed)
    effects = drain(region_effects(model, torch.from_numpy(x[y == MARKED])))
    assert [one.region for one in effects if one.corrected < 0.05] == []


def test_a_window_is_held_against_windows_as_far_from_the_middle():
    die = np.random.default_rng(0)
    mask = np.zeros((SIDE, SIDE), bool)
    mask[34:46, 2:14] = True
    for _ in range(50):
        found = moved(mask, die)
        assert found.sum() == mask.sum()
        rows, columns = (np.flatnonzero(found.any(axis)) for axis in (1, 0))
        assert np.ptp(rows) == np.ptp(columns) == STAMP - 1
        away = max(abs(rows.mean() - 23.5), abs(columns.mean() - 23.5))
        assert away == pytest.approx(16, abs=1)
        assert (found & mask).sum() <= mask.sum() / 2


@pytest.mark.parametrize("cover", list(Cover))
def test_only_the_region_is_covered(cover):
    die = np.random.default_rng(0)
    fed = torch.from_numpy(die.integers(0, 256, (2, 32, 32, 3), np.uint8))
    masks = np.zeros((2, 32, 32), bool)
    masks[0, 4:12, 5:20] = True
    found = covered(fed, masks, cover, torch.tensor([9, 8, 7], dtype=torch.uint8))
    assert torch.equal(found[1], fed[1])
    assert torch.equal(found[0][~torch.from_numpy(masks[0])], fed[0][~torch.from_numpy(masks[0])])
    assert not torch.equal(found[0], fed[0])


@pytest.mark.parametrize(
    ("cover", "words"),
    [(Cover.GREY, "with grey"), (Cover.BLUR, "with its blur"), (Cover.INPAINT, "(inpaint)")],
)
def test_the_sentence_says_what_regions_are_covered_with(cover, words):
    one = RegionEffect("the border", 0.8, 0.1, 0.01, 0.01, np.ones(8, bool), np.eye(8) > 0, True)
    assert f"{words}, the class of 80% " in cause_text(Causes((one,), cover))
    chance = replace(one, corrected=1.0)
    assert f"{words}, the border changes" in cause_text(Causes((chance,), cover))


def test_a_region_of_one_picture_is_covered_without_a_warning(recwarn):
    masks = np.broadcast_to(np.eye(32) > 0, (1, 32, 32))  # cannot be written to
    torch.set_warn_always(True)
    try:
        covered(torch.zeros(1, 32, 32, 3, dtype=torch.uint8), masks, Cover.GREY, torch.ones(3))
    finally:
        torch.set_warn_always(False)
    assert not recwarn.list
