"""What a person types becomes a value or one line."""

from dataclasses import dataclass

import pytest

from nnvis.attacks.classes import find_class, nearest_labels
from nnvis.errors import UserError
from nnvis.parameters import Option, Parameters, build, changed, option, options
from nnvis.structure import limited

LABELS = (
    "tabby, tabby cat",
    "tiger cat",
    "Egyptian cat",
    "ostrich",
    "crane",
    "crane",
    "school bus",
)


@pytest.mark.parametrize(
    ("default", "text", "value"),
    [
        (0.1, "4/255", 4 / 255), (0.1, "0.5", 0.5), (0.1, " 1 / 4 ", 0.25), (3, "12", 12),
        (True, "no", False), (False, "YES", True), ("sign", "gaussian", "gaussian"),
    ],
)  # fmt: skip
def test_text_is_read(default, text, value):
    option = Option(
        "it", default, "help", choices=("sign", "gaussian") if text == "gaussian" else ()
    )
    assert option.read(text) == value


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (Option("it", 0.1, "", 0, 1), "1/0"), (Option("it", 0.1, "", 0, 1), "2"),
        (Option("it", 0.1, "", 0, 1), "inf"), (Option("it", 1, "", 1, 5), "2.5"),
        (Option("it", 1, "", 1), "0"), (Option("it", True, ""), "perhaps"),
        (Option("it", "sign", "", choices=("sign", "uniform")), "gauss"),
    ],
)  # fmt: skip
def test_text_that_means_nothing_is_refused(option, text):
    with pytest.raises(UserError, match=r"^it .*use "):
        option.read(text)


@dataclass(frozen=True, slots=True)
class Both(Parameters):
    steps: int = option(3, "how many", 1, 9)
    share: float = limited(0.5, 0, 1)  # has limits where it is read, and is no option


def test_what_is_made_of_parameters_has_been_checked_and_only_options_are_offered():
    assert [one.name for one in options(Both)] == ["steps"]
    assert Both(4.0).steps == 4
    assert changed(Both(4, 0.25), {"steps": "7"}, "it") == Both(7, 0.25)
    with pytest.raises(UserError, match="steps 10 is out of range; use a whole number from 1 to 9"):
        Both(10)
    with pytest.raises(UserError, match="it has no parameter 'stesp'; did you mean steps"):
        build(Both, {"stesp": 3}, "it")


@pytest.mark.parametrize(
    ("text", "index"),
    [("3", 3), ("ostrich", 3), ("OSTRICH ", 3), ("tabby cat", 0), ("egypt", 2), ("school", 6)],
)
def test_classes_are_found(text, index):
    assert find_class(text, LABELS, len(LABELS)) == index


def test_classes_that_are_not_clear_are_asked_back():
    with pytest.raises(UserError, match=r"could be crane \(4\), crane \(5\)"):
        find_class("crane", LABELS, 7)
    with pytest.raises(UserError, match=r"could be tabby.*tiger cat"):
        find_class("t", LABELS, 7)
    with pytest.raises(UserError, match="nearest names are ostrich"):
        find_class("ostritch", LABELS, 7)
    with pytest.raises(UserError, match="classes 0 to 6"):
        find_class("7", LABELS, 7)
    with pytest.raises(UserError, match="no names"):
        find_class("cat", None, 7)
    assert nearest_labels("cat", LABELS, 2) == ["tabby, tabby cat", "tiger cat"]
