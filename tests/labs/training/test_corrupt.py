import numpy as np
import torch
from scipy import ndimage

from nnvis.labs.training.corrupt import moved, spoil

TRAIN, TEST = torch.rand(200, 12), torch.rand(40, 12)
LABELS = torch.arange(200) % 10


def test_the_share_of_labels_is_drawn_anew_and_differs_between_seeds():
    half = spoil(TRAIN, LABELS, TEST, (0, 1), share=0.5)

    wrong = (half.labels != LABELS).float().mean(1)
    assert ((wrong > 0.38) & (wrong <= 0.5)).all()  # a tenth of the drawn ones are right
    assert not torch.equal(half.labels[0], half.labels[1])
    assert torch.equal(half.train, TRAIN)


def test_a_seed_gives_the_same_whatever_other_seeds_are_asked_for():
    alone = spoil(TRAIN, LABELS, TEST, (4,), share=1.0, pixels="random")
    beside = spoil(TRAIN, LABELS, TEST, (2, 4), share=1.0, pixels="random")

    assert torch.equal(alone.labels[0], beside.labels[1])
    assert torch.equal(alone.train[0], beside.train[1])


def test_pixels_are_moved_but_stay_the_same_pixels():
    for pixels in ("shuffled", "random"):
        got = spoil(TRAIN, LABELS, TEST, (0,), pixels=pixels)
        assert torch.equal(got.train[0].sort(1).values, TRAIN.sort(1).values)
    shuffled = spoil(TRAIN, LABELS, TEST, (0,), pixels="shuffled")
    order = [int((column[:, None] == TRAIN).all(0).nonzero()) for column in shuffled.train[0].T]
    assert torch.equal(shuffled.test[0], TEST[:, order])


def test_noise_has_the_mean_and_spread_of_the_data():
    noise = spoil(TRAIN, LABELS, TEST, (0,), pixels="noise").train
    assert abs(noise.mean() - TRAIN.mean()) < 0.02
    assert abs(noise.std() - TRAIN.std()) < 0.02


def test_augmentation_slides_pictures_as_another_library_does():
    picture = torch.rand(2, 5, 4)
    for seed in range(3):
        got = moved((2, 5, 4), 0.7, seed)(picture.reshape(1, 1, 40)).view(2, 5, 4)
        die = torch.Generator().manual_seed(seed)
        down, right = ((torch.rand(2, generator=die) * 2 - 1) * 0.7).tolist()
        expected = ndimage.shift(picture.numpy(), (0, -down, -right), order=1, mode="nearest")
        assert np.allclose(got.numpy(), expected, atol=1e-5)


def test_no_picture_of_a_batch_slides_like_the_next():
    change = moved((1, 5, 4), 1.0, seed=0)
    seen = change(torch.rand(20).expand(2, 10, 20)).flatten(0, 1)
    assert len(seen.unique(dim=0)) == 20
