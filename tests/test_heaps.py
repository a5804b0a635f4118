"""Threads share two heaps, unless a person has said how many; what is free there goes back."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

TAKE = """
import ctypes, sys, threading
from nnvis.heaps import share_heaps
share_heaps()
libc = ctypes.CDLL(None)
libc.fopen.restype = libc.malloc.restype = ctypes.c_void_p
all_there = threading.Barrier(6)
def take():
    libc.malloc(ctypes.c_size_t(3000))
    all_there.wait()
threads = [threading.Thread(target=take) for _ in range(6)]
for one in threads: one.start()
for one in threads: one.join()
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""

KEEP = """
import psutil
from nnvis.heaps import EVERY_S, FIRST_S, HeapKeeper
def own_memory():
    found = psutil.Process().memory_info()
    return found.rss - found.shared
keeper, size = HeapKeeper(), 60_000  # below what is mapped for itself
for turn in range(-6, 1):  # by the last of these it is at its pace
    keeper.look(turn * EVERY_S)
blocks = [b"x" * size for _ in range((256 << 20) // size)]
half = len(blocks) // 2 * size
most = own_memory()
del blocks[::2]
left = own_memory()
keeper.look(EVERY_S / 2)
assert own_memory() > left - half / 4, "too soon"
keeper.look(EVERY_S + 1)
assert own_memory() < most - 0.8 * half, (most, own_memory(), half)
del blocks[::2]
left, keeper = own_memory(), HeapKeeper()
keeper.look(0.0)
assert own_memory() < left - 0.3 * half, "a new one looks at once"
blocks = [b"x" * size for _ in range((256 << 20) // size)]
most = own_memory()
del blocks[::2]
keeper.look(FIRST_S + 1)
assert own_memory() < most - 0.8 * half, "and soon again"
"""
glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="heaps are those of glibc")


@glibc
def test_what_is_free_within_the_heaps_goes_back_every_so_often():
    subprocess.run([sys.executable, "-c", KEEP], check=True)


@glibc
@pytest.mark.parametrize("said", ["", "8"])
def test_threads_share_two_heaps_unless_a_person_said_how_many(said, tmp_path):
    environment = {key: value for key, value in os.environ.items() if "MALLOC" not in key}
    if said:
        environment["MALLOC_ARENA_MAX"] = said
    told = tmp_path / "heaps.xml"
    subprocess.run([sys.executable, "-c", TAKE, told], check=True, env=environment)
    heaps = told.read_text().count("<heap nr=")
    assert heaps > 2 if said else heaps <= 2
