"""A network behind a door: the same pictures as here, for those who have the token alone."""

from __future__ import annotations

import socket
import stat
import time
import warnings
from contextlib import nullcontext, suppress
from dataclasses import replace

import numpy as np
import pytest
import zmq
from helpers.attached import attached

from nnvis.engine.attribution.concept_jobs import concepts_of_frames
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.request import AttackRequest
from nnvis.engine.remote import access, messages
from nnvis.engine.remote.door import Door
from nnvis.engine.remote.live_room import LiveRoom
from nnvis.engine.remote.serving import served
from nnvis.engine.remote.wire import pack
from nnvis.engine.runtime import attached_runner
from nnvis.errors import UserError
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.views.features.concept_basis import ConceptParameters
from nnvis.views.request import AttributionRequest


@pytest.fixture(scope="module")
def model():
    return load("tiny")


@pytest.fixture
def door(model):
    with served(model, ModelRequest("tiny")) as door:
        yield door


def test_what_comes_back_is_what_the_window_would_show_here(door, model):
    with attached(door.address, "sample:chelsea") as told:
        shot = told.wait(lambda: told.shots and told.shots[-1])
        session = told.session
        asked = replace(session.request, layer="conv2", unit=5, attribution=AttributionRequest())
        session.select(asked)
        shot = told.wait(lambda: next((s for s in told.shots if s.attribution), None))
        here = process_frame(model, model.info(ModelRequest("tiny")), shot.frame, asked)
        assert np.array_equal(shot.sheet.picture, here.sheet.picture)
        assert np.array_equal(shot.attribution.values, here.attribution.values)
        assert shot.top == here.top
        assert shot.frame.picture.shape[0] > 32  # the whole picture, which never travelled
        assert shot.info.model_request.spec == f"attach:{door.address}"
        job = session.submit(Job("a job", lambda model: iter(())))
        assert job.state is JobState.FAILED
        assert "another process" in str(job.error)


def test_concepts_are_found_behind_the_door_as_they_are_here(door, model):
    pytest.importorskip("sklearn")
    die = np.random.default_rng(0)
    pictures = die.integers(0, 256, (6, *model.input_size, 3), np.uint8)
    options = ConceptParameters(count=3)
    with attached(door.address, "sample:chelsea") as told:
        told.wait(lambda: told.shots)
        job = told.session.submit(concepts_of_frames(pictures, "conv2", options))
        told.wait(lambda: job.state is JobState.DONE)
        here = drain(concepts_of_frames(pictures, "conv2", options).start(model))
        assert np.allclose(job.result.basis.directions, here.basis.directions, atol=1e-5)
        assert [len(tops) for tops in job.result.tops] == [len(tops) for tops in here.tops]
        nowhere = told.session.submit(concepts_of_frames(pictures, "nowhere", options))
        told.wait(lambda: nowhere.state is JobState.FAILED)
        assert "nowhere" in str(nowhere.error)


def test_a_still_picture_is_sent_again_to_a_door_that_knows_nothing_of_it(model):
    """A door that was busy for long, or another one at its port, greets a guest anew."""
    with served(model, ModelRequest("tiny")) as door:
        port, token = door.port, door.token
        with attached(door.address, "sample:chelsea") as told:
            told.wait(lambda: told.shots)
            door.close()
            told.wait(lambda: any("has ended" in one for one in told.warnings))
            before = len(told.shots)
            info = model.info(ModelRequest("tiny"))
            room = LiveRoom("tiny", lambda: (model, info), nullcontext)
            other = Door(room, port, token)
            try:
                told.wait(lambda: len(told.shots) > before)
            finally:
                other.close()
            assert told.shots[-1].frame is told.shots[0].frame


def test_a_second_network_that_a_guest_names_is_never_loaded(door, tmp_path):
    """A request may name Python code as a second network: the door leaves it out."""
    evil = tmp_path / "evil.py"
    evil.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\ndef make(): pass\n")
    with attached(door.address, "sample:chelsea") as told:
        told.wait(lambda: told.shots)
        attack = AttackRequest(second=ModelRequest(f"{evil}:make"))
        told.session.select(replace(told.session.request, attack=attack))
        shot = told.wait(lambda: next((s for s in told.shots if s.attack), None))
        assert shot.attack.second is None
    assert not (tmp_path / "ran").exists()


def guest(address, token, door_token):
    context = zmq.Context()
    line = context.socket(zmq.DEALER)
    secret = access.secret_key(token, "guest")
    line.curve_secretkey, line.curve_publickey = secret, zmq.curve_public(secret)
    line.curve_serverkey = zmq.curve_public(access.secret_key(door_token, "door"))
    line.linger = 0
    line.connect(f"tcp://{address}")
    return context, line


