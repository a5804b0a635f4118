"""What can be named is listed, for people, programs and pages."""

import json

import pytest

from nnvis.cli.list import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_listed_with_what_it_takes(nnvis, kind):
    rows = nnvis("list", kind, "--json").json
    assert len(rows) > 4
    assert len({row["name"] for row in rows}) == len(rows)
    for row in rows:
        assert row["title"]
        for one in row["parameters"]:
            assert one["help"]
            assert one["default"] is not None
    plain = nnvis("list", kind, "--parameters")
    assert plain.code == 0, plain.err
    page = nnvis("list", kind, "--markdown").out.splitlines()
    assert len(page) == len(rows) + 2
    assert len({line.count(" | ") for line in page}) == 1


def test_what_is_no_kind_is_one_line(nnvis):
    got = nnvis("list", "colours")
    assert (got.code, got.err.strip().count("\n")) == (1, 0)
    assert "use views, attacks, labs, sources, presets" in got.err


def test_the_defaults_of_a_preset_are_its_own(nnvis):
    rows = {row["name"]: row for row in json.loads(nnvis("list", "presets", "--json").out)}
    side = {one["name"]: one["default"] for one in rows["vivid"]["parameters"]}["side"]
    assert side == 160
