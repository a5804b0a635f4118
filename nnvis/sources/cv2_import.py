"""The one door to OpenCV: limits set before it loads, environment and stderr left as they were."""

from __future__ import annotations

import os

# Read by OpenCV when it loads or at its first capture; what a person has set wins.
_SETTINGS = {
    "OPENCV_IO_MAX_IMAGE_PIXELS": "64000000",
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "2",  # seconds a pulled-out camera may block; default 10
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",  # with them Windows opens a camera in seconds
    "OPENCV_AVFOUNDATION_SKIP_AUTH": "1",  # macOS cannot ask for permission outside the main thread
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",  # AV_LOG_QUIET
}

# Its loader points Qt at its own plug-ins, and ends LD_LIBRARY_PATH in an empty entry, which is the
# current folder: children of this process would load libraries from there.
_CHANGED_BY_LOADER = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR", "LD_LIBRARY_PATH")

for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)
_before = {name: os.environ.get(name) for name in _CHANGED_BY_LOADER}

import cv2 as cv2  # noqa: E402, TID251 - the door itself

for _name, _kept in _before.items():
    if _kept is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _kept

# One core at most: the network needs the others, and a picture is too small to gain by more.
cv2.setNumThreads(1)

__all__ = ["cv2"]
