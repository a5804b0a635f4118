"""OpenVINO comes in by one door, and tells nobody."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("openvino_telemetry")

# What is sent goes out on threads of their own, so that a refusal there would not be seen.
ASKS = """
import socket, sys
told = []
for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, lambda *given: told.append(given))
socket.getaddrinfo = lambda *given, **_rest: told.append(given) or []
from nnvis.models.formats.openvino_import import openvino
openvino.Core()
sys.exit(bool(told) or "openvino_telemetry.main" in sys.modules)
"""


def test_importing_it_asks_for_no_address_and_leaves_nothing_at_home(tmp_path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", ASKS], env=environment, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not list(tmp_path.iterdir())
