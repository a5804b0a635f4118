"""Name, password and token of an address: they work, and are nowhere in what is kept."""

import logging
import sys
import types

import pytest
from helpers.mjpeg_server import Camera, serving

from nnvis.errors import UserError
from nnvis.sources import open_source
from nnvis.sources.network import credentials
from nnvis.sources.network.credentials import hidden, whole
from nnvis.sources.source import SourceState


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch):
    monkeypatch.setattr(credentials, "_held", {})
    monkeypatch.setitem(sys.modules, "keyring", None)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://anna:pw@cam:80/v?token=t&size=8x6", "http://anna@cam:80/v?token=***&size=8x6"),
        ("rtsp://anna:p%40w@[::1]:554/live#x", "rtsp://anna@[::1]:554/live"),
        ("HTTP://:pw@cam/", "HTTP://cam/"),
        ("http://cam/v?user=anna&pwd=pw", "http://cam/v?user=***&pwd=***"),
        ("http://cam/v?pw", "http://cam/v?***"),
        ("http://cam/v?size=" + "s" * 30, "http://cam/v?size=***"),
        ("http://anna:p/w@cam/v", "http://***@cam/v"),
        ("http://anna:p#w@cam/v", "http://***@cam/v"),
        ("http://anna:p?w@cam/v", "http://***@cam/v"),
        ("http://anna:p@w@cam/v", "http://anna@cam/v"),
        ("ftp://anna:pw@cam/a.png", "ftp://anna@cam/a.png"),
        ("http://cam:8080/@anna/v", "http://cam:8080/@anna/v"),
        ("rtsp://cam/user=a&password=pw&channel=1", "rtsp://cam/user=***&password=***&channel=1"),
        ("rtsp://cam/user=a_password=pw_stream=0.sdp?real", "rtsp://cam/user=***?***"),
        ("http://cam/v;jsessionid=t0ken", "http://cam/v;jsessionid=***"),
        ("http:/anna:pw@cam/v", "http:/***@cam/v"),
        ("http://cam/?action=stream", "http://cam/?action=stream"),
        ("camera:0?size=640x480", "camera:0?size=640x480"),
        ("/home/a:b@c.png", "/home/a:b@c.png"),
    ],
)  # fmt: skip
def test_what_is_shown_of_an_address(address, shown):
    assert hidden(address) == shown
    assert hidden(shown) == shown
    assert whole(shown) == address


def test_a_later_process_asks_for_the_address_or_has_it_from_the_keyring(monkeypatch):
    shown = "http://anna@cam/v?token=***"
    with pytest.raises(UserError, match="write the whole address again"):
        whole(shown)
    kept = {}
    keyring = types.SimpleNamespace(
        set_password=lambda service, name, secret: kept.update({(service, name): secret}),
        get_password=lambda service, name: kept.get((service, name)),
    )
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert hidden("http://anna:pw@cam/v?token=t") == shown
    assert credentials.keep_in_keyring(shown) == ""
    credentials._held.clear()
    assert whole(shown) == "http://anna:pw@cam/v?token=t"
    kept[("nnvis", "http://bob@cam/")] = "http://elsewhere/"  # not what belongs to it
    assert whole("http://bob@cam/") == "http://bob@cam/"


def test_a_stream_with_a_login_is_watched_and_told_without_it(caplog):
    caplog.set_level(logging.DEBUG)
    with serving(Camera(login="anna:s3cret/@")) as address:
        spec = address.replace("//", "//anna:s3cret%2F%40@") + "/camera?token=t0ken"
        source = open_source(spec)
        frame = source.read()
        assert source.status.state is SourceState.LIVE
        told = [source.spec, source.title, source.status.note, frame.source, frame.label]
        source.close()
        again = open_source(source.spec)  # as Recent does
        assert again.read() is not None
        again.close()
    assert source.title == address.replace("//", "//anna@") + "/camera"
    assert not [one for one in (*told, caplog.text) if "s3cret" in one or "t0ken" in one]


def test_a_server_that_asks_who_it_is_is_told_apart():
    with serving(Camera(login="anna:pw")) as address:
        with pytest.raises(UserError, match="asks for a name and a password; write them into"):
            open_source(f"{address}/camera")
        with pytest.raises(UserError, match="does not accept this name and password") as told:
            open_source(address.replace("//", "//anna:wrong@") + "/camera")
    assert "wrong" not in str(told.value)


@pytest.mark.parametrize(
    "spec",
    [
        "http://anna:s3cret/@127.0.0.1:9/v", "http://anna:s3cret@/", "anna:s3cret@cam/v",
        "http://anna:s3cret@127.0.0.1:9/v?t=s3cret", "ftp://anna:s3cret@cam/",
        "http://anna:s3cret@127.0.0.1:nine/", "http://anna:s3cret @127.0.0.1/",
        "rtsp://anna:s3cret@127.0.0.1:9/v",
    ],
)  # fmt: skip
def test_no_message_has_the_password(spec):
    with pytest.raises(UserError) as told:
        open_source(spec)
    shown = f"{told.value}{told.value.__cause__ or ''}"
    assert "s3cret" not in shown


def test_the_words_of_a_command_show_nothing_and_a_child_knows_the_rest(monkeypatch):
    address = "http://anna:s3cret@cam/v?token=t0ken"
    words = ["attach", "127.0.0.1:5555", f"--source={address}", address, "--layer", "conv=2"]
    shown = "http://anna@cam/v?token=***"
    hid = ["attach", "127.0.0.1:5555", f"--source={shown}", shown, "--layer", "conv=2"]
    assert credentials.hidden_words(words) == hid
    credentials._held.clear()
    for name, value in credentials.environment_of(words).items():
        monkeypatch.setenv(name, value)
    assert whole(shown) == address
    assert credentials.environment_of(hid) == {}
