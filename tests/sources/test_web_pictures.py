"""Pictures on a server, and what of an address is shown to others."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import numpy as np
import pytest
from helpers.mjpeg_server import Camera, serving
from PIL import Image

from nnvis.errors import UserError
from nnvis.sources import open_source
from nnvis.sources.source import SourceState


@pytest.fixture
def server():
    buffer = BytesIO()
    Image.new("RGB", (30, 20), (10, 200, 30)).save(buffer, "PNG")
    bodies = {
        "/a.png": ("image/png", buffer.getvalue()),
        "/cut.png": ("image/png", buffer.getvalue()[:50]),
        "/page.png": ("text/html", b"<html>"),
        "/text": ("text/plain", b"hello\n" * 99),
    }

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args):
            pass

        def do_GET(self):
            kind, body = bodies[self.path.partition("?")[0]]
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=web.serve_forever, args=(0.01,))
    thread.start()
    yield f"127.0.0.1:{web.server_address[1]}"
    web.shutdown()
    web.server_close()
    thread.join()


def test_a_picture_on_a_server_is_a_still(server):
    source = open_source(f"http://{server}/a.png?size=large")
    frame = source.read()
    assert np.array_equal(frame.picture, np.full((20, 30, 3), (10, 200, 30)))
    assert source.status.state is SourceState.STILL


@pytest.mark.parametrize("name", ["cut.png", "page.png", "text"])
def test_what_is_no_picture_is_named_without_the_password(server, name):
    with pytest.raises(UserError, match=name) as told:
        open_source(f"http://anna:secret@{server}/{name}?token=secret")
    assert "secret" not in str(told.value)


def test_a_stream_called_like_a_picture_is_a_stream():
    with serving(Camera()) as address:
        source = open_source(f"{address}/camera.jpg")
        assert source.status.state is SourceState.LIVE
        assert source.read().index == 0
        assert source.read().index == 1
        source.close()
