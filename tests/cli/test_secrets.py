"""A camera's password and token are in nothing that nnvis writes or prints."""

import pytest
from helpers.mjpeg_server import Camera, serving

SECRETS = (b"s3cret", b"t0ken")


@pytest.fixture
def address():
    with serving(Camera(login="anna:s3cret")) as bare:
        yield bare.replace("//", "//anna:s3cret@") + "/camera?token=t0ken"


def test_no_command_writes_or_prints_them(nnvis, tmp_path, monkeypatch, address):
    monkeypatch.chdir(tmp_path)
    commands = [
        ("predict", address, "--model", "tiny"),
        ("predict", address, "--model", "tiny", "--json"),
        ("snapshot", address, "--model", "tiny", "--all-layers", "--out", "shots"),
        ("attack", address, "--model", "tiny", "--out", "attacked"),
        ("attack", address, "--model", "tiny", "--json"),
        ("predict", address.replace("s3cret", "s3cret0"), "--model", "tiny"),
    ]
    codes = []
    for command in commands:
        said = nnvis(*command)
        codes.append(said.code)
        assert not [one for one in SECRETS if one.decode() in said.out + said.err]
    assert codes == [0, 0, 0, 0, 0, 1]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        assert not [one for one in SECRETS if one in str(path).encode() + path.read_bytes()]
