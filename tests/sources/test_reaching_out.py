"""What another machine or a camera has to do with is told apart, before anything is opened."""

from __future__ import annotations

import pytest

from nnvis.sources.spec_text import reaches_out


@pytest.mark.parametrize(
    "spec",
    [
        "rtsp://cam/1", "camera:0", "//host/share/a.jpg", r"\\host\share", r"/\host\share",
        r"files:\\host\share\a.jpg", "files:/a.jpg|//host/b.jpg",
        "file:////host/a.jpg", "file:///%5C%5Chost/a.jpg", r"FILES:/a.jpg| \\host\b.jpg",
    ],
)  # fmt: skip
def test_what_speaks_to_another_machine_or_a_camera_does(spec):
    assert reaches_out(spec)


@pytest.mark.parametrize(
    "spec", ["demo", "photos/a.jpg", r"C:\photos\a.jpg", "files:/a.jpg|/b.jpg", "file:///a.jpg"]
)
def test_what_lies_here_does_not(spec):
    assert not reaches_out(spec)
