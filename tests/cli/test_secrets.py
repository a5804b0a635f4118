"""A camera's password and token are in nothing that nnvis writes or prints."""

from __future__ import annotations

import pytest
import typer.main
from helpers.mjpeg_server import Camera, serving
from helpers.secrets_told import LOGIN, SECRETS, leaks, secret_address

from nnvis.cli.main import Invocation, app, run

LONG = ("bench", "serve")  # go on until they are ended


@pytest.fixture
def address():
    with serving(Camera(login=LOGIN)) as bare:
        yield secret_address(bare)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder in which all that is written lies, settings and caches among it."""
    monkeypatch.chdir(tmp_path)
    for name in ("NNVIS_CONFIG", "NNVIS_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path


@pytest.mark.slow
def test_no_command_writes_or_prints_them(nnvis, home, address):
    commands = [
        ("predict", address, "--model", "tiny"),
        ("predict", address, "--model", "tiny", "--json"),
        ("snapshot", address, "--model", "tiny", "--all-layers", "--out", "shots"),
        ("snapshot", address, "--model", "tiny", "--layer", "conv2", "--unit", "0",
         "--view", "gradcam", "--score", "--json", "--out", "scored"),
        ("attack", address, "--model", "tiny", "--out", "attacked"),
        ("attack", address, "--model", "tiny", "--json"),
        ("feature", "--model", "tiny", "--layer", "conv2", "--unit", "0", "--steps", "2",
         f"--picture={address}", "--out", "feature"),
        ("lab", "sanity", "--quick", "--model", "tiny", "--source", address, "--out", "lab"),
        ("predict", address.replace("s3cret", "s3cret0"), "--model", "tiny"),
    ]  # fmt: skip
    codes, said = [], []
    for command in commands:
        one = nnvis(*command)
        codes.append(one.code)
        said += [one.out, one.err]
    assert codes == [0] * (len(commands) - 1) + [1], said
    assert sum(path.suffix == ".png" for path in home.rglob("*")) > 20
    assert leaks(home, *said) == []


def places(command, seen, words=()):
    """Yield the words of each command, with ADDRESS at each place where something is named.

    Of commands that share an option, one.
    """
    for name, inner in getattr(command, "commands", {}).items():
        yield from places(inner, seen, (*words, name))
    if words[:1] and words[0] in LONG:
        return
    named = [one for one in command.params if not getattr(one, "is_flag", False)]
    # What a command says does not hang on its network: the small one is quick.
    small = ("--model", "tiny") if any(one.name == "model" for one in named) else ()
    given = [one for one in named if one.param_type_name == "argument"]
    if given:
        yield (*words, *["ADDRESS"] * len(given), *small)
    yield (*words, *["sample:chelsea"] * len(given), "--nosuch", "ADDRESS")
    for one in named:
        if one not in given and one.name not in seen:
            seen.add(one.name)
            rest = small if one.name != "model" else ()
            yield (*words, *["sample:chelsea"] * len(given), one.opts[0], "ADDRESS", *rest)


@pytest.mark.slow
def test_nothing_tells_what_it_was_given_in_a_wrong_place(capfd, home, address):
    call = Invocation(open_window=lambda *_, **_options: 0, window_benches=dict)
    every = [*places(typer.main.get_command(app), set())]
    assert len(every) > 80
    for words in every:
        run([address if word == "ADDRESS" else word for word in words], call)
        said = capfd.readouterr()
        assert not [one for one in SECRETS if one.decode() in said.out + said.err], words
    assert leaks(home) == []
