"""A parent that is killed leaves no child behind, at work or still loading."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import psutil
import pytest

DECODES = """
import itertools, time
from nnvis.top_images.decode import in_workers
def work(seconds):
    print("at work", flush=True)
    time.sleep(seconds)
if __name__ == "__main__":
    with in_workers(work, itertools.repeat(60), 1) as made:
        print("child", flush=True)
        next(made)
"""
TRAINS = """
import sys, time
from pathlib import Path
from nnvis.engine.lab_process import LabRequest, LabRun
def say():
    print("at work", flush=True)
run = LabRun(LabRequest("flat", Path(sys.argv[1]) / "out", quick=False), say)
print("child", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("said", ["child", "at work"])
@pytest.mark.parametrize("program", [DECODES, TRAINS], ids=["decodes", "trains"])
def test_children_end_with_a_parent_that_is_killed(program, said, tmp_path):
    file = tmp_path / "parent.py"
    file.write_text(program)
    parent = subprocess.Popen(
        [sys.executable, str(file), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout:
        assert f"{said}\n" in parent.stdout  # read until then
        children = psutil.Process(parent.pid).children(recursive=True)
        assert children
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    end = time.monotonic() + 60
    while (left := [one for one in children if _runs(one)]) and time.monotonic() < end:
        time.sleep(0.02)
    for one in left:
        one.kill()
    assert not left


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
