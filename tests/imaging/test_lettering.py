"""Letters in written pictures: the usual ones, and those of another font where they lack one."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from nnvis.imaging import lettering
from nnvis.imaging.lettering import font_for


@pytest.fixture
def one_sign(tmp_path, monkeypatch):
    """Let the only other font on this machine be one that has nothing but a box for 鸟."""
    builder = pytest.importorskip("fontTools.fontBuilder").FontBuilder(1000, isTTF=True)
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    for number, point in enumerate(((100, 0), (100, 700), (900, 700), (900, 0))):
        (pen.lineTo if number else pen.moveTo)(point)
    pen.closePath()
    empty = TTGlyphPen(None).glyph()
    builder.setupGlyphOrder([".notdef", "bird"])
    builder.setupCharacterMap({ord("鸟"): "bird"})
    builder.setupGlyf({".notdef": empty, "bird": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "bird": (1000, 100)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "One sign", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    file = tmp_path / "one.ttf"
    builder.save(file)
    monkeypatch.setattr(lettering, "FACES", (("there-is-none.ttf", 0), (str(file), 0)))
    lettering._tell.cache_clear()
    return file


def written(text, font):
    page = Image.new("RGB", (300, 30))
    ImageDraw.Draw(page).text((3, 3), text, "white", font)
    return np.asarray(page)


@pytest.mark.parametrize("text", ["", "0.931 tabby cat", "café, Löwe"])
def test_latin_texts_are_written_as_ever(text, one_sign):
    usual = ImageFont.load_default(14)
    assert np.array_equal(written(text, font_for(text, 14)), written(text, usual))


def test_a_font_that_has_the_sign_is_taken(one_sign):
    assert font_for("鸟", 14).path == str(one_sign)
    assert font_for("鸟", 14).size == 14


def test_without_such_a_font_it_is_said_once_what_to_install(one_sign, caplog):
    with caplog.at_level(logging.WARNING):
        for text in ("鱼", "鱼 0.5"):
            assert font_for(text, 12).getname() == ImageFont.load_default(12).getname()
    assert [one.message for one in caplog.records if "fonts-noto-cjk" in one.message] != []
    assert len(caplog.records) == 1


def test_chinese_names_are_written_with_signs_of_their_own():
    font = font_for("金鱼", 14)
    if font.getname() == ImageFont.load_default(14).getname():
        pytest.skip("no font here has Chinese signs")
    fish, gold = (written(one, font) for one in "鱼金")
    assert fish.any()
    assert not np.array_equal(fish, gold)
