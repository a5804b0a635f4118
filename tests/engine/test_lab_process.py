"""Labs in a child process: what it tells, what it leaves, and what is told if it dies."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nnvis.engine.lab_process import (
    Ended,
    LabRequest,
    LabRun,
    OwnLayer,
    TwoObjects,
)
from nnvis.labs.framework.outcome import (
    LabProgress,
)
from nnvis.labs.framework.storage import read_record
from nnvis.models.info import ModelRequest


@pytest.mark.slow
def test_a_child_process_runs_a_lab_and_a_killed_one_is_told_of(qtbot, tmp_path):
    woken = []
    order = LabRequest(
        "forget", tmp_path / "out", seeds=(0,),
        values={"width": 8, "tasks": 2}, data=str(tmp_path / "none"),
    )  # fmt: skip
    run = LabRun(order, lambda: woken.append(1))
    told = []
    qtbot.waitUntil(lambda: bool(told.extend(run.take()) or _ends(told)), timeout=60_000)
    assert "there is no data" in told[-1].failure

    run = LabRun(LabRequest("forget", tmp_path / "out", seeds=(0,)), lambda: woken.append(1))
    told = []
    qtbot.waitUntil(
        lambda: bool(told.extend(run.take()) or any(isinstance(t, LabProgress) for t in told)),
        timeout=60_000,
    )
    run._child.kill()
    qtbot.waitUntil(lambda: bool(told.extend(run.take()) or _ends(told)), timeout=60_000)
    assert "broke off" in told[-1].failure
    run.close()


@pytest.mark.slow
def test_a_child_process_teaches_the_network_two_objects_and_keeps_their_pictures(qtbot, tmp_path):
    die = np.random.default_rng(0)
    folders = tmp_path / "album" / "first", tmp_path / "album" / "second"
    for grey, folder in zip((60, 190), folders, strict=True):
        folder.mkdir(parents=True)
        for number in range(8):
            noise = (grey + die.normal(0, 20, (64, 64, 3))).clip(0, 255).astype(np.uint8)
            Image.fromarray(noise).save(folder / f"{number:05}.png")
    order = LabRequest(
        "objects", tmp_path / "out", seeds=(0,), values={"steps": 4}, data="",
        own=TwoObjects(ModelRequest("tiny"), ("a cup", "a ball"), folders),
    )  # fmt: skip
    run, told = LabRun(order, lambda: None), []
    qtbot.waitUntil(lambda: bool(told.extend(run.take()) or _ends(told)), timeout=240_000)
    assert told[-1] == Ended()
    record = read_record(tmp_path / "out")
    assert record.data == "a cup and a ball"
    assert "a cup" in record.outcome.seen
    kept = tmp_path / "out" / "pictures" / "a cup" / "00003.png"
    assert kept.read_bytes() == (folders[0] / "00003.png").read_bytes()
    run.close()


@pytest.mark.slow
def test_a_child_process_compares_the_directions_of_a_layer(qtbot, tmp_path):
    die = np.random.default_rng(0)
    for number in range(40):
        coarse = die.integers(0, 256, (4, 4, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        Image.fromarray(coarse).save(tmp_path / f"{number}.png")
    order = LabRequest(
        "basis", tmp_path / "out", seeds=(0, 1), values={"directions": 8}, data=str(tmp_path),
        own=OwnLayer(ModelRequest("tiny"), "relu2"),
    )  # fmt: skip
    run, told = LabRun(order, lambda: None), []
    qtbot.waitUntil(lambda: bool(told.extend(run.take()) or _ends(told)), timeout=240_000)
    assert told[-1] == Ended()
    record = read_record(tmp_path / "out")
    assert "relu2 of tiny" in record.outcome.seen
    assert record.shown["game"].answers
    run.close()


def _ends(told):
    return bool(told) and isinstance(told[-1], Ended)
