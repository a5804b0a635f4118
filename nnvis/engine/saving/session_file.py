"""A file that brings a window back: JSON, and the frames that no source will show again.

Nothing in it is run, and nothing that it names is opened by reading it.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis import __version__
from nnvis.engine.protocol.request import Request
from nnvis.engine.saving.metadata import SavedView, position_of
from nnvis.engine.saving.metadata_features import read_basis, stored_basis
from nnvis.errors import UserError
from nnvis.files.json_text import parse_json
from nnvis.files.limited import check_file
from nnvis.files.whole import appearing
from nnvis.models.info import ModelRequest
from nnvis.sources.frame import Frame
from nnvis.sources.picture import decode_picture
from nnvis.structure import structure
from nnvis.views.features.colour_basis import ColourBasis
from nnvis.views.features.concept_basis import ConceptBasis
from nnvis.views.request import ConceptsOff

SUFFIX = ".nnvis"
_HEAD = "session.json"
_FORMAT = "nnvis session 1"
_MOST = 5 << 28  # bytes of a file
_MOST_HEAD = 32 << 20  # bytes of its JSON
_MOST_FRAME = 256 << 20  # bytes of a frame, encoded
_MOST_FRAMES = 1 << 30  # bytes of all frames, decoded
MOST_BOOKMARKS = 200


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A place to come back to, by name."""

    name: str
    view: SavedView


@dataclass(frozen=True, slots=True)
class SavedSession:
    """What a window was when it was saved."""

    view: SavedView
    bookmarks: tuple[Bookmark, ...] = ()
    parts: Mapping[str, Any] = field(default_factory=dict)  # plain JSON of whoever adds to it


def write_session(path: Path, session: SavedSession) -> Path:
    """Write `session` whole or not at all; equal frames are kept once. Returns `path`.

    Raises:
        UserError: it cannot be written, or keeps more frames than can be read again.
    """
    frames: dict[int, Frame] = {}
    plain = {
        "format": _FORMAT,
        "version": __version__,
        "view": _stored_view(session.view, frames),
        "bookmarks": [
            {"name": one.name, "view": _stored_view(one.view, frames)} for one in session.bookmarks
        ],
        "parts": dict(session.parts),
    }
    if sum(one.picture.nbytes for one in frames.values()) > _MOST_FRAMES:
        raise UserError(
            f"the {len(frames)} frames that the bookmarks keep take more than "
            f"{_MOST_FRAMES >> 20} MB; remove some bookmarks and save again"
        )
    names = {key: f"frames/{place}.png" for place, key in enumerate(frames)}
    text = json.dumps(plain, default=lambda key: names[key.key], indent=1)
    with appearing(path) as unfinished, zipfile.ZipFile(unfinished, "w") as file:
        file.writestr(_HEAD, text, zipfile.ZIP_DEFLATED)
        for key, name in names.items():
            content = io.BytesIO()
            Image.fromarray(frames[key].picture).save(content, "PNG", compress_level=4)
            file.writestr(name, content.getvalue())
    return path


def read_session(path: Path) -> SavedSession:
    """Read a session; what is missing or odd takes its default.

    Raises:
        UserError: it is none, or is damaged.
    """
    check_file(path, _MOST, "session")
    try:
        with zipfile.ZipFile(path.expanduser()) as file:
            plain = parse_json(_member(file, _HEAD, _MOST_HEAD).decode("utf-8"))
            if not isinstance(plain, dict) or plain.get("format") != _FORMAT:
                raise UserError(f"{path} is no session of this version of nnvis; save it again")
            listed = plain.get("bookmarks")
            marks = listed[:MOST_BOOKMARKS] if isinstance(listed, list) else []
            parts, frames = plain.get("parts"), _KeptFrames(file)
            return SavedSession(
                _view(plain.get("view"), frames),
                tuple(
                    Bookmark(str(one.get("name", ""))[:200], _view(one.get("view"), frames))
                    for one in marks
                    if isinstance(one, dict)
                ),
                parts if isinstance(parts, dict) else {},
            )
    except UserError:
        raise
    except Exception as error:  # readers of damaged archives raise anything
        raise UserError(f"{path} is no session, or is damaged; give a file that Save session wrote"
                        ) from error  # fmt: skip


@dataclass(frozen=True, slots=True)
class _FrameKey:
    key: int


