from __future__ import annotations

import pkgutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers.plugin_package import lay_package

from nnvis import plugins
from nnvis.attacks import ATTACKS
from nnvis.errors import UserError
from nnvis.labs.registry import EVERY
from nnvis.plugins import Registry
from nnvis.sources import SOURCES
from nnvis.views.registry import EVERY_VIEW

MODULE = """
from types import SimpleNamespace
pear = SimpleNamespace(name="pear")
apple = SimpleNamespace(name="apple")
stone = "no fruit"
class Rotten:
    def __getattr__(self, name):
        raise SystemExit(f"{name} is rotten")
rotten = Rotten()
"""


@pytest.mark.parametrize("members", [ATTACKS, EVERY, EVERY_VIEW, SOURCES])
def test_the_code_of_whatever_can_be_named_is_there(members):
    for one in members.values():
        assert callable(pkgutil.resolve_name(one.code))


def test_a_plugin_adds_to_a_registry_and_one_that_fails_is_named_once_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(plugins, "FAILURES", [])
    lay_package(
        tmp_path,
        "nnvis_orchard",
        MODULE,
        "[nnvis.fruits]\na = nnvis_orchard:pear\nb = nnvis_orchard:apple\n"
        "c = nnvis_orchard:stone\nd = nnvis_orchard:rotten.core\ne = nnvis_orchard_gone:x\n",
    )
    lay_package(tmp_path, "nnvis_sour", "raise SystemExit(3)", "[nnvis.fruits]\nf = nnvis_sour:x\n")
    apple = SimpleNamespace(name="apple")
    fruits = Registry("fruits", SimpleNamespace, (apple, SimpleNamespace(name="fig")))
    assert list(fruits) == list(fruits) == ["apple", "fig", "pear"]
    assert fruits.named("pear") == fruits["pear"] == SimpleNamespace(name="pear")
    assert plugins.FAILURES == [
        "left out b of nnvis_orchard (nnvis.fruits): ValueError: the name 'apple' is taken",
        "left out c of nnvis_orchard (nnvis.fruits): TypeError: "
        "nnvis_orchard:stone is no SimpleNamespace",
        "left out d of nnvis_orchard (nnvis.fruits): SystemExit: core is rotten",
        "left out e of nnvis_orchard (nnvis.fruits): ModuleNotFoundError: "
        "No module named 'nnvis_orchard_gone'",
        "left out f of nnvis_sour (nnvis.fruits): SystemExit: 3",
    ]
    told = capsys.readouterr().err
    assert told.splitlines() == [f"nnvis: {line}" for line in plugins.FAILURES]
    with pytest.raises(UserError, match="there is no fruit 'pera'; did you mean pear"):
        fruits.named("pera")
    with pytest.raises(UserError, match="use apple, fig, pear"):
        fruits.named("zzz")
