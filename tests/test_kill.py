"""kill -9 in the midst of writing; `scripts/kill` does it forty times, with all that takes long."""

from __future__ import annotations

from helpers.kill import commands, contents, finish, kill_once, make_pictures


def test_settings_that_were_being_written_are_whole_and_go_on_to_the_same_end(tmp_path):
    words = commands(make_pictures(tmp_path / "pictures"))["settings"]
    seconds = finish(words, tmp_path / "whole", tmp_path / "home")
    for share in (0.6, 0.9):
        assert kill_once(words, tmp_path / "out", tmp_path / "other", share * seconds) == ""
    finish(words, tmp_path / "out", tmp_path / "other")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
