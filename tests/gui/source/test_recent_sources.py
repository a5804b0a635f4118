"""What the window keeps of an address."""

from helpers.fake_session import FakeSession
from helpers.mjpeg_server import Camera, serving

from nnvis.config import Settings, save_settings, settings_path
from nnvis.gui.state.bridge import Bridge
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window.app import Program
from nnvis.models.info import ModelRequest

SECRETS = ("s3cret", "t0ken")


def test_a_stream_is_listed_and_opened_again_without_its_password(qtbot, dressed):
    program = Program()
    qtbot.addWidget(program.window)
    controller, window = program.controller, program.window
    window.show()
    with serving(Camera(login="anna:s3cret")) as bare:
        address = bare.replace("//", "//anna:s3cret@") + "/camera?token=t0ken"
        program.begin(WindowOptions(source=address, model_request=ModelRequest("tiny", "cpu")))
        qtbot.waitUntil(lambda: controller.shown is not None)
        shown = controller.view_state.source
        assert controller.settings.recent_sources == [shown]
        controller.open_source("demo")
        qtbot.waitUntil(lambda: controller.view_state.source == "demo")
        window.sources._fill_recent()
        window.sources._recent_menu.actions()[0].trigger()
        qtbot.waitUntil(lambda: controller.view_state.source == shown)
        said = [window.windowTitle(), window.toolbar.source.text(), window.toolbar.source.toolTip()]
        window.close()
    assert program.stuck == []
    kept = b"".join(path.read_bytes() for path in settings_path().parent.rglob("*.json"))
    assert shown.encode() in kept
    assert not [one for one in SECRETS if one in f"{said}{kept}"]


def test_passwords_that_an_older_version_kept_go(dressed):
    bridge = Bridge()
    settings = Settings(source="http://a:s3cret@cam/", recent_sources=["rtsp://a:s3cret@cam/x"])
    Controller(FakeSession(bridge), bridge, settings)  # type: ignore[arg-type]
    save_settings(settings)
    assert "s3cret" not in settings_path().read_text()
    assert settings.recent_sources == ["rtsp://a@cam/x"]
