"""The commands that put nnvis into the menu of a Linux desktop, and take it out again."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs
import typer

from nnvis.cli.terminal import say
from nnvis.errors import UserError
from nnvis.files.whole import write_text

ENTRY = """[Desktop Entry]
Type=Application
Version=1.1
Name=nnvis
GenericName=Neural Network Viewer
Comment=See what a neural network does with what you show it
Exec={command} %f
Icon=nnvis
Terminal=false
Categories=Science;ArtificialIntelligence;
Keywords=neural;network;activation;interpretability;adversarial;camera;
MimeType=image/png;image/jpeg;image/tiff;image/webp;image/bmp;video/mp4;video/x-matroska;video/webm;inode/directory;
StartupNotify=true
StartupWMClass=nnvis
"""
# The mark of the window: three by three units, one of them awake.
AWAKE, ASLEEP, BEHIND = "#f0b429", "#4ea8f5", "#15181e"

desktop = typer.Typer(
    help="Put nnvis into the menu of a Linux desktop, or take it out.", no_args_is_help=True
)


@desktop.command()
def install() -> None:
    """Put nnvis into the menu and into "Open with"; for this user alone."""
    entry, icon = _files()
    write_text(icon, _drawn())
    write_text(entry, ENTRY.format(command=_command()))
    _refresh(entry.parent)
    say(f"nnvis is in the menu now ({entry}); nnvis desktop uninstall takes it out")


@desktop.command()
def uninstall() -> None:
    """Take nnvis out of the menu again."""
    files = [one for one in _files() if one.is_file()]
    if not files:
        say("nnvis is not in the menu")
        return
    try:
        for one in files:
            one.unlink()
    except OSError as error:
        raise UserError(f"cannot remove {error.filename}: {error.strerror}") from None
    _refresh(files[0].parent)
    say("nnvis is out of the menu again")


def _drawn() -> str:
    tiles = "".join(
        f'<rect x="{20 + 32 * (unit % 3)}" y="{20 + 32 * (unit // 3)}" width="24" height="24" '
        f'rx="6" fill="{AWAKE if unit == 4 else ASLEEP}" '
        f'opacity="{1 if unit == 4 else 0.4 + 0.06 * unit:.2f}"/>\n'
        for unit in range(9)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128">\n'
        f'<rect x="4" y="4" width="120" height="120" rx="24" fill="{BEHIND}"/>\n{tiles}</svg>\n'
    )


def _files() -> tuple[Path, Path]:
    """Return where the entry and the icon belong.

    Raises:
        UserError: this is no system of freedesktop.org.
    """
    if sys.platform in ("win32", "darwin"):
        system = "Windows" if sys.platform == "win32" else "macOS"
        raise UserError(
            f"nnvis desktop is for Linux; on {system} keep the window in the taskbar or dock"
        )
    data = Path(platformdirs.user_data_dir())
    return data / "applications/nnvis.desktop", data / "icons/hicolor/scalable/apps/nnvis.svg"


def _command() -> str:
    """Return what starts this very installation, quoted as the format wants it."""
    started = Path(sys.argv[0]).absolute()
    words = (
        [str(started)]
        if started.name == "nnvis" and started.is_file()
        else [sys.executable, "-m", "nnvis"]
    )
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if "\n" in word:
        raise UserError(f"{word!r} cannot stand in a menu; install nnvis in another folder")
    for special in '\\"`$':
        word = word.replace(special, f"\\{special}")
    # The file's own escapes come on top of those of the command line.
    return '"' + word.replace("\\", "\\\\").replace("%", "%%") + '"'


def _refresh(applications: Path) -> None:
    """Let the desktop take notice, where it does not look by itself."""
    program = shutil.which("update-desktop-database")
    if not program:
        return
    with contextlib.suppress(OSError, subprocess.SubprocessError):  # it finds out some day
        subprocess.run([program, "-q", str(applications)], check=False, timeout=30)
