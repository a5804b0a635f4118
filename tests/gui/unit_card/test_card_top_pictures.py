import numpy as np
import pytest

from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.snapshot import Attribution
from nnvis.engine.unit_card import top_pictures
from nnvis.engine.unit_card.top_pictures import RankedPicture, RankedPictures
from nnvis.errors import UserError
from nnvis.gui.source.file_kinds import FileKind, recognise
from nnvis.views.request import AttributionRequest

RED = np.full((32, 32, 3), (255, 0, 0), np.uint8)
GREEN = np.full((32, 32, 3), (0, 255, 0), np.uint8)


@pytest.fixture
def opened(shown, monkeypatch, tmp_path):
    """The card with an index of two pictures, of which the second one is gone."""
    pictures = (
        RankedPicture(3.0, (1, 2), (4, 4, 20, 20), "/there/a.png", RED[:16, :16]),
        RankedPicture(2.0, (0, 0), (0, 0, 9, 9), "/there/b.png", RED[:16, :16]),
    )

    def look_up(path, info, layer, unit):
        return RankedPictures(layer, unit, pictures, 100, 3.0)

    def read_pictures(path, info, found):
        there = RankedPicture(3.0, (1, 2), (4, 4, 20, 20), "/there/a.png", RED[:16, :16], fed=RED)
        gone = RankedPicture(2.0, (0, 0), (0, 0, 9, 9), "/there/b.png", RED[:16, :16],
                   problem="/there/b.png does not exist")  # fmt: skip
        return RankedPictures(found.layer, found.unit, (there, gone), 100, 3.0)

    monkeypatch.setattr(top_pictures, "look_up", look_up)
    monkeypatch.setattr(top_pictures, "read_pictures", read_pictures)
    for name in ("index.json", "top.parquet"):
        (tmp_path / name).touch()
    shown.window.opening.open_path(str(tmp_path))
    wait = shown.qtbot.waitUntil
    wait(lambda: any(one.title == "top pictures" for one in _jobs(shown)))
    return shown


def _jobs(shown):
    return [one for one in shown.session.asked if isinstance(one, Job)]


def _done(shown, title, result):
    job = next(one for one in reversed(_jobs(shown)) if one.title == title)
    job.state, job.result = JobState.DONE, result
    shown.bridge.take_job(job)


def test_a_click_shows_what_the_cell_saw_and_a_second_the_preferred_picture(opened, tmp_path):
    info = opened.window.pages["card"]
    assert opened.controller.settings.index == str(tmp_path)
    assert [one.text for one in info.top_pictures.strip.shown] == ["3.00", "2.00"]
    info.top_pictures.strip.chosen.emit(0)
    attribution = Attribution(
        AttributionRequest("deconv", "stem.conv", 0, (1, 2)),
        GREEN,
        np.zeros((3, 32, 32), np.float32),
        -1,
        1,
        1,
        True,
        "gray",
        "",
        "",
        0,
    )
    _done(opened, "deconv", attribution)
    assert info.top_pictures.large.isVisible()
    assert not info.pictures.large.isVisible()
    large = info.top_pictures.large.grab().toImage()
    middle = large.pixelColor(large.width() // 2, large.height() // 2)
    assert middle.getRgb()[:3] == (0, 255, 0)
    info.top_pictures.strip.chosen.emit(0)
    assert info.pictures.large.isVisible()


def test_a_picture_that_is_gone_is_told_of(opened):
    pane = opened.window.pages["card"].top_pictures
    pane.strip.chosen.emit(1)
    assert "does not exist" in pane.words.text()
    assert all(one.title != "deconv" for one in _jobs(opened))


def test_the_means_of_the_index_are_a_line_of_the_climb_and_go_with_the_unit(opened):
    info = opened.window.pages["card"]
    _done(opened, "top pictures", (0.5, 1.5))
    assert info.curve.index == info.stand.index == 1.5
    info.make_chosen.emit("layer")  # which raises something else
    assert info.curve.index is None
    opened.controller.go_unit(2)
    assert info.stand.index is None
    assert not info.top_pictures.large.isVisible()


def test_an_index_of_another_network_says_so_on_the_card(opened, monkeypatch):
    def refuse(*_asked):
        raise UserError("the index x is of another network")

    monkeypatch.setattr(top_pictures, "look_up", refuse)
    opened.controller.go_unit(2)
    strip = opened.window.pages["card"].top_pictures.strip
    opened.qtbot.waitUntil(lambda: "another network" in strip.accessibleDescription())
    assert strip.shown == ()


def test_a_folder_without_an_index_is_pictures(tmp_path):
    (tmp_path / "index.json").touch()
    assert recognise(tmp_path).kind is FileKind.SOURCE
    (tmp_path / "top.parquet").touch()
    assert recognise(tmp_path).kind is FileKind.INDEX
    assert recognise(tmp_path / "index.json").spec == str(tmp_path)
