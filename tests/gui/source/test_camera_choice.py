"""Resolution and rate of cameras: chosen in the menu, kept, applied at once."""

from PySide6.QtWidgets import QMenu

from nnvis.config import Settings
from nnvis.gui.source.camera_choice import CameraChoice


def pick(choice, menu, text):
    next(one for one in choice.menus[menu].actions() if text in one.text()).trigger()


def test_a_choice_reopens_the_camera_in_use_and_is_kept(qtbot):
    settings = Settings(source="camera:1")
    menu = QMenu()
    qtbot.addWidget(menu)
    choice = CameraChoice(menu, settings)
    assert choice.spec("camera:0") == "camera:0"
    with qtbot.waitSignal(choice.changed) as size:
        pick(choice, 0, "1280x720")
    assert size.args == ["camera:1?size=1280x720"]
    with qtbot.waitSignal(choice.changed) as rate:
        pick(choice, 1, "30")
    assert rate.args == ["camera:1?size=1280x720&fps=30"]
    again = QMenu()
    qtbot.addWidget(again)
    assert CameraChoice(again, settings).spec("camera:0") == "camera:0?size=1280x720&fps=30"
    settings.source = "demo"
    with qtbot.assertNotEmitted(choice.changed):
        pick(choice, 0, "640x480")
