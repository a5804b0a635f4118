"""Texts in another language: whole, made of templates, put together; names as they are."""

from __future__ import annotations

import re

import pytest

from nnvis.language import chosen_language, language, source_of, tr, use_language, verbatim
from nnvis.language.catalogue import Catalogue, Translation
from nnvis.language.current import MOST


def catalogue(**said):
    return Catalogue([Translation("window", source, text) for source, text in said.items()])


def test_a_text_is_translated_whole_and_with_the_white_around_it():
    made = catalogue(Cancel="取消")
    assert made.say("Cancel") == "取消"
    assert made.say(" Cancel\n") == " 取消\n"
    assert made.say("Cancel it") == "Cancel it"


def test_what_stands_in_a_place_is_kept_unless_the_translation_asks_for_its_own():
    made = Catalogue(
        [
            Translation("window", "{1} from {2}", "{2}的{1:t}"),
            Translation("window", "Gradient", "梯度"),
        ]
    )
    assert made.say("Gradient from Gradient") == "Gradient的梯度"


def test_an_english_plural_is_left_out():
    made = Catalogue([Translation("window", "{1} picture{s} seen", "看过 {1} 张图片")])
    assert made.say("1 picture seen") == "看过 1 张图片"
    assert made.say("2,000 pictures seen") == "看过 2,000 张图片"


def test_of_two_templates_the_more_special_one_is_meant():
    made = Catalogue(
        [
            Translation("", "{1} cannot be read; {2}", "a {1}|{2}"),
            Translation("", "{1} cannot be read; wait", "b {1}"),
        ]
    )
    assert made.say("x cannot be read; wait") == "b x"
    assert made.say("x cannot be read; go") == "a x|go"


def test_a_count_is_no_end_of_a_sentence():
    made = Catalogue([Translation("window", "{1} picture", "{1} 张图片")])
    assert made.say("3 picture") == "3 张图片"
    assert made.say("Look at the picture") == "Look at the picture"


def test_a_long_text_that_fits_almost_is_left_as_it_is_before_long():
    source = ", ".join(f"{{{one}}}" for one in range(1, 13)) + " and no more"
    made = Catalogue([Translation("window", source, source)])
    text = "cat, " * 2000 + "and more"  # trying all ways to part it would take for ever
    assert made.say(text) == text


def test_of_a_text_that_is_long_the_first_lines_are_said_and_names_in_a_template_are_kept():
    made = catalogue(**{"Right": "对", "no layer {1}; try {2}": "没有层 {1} 可试 {2}"})
    many = "\n".join(["Right"] * 4000)
    assert made.say(many).split("\n")[:1] == ["对"]
    assert made.say(many).endswith("Right")
    names = ", ".join(f"blocks.{number}" for number in range(4000))
    assert made.say(f"no layer cat; try {names}") == f"没有层 cat 可试 {names}"


def test_braces_are_signs_like_others():
    made = Catalogue(
        [
            Translation("", 'write {{"0": {1}}}', '写 {{"0": {1}}}'),
            Translation("", "{{}}", "空 {{}}"),
        ]
    )
    assert made.say('write {"0": cat}') == '写 {"0": cat}'
    assert made.say("{}") == "空 {}"


def test_lines_and_sentences_that_were_put_together_are_translated_one_by_one():
    made = catalogue(**{"Right": "对", "Go on": "继续"})
    assert made.say("Right\nGo on") == "对\n继续"
    assert made.say("Right. Go on") == "对。继续"
    assert made.say("Right, Go on") == "对\uff0c继续"
    assert made.say("Right, cat") == "Right, cat"


def test_lines_that_are_known_are_no_part_of_a_template_that_would_take_them_all():
    made = catalogue(**{"Drop {1} here: {2}": "{2}|{1}", "Drop it here: all": "甲", "Go": "乙"})
    assert made.say("Drop it here: all\nGo") == "甲\n乙"
    assert made.say("Drop it here: much\nmore") == "much\nmore|it"


