import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from nnvis.errors import UserError
from nnvis.labs.datasets.folders import folder
from nnvis.labs.datasets.load import load
from nnvis.labs.datasets.speech import of_files
from nnvis.labs.datasets.words import of_words
from nnvis.progress import drain


def test_the_digits_are_those_that_scikit_learn_loads():
    data, theirs = drain(load("digits")), load_digits()
    rows = torch.cat([data.train, data.test]).mul(16).int()
    found = torch.cat([rows, torch.cat([data.labels, data.test_labels]).int()[:, None]], 1)
    expected = np.column_stack([theirs.data, theirs.target]).astype(np.int32)
    assert sorted(found.tolist()) == sorted(expected.tolist())


def test_the_digits_of_mnist_come_without_a_network():
    data = drain(load("mnist"))
    assert data.train.shape == (3750, 784)
    assert data.test_labels.bincount().tolist() == [125] * 10
    assert (float(data.train.min()), float(data.train.max())) == (0.0, 1.0)
    # A zero has a hole: its middle is darker than where its stroke runs.
    zeros = data.train[data.labels == 0].mean(0).view(28, 28)
    assert zeros[14, 14] < 0.2 < zeros[14, 6:10].max()


def test_a_word_is_told_by_the_groups_of_letters_it_has():
    pairs = [("being", 1), ("going", 1), ("seeing", 1), ("haben", 0), ("geben", 0), ("leben", 0)]
    data = of_words([word for word, _ in pairs] * 4, [label for _, label in pairs] * 4)
    assert (data.kind, data.are_pictures) == ("words", False)
    assert set(data.train.unique().tolist()) == {0.0, 1.0}
    for column in range(data.train.shape[1]):  # some group tells the two languages apart
        if torch.equal(data.train[:, column].bool(), data.labels == 1):
            return
    pytest.fail("no group is in all words of one language and in none of the other")


def test_words_of_ten_languages_are_each_of_one_of_them():
    data = drain(load("words", 2000))
    assert len(data.classes) == 10
    assert len(data.labels) + len(data.test_labels) == 2660
    assert data.train.sum(1).min() > 3


def test_frames_of_speech_come_with_their_neighbours(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.ts").write_text(
            "#note\n@dimensions 2\n@data\n1,2,3:10,20,30:1\n5,6:50,60:2\n"
        )
    data = of_files(tmp_path / "a.ts", tmp_path / "b.ts")
    assert data.shape == (1, 3, 2)
    assert data.test_labels.tolist() == [0, 0, 0, 1, 1]
    # Dimensions of the frame before, of this one, of the next; in 0..1 by their own range.
    middle = data.test.view(5, 3, 2)[:, 1, 0]
    assert torch.allclose(middle, (torch.tensor([1.0, 2, 3, 5, 6]) - 1) / 5)
    before = data.test.view(5, 3, 2)[:, 0, 0]
    assert torch.allclose(before, (torch.tensor([1.0, 1, 2, 5, 5]) - 1) / 4)


def test_without_the_files_of_speech_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setattr("nnvis.labs.datasets.speech.package_file", lambda *_: None)
    with pytest.raises(UserError, match="pip install --no-deps aeon") as caught:
        drain(load("speech"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("size", "shape"), [((20, 12), (3, 12, 20)), ((128, 64), (3, 32, 64))])
def test_a_folder_keeps_its_size_and_its_colours(size, shape, tmp_path):
    die = np.random.default_rng(0)
    for name in ("red", "blue"):
        (tmp_path / name).mkdir()
        for number in range(8):
            values = die.integers(0, 60, (size[1], size[0], 3), np.uint8)
            values[..., 0 if name == "red" else 2] = 250
            Image.fromarray(values).save(tmp_path / name / f"{number}.png")
    Image.new("RGB", (5, 5), "red").save(tmp_path / "red" / "odd.png")  # drawn to the others' size
    data = drain(folder(tmp_path))
    assert data.shape == shape
    colours = data.train.view(-1, *shape).mean((2, 3))
    reds = data.labels == data.classes.index("red")
    assert (colours[reds, 0] > colours[reds, 2]).all()
    assert (colours[~reds, 2] > colours[~reds, 0]).all()


def test_a_folder_of_grey_pictures_stays_grey(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(8):
            Image.new("L", (9, 7), number * 20).save(tmp_path / name / f"{number}.png")
    assert drain(folder(tmp_path)).shape == (1, 7, 9)
