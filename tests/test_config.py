"""Choices that survive a restart, and a file that does not."""

from nnvis.config import Settings, load_settings, remember, save_settings, settings_path


def test_settings_come_back_with_their_types():
    save_settings(Settings(source="demo", unit=3, recent_sources=["demo"], window={"a": [1, 2]}))
    back = load_settings()
    assert (back.source, back.unit, back.window) == ("demo", 3, {"a": [1, 2]})


def test_a_damaged_file_is_set_aside_and_defaults_are_used():
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text("{not json")
    assert load_settings() == Settings()
    assert settings_path().with_suffix(".bad").read_text() == "{not json"


def test_values_of_the_wrong_type_are_left_out():
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text('{"unit": "three", "source": "demo", "recent_models": [1, "tiny"]}')
    back = load_settings()
    assert (back.unit, back.source, back.recent_models) == (0, "demo", ["tiny"])


def test_the_latest_comes_first_once():
    assert remember(["a", "b"], "b") == ["b", "a"]
