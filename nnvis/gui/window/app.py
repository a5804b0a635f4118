"""The program with a window: from the first pixel to the last thread."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from types import TracebackType

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from nnvis.config import Settings, load_settings, save_settings
from nnvis.engine.protocol.request import Request
from nnvis.engine.runtime.session import Session
from nnvis.errors import UserError
from nnvis.gui.preferences.kept import kept_look
from nnvis.gui.preferences.problem_report import log_kept
from nnvis.gui.sessions.page import SessionPage
from nnvis.gui.state.bridge import Bridge
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.state.source_controller import FALLBACK_SOURCE
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.icons import icon
from nnvis.gui.widgets.speak import speak
from nnvis.gui.window.closing import close_parts
from nnvis.gui.window.layout import keep_layout, kept_request, recall_layout
from nnvis.gui.window.main_window import MainWindow
from nnvis.gui.window.wiring import Wiring
from nnvis.heaps import share_heaps
from nnvis.interrupt import interrupt_ends
from nnvis.sources import open_source
from nnvis.sources.source import Source
from nnvis.structure import structure

CLOSING_S = 5.0  # that each part has, all at once
_SIGNALS = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
log = logging.getLogger(__name__)


class Program:
    """One session, its controller and its window; `stuck` names threads that did not end."""

    def __init__(
        self, opener: Callable[[str], Source] = open_source, *, safe: bool = False
    ) -> None:
        """`safe`: nothing that was kept is read, and nothing is kept."""
        self.bridge = Bridge()
        self.session = Session(self.bridge, opener)
        self._safe = safe
        self.settings = Settings() if safe else load_settings()
        self.controller = Controller(self.session, self.bridge, self.settings)
        self.stuck: list[str] = []
        self.window = MainWindow(self.controller, self._close)
        Wiring(self.window)
        # What is connected to them would keep them, and by them the window, for good.
        for owned in (self.bridge, self.controller):
            self.window.destroyed.connect(owned.deleteLater)
        recall_layout(self.window, self.settings)

    def begin_if_open(self, options: WindowOptions) -> None:
        """Begin, unless the window has been closed before anything was loaded."""
        if self.window.isVisible():
            self.begin(options)

    def begin(self, options: WindowOptions) -> None:
        """Load and open what is asked for, else what was in use, else what there is."""
        settings, window = self.settings, self.window
        hinted = settings.window.get("hinted") is True
        window.hint.setVisible(not hinted)
        self._recall_view()
        window.context.started.emit()
        if options.session is not None:
            # What cannot be read, or is refused, leaves the window as it was left.
            sessions = window.pages["sessions"]
            assert isinstance(sessions, SessionPage)
            sessions.begin_with(options.session, partial(self._go_on, options))
            return
        self._go_on(options)

    def _go_on(self, options: WindowOptions) -> None:
        settings, controller, window = self.settings, self.controller, self.window
        model_request = options.model_request or kept_request(settings)
        layer = options.layer or settings.layer
        unit = settings.unit if options.unit is None else options.unit
        if options.restore is not None:
            try:
                controller.restore(options.restore)
                return
            except UserError as error:
                controller.tell(error.in_window, "file")
        if options.half is not None:
            controller.set_half(options.half)
        known = options.layer is not None or options.model_request in (None, kept_request(settings))
        # What is given on the command line is asked for by a person, what was kept is not.
        load = controller.run_model if options.model_request else controller.load_model
        load(model_request, layer if known else "", unit)
        source = options.source or settings.source
        if source:
            controller.open_source(source)
        else:
            window.sources.cameras_found.connect(self._first_source)
        window.sources.question.start()

    def _first_source(self, cameras: tuple[str, ...]) -> None:
        self.window.sources.cameras_found.disconnect(self._first_source)
        camera = self.window.sources.camera
        self.controller.open_source(camera.spec(cameras[0]) if cameras else FALLBACK_SOURCE)

    def _recall_view(self) -> None:
        kept = self.settings.window
        layout = {"overlay": kept.get("overlay")}
        asked = structure(Request, {**kept, "layout": layout}) or Request()
        self.controller.shade(asked.shading)
        self.controller.set_fit(asked.fit)
        self.controller.set_exact(asked.exact)
        self.controller.set_half(asked.half)
        self.controller.set_display(asked.display)
        self.controller.set_overlay(asked.layout.overlay)

    def _keep_settings(self, _timeout: float) -> list[str]:
        if not self._safe:
            save_settings(self.settings)
        return []

    def _close(self) -> None:
        window, context = self.window, self.window.context
        try:
            keep_layout(window, self.settings)
            for name, part in context.kept_parts.items():
                self.settings.window[name] = part.keep()
        except Exception:
            log.exception("the layout cannot be kept")
        if "labs" in window.workspaces:
            context.closing["album"] = window.labs.own.objects.close_album
        context.wait_for(window.sources.question, window.opening.names, window.labs_jobs.memory)
        self.stuck = close_parts(
            {
                "session": self.session.close,
                "settings": self._keep_settings,
                "labs": window.labs_jobs.close,
                **context.closing,
            },
            CLOSING_S,
        )


def open_window(
    options: WindowOptions, shown: Callable[[Program], None] = lambda _program: None
) -> int:
    """Show the window until it is closed; return the exit code.

    `shown` is called once the window is there and before anything is loaded.
    """
    share_heaps()
    with interrupt_ends():
        app = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(app, QApplication)
        app.setApplicationName("nnvis")
        app.setDesktopFileName("nnvis")
        app.setWindowIcon(icon("nnvis"))
        speak(app)
        theme.dress(app, theme.Look() if options.safe else kept_look(load_settings()))
        program = Program(safe=True) if options.safe else Program()
    with log_kept(), _crashes_told(program.bridge.crash), _signals_close(program.window.close_now):
        program.window.show()
        shown(program)
        # The first paint comes before the work, and before the library of the curves is loaded.
        QTimer.singleShot(0, lambda: program.begin_if_open(options))
        settled = QTimer(program.window, singleShot=True)  # gone with the window
        settled.timeout.connect(program.window.context.settled)
        settled.start(50)
        code = app.exec()
    if program.stuck:  # a thread inside of a driver would abort the interpreter's own way out
        logging.shutdown()
        sys.stdout.flush()
        os._exit(code)
    return code


@contextlib.contextmanager
def _crashes_told(tell: Callable[[str, str], None]) -> Iterator[None]:
    """Bring exceptions that nobody caught, of any thread, to `tell`, and go on."""

    def caught(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        log.error("not caught:\n%s", text)
        first = (str(error).strip().splitlines() or [""])[0]
        tell(f"Something went wrong inside nnvis: {kind.__name__}: {first}".rstrip(": "), text)

    def caught_in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            caught(args.exc_type, args.exc_value, args.exc_traceback)

    before = sys.excepthook, threading.excepthook
    sys.excepthook, threading.excepthook = caught, caught_in_thread
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = before


@contextlib.contextmanager
def _signals_close(close: Callable[[], object]) -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP close the window at once, though Qt's loop runs no Python."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    old_fd = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda *_: reader.recv(64))
    # From the loop, which alone can be ended: what is closed before it begins would go on unseen.
    old = {
        number: signal.signal(number, lambda *_: QTimer.singleShot(0, close))
        for number in (getattr(signal, name) for name in _SIGNALS)
    }
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(old_fd)
        notifier.setEnabled(False)
        reader.close()
        writer.close()
