"""When a video is decoded on the GPU: once a network runs there and its file allows it.

Until then, and where it cannot be, VideoReader goes on; nothing waits. Free of torch and PyAV: they
are loaded where they are wanted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from nnvis.engine.runtime.capture import Capture
from nnvis.errors import UserError
from nnvis.models.info import ModelInfo, is_attached
from nnvis.sources.source import Source
from nnvis.sources.video import Video

log = logging.getLogger(__name__)

DEVICES = ("cuda",)  # that have a decoder of video

Start = Callable[[str, Callable[[], None]], None]  # a thread: its name, what it does


def decode_there(capture: Capture, info: ModelInfo, start: Start) -> None:
    """Let the video that `capture` plays be decoded where the network of `info` runs."""
    here = not is_attached(info.model_request.spec)
    if here and info.device.partition(":")[0] in DEVICES:
        capture.do(partial(_begin, capture, info.device, start))


def _begin(capture: Capture, device: str, start: Start, source: Source) -> None:
    if isinstance(source, Video) and source.file is not None and not source.changed:
        start("nnvis-video", partial(_prepare, capture, device, source.file))


def _prepare(capture: Capture, device: str, file: Path) -> None:
    from nnvis.engine.runtime.device_video import DeviceVideoReader, missing, refused

    told = ""
    try:
        if gone := missing():
            raise UserError(gone)
        reader = DeviceVideoReader(file, device, lambda: capture.stopping)
    except UserError as error:
        told = refused(error)
    except Exception as error:
        log.exception("%s cannot be decoded on %s", file, device)
        told = refused(UserError(type(error).__name__))

    def take(source: Source) -> None:
        if isinstance(source, Video) and source.file == file and not source.changed:
            if told:
                source.told = told
            else:
                source.change_reader(reader)

    capture.do(take)
