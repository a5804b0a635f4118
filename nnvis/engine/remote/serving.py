"""A network of this process behind a door, for windows in others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nnvis.engine.remote.door import Door
from nnvis.engine.remote.live_room import LiveRoom
from nnvis.models.info import ModelRequest
from nnvis.models.untouched import plain_numbers
from nnvis.models.vision import VisionModel


@contextmanager
def served(model: VisionModel, model_request: ModelRequest, port: int = 0) -> Iterator[Door]:
    """Let guests look at `model` inside of the block.

    Raises:
        UserError: the port is taken, or pyzmq is missing.
    """
    info = model.info(model_request)
    room = LiveRoom(model.name, lambda: (model, info), lambda: plain_numbers(model.device))
    door = Door(room, port)
    try:
        yield door
    finally:
        door.close()
