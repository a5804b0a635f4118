"""A stream that is lost again and again, each time in another way, and what that leaves behind."""

import itertools
import socket
import struct
import threading
import time
from dataclasses import dataclass

import numpy as np
import psutil

from helpers.mjpeg_server import Camera, serving
from nnvis.sources import open_source
from nnvis.sources.network import mjpeg, stream
from nnvis.sources.source import SourceState

KINDS = (
    *("close", "reset", "stall", "half", "garbage", "damaged", "trickle", "silent"),
    *("401", "503", "page", "empty", "length", "endless"),
)
PART = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
GOOD = 3  # frames of a connection before it is lost


class Unlucky(Camera):
    """Each connection after the first ends in the next of `KINDS`."""

    def __init__(self):
        super().__init__(rate=1e6)
        self.kinds = itertools.chain(KINDS[:1], itertools.cycle(KINDS))
        self.rng = np.random.default_rng(0)

    def serve(self, handler):
        self.connections += 1
        kind = next(self.kinds)
        if kind in ("401", "503"):
            handler.send_error(int(kind))
            return
        handler.send_response(200)
        page = kind == "page"
        sent = "text/html" if page else "multipart/x-mixed-replace; boundary=frame"
        handler.send_header("Content-Type", sent)
        handler.end_headers()
        if kind in ("page", "empty"):
            return
        if kind == "silent":
            self.stopping.wait(1)
            return
        jpeg = self.jpeg(self.connections)
        try:
            for _ in range(GOOD):
                handler.wfile.write(PART % len(jpeg) + jpeg + b"\r\n")
            self.fail(kind, handler, jpeg)
        except OSError:
            return

    def fail(self, kind, handler, jpeg):
        send, noise = handler.wfile.write, self.rng.integers(0, 256, 5000, np.uint8).tobytes()
        if kind == "reset":
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.close()
        elif kind == "stall":
            self.stopping.wait(1)
        elif kind == "half":
            send(PART % len(jpeg) + jpeg[: len(jpeg) // 2])
        elif kind == "garbage":
            send(noise)
        elif kind == "damaged":
            for _ in range(20):
                send(PART % 300 + jpeg[:300] + b"\r\n")
        elif kind == "trickle":
            for one in noise[:100]:
                send(bytes([one]))
                self.stopping.wait(0.02)
        elif kind == "length":
            send(PART % 10**15 + jpeg + PART % 1 + jpeg)
        elif kind == "endless":
            for _ in range(50):
                send(b"x" * 100_000)


@dataclass
class Left:
    """What is there before or after."""

    threads: int
    files: int
    megabytes: float

    @classmethod
    def now(cls):
        me = psutil.Process()
        return cls(threading.active_count(), me.num_fds(), me.memory_info().rss / 1e6)


def lose(losses, monkeypatch):
    """Lose a stream so many times; return how often it came back, and what is there before, after.

    The waits are cut short, as if they were over.
    """
    for module in (mjpeg, stream):
        monkeypatch.setattr(module, "READ_S", 0.3)
    camera = Unlucky()
    back = lost = 0
    with serving(camera) as address:
        source = open_source(f"{address}/camera")
        before = Left.now()
        while lost < losses:
            if source.read() is not None:
                live = True
                continue
            if source.status.state is not SourceState.LOST:
                continue
            lost += 1
            live = False
            end = time.monotonic() + 60
            while not live and time.monotonic() < end:
                source._retry_at = 0.0
                live = source.read() is not None
            back += live
        source.close()
        end = time.monotonic() + 10
        after = Left.now()
        while after.threads > before.threads and time.monotonic() < end:  # the server's own
            time.sleep(0.05)
            after = Left.now()
    return back, before, after
