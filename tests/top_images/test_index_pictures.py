"""What pictures may be given, and what becomes of those that cannot be used."""

from __future__ import annotations

import tarfile

import numpy as np
import pytest
from PIL import Image

from nnvis.errors import UserError
from nnvis.models.info import ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.progress import drain
from nnvis.sources.cv2_import import cv2
from nnvis.top_images import Index, index, make_spec
from nnvis.top_images.accumulator import Peaks, merge, summarise
from nnvis.top_images.list_pictures import find_pictures
from nnvis.top_images.patches import Fields
from nnvis.top_images.perceptual_hash import look_hash
from nnvis.views.pass_through import forward
from nnvis.views.receptive_field import theoretical_field


def paint(path, seed, size=(40, 50), quality=95):
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), np.uint8)
    image = Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BICUBIC)
    path.parent.mkdir(exist_ok=True)
    image.save(path, quality=quality)
    return path


def test_unreadable_pictures_are_counted_listed_and_skipped(make, tmp_path):
    folder = tmp_path / "some"
    for seed in range(20):
        paint(folder / f"{seed}.jpg", seed)
    (folder / "3.jpg").write_bytes(b"not a picture")
    (folder / "7.jpg").write_bytes((folder / "7.jpg").read_bytes()[:200])
    made = Index(make(folder))
    assert (made.listed, made.pictures, made.skipped) == (20, 18, 2)
    assert [name for name, _ in made.left_out()] == [str(folder / f"{n}.jpg") for n in (3, 7)]
    assert made.unit("conv1", 0).pictures == 18
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "only.png").write_bytes(b"not a picture")
    with pytest.raises(UserError, match=r"none of the 1 pictures .* can be read"):
        make(alone, "none")


def test_a_video_is_its_frames(make, tmp_path):
    path = tmp_path / "moving.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (48, 48))
    for number in range(25):
        writer.write(np.full((48, 48, 3), 10 * number, np.uint8))
    writer.release()
    made = Index(make(path, bottom=True))
    assert made.pictures == 25
    frames = [one.reference.frame for one in made.top("conv1", 0)]
    assert len(set(frames)) == 9
    one = made.top("conv1", 0)[0]
    assert abs(int(one.picture().mean()) - 10 * one.reference.frame) < 4


def test_near_duplicates_are_left_out_and_named(make, tmp_path):
    folder = tmp_path / "some"
    for seed in range(12):
        paint(folder / f"{seed}.jpg", seed)
    for seed in (2, 5):  # the same pictures, smaller and worse
        paint(folder / f"copy{seed}.jpg", seed, (32, 40), 60)
    made = Index(make(folder, skip_duplicates=True))
    assert made.pictures == 12
    assert made.left_out() == [
        (str(folder / f"copy{n}.jpg"), f"looks like {folder / f'{n}.jpg'}") for n in (2, 5)
    ]
    assert Index(make(folder, "all")).pictures == 14
    black, white = (np.full((20, 20, 3), value, np.uint8) for value in (0, 255))
    assert look_hash(black) is look_hash(white) is None


def test_a_tar_file_that_is_cut_short_gives_what_is_whole(make, tmp_path):
    path = tmp_path / "cut.tar"
    with tarfile.open(path, "w") as tar:
        for seed in range(8):
            tar.add(paint(tmp_path / "some" / f"{seed}.jpg", seed), f"{seed}.jpg")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    made = Index(make(path))
    assert 0 < made.pictures < 8
    assert made.skipped >= 1
    with tarfile.open(tmp_path / "small.tar", "w:gz") as tar:
        tar.add(tmp_path / "some" / "1.jpg", "1.jpg")
    with pytest.raises(UserError, match="unpack it"):
        list(find_pictures(str(tmp_path / "small.tar")))


def test_shards_are_named_by_a_range(tmp_path):
    for number in (7, 8):
        with tarfile.open(tmp_path / f"s-{number:03d}.tar", "w") as tar:
            tar.add(paint(tmp_path / "some" / f"{number}.jpg", number), f"{number}.jpg")
    found = list(find_pictures(str(tmp_path / "s-{007..008}.tar")))
    assert [one.member for one in found] == ["7.jpg", "8.jpg"]


def test_another_index_is_not_overwritten(make, tmp_path):
    paint(tmp_path / "some" / "1.jpg", 1)
    made = make(tmp_path / "some")
    before = (made / "top.parquet").stat().st_mtime_ns
    assert make(tmp_path / "some") == made  # done before: nothing is done
    assert (made / "top.parquet").stat().st_mtime_ns == before
    with pytest.raises(UserError, match="index of another top"):
        make(tmp_path / "some", top=3)


def test_nan_and_infinity_rank_nowhere_and_are_counted():
    highs = np.array([[1, 2], [np.nan, 3], [np.inf, 1], [4, 0]], np.float32)
    cells = np.zeros((4, 2), np.int32)
    parts = [
        summarise(Peaks(highs[at], cells[at], highs[at] - 1, cells[at]), np.arange(4)[at], 3, True)
        for at in (slice(0, 2), slice(2, 4))
    ]
    whole = merge(*parts)
    assert whole.top.places.T.tolist() == [[3, 0, -1], [1, 0, 2]]
    assert whole.moments.bad.tolist() == [2, 0]
    assert whole.moments.mean.tolist() == [2.5, 1.5]
    assert whole.moments.lowest.tolist() == [0.0, -1.0]


def test_a_patch_is_the_receptive_field_of_its_cell(network):
    spec = make_spec(network, ModelRequest("tiny", "cpu"), "x", ["conv1", "relu3", "head"])
    fields = Fields(network, spec.layers)
    x = np.full((1, 3, 32, 32), 0.5, np.float32)
    import torch

    passed = forward(network, torch.from_numpy(x), ["conv1", "relu3", "head"])
    for layer in spec.layers:
        height, width = layer.map_shape
        for cell in range(0, height * width, 5):
            field = theoretical_field(passed, layer.name, divmod(cell, width))
            assert fields.of(layer.name, cell) == (
                field.top, field.left, field.bottom, field.right,
            )  # fmt: skip


def test_a_network_without_finite_values_still_gives_an_index(make, tmp_path):
    import torch

    class Broken(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 2, 1)

        def forward(self, x):
            return (self.conv(x) * float("nan")).mean((2, 3))

    paint(tmp_path / "some" / "1.jpg", 1)
    network = VisionModel(Broken(), input_size=(8, 8))
    network.network.conv.weight.data[0] = float("nan")
    spec = make_spec(network, ModelRequest("x:y", "cpu"), str(tmp_path / "some"), ["conv"])
    made = Index(drain(index(network, spec, tmp_path / "out", 0)))
    assert made.unit("conv", 0).bad == 1
    assert made.top("conv", 0) == ()
    assert len(made.top("conv", 1)) == 1
