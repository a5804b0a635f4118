"""Pictures of two objects: kept as they come, cleared, brought back, found again."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nnvis.engine.stream.object_album import SHOWN, SMALL, ObjectAlbum


@pytest.fixture
def told():
    return {}


@pytest.fixture
def album(tmp_path, told):
    made = ObjectAlbum(
        tmp_path / "album", lambda pile: told.update({pile.side: pile}), told.setdefault
    )
    yield made
    assert made.close()


def flat(value):
    return np.full((64, 48, 3), value, np.uint8)


def test_pictures_are_kept_exactly_and_in_order_and_found_again(album, told, tmp_path):
    for value in range(SHOWN + 3):
        album.add("first", flat(value))
    assert album.close()
    assert told["first"].count == SHOWN + 3
    files = sorted(album.folder("first").iterdir())
    assert [int(np.asarray(Image.open(one))[0, 0, 0]) for one in files] == [*range(SHOWN + 3)]

    again = {}
    later = ObjectAlbum(tmp_path / "album", lambda pile: again.update({pile.side: pile}), print)
    later.open()
    assert later.close()
    assert again["first"].count == SHOWN + 3
    assert again["second"].count == 0
    assert again["second"].strip is None
    strip = again["first"].strip
    assert strip.shape == (SMALL, SHOWN * (SMALL + 3) - 3, 3)
    assert np.array_equal(strip, told["first"].strip)
    assert strip[0, -1, 0] == SHOWN + 2  # the newest is on the right
    later.add("first", flat(200))
    assert later.close()
    assert again["first"].count == SHOWN + 4


def test_what_was_cleared_can_be_brought_back(album, told):
    for value in (1, 2):
        album.add("second", flat(value))
    album.clear("second")
    assert album.close()
    assert (told["second"].count, told["second"].cleared) == (0, True)
    album.bring_back("second")
    assert album.close()
    assert (told["second"].count, told["second"].cleared) == (2, False)
    assert told["second"].strip[0, -1, 0] == 2
    album.clear("second")
    album.add("second", flat(9))
    album.bring_back("second")  # comes too late: the new one is not given up for it
    assert album.close()
    assert (told["second"].count, told["second"].cleared) == (1, True)


def test_a_folder_that_cannot_be_written_is_told_of_and_the_next_picture_is_tried(tmp_path):
    lines, piles = [], []
    (tmp_path / "album").write_text("a file")
    album = ObjectAlbum(tmp_path / "album", piles.append, lines.append)
    album.add("first", flat(1))
    assert album.close()
    assert len(lines) == 1
    assert "\n" not in lines[0]
    assert not piles
    (tmp_path / "album").unlink()
    album.add("first", flat(1))
    assert album.close()
    assert piles[-1].count == 1


def test_a_damaged_picture_stops_nothing(album, told):
    album.add("first", flat(1))
    assert album.close()
    torn = album.folder("first") / "00001.png"
    torn.write_bytes((album.folder("first") / "00000.png").read_bytes()[:60] + b"spoilt" * 20)
    album.clear("first")
    album.bring_back("first")  # reads them anew
    album.add("first", flat(3))
    assert album.close()
    assert told["first"].count == 3
