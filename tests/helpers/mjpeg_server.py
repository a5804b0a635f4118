"""A camera on loopback: MJPEG over HTTP, with faults at a given frame."""

import threading
from base64 import b64encode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from nnvis.sources.cv2_import import cv2


class Camera:
    """Each connection sends frames whose grey level is their number; `fault` ends the first one."""

    def __init__(self, fault=None, at=8, rate=60.0, login=None, sizes=((64, 48),)):
        """`login` is the "name:password" that is asked for; sizes change after `at` frames."""
        self.sizes = sizes
        self.login = login
        self.fault, self.at, self.rate = fault, at, rate
        self.connections = 0
        self.stopping = threading.Event()

    def jpeg(self, index):
        width, height = self.sizes[index // self.at % len(self.sizes)]
        picture = np.full((height, width, 3), (index * 5 % 200, 20, 200), np.uint8)  # BGR
        return cv2.imencode(".jpg", picture)[1].tobytes()

    def serve(self, handler):
        self.connections += 1
        faulty = self.fault if self.connections == 1 else None
        handler.send_response(200)
        kind = "multipart/x-mixed-replace; boundary=frame"
        handler.send_header("Content-Type", kind)
        handler.end_headers()
        index = 0
        while not self.stopping.is_set():
            if faulty and index >= self.at:
                if faulty == "stall":
                    self.stopping.wait(20)
                return
            data = self.jpeg(index)
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            try:
                handler.wfile.write(head.encode() + data + b"\r\n")
            except OSError:
                return
            index += 1
            self.stopping.wait(1 / self.rate)


@contextmanager
def serving(camera):
    """Yield the address under which `camera` can be watched."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args):
            pass

        def do_GET(self):
            wanted = camera.login and "Basic " + b64encode(camera.login.encode()).decode()
            if wanted and self.headers.get("Authorization") != wanted:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                self.end_headers()
            elif self.path.startswith("/camera"):
                camera.serve(self)
            elif self.path == "/page":
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<html>hello</html>")
            else:
                self.send_error(404)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        camera.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