def test_without_the_token_nobody_gets_in(door):
    plain = zmq.Context()
    line = plain.socket(zmq.DEALER)
    line.linger = 0
    line.connect(f"tcp://{door.address}")
    # Without a token, with a wrong one, with a wrong one of the guest alone, and in plain words.
    tokens = ("", ""), ("other", "other"), ("other", door.token)
    lines = [*(guest(door.address, *one) for one in tokens), (plain, line)]
    for _, line in lines:
        with suppress(zmq.Again):  # who has been refused by now would wait to send for ever
            line.send_multipart([messages.HELLO, *pack(messages.TextMessage("hello"))], zmq.NOBLOCK)
    assert not lines[0][1].poll(1500)
    assert not any(line.poll(0) for _, line in lines)
    assert door.guests == 0
    for context, line in lines:
        line.close()
        context.term()


def test_what_a_stranger_or_a_guest_sends_ends_nothing(door):
    """Noise on the port, parts that are too large, and messages that are none."""
    for noise in (
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 65536,
        b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f",
    ):
        with socket.create_connection(("127.0.0.1", door.port)) as line:
            line.sendall(noise)
    context, line = guest(door.address, door.token, door.token)
    for parts in (
        [b"ask", b"\x80\x04K\x01."], [b"nosuch"], [b""], [b"frame"], [b"hello", b"{}"],
        [b"ask", b"x" * (1 << 20)], [b"ask", *[b"[" * 100_000] * 3],
    ):  # fmt: skip
        line.send_multipart(parts)
    line.send_multipart([b"frame", bytes(messages.MOST_GUEST_BYTES + 1)])
    time.sleep(0.5)
    line.close()
    context.term()
    with attached(door.address, "sample:chelsea") as told:
        told.wait(lambda: told.shots)


def test_the_token_lies_where_only_its_owner_reads_it(door):
    (note,) = access.doors()
    assert (note.address, note.token, note.training) == (door.address, door.token, False)
    (path,) = access._folder().glob("door-*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    assert access.doors() == []  # others could have written it
    path.chmod(0o600)
    access.keep(replace(note, token="of another"))  # which has the port by now
    access.forget(note)
    assert path.exists()
    access.keep(note)
    door.close()
    assert not path.exists()
    assert not [*path.parent.iterdir()]


def test_doors_are_on_this_machine_alone(door):
    with pytest.raises(UserError, match=r"ssh -L 5555:127.0.0.1:5555 gpu"):
        access.address_of("gpu:5555")
    assert access.address_of("attach:localhost:80") == "127.0.0.1:80"
    with pytest.raises(UserError, match="HOST:PORT"):
        access.address_of("5555x")
    address = (socket.gethostbyname(socket.gethostname()), door.port)
    if not address[0].startswith("127."):
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(address, 2).close()


def test_where_nothing_listens_or_the_token_is_another_one_line_says_so(door, monkeypatch):
    monkeypatch.setattr(attached_runner, "PATIENCE_S", 1.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for where, token, said in (
        (address, "some", "nothing listens"),
        (door.address, "another", "does not let this token in"),
    ):
        access.remember_token(where, token)
        try:
            with attached(where) as told:
                ((_, message, _),) = told.wait(lambda told=told: told.of("model_failed"))
                assert said in message
        finally:
            access._typed.clear()


def test_a_network_that_cannot_be_shown_is_refused_and_the_door_stays_open():
    def follow():
        raise ValueError("no two weights fit")

    door = Door(LiveRoom("strange", follow, nullcontext))
    try:
        for _ in range(2):
            with attached(door.address, "sample:chelsea") as told:
                told.wait(lambda told=told: any("no two weights" in str(one) for one in told.calls))
    finally:
        door.close()


def test_nothing_is_warned_of_where_the_system_names_no_folder_for_what_runs(tmp_path, monkeypatch):
    for name in ("NNVIS_CONFIG", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(access.platformdirs, "user_runtime_dir", lambda _: str(warned(tmp_path)))
    assert access._folder(make=True).is_dir()
    monkeypatch.setattr(access.platformdirs, "user_runtime_dir", refused)
    with pytest.raises(UserError, match="set NNVIS_CONFIG"):
        access._folder()


def warned(folder):
    warnings.warn("XDG_RUNTIME_DIR is not set", stacklevel=1)
    return folder / "run"


def refused(_):
    raise PermissionError("runtime directory is another user's; set XDG_RUNTIME_DIR instead")
