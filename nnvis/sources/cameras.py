"""Which cameras there are; asks the system, opens none."""

from __future__ import annotations

import importlib
import importlib.util
import json
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Camera:
    """`spec` opens it."""

    index: int
    name: str
    spec: str


def list_cameras() -> tuple[Camera, ...]:
    """Return the cameras by index; empty where there are none or the system does not tell."""
    system = platform.system()
    if system == "Linux" and not any(Path("/dev").glob("video*")):
        return ()  # the usual answer without a camera, at no cost
    found = _from_macos() if system == "Darwin" else _from_package(system)
    return tuple(Camera(index, name, f"camera:{index}") for index, name in sorted(found.items()))


def _from_package(system: str) -> dict[int, str]:
    if importlib.util.find_spec("cv2_enumerate_cameras") is None:
        return {}
    from nnvis.sources.cv2_import import cv2  # before the package, which imports it by another door

    package = importlib.import_module("cv2_enumerate_cameras")
    backend = cv2.CAP_MSMF if system == "Windows" else cv2.CAP_V4L2
    try:
        return {one.index: one.name for one in package.enumerate_cameras(backend)}
    except (NotImplementedError, OSError):
        return {}


def _from_macos() -> dict[int, str]:
    command = ["/usr/sbin/system_profiler", "-json", "SPCameraDataType"]
    try:
        answer = subprocess.run(command, capture_output=True, timeout=5, check=True).stdout
        listed = json.loads(answer)["SPCameraDataType"]
        # OpenCV counts them in the order of their unique identifiers.
        listed.sort(key=lambda one: one["spcamera_unique-id"])
        return {index: one["_name"] for index, one in enumerate(listed)}
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return {}
