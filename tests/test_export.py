"""Pictures that say what they show."""

import os

import numpy as np
import pytest
from PIL import Image

from nnvis.errors import UserError
from nnvis.export import file_name, read_meta, write_png


def test_pixels_and_meta_come_back_and_bytes_are_repeatable(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (7, 5, 4), np.uint8)
    meta = {"layer": "blocks.3", "unit": 7, "label": "crème brûlée"}
    one = write_png(tmp_path / "deep" / "one.png", picture, meta)
    two = write_png(tmp_path / "two.png", picture, meta)
    assert one.read_bytes() == two.read_bytes()
    assert np.array_equal(np.asarray(Image.open(one)), picture[..., :3])
    assert read_meta(one) == meta


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = write_png(tmp_path / "a.png", np.zeros((2, 2, 3), np.uint8), {})
    before = path.read_bytes()

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=r"cannot write .*a\.png: No space left"):
        write_png(path, np.ones((2, 2, 3), np.uint8), {})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_pictures_that_are_not_ours_are_refused_in_one_line(tmp_path):
    Image.new("RGB", (2, 2)).save(tmp_path / "plain.png")
    (tmp_path / "text.png").write_text("hello")
    for name in ("plain.png", "text.png", "missing.png"):
        with pytest.raises(UserError, match=name):
            read_meta(tmp_path / name)


def test_names_fit_every_file_system():
    assert file_name("timm/vit: a", "blocks.3", "") == "timm_vit_a_blocks.3"
    assert len(file_name("x" * 400)) == 150
