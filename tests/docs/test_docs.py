"""The documentation against the program: tables, links, names, commands and code."""

from __future__ import annotations

import contextlib
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main
from PIL import Image

from nnvis.__main__ import main
from nnvis.attacks.registry import ATTACKS
from nnvis.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "resources" / "docs").rglob("*.md")),
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def name_of(page):
    return page.relative_to(ROOT).as_posix()


def prose(page):
    return FENCE.sub("", page.read_text("utf-8"))


def anchors(page):
    """What GitHub makes of the headings."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_tables_are_those_of_the_program():
    ran = subprocess.run(
        [sys.executable, ROOT / "scripts" / "tables", "--check"], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr + "run scripts/tables"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_every_screenshot_is_shown():
    shown = {
        Path(target).name
        for page in PAGES
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(page))
    }
    there = {path.name for path in (ROOT / "resources" / "screenshots").iterdir()}
    assert there <= shown


def test_the_architecture_has_every_package_in_the_order_of_imports():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    place = {name: at for at, layer in enumerate(layers) for name in re.findall(r"\w+", layer)}
    text = (ROOT / "resources" / "docs" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (`nnvis/[^|]+)\|", text.partition("## Packages")[2], re.M)
    named = [name for row in rows for name in re.findall(r"nnvis/(\w+)", row)]
    assert {path.parent.name for path in (ROOT / "nnvis").glob("*/__init__.py")} <= set(named)
    assert [place[name] for name in named] == sorted(place[name] for name in named)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_is_named_in_code_is_there(page):
    for words in re.findall(r"`([^`\n]+)`", prose(page)):
        if re.fullmatch(r"(nnvis|scripts|resources|tests|gui|labs)(/[\w.]+)+", words):
            assert (ROOT / words).exists() or (ROOT / "nnvis" / words).exists(), words
        elif re.fullmatch(r"nnvis(\.\w+)+(:\w+)?", words) and not _is_group(words):
            pkgutil.resolve_name(words)


def _is_group(words):
    return words.removeprefix("nnvis.") in ("views", "attacks", "labs", "sources", "pages")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_have_the_options_they_are_shown_with(page):
    root = typer.main.get_command(app)
    extra = {f"--{name.replace('_', '-')}" for one in ATTACKS.values() for name in _names(one)}
    for line in _command_lines(page.read_text("utf-8")):
        words = line.split(" #")[0].replace("|", " ").replace("[", " ").replace("]", " ").split()
        command = root.commands.get(words[0]) if words else None
        if words[1:] and hasattr(command, "list_commands"):
            shown = words[1] if words[1] in command.list_commands(None) else "all"  # NAME
            command = command.get_command(None, shown)
        known = {
            flag for one in (command or root).params for flag in (*one.opts, *one.secondary_opts)
        }
        known |= extra if words and words[0] == "attack" else set()
        for word in words:
            if word.startswith("--"):
                assert word.split("=")[0] in {*known, "--help", "--here"}, (
                    line
                )  # the last is of scripts/run


def _names(attack):
    return [one.name for one in attack.options]


def _command_lines(text):
    """What follows `nnvis` or `scripts/run`, in blocks and in running text."""
    blocks = [
        line for language, code in FENCE.findall(text) if not language for line in code.splitlines()
    ]
    inline = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    for line in (*blocks, *inline):
        found = re.match(r"(?:\$ )?(?:nnvis|scripts/run)(?: (.*))?$", line)
        if found and "..." not in line.split(" #")[0]:
            yield found[1] or ""


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.parent.name != "adding"], ids=name_of
)
def test_the_python_code_runs(page, tmp_path, monkeypatch):
    blocks = [
        code for language, code in FENCE.findall(page.read_text("utf-8")) if language == "python"
    ]
    if not blocks:
        return
    monkeypatch.chdir(tmp_path)
    if any("Index(" in block for block in blocks):
        Path("photos").mkdir()
        Image.new("RGB", (64, 64), "red").save("photos/red.png")
        with contextlib.redirect_stderr(None):
            assert main(shlex.split("index photos --layer blocks.3.0 --out index --workers 0")) == 0
    names = {}
    for code in blocks:
        exec(compile(code, name_of(page), "exec"), names)
