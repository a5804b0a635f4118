"""The first picture of a source, for whoever looks once."""

from __future__ import annotations

import time

from nnvis.errors import UserError
from nnvis.sources import open_source
from nnvis.sources.frame import Frame
from nnvis.sources.network.credentials import hidden

PATIENCE_S = 10.0


def first_frame(spec: str) -> Frame:
    """Open `spec`, return its first frame, and close it.

    Raises:
        UserError: it cannot be opened, or gives nothing for ten seconds.
    """
    spec = hidden(spec)
    source = open_source(spec)
    try:
        end = time.monotonic() + PATIENCE_S
        while (now := time.monotonic()) < end:
            if source.due() <= now and (frame := source.read()) is not None:
                return frame
            time.sleep(0.01)
    finally:
        source.close()
    raise UserError(
        f"{spec} gave no picture for {PATIENCE_S:.0f} seconds; check the device or stream"
    )
