"""A report shows what names of others say, and runs none of it."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from nnvis.labs.framework.outcome import Finding, LabOutcome, LabPicture, Measure
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.report import write_report
from nnvis.labs.registry import EVERY
from nnvis.language import use_language

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"&="


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_no_field_of_a_record_becomes_markup(tmp_path):
    lab = next(iter(EVERY.values()))
    panel = lab.panels[0].name
    picture = np.zeros((8, 8, 3), np.uint8)
    record = Record(
        HOSTILE, HOSTILE, (0, 1), {HOSTILE: 1.0}, True, {HOSTILE: HOSTILE},
        {(panel, HOSTILE): [(0.0, (1.0, 2.0)), (1.0, (2.0, 3.0))]},
        {"shown": LabPicture("shown", HOSTILE, picture, (HOSTILE,))},
        LabOutcome(HOSTILE, (Measure("m", HOSTILE, (1.0, 2.0), HOSTILE, HOSTILE),),
                   (Finding(HOSTILE, True, HOSTILE),)),
        HOSTILE, 1.0, HOSTILE,
    )  # fmt: skip
    hostile = replace(lab, title=HOSTILE, claim=HOSTILE, about=HOSTILE, paper=HOSTILE)
    for number, one in enumerate((record, replace(record, outcome=None))):
        write_report(one, hostile, tmp_path / str(number))
        text = (tmp_path / str(number) / "report.html").read_text()
        tags = Tags()
        tags.feed(text)
        assert "&lt;script&gt;" in text
        assert not [tag for tag, _ in tags.found if tag in ("script", "iframe", "object", "link")]
        for tag, attributes in tags.found:
            assert not [name for name in attributes if name.startswith("on")], tag
            if tag == "img":
                assert (attributes["src"] or "").startswith("data:image/png;base64,")


def test_the_page_speaks_chinese_and_what_programs_read_is_the_same(tmp_path):
    lab = EVERY["forget"]
    found = Finding(
        "EWC loses less of it", True, "1.5 ± 0.5 % against 0.5 ± 0.5 %; p = 0.01", "shown"
    )
    measure = Measure("none: lost", "no cure: lost of it by the second", (1.5, 2.5), "points")
    record = Record(
        "forget", "digits", (0, 1), {"tasks": 3.0, "top": 9.0}, True,
        curves={("first", "rehearsal"): [(0.0, (1.0, 2.0)), (1.0, (2.0, 3.0))]},
        shown={"game": LabPicture("game", "Game", np.zeros((8, 8, 3), np.uint8), ("a unit",))},
        outcome=LabOutcome("With a cure: EWC: 1 % (objects 2 %).", (measure,), (found,)),
    )  # fmt: skip
    for language in ("en", "zh"):
        use_language(language)
        write_report(record, lab, tmp_path / language)
    said = (tmp_path / "zh" / "report.html").read_text("utf-8")
    for text in (
        "忘记先前所学",
        "EWC 失去的更少",
        "成立",
        "1.5 ± 0.5 % 对 0.5 ± 0.5 %",
        "2.00 ± 0.71 个百分点",
        "<td>top</td>",  # as --set has it, whatever the word means elsewhere
        "1: 一个单元",
    ):
        assert text in said
    for name in ("report.json", "curves.csv"):
        assert (tmp_path / "en" / name).read_bytes() == (tmp_path / "zh" / name).read_bytes()
