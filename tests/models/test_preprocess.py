"""Frames are prepared as the libraries do it, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
import timm.data
import torch
from PIL import Image
from torchvision import transforms
from torchvision.models import MobileNet_V3_Small_Weights, RegNet_Y_400MF_Weights

from nnvis.models.formats.from_timm import preprocess_of
from nnvis.models.formats.from_torchvision import _described
from nnvis.models.preprocess import Fit, Preprocess, Scale
from nnvis.models.resizing import exact
from nnvis.models.resizing.part import _Cut, _Trial

SIZES = [(300, 451), (451, 300), (225, 225), (97, 333), (64, 31), (720, 1280), (256, 256)]


def noise(height, width):
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)


def bytes_of(transform, picture):
    steps = [one for one in transform.transforms if not isinstance(one, transforms.Normalize)]
    made = transforms.Compose(steps)(Image.fromarray(picture))
    return (made * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()


@pytest.mark.parametrize("crop_mode", ["center", "squash", "border"])
@pytest.mark.parametrize("size", [(224, 224), (160, 256)])
def test_as_timm(crop_mode, size):
    data = {
        "input_size": (3, *size),
        "crop_pct": 0.9,
        "crop_mode": crop_mode,
        "interpolation": "bicubic",
        "mean": (0.5, 0.4, 0.3),
        "std": (1, 1, 1),
    }
    transform = timm.data.create_transform(**data)
    for height, width in SIZES:
        picture = noise(height, width)
        fed = preprocess_of(data).feed(picture)
        np.testing.assert_array_equal(fed, bytes_of(transform, picture))


@pytest.mark.parametrize("weights", [MobileNet_V3_Small_Weights, RegNet_Y_400MF_Weights])
def test_as_torchvision(weights):
    net = torch.nn.Identity()
    network = _described("a network", net, weights.DEFAULT)
    transform = weights.DEFAULT.transforms()
    mean, std = (torch.tensor(one).view(3, 1, 1) for one in (transform.mean, transform.std))
    for height, width in SIZES:
        picture = noise(height, width)
        made = transform(Image.fromarray(picture)) * std + mean
        made = (made * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
        np.testing.assert_array_equal(network.preprocess.feed(picture), made)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("frame", [(480, 640), (1080, 1920), (1920, 1080), (768, 1366), (90, 300)])
def test_of_a_stream_only_what_is_fed_is_resized_to_the_last_bit(frame, interpolation):
    picture = noise(*frame)
    for size, scale in (((224, 224), Scale.SHORTER), ((160, 256), Scale.COVER)):
        ways = Preprocess(size, (256, 300) if scale is Scale.COVER else (256, 256), scale)
        ways = ways.cut(None, interpolation)
        high, wide = ways.scaled_size(*frame, Fit.CROP)
        whole = Image.fromarray(picture).resize(
            (wide, high), Image.Resampling[interpolation.upper()]
        )
        top, left = ways.corner(high, wide)
        fed = np.array(whole.crop((left, top, left + size[1], top + size[0])))
        for _ in range(6):  # a size that comes again is resized in parts
            np.testing.assert_array_equal(ways.feed(picture), fed)
        mirrored = np.ascontiguousarray(picture[:, ::-1])[:, ::-1]  # lies the other way round
        np.testing.assert_array_equal(ways.feed(mirrored), fed)


def trial_of(frame, interpolation="bilinear"):
    ways = Preprocess((224, 224), (256, 256))
    high, wide = ways.scaled_size(*frame, Fit.CROP)
    top, left = ways.corner(high, wide)
    return _Trial(_Cut(frame, (high, wide), (top, left, top + 224, left + 224), interpolation))


def test_the_common_sizes_of_cameras_are_resized_in_parts():
    for frame in ((480, 640), (720, 1280), (1080, 1920), (1920, 1080), (2160, 3840)):
        trial = trial_of(frame)
        assert trial.alone() is None  # not worth trying yet
        assert any(trial.alone() for _ in range(4))


def test_sums_between_two_levels_go_up():
    halved = trial_of((512, 512))  # each pixel a mean of eighths, which floats hold exactly
    alone = [halved.alone() for _ in range(5)][-1]
    picture = np.resize([10, 10, 11, 11], (512, 512, 3)).astype(np.uint8)
    np.testing.assert_array_equal(alone(picture), halved._cut.whole(picture))


def test_without_opencv_it_is_the_same(monkeypatch):
    trial = trial_of((480, 640), "bicubic")
    alone = [trial.alone() for _ in range(5)][-1]
    picture = noise(480, 640)
    monkeypatch.setattr(exact, "cv2", None)
    np.testing.assert_array_equal(alone(picture), trial._cut.whole(picture))


def test_where_many_sums_are_open_the_whole_is_resized(monkeypatch):
    trial = trial_of((480, 640), "bicubic")
    alone = [trial.alone() for _ in range(5)][-1]
    ends = noise(480, 640) // 128 * 255
    np.testing.assert_array_equal(alone(ends), trial._cut.whole(ends))
    monkeypatch.setattr(exact, "_MANY", 1 << 40)
    assert alone(ends) is None
    ways = Preprocess((224, 224), (256, 256)).cut(None, "bicubic")
    for _ in range(6):
        np.testing.assert_array_equal(ways.feed(ends), trial._cut.whole(ends))


def test_the_whole_frame_is_shown_between_bars_of_the_mean():
    ways = Preprocess((100, 100), (100, 100), mean=(1, 2, 3))
    fed = ways.feed(np.full((50, 100, 3), 200, np.uint8), "whole")
    assert fed.shape == (100, 100, 3)
    assert (fed[25:75] == 200).all()
    assert (fed[:25] == (1, 2, 3)).all()
    assert (fed[75:] == (1, 2, 3)).all()
    assert ways.window(50, 100, "whole") == (0, -25, 100, 75)


def test_stretching_feeds_everything():
    ways = Preprocess((100, 100), (100, 100))
    fed = ways.feed(noise(50, 100), "stretch")
    assert fed.shape == (100, 100, 3)
    assert ways.window(50, 100, "stretch") == (0, 0, 100, 50)


def test_the_window_is_what_is_fed():
    ways = Preprocess((224, 224), (256, 256))
    picture = np.zeros((480, 640, 3), np.uint8)
    x0, y0, x1, y1 = ways.window(480, 640)
    picture[round(y0) : round(y1), round(x0) : round(x1)] = 255
    fed = ways.feed(picture)
    assert fed[3:-3, 3:-3].min() == 255
    assert (x1 - x0) / (y1 - y0) == pytest.approx(1, abs=0.01)


def test_a_thin_strip_does_not_fill_the_memory():
    ways = Preprocess((224, 224), (256, 256), Scale.SHORTER)
    assert ways.feed(noise(2, 60_000)).shape == (224, 224, 3)
