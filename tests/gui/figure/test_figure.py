"""A figure says what is true of the arrays that it shows, in every format, whole or not at all."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from helpers.fake_session import model_info, snapshot
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.job import JobState
from nnvis.engine.protocol.request import AblationRequest, AttackRequest, Request
from nnvis.engine.protocol.unit_order import OrderedFrame, ShownOrder
from nnvis.engine.saving.jobs import own_range
from nnvis.errors import UserError
from nnvis.export import read_meta
from nnvis.gui.figure.content import figure_of, number
from nnvis.gui.figure.dialog import FigureDialog
from nnvis.gui.figure.formats import write_figure
from nnvis.gui.figure.paint import undrawable
from nnvis.imaging.colormaps import LEVELS, palette
from nnvis.imaging.colour_options import Range, Shading
from nnvis.language import use_language
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.sources import open_source
from nnvis.views.features.concept_basis import ConceptBasis
from nnvis.views.request import ConceptsOff


def _texts(path):
    """Return what is written in an SVG, by its lines."""
    return [
        "".join(one.itertext()).strip()
        for one in ElementTree.parse(path).iter()
        if one.tag.endswith("}text")
    ]


def test_the_numbers_at_the_bar_are_the_range_of_the_maps_and_the_colours_their_map(tmp_path):
    look = snapshot(model_info(), Request("stem.conv", 3))
    picture = np.random.default_rng(0).integers(0, 255, (*look.sheet.grid.shape, 4), np.uint8)
    sheet = replace(look.sheet, screen=picture, low=-2.345, high=17.25)
    figure = figure_of(replace(look, sheet=sheet), "layer")
    texts = _texts(write_figure(figure, "light", tmp_path / "f.svg"))
    at = texts.index("\N{MINUS SIGN}2.345")
    assert texts[at : at + 3] == ["\N{MINUS SIGN}2.345", number((-2.345 + 17.25) / 2), "17.25"]
    written = write_figure(figure, "light", tmp_path / "f.png")
    kept = read_meta(written)["scale"]
    assert [kept["low"], kept["high"]] == [-2.345, 17.25]
    pixels = np.asarray(Image.open(written).convert("RGB"))[-700:, 700:].astype(np.int16)
    colours = palette(sheet.colormap)[:LEVELS, :3].astype(np.int16)
    ends = [np.abs(pixels - one).max(2) <= 2 for one in (colours[0], colours[-1])]
    lows, highs = map(np.argwhere, ends)  # below the grid
    assert len(lows)
    assert len(highs)
    assert lows[:, 1].max() < highs[:, 1].min()  # from the left to the right


def test_nothing_of_what_must_be_known_is_left_out(tmp_path):
    info = replace(model_info(), random="random weights (seed 0)")
    shading = Shading(range=Range.UNIT, gamma=0.5)
    look = snapshot(info, Request("stem.conv", 3, shading=shading))
    look = replace(look, frame=replace(look.frame, label="cat.jpg"))
    figure = figure_of(look, "unit", "A title")
    said = " ".join(_texts(write_figure(figure, "dark", tmp_path / "f.svg")))
    for told in (
        "A title", "stem.conv", "unit 3", "Conv2d", "Random weights (seed 0)", "made-up",
        info.weights_hash, "cat.jpg", "every unit has its own range", "gamma 0.5, not linear",
    ):  # fmt: skip
        assert told in said
    assert re.search(r"20\d\d-\d\d-\d\d", said)


def test_it_says_by_what_the_tiles_lie_and_what_is_subtracted():
    basis = ConceptBasis("stem.conv", np.ones((2, 8), np.float32), np.ones(2, np.float32), 0.5,
                         False, 64, "a stream", "0" * 16)  # fmt: skip
    off = AblationRequest(concepts=ConceptsOff(basis, (1,)))
    look = snapshot(model_info(), Request("stem.conv", 3, ablation=off))
    units = np.arange(look.layer.units)
    for text, said in (
        ("by number: nothing is changed now", ", by number: nothing is changed now"),
        ("highest value", "ordered by highest value; cat.png"),
    ):
        of = None if text.startswith("by number") else OrderedFrame("cat.png", 3, "demo")
        order = ShownOrder("change", units, np.full(len(units), np.nan, np.float32), text, of)
        figure = figure_of(replace(look, sheet=replace(look.sheet, order=order)), "layer")
        assert said in figure.subtitle
    assert "1 concept subtracted" in figure.facts
    for attack, told in (
        (AttackRequest("linf", 4 / 255), "L∞, 4/255"), (AttackRequest("l2", 0.5), "L2, 0.5")
    ):  # fmt: skip
        attacked = replace(look, request=replace(look.request, attack=attack))
        assert f"Attack of size {told}" in figure_of(attacked, "unit").facts
    assert not any("clean input" in line for line in figure.facts)


def test_all_but_names_is_said_in_chinese():
    info = replace(model_info(), random="random weights (seed 0)")
    look = snapshot(info, Request("stem.conv", 3, shading=Shading(range=Range.UNIT, gamma=0.5)))
    look = replace(look, frame=replace(look.frame, label="Cancel"))  # a name is no text of ours
    units = np.arange(look.layer.units)
    order = ShownOrder("peak", units, np.zeros(len(units), np.float32), "highest value")
    look = replace(look, sheet=replace(look.sheet, order=order))
    use_language("zh")
    told = figure_of(look, "layer", "Cancel")
    said = (told.subtitle, told.caption, told.warning, told.scale.note, *told.facts)
    ours = re.sub(r"Conv2d|stem\.conv|Cancel|nnvis|made-up|label \d+", "", " ".join(said))
    assert told.title == "Cancel"
    assert told.caption.endswith("Cancel")
    assert "每个单元有自己的范围" in told.scale.note
    for hash_or_path in (info.weights_hash, look.path, info.model_request.spec):
        ours = ours.replace(hash_or_path, "")
    assert re.findall(r"[A-Za-z]{2,}", ours) == []


def test_every_format_is_whole_at_300_dots_an_inch_and_seven_inches_wide(tmp_path):
    look = snapshot(model_info(), Request("stem.conv", 3))
    figure = figure_of(look, "layer", "layer." * 40)
    with Image.open(write_figure(figure, "dark", tmp_path / "f.png")) as image:
        assert image.width == 2100
        assert round(image.info["dpi"][0]) == 300
        assert image.getpixel((0, 0)) == (0x14, 0x16, 0x1B)
    pdf = write_figure(figure, "light", tmp_path / "f.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"%%EOF" in pdf[-16:]
    width, _height = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups()
    assert abs(float(width) - 504) < 1
    root = ElementTree.parse(write_figure(figure, "light", tmp_path / "f.svg")).getroot()
    assert abs(float(root.get("width").removesuffix("mm")) - 7 * 25.4) < 0.5
    with pytest.raises(UserError, match="name the file"):
        write_figure(figure, "light", tmp_path / "f.jpg")
    (tmp_path / "taken").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        write_figure(figure, "light", tmp_path / "taken" / "f.pdf")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["f.pdf", "f.png", "f.svg", "taken"]


def test_gaps_between_tiles_have_the_colour_of_the_paper():
    look = snapshot(model_info(), Request("stem.conv", 3))
    figure = figure_of(look, "layer")
    x, y, width, height = look.sheet.grid.rect(0)
    assert not figure.gaps[y : y + height, x : x + width].any()
    assert figure.gaps[y, x + width]
    tiles = look.sheet.grid.count * width * height
    assert (~figure.gaps).sum() == tiles


def test_characters_that_no_font_draws_are_named():
    look = snapshot(model_info(), Request("stem.conv", 3))
    assert undrawable(figure_of(look, "layer", "a \U0010fffd layer")) == "\U0010fffd"
    assert undrawable(figure_of(look, "layer", "a layer")) == ""


def test_the_dialog_draws_saves_and_copies_the_look_that_was_shown(shown, tmp_path):
    shown.window.commands["figure"].trigger()
    dialog = shown.window.findChild(FigureDialog)
    assert list(dialog.parts.buttons) == ["layer", "unit", "overlay"]
    assert not dialog.ranges.isEnabled()  # all units have that of the grid
    assert not dialog.preview.pixmap().isNull()
    dialog.papers.buttons["dark"].click()
    dialog.parts.buttons["unit"].click()
    assert dialog.figure.scale.note == "range of all units"
    dialog.ranges.buttons["own"].click()
    shown.qtbot.waitUntil(lambda: dialog.figure.scale.note == "range of this unit alone")
    shown.qtbot.waitUntil(dialog.saves.isEnabled)
    dialog.title.setText("Title")
    dialog.copy()
    image = QApplication.clipboard().image()
    assert image.width() == 2100
    assert image.pixelColor(0, 0) == QColor(0x14, 0x16, 0x1B)
    dialog.ask_save()
    asked = dialog.findChild(QFileDialog)
    asked.selectNameFilter("PDF (*.pdf)")
    [offered] = asked.selectedFiles()
    assert re.search(r"/[\w-]+_unit\d{4}\.pdf$", offered)  # whatever the layer is called
    asked.selectNameFilter("PNG (*.png)")
    asked.selectFile(str(tmp_path / "blocks.3.0_unit"))
    asked.accept()
    job = shown.session.asked[-1]
    job.result = drain(job.start(None))
    job.state = JobState.DONE
    shown.bridge.job_changed(job)
    toast = shown.window.toast
    shown.qtbot.waitUntil(lambda: str(tmp_path) in toast.text.toolTip())
    meta = read_meta(tmp_path / "blocks.3.0_unit.png")
    assert (meta["kind"], meta["part"], meta["title"]) == ("figure", "unit", "Title")
    shown.qtbot.waitUntil(lambda: shown.window.findChild(FigureDialog) is None)
    shown.window.commands["figure"].trigger()
    again = shown.window.findChild(FigureDialog)
    assert (again.part, again.range, again.paper) == ("unit", "own", "dark")  # as it was left


@pytest.mark.parametrize("name", ["conv1", "relu1"])
def test_a_unit_over_its_own_range_alone_and_over_the_picture(tmp_path, name):
    model, asked = load("tiny"), ModelRequest("tiny")
    info, frame = model.info(asked), open_source("sample:chelsea").read()
    look = process_frame(model, info, frame, Request(name, 1))
    own, values = own_range(look), look.unit.values
    low, high = float(values.min()), float(values.max())
    if look.sheet.signed:
        low, high = -max(-low, high), max(-low, high)
    figure = figure_of(look, "unit", own=own)
    texts = _texts(write_figure(figure, "light", tmp_path / "f.svg"))
    assert {number(low), number(high), "range of this unit alone"} <= set(texts)
    kept = read_meta(write_figure(figure, "light", tmp_path / "f.png"))["scale"]
    np.testing.assert_allclose([kept["low"], kept["high"]], [low, high], 1e-6)
    colours = palette(look.sheet.colormap)[:LEVELS]
    part = (values - low) / (high - low) * (LEVELS - 1)
    wanted = colours[np.clip(np.round(part), 0, LEVELS - 1).astype(int)]
    assert np.abs(figure.picture.astype(int) - wanted.astype(int)).max() <= 12  # one level
    over = figure_of(look, "overlay", own=own)
    assert over.picture.shape == look.fed.shape
    assert "laid over the input" in over.scale.note
    assert (over.scale.low, over.scale.high) == (figure.scale.low, figure.scale.high)
    fixed = replace(look.request, shading=Shading(Range.FIXED, -1, 5))
    look = process_frame(model, info, frame, fixed)
    assert figure_of(look, "overlay", own=own_range(look)).scale.note.startswith("fixed range")


@pytest.mark.parametrize("name", ["conv1", "relu1"])
def test_the_numbers_at_the_bar_are_the_extremes_of_what_a_hook_sees(tmp_path, name):
    model, asked = load("tiny"), ModelRequest("tiny")
    info, frame = model.info(asked), open_source("sample:chelsea").read()
    found = []
    module = dict(model.network.named_modules())[name]
    hook = module.register_forward_hook(lambda _m, _i, out: found.append(out.clone()))
    with hook, torch.inference_mode():
        model(model.tensor(info.preprocess.feed(frame.picture, "crop")))
    least, most = float(found[0].min()), float(found[0].max())
    figure = figure_of(process_frame(model, info, frame, Request(name, 1)), "layer")
    texts = _texts(write_figure(figure, "light", tmp_path / "f.svg"))
    reach = max(-least, most)
    low, high = (-reach, reach) if least < 0 < most else (least, most)
    middle = texts[texts.index(number(low)) + 1]
    assert number(high) in texts
    assert middle == ("0" if least < 0 < most else number((low + high) / 2))


def test_alt_and_a_letter_press_the_buttons_and_write_nothing(shown, monkeypatch):
    pressed = []
    for name in ("ask_save", "copy"):
        monkeypatch.setattr(FigureDialog, name, lambda *_, name=name: pressed.append(name))
    shown.window.commands["figure"].trigger()
    dialog = shown.window.findChild(FigureDialog)
    dialog.activateWindow()
    shown.qtbot.waitUntil(dialog.isActiveWindow)
    for times, key in enumerate((Qt.Key.Key_S, Qt.Key.Key_C), 1):
        QTest.keyClick(dialog.title, key, Qt.KeyboardModifier.AltModifier)
        shown.qtbot.waitUntil(lambda times=times: len(pressed) == times)
    QTest.keyClick(dialog.title, Qt.Key.Key_Return)
    assert pressed == ["ask_save", "copy", "ask_save"]
    assert dialog.title.text() == ""
    with shown.qtbot.waitSignal(dialog.rejected):
        QTest.keyClick(dialog.title, Qt.Key.Key_L, Qt.KeyboardModifier.AltModifier)
