"""Which values are black and white: what is fed equals a decode by another library, to rounding."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from nnvis.errors import UserError
from nnvis.sources import open_source
from nnvis.sources.source import Control


def shown(path, window=""):
    frame = open_source(f"{path}{window}").read()
    assert frame.picture.flags.c_contiguous
    return frame.picture, frame.scale


def flat(kind, value, odd):
    values = np.full((64, 64), value, kind)
    values[5, 5] = odd
    return values


RAMP = np.arange(64 * 64).reshape(64, 64)
CASES = {
    # what is in the file: low, high, what is said
    "one float above 1": (flat(np.float32, 0.4, 1.003), 0, 1, "0.024% of the values are beyond"),
    "one hot float": (flat(np.float32, 0.4, 1e6), 0, 1, "usual for 32-bit floats"),
    "ringing of floats": ((RAMP / 4000).astype(np.float32), 0, 1, "0 is black, 1 is white"),
    "a little below black": ((RAMP / 4095 - 0.01).astype(np.float32), 0, 1, "beyond"),
    "bright lights": ((RAMP / 700).astype(np.float32), 0, 1, "beyond"),
    "floats to 255": ((RAMP / 16).astype(np.float32), 0, 255, "255 is white"),
    "floats to 255, dark, few lit": (flat(np.float32, 0, 200), 0, 255, "255 is white"),
    "floats to 65535": ((RAMP * 16).astype(np.float32), 0, 65535, "65535 is white"),
    "halves": ((RAMP / 4095).astype(np.float16), 0, 1, "16-bit floats"),
    "doubles": ((RAMP / 4095).astype(np.float64), 0, 1, "64-bit floats"),
    "normalised": ((RAMP / 2048 - 1).astype(np.float32), -1, 1, "signed 32-bit floats"),
    "signed bytes": ((RAMP // 16 - 128).astype(np.int8), -128, 127, "signed 8-bit integers"),
    "tomogram": ((RAMP - 1024).astype(np.int16), -1024, 3071, "signed 16-bit integers"),
    "16 bits": ((RAMP * 16).astype(np.uint16), 0, 65535, "65535 is white (16-bit integers)"),
    "12 in 16 bits": (RAMP.astype(np.uint16), 0, 65535, "the largest value is 4095"),
    "integers, one above 255": (flat(np.int32, 200, 300), 0, 255, "255 is white"),
    "integers, one far above 255": (flat(np.int32, 200, 70000), 0, 255, "255 is white"),
    "integers of 12 bits": (RAMP.astype(np.int32), 0, 4095, "4095 is white"),
    "unsigned 32 bits": (np.array([[0, 2**31 - 1], [2**31, 2**32 - 1]], np.uint32), 0, 2**32 - 1,
                         "32-bit integers"),
    "counts to 2^40": ((RAMP.astype(np.uint64) << 28) + 9, 0, 2**40 - 1, "64-bit integers"),
    "counts to 10^5": ((RAMP * 25).astype(np.int32), 0, 2**17 - 1, "32-bit integers"),
    "wide and signed": ((RAMP - 2048) << 29, -(2**40), 2**40 - 1, "signed 64-bit integers"),
    "small floats": (RAMP * 1e-9, 4.095e-8, 4.05405e-6, "where 98% of these"),
    "kelvin": ((RAMP / 100 + 273).astype(np.float32), 273.4095, 313.5405, "where 98% of these"),
    "one height": (np.full((9, 9), 500000.0, np.float32), 499500, 500500, "98% of these"),
    "one large count": (np.full((9, 9), 10**19, np.uint64), 0, 2**64 - 1, "64-bit integers"),
    "dark floats": ((RAMP / 40950).astype(np.float32), 0, 1, "the largest value is 0.1"),
    "unsigned 32 bits to 255": ((RAMP // 16).astype(np.uint32), 0, 255, "255 is white"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("order", "<>")
def test_white_is_decided_by_type_and_sense_and_told(tmp_path, name, order):
    values, low, high, said = CASES[name]
    tifffile.imwrite(tmp_path / "a.tif", values, byteorder=order, photometric="minisblack")
    picture, scale = shown(tmp_path / "a.tif")
    expected = np.clip((values.astype(np.longdouble) - low) / (high - low) * 255, 0, 255)
    assert np.abs(picture - expected[..., None]).max() <= 0.5 + 1e-4
    assert said in scale


def test_thirty_two_bits_are_not_taken_for_signed(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", CASES["unsigned 32 bits"][0], byteorder=">")
    assert shown(tmp_path / "a.tif")[0][..., 0].tolist() == [[0, 127], [128, 255]]


def test_measurements_are_shown_from_low_to_high_and_what_is_no_number_is_told(tmp_path):
    heights = (RAMP * 50.0 + 1e5).astype(np.float32)
    heights[0, :3] = np.nan, np.inf, -np.inf
    tifffile.imwrite(tmp_path / "a.tif", heights)
    picture, scale = shown(tmp_path / "a.tif")
    assert picture[0, :3, 0].tolist() == [0, 255, 0]
    assert np.abs(np.diff(picture[..., 0].reshape(-1)[100:].astype(int))).max() <= 1
    assert picture[-1, -1, 0] == 255
    assert "where 98% of these 32-bit floats lie" in scale
    assert "1 are no numbers, shown black" in scale


@pytest.mark.parametrize("kind", [np.uint16, np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("bands", [3, 4, 6])
def test_colour_of_any_depth_and_bands(tmp_path, kind, planar, bands):
    rng = np.random.default_rng(0)
    top = np.iinfo(kind).max if np.dtype(kind).kind == "u" else 1
    values = (rng.random((40, 50, bands)) * top).astype(kind)
    stored = values if planar == "contig" else np.moveaxis(values, -1, 0)
    tifffile.imwrite(
        tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar,
        extrasamples=["unspecified"] * (bands - 3),
    )  # fmt: skip
    picture, scale = shown(tmp_path / "a.tif")
    expected = values[..., :3].astype(np.float64) / top * 255
    assert np.abs(picture - expected).max() <= 0.5 + 1e-3
    assert ("bands 1, 2, 3 of 6" in scale) == (bands == 6)


def test_twelve_bits_that_the_file_declares(tmp_path):
    values = np.arange(64 * 64).reshape(64, 64)
    pairs = values.reshape(-1, 2)
    packed = np.stack(
        [pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255], 1
    )
    data = packed.astype(np.uint8).tobytes()
    tags = [(256, 4, 64), (257, 4, 64), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 8),
            (277, 3, 1), (278, 4, 64), (279, 4, len(data))]  # fmt: skip
    head = b"II*\0" + (8 + len(data)).to_bytes(4, "little")
    table = b"".join(
        tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + (1).to_bytes(4, "little")
        + value.to_bytes(4, "little")
        for tag, kind, value in tags
    )  # fmt: skip
    table = len(tags).to_bytes(2, "little") + table + bytes(4)
    (tmp_path / "a.tif").write_bytes(head + data + table)
    picture, scale = shown(tmp_path / "a.tif")
    assert np.abs(picture[..., 0] - values / 4095 * 255).max() <= 0.51
    assert "12-bit integers" in scale


def test_white_may_be_zero(tmp_path):
    for kind in (np.uint8, np.uint16):
        values = np.linspace(0, np.iinfo(kind).max, 256).astype(kind).reshape(16, 16)
        tifffile.imwrite(tmp_path / "a.tif", values, photometric="miniswhite")
        assert (
            np.abs(
                shown(tmp_path / "a.tif")[0][..., 0] - (255 - np.arange(256.0).reshape(16, 16))
            ).max()
            <= 1
        )


def test_a_window_is_obeyed_told_and_part_of_the_name(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", RAMP.astype(np.uint16))
    source = open_source(f"{tmp_path / 'a.tif'}?window=1000:3000")
    frame = source.read()
    expected = np.clip((RAMP - 1000) / 2000, 0, 1) * 255
    assert np.abs(frame.picture[..., 0] - expected).max() <= 0.51
    assert "1000 is black, 3000 is white (as asked)" in frame.scale
    assert np.array_equal(open_source(source.spec).read().picture, frame.picture)
    assert frame.source == source.spec
    with pytest.raises(UserError, match="write window=0:4095"):
        open_source(f"{tmp_path / 'a.tif'}?window=9")
    Image.fromarray(RAMP.astype(np.uint8)).save(tmp_path / "b.png")
    bytes_too, _ = shown(tmp_path / "b.png", "?window=-10:300")
    assert np.abs(bytes_too[..., 0] - ((RAMP & 255) + 10) / 310 * 255).max() <= 0.51


def test_all_pictures_of_a_folder_have_one_scale(tmp_path):
    for number, white in enumerate((200.0, 0.9, 255.0)):
        tifffile.imwrite(tmp_path / f"{number}.tif", np.full((8, 8), white, np.float32))
    source = open_source(str(tmp_path))
    seen = [source.read().picture[0, 0, 0]]
    for _ in range(2):
        source.control(Control.STEP, 1)
        seen.append(source.read().picture[0, 0, 0])
    assert seen == [200, 1, 255]


def test_a_colour_profile_is_told(tmp_path):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (8, 8), (10, 20, 30)).save(tmp_path / "a.png", icc_profile=profile)
    picture, scale = shown(tmp_path / "a.png")
    assert picture[0, 0].tolist() == [10, 20, 30]
    assert "its colour profile is not applied" in scale
