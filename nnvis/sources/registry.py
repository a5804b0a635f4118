"""What a source may be: the grammar of what a person writes; a new kind is one line here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nnvis.plugins import Registry


class SpecForm(StrEnum):
    """How a kind of source is written, and what its opener is given of it."""

    WORD = "word"  # NAME: nothing
    SCHEME = "scheme"  # NAME:REST: the rest
    # NAME://REST: all of it but passwords and tokens, which sources.credentials.whole adds.
    ADDRESS = "address"
    PATH = "path"  # of a file or folder: it as a pathlib.Path


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A kind of source."""

    name: str
    title: str
    help: str
    example: str
    form: SpecForm
    code: str  # "module:function", which returns a source.Source

    @property
    def prefix(self) -> str:
        """What a spec of this kind begins with; of a path, nothing."""
        ends = {SpecForm.WORD: "", SpecForm.SCHEME: ":", SpecForm.ADDRESS: "://"}
        return self.name + ends[self.form] if self.form in ends else ""


_PATH, _STREAM = "nnvis.sources.opening:open_path", "nnvis.sources.network.stream:open_stream"
_BUILT_IN = (
    SourceKind(
        "demo", "Demo", "bundled photographs, slowly panned and zoomed", "demo",
        SpecForm.WORD, "nnvis.sources.demo:open_demo",
    ),
    SourceKind(
        "camera", "Camera", "a camera by its number", "camera:0?size=1280x720&fps=30",
        SpecForm.SCHEME, "nnvis.sources.camera:open_camera",
    ),
    SourceKind(
        "picture", "Picture", "a picture file; ?window=LOW:HIGH sets its black and white",
        "scan.tif?window=0:4095", SpecForm.PATH, _PATH,
    ),
    SourceKind("video", "Video", "a video file", "film.mp4", SpecForm.PATH, _PATH),
    SourceKind("folder", "Folder", "all pictures in a folder", "photos/", SpecForm.PATH, _PATH),
    SourceKind(
        "files", "Pictures", "several picture files, with | between them", "files:a.jpg|b.jpg",
        SpecForm.SCHEME, "nnvis.sources.folder:open_files",
    ),
    SourceKind(
        "sample", "Sample", "a photograph that scikit-image brings along", "sample:chelsea",
        SpecForm.SCHEME, "nnvis.sources.sample:open_sample",
    ),
    SourceKind(
        "pattern", "Pattern", "a drawn pattern", "pattern:gratings",
        SpecForm.SCHEME, "nnvis.sources.pattern:open_pattern",
    ),
    SourceKind(
        "http", "Stream", "a stream on the network", "http://HOST/stream",
        SpecForm.ADDRESS, _STREAM,
    ),
    SourceKind(
        "https", "Encrypted stream", "the same, encrypted", "https://HOST/stream",
        SpecForm.ADDRESS, _STREAM,
    ),
    SourceKind(
        "rtsp", "Network camera", "a camera on the network", "rtsp://HOST/stream",
        SpecForm.ADDRESS, _STREAM,
    ),
    SourceKind(
        "rtsps", "Encrypted network camera", "the same, encrypted", "rtsps://HOST/stream",
        SpecForm.ADDRESS, _STREAM,
    ),
    SourceKind(
        "training", "Training", "the pictures of a training that is attached to", "training",
        SpecForm.WORD, "nnvis.sources.training:open_training",
    ),
    SourceKind(
        "file", "File address", "a file, as a browser names it", "file:///home/me/photo.jpg",
        SpecForm.ADDRESS, "nnvis.sources.opening:open_file_address",
    ),
)  # fmt: skip

SOURCES = Registry("sources", SourceKind, _BUILT_IN)
