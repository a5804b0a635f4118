"""A disk that is full in the middle of a file: the old one stays, and nothing else does."""

from __future__ import annotations

import resource
import signal

import numpy as np
import pytest

from nnvis.config import Settings, load_settings, save_settings, settings_path
from nnvis.engine.unit_card.activation_ranges import ActivationRanges
from nnvis.errors import UserError
from nnvis.export import write_png
from nnvis.files.whole import write_text
from nnvis.progress import drain
from nnvis.top_images.list_pictures import Reference
from nnvis.top_images.manifest import write_manifest
from nnvis.top_images.tables import write_skipped, write_top


def many_ranges(path):
    ranges = ActivationRanges()
    values = np.random.default_rng(0).random(30_000).astype(np.float32)
    ranges.note("weights", "layer", values)
    ranges.write(path)


def references():
    rng = np.random.default_rng(0)
    return [Reference(rng.bytes(30).hex(), "", -1, -1, -1) for _ in range(3000)]


def skipped():
    return [(at, reference.path, "damaged") for at, reference in enumerate(references())]


def top():
    yield [{"layer": reference.path} for reference in references()]


NOISE = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
WRITERS = {
    "text": lambda path: write_text(path, "x" * 100_000),
    "picture": lambda path: write_png(path, NOISE, {}),
    "ranges": many_ranges,
    "listing": lambda path: drain(write_manifest(references(), path, 4096)),
    "skipped": lambda path: write_skipped(skipped(), path),
    "top": lambda path: write_top(top(), path),
    "settings": lambda path: save_settings(Settings(source="x" * 100_000), path),
}


@pytest.fixture
def full_disk():
    """Files end at 20,000 bytes, as on a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    told = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, told)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(kind, tmp_path, full_disk):
    path = tmp_path / "there"
    path.write_bytes(b"before")
    with pytest.raises(UserError, match=r"cannot write .*there: File too large; .*make room"):
        WRITERS[kind](path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_settings_survive_a_full_disk(full_disk):
    save_settings(Settings(source="demo"))
    with pytest.raises(UserError):
        save_settings(Settings(source="x" * 100_000))
    assert load_settings().source == "demo"
    assert list(settings_path().parent.iterdir()) == [settings_path()]