def _stored_view(view: SavedView, frames: dict[int, Frame]) -> dict[str, Any]:
    request, frame = view.request, view.frame
    off, basis = request.ablation.concepts, request.observe.concepts
    colours = request.observe.colours
    plain_colours = replace(colours, given=None) if colours is not None else None
    plain = replace(
        request,
        ablation=replace(request.ablation, concepts=None),
        observe=replace(request.observe, concepts=None, gather=None, colours=plain_colours),
        layout=replace(request.layout, visible=()),
    )
    stored: dict[str, Any] = {
        "source": view.source,
        "position": view.position,
        "paused": view.paused,
        "frozen": view.frozen,
        "model": _plain(asdict(view.model_request)),
        "weights_hash": view.weights_hash,
        "request": _plain(asdict(plain)),
    }
    if off is not None:
        stored["off"] = {"basis": stored_basis(off.basis), "off": list(off.off)}
    if basis is not None:
        stored["concepts"] = stored_basis(basis)
    if colours is not None and colours.given is not None:
        stored["colours"] = stored_basis(colours.given)
    if frame is not None:
        key = id(frame.picture)
        frames.setdefault(key, frame)
        stored["frame"] = {"file": _FrameKey(key), "label": frame.label, "index": frame.index}
    return stored


class _KeptFrames:
    """Reads each picture once, however many views are of it, and no more than memory bears."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self._pictures: dict[str, NDArray[np.uint8]] = {}

    def frame(self, stored: Any, source: str) -> Frame | None:
        """Return the frame that `stored`, of anyone, names."""
        if not isinstance(stored, dict) or not isinstance(name := stored.get("file"), str):
            return None
        if name not in self._pictures:
            content = _member(self._file, name, _MOST_FRAME)
            self._pictures[name] = decode_picture(content, "a frame of the session")
            if sum(one.nbytes for one in self._pictures.values()) > _MOST_FRAMES:
                raise ValueError("its frames are too large")
        label, index = stored.get("label"), stored.get("index")
        return Frame(
            self._pictures[name], index if type(index) is int else 0, time.monotonic(), source,
            label if isinstance(label, str) else "",
        )  # fmt: skip


def _view(stored: Any, frames: _KeptFrames) -> SavedView:
    found = stored if isinstance(stored, dict) else {}
    asked, model = found.get("request"), found.get("model")
    request = structure(Request, _safe(asked) if isinstance(asked, dict) else {}) or Request()
    off, basis = found.get("off"), read_basis(ConceptBasis, found.get("concepts"))
    subtracted = read_basis(ConceptBasis, off.get("basis")) if isinstance(off, dict) else None
    if isinstance(off, dict) and subtracted is not None:
        which = tuple(
            one for one in off.get("off", ()) if type(one) is int and 0 <= one < subtracted.count
        )
        concepts = ConceptsOff(subtracted, which)
        request = replace(request, ablation=replace(request.ablation, concepts=concepts))
    request = replace(request, observe=replace(request.observe, concepts=basis))
    given, colours = read_basis(ColourBasis, found.get("colours")), request.observe.colours
    if given is not None and colours is not None:
        colours = replace(colours, given=given)
        request = replace(request, observe=replace(request.observe, colours=colours))
    model_request = structure(ModelRequest, {**model, "device": None} if isinstance(model, dict)
                              else {}) or ModelRequest()  # fmt: skip
    named, weights = found.get("source"), found.get("weights_hash")
    source = named if isinstance(named, str) else ""
    return SavedView(
        source,
        model_request,
        request,
        position_of(found),
        weights if isinstance(weights, str) else "",
        paused=found.get("paused") is True,
        frozen=found.get("frozen") is True,
        frame=frames.frame(found.get("frame"), source),
    )


def _safe(asked: dict[str, Any]) -> dict[str, Any]:
    """Leave out where and how long anything computes: no file says that."""
    attack = asked.get("attack")
    if isinstance(attack, dict):
        second = attack.get("second")
        second = {**second, "device": None} if isinstance(second, dict) else None
        asked = {**asked, "attack": {**attack, "second": second, "budget": None}}
    return asked


def _member(file: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Read a member, which is never written anywhere, by its exact name and size."""
    try:
        info = file.getinfo(name)
    except KeyError:
        raise ValueError(f"it lacks {name!r:.60}") from None
    if info.file_size > limit:
        raise ValueError(f"{name!r:.60} is too large")
    with file.open(info) as member:
        content = member.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"{name!r:.60} is too large")
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value
