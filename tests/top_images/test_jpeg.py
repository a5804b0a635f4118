"""JPEG files decoded where the network is: here by torchvision's decoder for the CPU."""

from __future__ import annotations

import io
import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from helpers.indexed import files, small_shards
from PIL import Image

from nnvis.errors import UserError
from nnvis.models import load
from nnvis.models.preprocess import Preprocess, Scale
from nnvis.progress import drain
from nnvis.sources.sample import SAMPLES, read_sample
from nnvis.top_images import Index, merge
from nnvis.top_images.jpeg import HOST, chosen_decoder, decoded, is_plain, scaled

CPU = torch.device("cpu")


def jpeg(picture, mode="RGB", **options):
    file = io.BytesIO()
    Image.fromarray(picture).convert(mode).save(file, "JPEG", **options)
    return file.getvalue()


def turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Photographs as plain JPEG, and one of each kind that a device may not be given."""
    folder = tmp_path_factory.mktemp("mixed")
    for name in SAMPLES:
        picture = read_sample(name)[:300, :320]
        (folder / f"{name}.jpg").write_bytes(jpeg(picture, quality=90))
    cat = read_sample("chelsea")
    for name, content in {
        "grey": jpeg(cat, "L"),
        "progressive": jpeg(cat, progressive=True),
        "cmyk": jpeg(cat, "CMYK"),
        "turned": jpeg(cat, exif=turned()),
        "strip": jpeg(np.repeat(cat[:4], 9, 1)),
        "cut": jpeg(cat)[:4000],
        "empty": b"",
    }.items():
        (folder / f"{name}.jpg").write_bytes(content)
    Image.fromarray(cat).save(folder / "cat.png")
    return folder


def test_only_plain_files_are_left_to_the_device(mixed):
    left = {path.stem for path in mixed.iterdir() if is_plain(path.read_bytes())}
    assert left == {*SAMPLES, "strip"}


@pytest.mark.parametrize("fit", ["crop", "stretch", "whole"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_a_device_scales_as_pillow_does(fit, interpolation):
    die = np.random.default_rng(0)
    for scale in Scale:
        preprocess = Preprocess((96, 80), (110, 100), scale, interpolation)
        for height, width in ((150, 240), (300, 90), (60, 50), (96, 80)):
            coarse = die.integers(0, 256, (height // 10, width // 10, 3), np.uint8)
            picture = np.array(Image.fromarray(coarse).resize((width, height)))
            mine = scaled(torch.from_numpy(picture).permute(2, 0, 1), preprocess, fit).numpy()
            off = np.abs(mine.astype(int) - preprocess.feed(picture, fit))
            assert off.max() <= 2
            assert off.mean() < 0.2


def test_photographs_give_the_network_nearly_the_same_numbers():
    model = load("efficientnet_lite0")
    worst = 0.0
    for name in ("chelsea", "coffee", "motorcycle_left"):
        content = jpeg(read_sample(name), quality=90)
        host = model.preprocess.feed(np.asarray(Image.open(io.BytesIO(content))))
        mine = scaled(decoded([content], CPU)[0], model.preprocess).numpy()
        logits = [model(model.tensor(one))[0] for one in (host, mine)]
        worst = max(worst, float((logits[0] - logits[1]).abs().max() / logits[0].std()))
    assert worst < 0.01


def test_an_index_of_the_device_has_the_same_pictures_and_nearly_the_same_values(make, mixed):
    host, mine = make(mixed, "host"), make(mixed, "mine", decoder="device")
    assert Index(host).skipped == Index(mine).skipped == 2
    assert sorted(Index(host).left_out()) == sorted(Index(mine).left_out())
    tables = [pq.read_table(one / "units.parquet").to_pydict() for one in (host, mine)]
    for name in ("mean", "highest", "lowest"):
        both = [np.array(one[name], float) for one in tables]
        assert np.allclose(*both, rtol=0.02, atol=0.02 * np.abs(both[0]).max())
    assert json.loads((mine / "index.json").read_text())["plan"]["decoder"] == "torchvision"


def test_it_is_the_same_whatever_the_workers_and_after_a_cut(make, mixed, network):
    from nnvis.models.info import ModelRequest
    from nnvis.top_images import index

    alone = files(make(mixed, "alone", decoder="device"))
    assert files(make(mixed, "beside", workers=1, decoder="device")) == alone
    out = mixed.parent / "cut short"
    shutil.rmtree(out, ignore_errors=True)
    spec = small_shards(
        network, ModelRequest("tiny", "cpu"), str(mixed),
        ["conv1", "relu2", "relu3", "head"], decoder="device",
    )  # fmt: skip
    steps = index(network, spec, out, 0)
    for step in steps:
        if "picture" in step.note:
            break
    steps.close()
    other = small_shards(network, ModelRequest("tiny", "cpu"), str(mixed), decoder="host")
    with pytest.raises(UserError, match="another"):
        drain(index(network, other, out, 0))
    drain(index(network, spec, out, 0))
    assert files(out) == alone


def test_merged_indexes_name_both_decoders(make, mixed, tmp_path):
    both = drain(merge([make(mixed, "a"), make(mixed, "b", decoder="device")], tmp_path / "both"))
    assert Index(both).spec.decoder == "pillow + torchvision"


def test_what_decodes_is_chosen_by_device_and_preprocessing(network):
    plain = network.preprocess
    assert chosen_decoder("auto", CPU, plain) == HOST
    grey = Preprocess((28, 28), (28, 28), grey=True)
    with pytest.raises(UserError, match="on the host only"):
        chosen_decoder("device", CPU, grey)
    with pytest.raises(UserError, match="use auto, host or device"):
        chosen_decoder("gpu", CPU, plain)
    meta = torch.device("meta")  # has no decoder
    with pytest.raises(UserError, match="no JPEG decoder"):
        chosen_decoder("device", meta, plain)
