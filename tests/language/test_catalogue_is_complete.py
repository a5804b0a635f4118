"""Every text of the code is in the catalogue, and translated with the places it has."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from nnvis.language.catalogue import FOLDER, Translation, read_entries

TEXTS = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "texts"))
PARTS = ("window", "messages", "command line", "labs", "reports")


@pytest.fixture(scope="module")
def entries():
    return TEXTS["renewed"](FOLDER / "zh_CN.ts", {})


@pytest.mark.parametrize("part", PARTS)
def test_every_text_is_translated_into_chinese(part, entries):
    """Else: scripts/texts, and the entries marked unfinished in nnvis/language/zh_CN.ts."""
    wrong = TEXTS["wrong"]
    found = [
        f"{one.source!r}: {why}" for one in entries if one.context == part and (why := wrong(one))
    ]
    assert not found


def test_there_are_texts_of_every_part(entries):
    known = {one.context for one in entries}
    assert known == set(PARTS)
    assert len(entries) > 3000


def test_the_catalogue_holds_nothing_that_no_code_says(entries):
    said = {one.source for one in entries}
    assert [one.source for one in read_entries(FOLDER / "zh_CN.ts") if one.source not in said] == []


def test_a_translation_that_lost_a_place_is_found():
    wrong = TEXTS["wrong"]
    assert wrong(Translation("", "{1} of {2}", "{1}"))
    assert wrong(Translation("", "{1} file{s}", "{1}")) == ""
    assert wrong(Translation("", "Cancel", "取消", finished=False))


def test_a_text_is_found_where_it_is_written():
    source = """
import logging
log = logging.getLogger(__name__)
def tell(count, names):
    'No text: it is a docstring.'
    log.warning("no text either: it is logged")
    label.setText("still")
    label.setObjectName("no text here")
    say(f"{count:,} picture{'s' if count != 1 else ''} of {', '.join(names)}")
"""
    texts = TEXTS["_Texts"]()
    texts.visit(TEXTS["ast"].parse(source))
    assert list(texts.found) == ["still", "{1} picture{s} of {2}"]
