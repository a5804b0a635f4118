"""What importing sources and OpenCV does to the process: nothing that others would notice."""

import subprocess
import sys


def answer(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), **environment},
        check=True,
    )
    return done.stdout.split(), done.stderr


def test_the_environment_stays_as_it_was():
    code = (
        "import os, nnvis.sources.cv2_import\n"
        "print(*(os.environ.get(n) for n in"
        " ('LD_LIBRARY_PATH', 'QT_QPA_PLATFORM_PLUGIN_PATH', 'QT_QPA_FONTDIR')))"
    )
    assert answer(code)[0] == ["None", "None", "None"]
    assert answer(code, LD_LIBRARY_PATH="/opt/lib")[0] == ["/opt/lib", "None", "None"]


def test_opencv_and_ffmpeg_are_silent_about_failures():
    code = (
        "from nnvis.sources import open_source\n"
        "from nnvis.sources.cv2_import import cv2\n"
        "print(cv2.VideoCapture('/none.avi').isOpened(), cv2.VideoCapture(0).isOpened())"
    )
    printed, complaints = answer(code)
    assert printed[0] == "False"
    assert complaints == ""


def test_still_pictures_do_not_pay_for_opencv():
    code = (
        "import sys\nfrom nnvis.sources import open_source\n"
        "open_source('sample:chelsea').read()\n"
        "heavy = {'cv2', 'av', 'tifffile', 'skimage', 'torch', 'PySide6'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert answer(code)[0] == ["[]"]
