import numpy as np
import torch

from nnvis.labs.pretraining.function_space import draw_paths, laid_out


def families():
    """Two kinds of three networks, far from each other, at five times."""
    die = torch.Generator().manual_seed(0)
    centres = torch.randn(2, 1, 6, 4, generator=die) * 4
    kinds = centres.expand(2, 3, 6, 4).flatten(0, 1)
    return [kinds + 0.1 * torch.randn(6, 6, 4, generator=die) for _ in range(5)]


def test_networks_that_answer_alike_lie_side_by_side():
    places = laid_out(families())
    assert places.shape == (5, 6, 2)
    middles = places.reshape(5, 2, 3, 2).mean((0, 2))
    within = np.linalg.norm(places.reshape(5, 2, 3, 2) - middles[None, :, None], axis=-1).max()
    assert np.linalg.norm(middles[0] - middles[1]) > within


def test_a_network_without_numbers_lies_nowhere_and_the_picture_is_drawn_all_the_same():
    answers = families()
    answers[2][4] = torch.nan
    places = laid_out(answers)
    assert np.isnan(places[2, 4]).all()
    assert np.isfinite(np.delete(places.reshape(30, 2), 2 * 6 + 4, axis=0)).all()
    picture = draw_paths(places, ("one", "other"))
    assert picture.dtype == np.uint8
    assert picture.min() < 100 < picture.max()
