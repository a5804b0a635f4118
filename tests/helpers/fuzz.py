"""Feeds every reader of nnvis with mutated files: `scripts/fuzz --count 910 --seed 0`.

A child process reads one input after the other and says which it begins with, so that a crash, a
hang and what it took of memory are seen from outside. Anything but an answer or a UserError is told
with its number; the same seed and number give the same input.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from helpers.fuzz_inputs import Kind, kinds

BUSY_S = 20  # of processor for one input
HANGS_S = 120  # by the clock, of which other work may have most
LIMIT_MB = 2048


class _Log(logging.Handler):
    """Keeps the exceptions that were logged, and those that Qt or a thread swallowed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.wrong: list[str] = []
        sys.excepthook = self.caught
        threading.excepthook = lambda args: self.caught(args.exc_type, args.exc_value, None)
        logging.getLogger("nnvis").addHandler(self)

    def caught(self, kind: type[BaseException], error: BaseException | None, *_: Any) -> None:
        self.wrong.append("".join(traceback.format_exception(error or kind())))

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.wrong.append("".join(traceback.format_exception(record.exc_info[1])))


def one_input(name: str, kind: Kind, seed: int, number: int) -> str:
    """Read one input; return "" where it was taken, "-" where refused, else what failed."""
    from nnvis.errors import UserError

    random = Random(f"{seed} {name} {number}")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = kind.mutate(random, Path(folder))
        try:
            kind.read(made)
        except UserError as error:
            if "\n" in str(error) or not str(error).strip():
                return f"a UserError of several lines, or none: {error!r}"
            return "-"
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            return "".join(traceback.format_exception(error))
    return ""


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"more than {BUSY_S} s of processor, or {HANGS_S} s of waiting")


def work(names: list[str], seed: int, first: int, count: int) -> None:
    """Read `count` inputs of each kind from the `first` of all on; lines before and after each."""
    os.environ["NNVIS_CONFIG"] = tempfile.mkdtemp(prefix="nnvis-fuzz-")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print
    for alarm in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(alarm, _too_slow)
    socket.socket.connect = _no_network  # type: ignore[method-assign]
    known, log = kinds(), _Log()
    for place in range(first, count * len(names)):
        at, number = divmod(place, count)
        told.write(json.dumps({"begin": place}) + "\n")
        signal.setitimer(signal.ITIMER_PROF, BUSY_S)
        signal.alarm(HANGS_S)
        wrong = one_input(names[at], known[names[at]], seed, number)
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        wrong = "".join(log.wrong) or wrong
        log.wrong.clear()
        told.write(json.dumps({"end": place, "wrong": wrong, "mb": _peak_mb()}) + "\n")


def _no_network(*_: object) -> None:
    raise OSError("the network is off")


def run(
    names: list[str], seed: int, count: int, tell: Callable[[str], object], *, apart: bool = True
) -> dict[str, Any]:
    """Read `count` inputs of each kind in child processes; a child that ends is begun anew.

    Each kind has one of its own where they are `apart`, so that memory is that of a kind alone.
    """
    wrong: list[tuple[str, int, str]] = []
    done: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    peak = 0
    for group in [[name] for name in names] if apart else [names]:
        first = 0
        while first < count * len(group):
            words = [sys.executable, "-m", "helpers.fuzz", "--child", ",".join(group), str(seed)]
            with subprocess.Popen(
                [*words, str(first), str(count)], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True,
            ) as child:  # fmt: skip
                assert child.stdout is not None
                at = first
                for line in child.stdout:
                    said = json.loads(line)
                    if "begin" in said:
                        at = said["begin"]
                        continue
                    name = group[at // count]
                    done[name] += 1
                    peak = max(peak, said["mb"])
                    first = at + 1
                    taken[name] += not said["wrong"]
                    if said["wrong"] not in ("", "-"):
                        wrong.append((name, at % count, said["wrong"]))
            if child.returncode and first < count * len(group):
                ended = f"the process ended with {child.returncode}"
                wrong.append((group[at // count], at % count, ended))
                first = at + 1
    for name in names:
        bad = sum(one[0] == name for one in wrong)
        tell(f"{name}: {done[name]} inputs, {taken[name]} taken, {bad} wrong")
    return {"inputs": sum(done.values()), "wrong": wrong, "mb": peak}


def _peak_mb() -> int:
    """Return the most memory of this program so far; what its parent had does not count."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:  # not Linux: of the parent as well, where that had more
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) >> 10


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=910, help="inputs of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", default=list(kinds()))
    given = parser.parse_args()
    found = run(given.kinds, given.seed, given.count, _tell)
    for name, number, why in found["wrong"]:
        _tell(f"\n{name} {number}: {why}")
    _tell(f"{found['inputs']} inputs, {len(found['wrong'])} wrong, {found['mb']} MB at most")
    return bool(found["wrong"]) or found["mb"] > LIMIT_MB


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        group, number, begin, many = sys.argv[2:]
        work(group.split(","), int(number), int(begin), int(many))
    else:
        sys.exit(main())
