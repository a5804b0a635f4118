"""The ways in which cameras speak HTTP: logins, redirections, boundaries."""

import hashlib
import re
import threading
from base64 import b64encode
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image

from nnvis.errors import UserError
from nnvis.sources import open_source
from nnvis.sources.source import SourceState


def jpeg(level):
    buffer = BytesIO()
    Image.new("RGB", (32, 24), (level, 100, 50)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@contextmanager
def answering(answer):
    """Yield the host and port of a server that lets `answer` speak."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args):
            pass

        def do_GET(self):
            self.close_connection = True
            answer(self)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def begin(handler, kind="multipart/x-mixed-replace; boundary=frame", code=200, **headers):
    handler.send_response(code)
    handler.send_header("Content-Type", kind)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def levels(address, count):
    source = open_source(address)
    assert source.status.state is SourceState.LIVE
    found = []
    while len(found) < count and source.status.state is SourceState.LIVE:
        frame = source.read()
        if frame is not None:
            found.append(int(frame.picture[12, 16, 0]))
    source.close()
    return found


def close_to(found, wanted):
    return len(found) == len(wanted) and np.abs(np.subtract(found, wanted)).max() <= 3


LENGTH = b"Content-Length: %d\r\n"
STYLES = {
    # the boundary in the header, before each part, headers of a part, gap, what follows a part
    "plain": ("frame", b"--frame\r\n", LENGTH, b"\r\n", b"\r\n"),
    "quoted": ('"a frame"', b"--a frame\r\n", LENGTH, b"\r\n", b"\r\n"),
    "dashes in the header": ("--frame", b"--frame\r\n", LENGTH, b"\r\n", b"\r\n"),
    "no lengths": ("frame", b"--frame\r\n", b"", b"\r\n", b"\r\n"),
    "bare line feeds": ("frame", b"--frame\n", b"Content-Length: %d\n", b"\n", b"\n"),
    "words before": ("frame", b"\r\nhello\r\n--frame\r\n", LENGTH, b"\r\n", b""),
    "length too short": ("frame", b"--frame\r\n", b"Content-Length: 9\r\n", b"\r\n", b"\r\n"),
    "length in small letters": ("frame", b"--frame\r\n", b"content-length:%d\r\n", b"\r\n", b""),
}


@pytest.mark.parametrize("style", STYLES)
def test_parts_are_found_however_they_are_parted(style):
    boundary, before, head, gap, after = STYLES[style]

    def answer(handler):
        begin(handler, f"multipart/x-mixed-replace; boundary={boundary}")
        for level in (40, 120, 200):
            data = jpeg(level)
            length = head % len(data) if b"%d" in head else head
            kind = b"Content-Type: image/jpeg" + gap
            handler.wfile.write(before + kind + length + gap + data + after)
        handler.wfile.write(before)

    with answering(answer) as host:
        # Two parts are taken for damaged before the lengths are.
        wanted = [200] if style == "length too short" else [40, 120, 200]
        assert close_to(levels(f"http://{host}/v", len(wanted)), wanted)


def stream(handler):
    begin(handler)
    for level in (40, 120):
        data = jpeg(level)
        handler.wfile.write(b"--frame\r\n" + LENGTH % len(data) + b"\r\n" + data + b"\r\n")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_digest_login_works(algorithm):
    def digest(text):
        return hashlib.new(algorithm.replace("-", "").lower(), text.encode()).hexdigest()

    def answer(handler):
        sent = handler.headers.get("Authorization", "")
        told = dict(re.findall(r'(\w+)="?([^",]+)"?', sent))
        secret = digest("anna:camera:p@ss/wörd")
        wanted = ":".join(
            (secret, "n0nce", told.get("nc", ""), told.get("cnonce", ""), "auth",
             digest(f"GET:{handler.path}"))
        )  # fmt: skip
        if sent.startswith("Digest ") and told.get("response") == digest(wanted):
            stream(handler)
        else:
            asks = f'Digest realm="camera", nonce="n0nce", qop="auth", algorithm={algorithm}'
            begin(handler, code=401, WWW_Authenticate=asks, Content_Length="0")

    with answering(answer) as host:
        address = f"http://anna:p%40ss%2Fw%C3%B6rd@{host}/v?channel=1"
        assert close_to(levels(address, 2), [40, 120])
        with pytest.raises(UserError, match="does not accept this name and password"):
            open_source(f"http://anna:wrong@{host}/v")
        with pytest.raises(UserError, match="asks for a name and a password"):
            open_source(f"http://{host}/v")


def test_a_login_of_another_kind_is_told():
    def answer(handler):
        begin(handler, code=401, WWW_Authenticate="Bearer", Content_Length="0")

    with answering(answer) as host, pytest.raises(UserError, match="login of a kind"):
        open_source(f"http://anna:pw@{host}/v")


def test_a_redirection_is_followed_and_takes_no_password_elsewhere():
    seen = []

    def other(handler):
        seen.append(handler.headers.get("Authorization"))
        stream(handler)

    with answering(other) as elsewhere:

        def answer(handler):
            if handler.path == "/moved":
                begin(handler, code=302, Location=f"http://{elsewhere}/v", Content_Length="0")
            elif handler.headers.get("Authorization") is None:
                asks = 'Basic realm="camera"'
                begin(handler, code=401, WWW_Authenticate=asks, Content_Length="0")
            else:
                begin(handler, code=302, Location="/moved", Content_Length="0")

        with answering(answer) as host:
            assert close_to(levels(f"http://anna:pw@{host}/v", 2), [40, 120])
    assert seen == [None]


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/a.png", "data:,x"])
def test_a_redirection_opens_no_file(target):
    def answer(handler):
        begin(handler, code=302, Location=target, Content_Length="0")

    with answering(answer) as host, pytest.raises(UserError, match=host):
        open_source(f"http://{host}/a.png")


def test_a_video_on_a_server_has_square_pixels_and_asks_who_one_is(tmp_path):
    path = tmp_path / "a.ts"
    with av.open(str(path), "w") as container:
        made = container.add_stream("mpeg2video", rate=25)
        made.width, made.height, made.pix_fmt = 64, 48, "yuv420p"
        made.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for level in range(20):
            picture = np.full((48, 64, 3), 10 * level, np.uint8)
            container.mux(made.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(made.encode(None))
    login = "Basic " + b64encode(b"anna:p@/w").decode()

    def answer(handler):
        if handler.headers.get("Authorization") != login:
            asks = 'Basic realm="camera"'
            begin(handler, code=401, WWW_Authenticate=asks, Content_Length="0")
        else:
            begin(handler, "video/mp2t", Content_Length=str(path.stat().st_size))
            handler.wfile.write(path.read_bytes())

    with answering(answer) as host:
        source = open_source(f"http://anna:p%40%2Fw@{host}/a.ts")
        assert source.read().picture.shape == (48, 85, 3)
        source.close()


def test_a_snapshot_address_without_a_suffix_is_a_still():
    def answer(handler):
        data = jpeg(90)
        begin(handler, "image/jpeg", Content_Length=str(len(data)))
        handler.wfile.write(data)

    with answering(answer) as host:
        source = open_source(f"http://{host}/snapshot.cgi?channel=1")
        assert source.status.state is SourceState.STILL
        assert close_to([int(source.read().picture[12, 16, 0])], [90])
        source.close()