def test_a_number_is_said_with_its_name_and_unit():
    made = catalogue(difference="差值", points="个百分点")
    assert made.say("difference -1.5 points") == "差值 -1.5 个百分点"
    assert made.say("12.0 ± 0.5 points") == "12.0 ± 0.5 个百分点"
    assert made.say("12.0 ± 0.5 cats") == "12.0 ± 0.5 cats"


def test_parts_that_all_are_ours_come_before_a_template_that_would_take_them_all():
    made = catalogue(**{"{1} came to {2}": "{1:t}到 {2}", "flat": "平坦", "{1} of {2}.": "{2}:{1}"})
    assert made.say("flat came to 0.5, SGD came to 1") == "平坦到 0.5\uff0cSGD 到 1"
    assert made.say("1 of 2. 3 of 4.") == "2:1 4:3"


def test_a_few_words_of_ours_among_many_others_say_nothing():
    made = catalogue(**{"{1} to {2}": "{1} 至 {2}"})
    assert made.say("0.5 to 1") == "0.5 至 1"
    said = "what learnt so much that it went from one task to the next without a cure"
    assert made.say(said) == said


def test_the_name_of_something_is_never_translated():
    use_language("zh")
    assert tr("取消") == "取消"  # said by one who gave the translation
    assert tr("Cancel") == "取消"
    assert tr(verbatim("Cancel")) == "Cancel"
    assert source_of("取消") == "Cancel"


def test_numbers_that_run_by_push_no_word_out():
    use_language("zh")
    assert tr("Keys") == "按键"
    for number in range(MOST):
        tr(f"{number} ms")
    assert source_of("按键") == "Keys"


def test_english_is_as_it_was_written():
    assert language() == "en"
    assert tr("Cancel") == "Cancel"


@pytest.mark.parametrize(
    ("said", "system", "expected"),
    [
        (("zh",), "C", "zh"), (("auto", "en"), "zh_CN.UTF-8", "zh"), (("", "en"), "zh_CN", "en"),
        (("",), "zh_TW", "zh"), (("nonsense",), "de_DE.UTF-8", "en"),
    ],
)  # fmt: skip
def test_the_first_language_that_is_named_counts_then_the_systems(
    said, system, expected, monkeypatch
):
    monkeypatch.setenv("LC_ALL", system)
    assert chosen_language(*said) == expected


def test_a_title_and_its_line_are_known_apart_before_a_template_takes_both():
    made = Catalogue(
        [
            Translation("", "{1} not run", "{1}未运行"),
            Translation("", "Flat minima", "平坦极小值"),
            Translation("", "not run yet", "尚未运行"),
        ]
    )
    assert made.say("Flat minima: not run yet") == "平坦极小值\uff1a尚未运行"


def test_a_template_of_a_few_letters_takes_no_sentence():
    made = Catalogue(
        [
            Translation("", "{1} to {2} ({3})", "{1} 至 {2} [{3:t}]"),
            Translation("", "{1} layer{s}", "{1} 层"),
            Translation("", "all units", "全部单元"),
        ]
    )
    assert made.say("0 to 6.00 (all units)") == "0 至 6.00 [全部单元]"
    for text in ("It went to the shop (of the town)", "Show the layers"):
        assert made.say(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "-9 to 9 (all units; signed, 0 is in the middle)", "by contribution to the class",
        "shorter side to 256 (bicubic), centre 224x224, RGB, mean 0.5, 0.5, 0.5",
        "Show the layers", "Order units by number", "224, crop", "even: a third of the time",
        "Top pictures: The folder most of its top pictures in an index are of",
    ],
)  # fmt: skip
def test_what_is_put_together_has_no_english_word_left(text):
    use_language("zh")
    try:
        assert re.sub("RGB|x", "", tr(text)).isascii() is False
        assert re.search("[a-z]{2,}", tr(text)) is None
    finally:
        use_language("en")
