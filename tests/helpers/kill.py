"""Kills nnvis at random moments and lets it go on: `scripts/kill --times 8 --seed 0`.

After each kill: no file is torn, no child is left, and the same command ends with what an unbroken
run writes; the window, with which anything was done, opens on what it finds and closes well.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import av
import numpy as np
import psutil
from PIL import Image

PICTURES = 24
SAVES = """
import sys
from pathlib import Path
from nnvis.config import Settings, save_settings
for number in range(200):
    settings = Settings(unit=number % 7, layer="x" * (number % 5) * 5000)
    save_settings(settings, Path(sys.argv[1]) / "settings.json")
save_settings(Settings(unit=3), Path(sys.argv[1]) / "settings.json")
"""
SESSION = """
import os, sys
os.environ["NNVIS_CONFIG"] = sys.argv[1]
from helpers.monkey import Monkey
monkey = Monkey(seed=9)
for _ in range(150):
    monkey.step()
wrong = "".join(monkey.wrong)  # that a thread takes long to end is the machine's
monkey.close()
sys.exit(wrong or None)
"""
RECORDING = """
import sys, threading, time
from pathlib import Path
import numpy as np
from nnvis.engine.saving.recorder import Recorder
folder, over = Path(sys.argv[1]), threading.Event()
path = folder / f"{len(list(folder.glob('*.mp4')))}.mp4"
recorder = Recorder(path, {"kind": "recording"}, lambda line: over.set())
begun, offered = time.monotonic(), open(path.with_suffix(".txt"), "w", buffering=1)
while (at := time.monotonic()) < begun + 8:
    picture = np.full((96, 128, 3), int(40 * (at - begun)) % 256, np.uint8)
    picture[:, : int(16 * (at - begun))] = 255
    if recorder.offer(lambda picture=picture: picture, at):
        offered.write(f"{recorder.seconds:.3f}\\n")
    time.sleep(0.03)
recorder.finish(time.monotonic())
sys.exit(not over.wait(60))
"""
ENDS_ANYHOW = ("session", "recording")  # what is at its end hangs on what came when
TIMED = (  # what differs from run to run
    "seconds", "processor_seconds", "expected_seconds", "expected_processor_seconds", "written",
    "versions",
)  # fmt: skip


def commands(pictures: Path) -> dict[str, list[str]]:
    """What is killed; `OUT` stands for the folder that is written."""
    nnvis = [sys.executable, "-m", "nnvis"]
    return {
        "settings": [sys.executable, "-c", SAVES, "OUT"],
        "session": [sys.executable, "-c", SESSION, "OUT"],
        "index": [*nnvis, "index", str(pictures), "--model", "tiny", "--out", "OUT",
                  "--workers", "1"],
        "attack": [*nnvis, "attack", str(pictures), "--model", "tiny", "--method", "pgd",
                   "--out", "OUT"],
        "feature": [*nnvis, "feature", "--model", "tiny", "--layer", "conv2", "--unit", "0-3",
                    "--steps", "48", "--out", "OUT"],
        "recording": [sys.executable, "-c", RECORDING, "OUT"],
        "lab": [*nnvis, "lab", "adversarial", "--quick", "--seeds", "1", "--out", "OUT"],
    }  # fmt: skip


def make_pictures(folder: Path) -> Path:
    """Noise, in a folder."""
    folder.mkdir()
    noise = np.random.default_rng(0)
    for number in range(PICTURES):
        picture = noise.integers(0, 256, (40, 40, 3), np.uint8)
        Image.fromarray(picture).save(folder / f"{number}.png")
    return folder


def begin(words: list[str], out: Path, home: Path) -> subprocess.Popen[bytes]:
    """Start a command that writes into `out`."""
    out.mkdir(exist_ok=True, parents=True) if "-c" in words else None
    environment = {**os.environ, "NNVIS_CONFIG": str(home), "NNVIS_CACHE": str(home / "cache")}
    return subprocess.Popen(
        [str(out) if word == "OUT" else word for word in words],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(words: list[str], out: Path, home: Path) -> float:
    """Run a command to its end; return how many seconds it took."""
    begun = time.monotonic()
    process = begin(words, out, home)
    _, said = process.communicate()
    assert process.returncode == 0, said.decode(errors="replace")[-2000:]
    return time.monotonic() - begun


def contents(out: Path) -> dict[str, object]:
    """What the files in `out` say, without times; raises where one is torn."""
    found: dict[str, object] = {}
    for path in sorted(out.rglob("*")):
        if not path.is_file() or path.name.startswith(".nnvis-"):
            continue
        name, content = str(path.relative_to(out)), path.read_bytes()
        if path.suffix == ".json":
            found[name] = _plain(json.loads(content))
        elif path.suffix == ".png":
            with Image.open(path) as image:
                found[name] = np.asarray(image).tobytes()
        elif path.suffix == ".csv":
            rows = csv.DictReader(io.StringIO(content.decode()))
            found[name] = sorted(
                sorted((key, value) for key, value in row.items() if key not in TIMED)
                for row in rows
            )
        elif path.suffix == ".npz":
            with np.load(path) as arrays:
                found[name] = {key: arrays[key].tobytes() for key in arrays.files}
        elif path.suffix == ".mp4":
            found[name] = _seconds(path)
        elif path.suffix == ".html":
            assert content.rstrip().endswith(b"</html>"), path
        else:
            found[name] = content
    return found


def _seconds(path: Path) -> float:
    """Return how long a recording plays, which lacks no more than its last second."""
    shown = [float(line) for line in path.with_suffix(".txt").read_text().split("\n")[:-1]]
    if not shown or shown[-1] < 1:
        return 0.0  # there need be nothing yet
    with av.open(str(path)) as movie:
        last = [frame.time for frame in movie.decode(video=0)][-1]
    assert shown[-1] - last < 1, f"{path} plays {last:.1f} s of {shown[-1]:.1f}"
    return float(last)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if key not in TIMED}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def runs(process: psutil.Process) -> bool:
    """Tell whether a process is at work."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill_once(words: list[str], out: Path, home: Path, after: float) -> str:
    """Kill a command after so many seconds; return what is wrong then."""
    process = begin(words, out, home)
    time.sleep(after)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    end = time.monotonic() + 3
    while (left := [one for one in children if runs(one)]) and time.monotonic() < end:
        time.sleep(0.05)
    try:
        if out.exists():
            contents(out)
    except Exception as error:  # noqa: BLE001 - a torn file raises anything
        return f"torn: {error}"
    return f"left: {left}" if left else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", default=[])
    given = parser.parse_args()
    random, wrong = Random(given.seed), 0
    with tempfile.TemporaryDirectory(prefix="nnvis-kill-") as name:
        folder = Path(name)
        known = commands(make_pictures(folder / "pictures"))
        for kind in given.kinds or known:
            words = known[kind]
            whole = finish(words, folder / kind / "whole", folder / kind / "home")
            wanted = contents(folder / kind / "whole")
            for number in range(given.times):
                out, home = folder / kind / f"out{number}", folder / kind / f"home{number}"
                after = whole * random.uniform(0.05, 0.98)
                bad = kill_once(words, out, home, after)
                finish(words, out, home)
                found = contents(out)
                if found != wanted and kind not in ENDS_ANYHOW:
                    names = [one for one in {**wanted, **found} if
                             wanted.get(one) != found.get(one)]  # fmt: skip
                    bad += f" another end: {names[:3]}"
                wrong += bool(bad)
                _tell(f"{kind} killed after {after:.1f} of {whole:.1f} s: {bad or 'well'}")
    return bool(wrong)


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
