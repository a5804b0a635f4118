from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt

from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.snapshot import Attribution
from nnvis.engine.unit_card.jobs import Tiles
from nnvis.featurevis.result import FeatureImage, FormingImage
from nnvis.featurevis.target import Target
from nnvis.gui.unit_card.jobs import UnitCardJobs

RED = np.full((8, 8, 3), (255, 0, 0), np.uint8)


def _open_card(shown):
    shown.window.commands["card"].trigger()
    shown.qtbot.waitUntil(lambda: bool(_jobs(shown)))
    return _jobs(shown)[-1]


def _jobs(shown):
    return [one for one in shown.session.asked if isinstance(one, Job)]


def test_the_card_begins_a_picture_and_leaves_it_with_the_unit(shown):
    job = _open_card(shown)
    assert job.share is not None
    job.state = JobState.RUNNING
    job.progress = FormingImage(2, 9, "x", RED, (RED,), (0.5,), (0.1, 0.5))
    shown.bridge.take_job(job)
    assert "0.5" in shown.window.pages["card"].state.text()
    shown.controller.go_unit(2)
    assert job.cancel_requested
    assert shown.window.pages["card"].state.text() == "…"
    shown.qtbot.waitUntil(lambda: _jobs(shown)[-1] is not job)


def test_the_card_of_a_still_picture_shows_its_map_at_once(shown):
    shown.look()
    looks = shown.session.ticks
    _open_card(shown)
    image = shown.window.pages["card"].pictures.map.grab().toImage()
    colours = {
        tuple(map(int, one)) for one in shown.controller.last.unit.picture[..., :3].reshape(-1, 3)
    }
    middle = image.pixelColor(image.width() // 2, image.height() // 2)
    assert middle.getRgb()[:3] in colours
    assert shown.window.pages["card"].stand._span is not None
    assert shown.session.ticks == looks


def test_pause_and_speed_reach_the_job(shown):
    job = _open_card(shown)
    shown.window.pages["card"].rest.click()
    assert job.resting
    shown.window.pages["card"].rest.click()
    assert not job.resting
    shown.window.pages["card"].speed_chosen.emit("fast")
    assert job.share > 0.5


def test_the_next_seed_follows_and_a_dead_unit_says_so(shown):
    job = _open_card(shown)
    job.state = JobState.DONE
    job.result = FeatureImage(Target("stem.conv"), 0, RED, 3.0, 0.5, (0.5, 3.0), 2)
    shown.bridge.take_job(job)
    after = _jobs(shown)[-1]
    assert after is not job
    after.state = JobState.DONE
    note = "stem.conv 0 cannot be raised: no change of the picture moves it"
    after.result = FeatureImage(Target("stem.conv"), 1, RED, 0.0, 0.0, (0.0,), 1, note)
    shown.bridge.take_job(after)
    assert shown.window.pages["card"].state.text() == note


def test_leaving_the_page_leaves_the_job(shown):
    job = _open_card(shown)
    shown.window.commands["unit_page"].trigger()
    assert job.cancel_requested


def test_the_grid_shows_patterns_and_maps_again(shown):
    shown.window.commands["patterns"].trigger()
    shown.qtbot.waitUntil(lambda: bool(_jobs(shown)))
    job = _jobs(shown)[-1]
    job.state = JobState.RUNNING
    job.progress = Tiles(0, 4, "patterns", pictures=((0, RED),))
    shown.bridge.take_job(job)
    grid = shown.window.grid
    tile = grid._held.snapshot.sheet.grid
    image = grid.viewport().grab().toImage()
    x, y = grid.view.to_screen((tile.width / 2, tile.height / 2))
    assert image.pixelColor(round(x), round(y)).getRgb()[:3] == (255, 0, 0)
    shown.window.commands["patterns"].trigger()
    assert job.cancel_requested
    image = grid.viewport().grab().toImage()
    assert image.pixelColor(round(x), round(y)).getRgb()[:3] != (255, 0, 0)


def test_a_dream_is_not_held_against_the_unit(shown):
    _open_card(shown)
    info = shown.window.pages["card"]
    assert info.most is not None
    info.make_chosen.emit("layer")
    job = _jobs(shown)[-1]
    job.state = JobState.RUNNING
    job.progress = FormingImage(1, 9, "x", RED, (RED,), (2.0,), (2.0,))
    shown.bridge.take_job(job)
    assert info.most is None
    assert "of the layer" in info.state.text()
    assert not info.pictures.seeds[1].isVisible()


def test_a_unit_less_another_names_it_and_keeps_it_over_the_units(shown):
    shown.controller.go_unit(5)
    shown.controller.go_unit(2)
    _open_card(shown)
    info = shown.window.pages["card"]
    assert not info.number.isVisible()
    info.make_chosen.emit("minus")
    assert info.number.text() == "5"  # the one that was looked at before
    assert _jobs(shown)[-1].title == "stem.conv 2 minus 5"
    assert info.most is None  # the stream's most is of the unit alone

    _type(shown, "7")
    assert _jobs(shown)[-1].title == "stem.conv 2 minus 7"
    shown.controller.go_unit(3)
    shown.qtbot.waitUntil(lambda: _jobs(shown)[-1].title == "stem.conv 3 minus 7")
    known = len(_jobs(shown))
    for impossible in ("16", "3", "-1"):
        _type(shown, impossible)
        assert f"{impossible} cannot be" in info.state.text()
        assert info.number.text() == "7"
    assert len(_jobs(shown)) == known

    job = _jobs(shown)[-1]
    job.state = JobState.DONE
    target = Target("stem.conv", 3, "minus", other=7)
    job.result = FeatureImage(target, 0, RED, 3.0, 0.5, (0.5, 3.0), 2)
    shown.bridge.take_job(job)
    assert "grey gives 0.5" in info.state.text()
    assert _jobs(shown)[-1] is not job  # the next seed
    shown.controller.go("body.conv", 1)
    shown.qtbot.waitUntil(lambda: _jobs(shown)[-1].title == "body.conv 1 minus 0")
    info.number.setFocus()
    shown.qtbot.keyClicks(info.number, "9")
    info.make_chosen.emit("prefer")  # what was half typed is forgotten
    assert not info.number.isVisible()
    assert not shown.window.banner.isVisible()


def test_directions_of_chance_are_numbered_and_afresh_goes_to_the_next(shown):
    _open_card(shown)
    info = shown.window.pages["card"]
    info.make_chosen.emit("direction")

    def weights():
        return _jobs(shown)[-1].start.args[1].weights

    first = weights()
    assert first == Target.random("stem.conv", 16, 0).weights
    info.again.emit()
    assert info.number.text() == "1"
    assert weights() == Target.random("stem.conv", 16, 1).weights
    job = _jobs(shown)[-1]
    shown.controller.go_unit(4)  # it is of no unit
    shown.qtbot.wait(200)
    assert _jobs(shown)[-1] is job
    _type(shown, "0")
    assert weights() == first


def _type(shown, text):
    box = shown.window.pages["card"].number
    box.setFocus()
    box.selectAll()
    shown.qtbot.keyClicks(box, text)
    shown.qtbot.keyClick(box, Qt.Key.Key_Return)


def test_the_card_follows_the_unit_back_in_every_frame_when_asked(shown):
    _open_card(shown)
    info = shown.window.pages["card"]
    assert shown.controller.view_state.request.attribution is None
    info.pictures.attributing.click()
    assert (
        shown.controller.view_state.request.origin.unit == shown.controller.view_state.request.unit
    )
    assert info.isVisible()
    request = shown.controller.view_state.request
    look = Attribution(
        request.origin, RED, np.zeros((3, 8, 8), np.float32), -1, 1, 1, True, "gray", "", "", 0
    )
    shown.look()
    last, match = shown.controller.last, shown.controller.view_state.match
    info.show_snapshot(replace(last, attribution=look), match(
        replace(shown.controller.last, attribution=look)))  # fmt: skip
    picture = info.pictures.attribution.grab().toImage()
    middle = picture.pixelColor(picture.width() // 2, picture.height() // 2)
    assert middle.getRgb()[:3] == (255, 0, 0)
    info.pictures.attributing.click()
    assert shown.controller.view_state.request.attribution is None


def test_the_header_says_that_the_grid_shows_patterns_and_the_status_how_far(shown):
    window = shown.window
    assert window.shading.legend.isVisible()
    window.commands["patterns"].trigger()
    assert not window.shading.legend.isVisible()
    assert "want to see" in window.shading.detail.text()
    job = _jobs(shown)[-1]
    job.state = JobState.RUNNING
    job.progress = Tiles(4, 16, "patterns, 4 of 16", pictures=((0, RED),))
    shown.bridge.take_job(job)
    assert window.status.task.text() == "patterns, 4 of 16"
    window.status.cancelled.emit()
    assert job.cancel_requested
    assert window.shading.legend.isVisible()
    assert not window.status.task.isVisible()


def test_three_pictures_that_are_kept_unlike_form_at_once(shown):
    _open_card(shown)
    info = shown.window.pages["card"]
    info.make_chosen.emit("unlike")
    job = _jobs(shown)[-1]
    job.state = JobState.DONE
    target = Target("stem.conv")
    job.result = tuple(FeatureImage(target, at, RED, 3.0 + at, 0.5, (3.0,), 1) for at in range(3))
    shown.bridge.take_job(job)
    assert "3.00, 4.00, 5.00" in info.state.text()
    assert len(shown.window.pages["card"].findChild(UnitCardJobs).made) == 3
    assert _jobs(shown)[-1] is job  # no other seed follows
    assert info.most is not None


def test_the_map_is_enlarged_by_a_click_and_a_seed_by_another(shown):
    job = _open_card(shown)
    job.state = JobState.DONE
    job.result = FeatureImage(Target("stem.conv"), 0, RED, 3.0, 0.5, (0.5, 3.0), 2)
    shown.bridge.take_job(job)
    info = shown.window.pages["card"]
    assert _middle(info.pictures.large) == (255, 0, 0)
    info.pictures.map.clicked.emit(0.5, 0.5)
    shown.look()
    colours = {
        tuple(map(int, one)) for one in shown.controller.last.unit.picture[..., :3].reshape(-1, 3)
    }
    assert _middle(info.pictures.large) in colours - {(255, 0, 0)}
    info.pictures.seeds[0].clicked.emit(0.5, 0.5)
    assert _middle(info.pictures.large) == (255, 0, 0)
    shown.look()
    assert _middle(info.pictures.large) == (255, 0, 0)


def _middle(pane):
    image = pane.grab().toImage()
    return image.pixelColor(image.width() // 2, image.height() // 2).getRgb()[:3]
