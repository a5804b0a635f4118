import torch

from nnvis.labs.memorise.spoil import moved, spoil

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


def test_augmentation_slides_pictures_by_at_most_a_pixel():
    change = moved((1, 5, 4), seed=0)
    picture = torch.arange(20.0)
    seen = {tuple(row.tolist()) for row in change(picture.expand(2, 200, 20)).flatten(0, 1)}

    grid = picture.view(5, 4)
    padded = torch.nn.functional.pad(grid[None, None], (1, 1, 1, 1), mode="replicate")[0, 0]
    expected = {
        tuple(padded[down : down + 5, right : right + 4].flatten().tolist())
        for down in range(3)
        for right in range(3)
    }
    assert seen == expected
