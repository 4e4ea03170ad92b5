"""Says how much memory this machine has, and how much of it is free for models."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_VM_STAT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes. `free` counts what the system would give up at once, such as cached files. 0 = not known."""

    total: int
    free: int


def memory() -> Memory:
    """As the system says; on Linux no more than this process's group may have."""
    if sys.platform == "win32":
        return _windows()
    if sys.platform == "darwin":
        return _macos()
    return _linux(Path("/proc"), Path("/sys/fs/cgroup"))


def _linux(proc: Path, groups: Path) -> Memory:
    try:
        said = dict(re.findall(r"^(\w+):\s+(\d+) kB", (proc / "meminfo").read_text("ascii", "replace"), re.M))
        total, free = int(said["MemTotal"]) << 10, int(said["MemAvailable"]) << 10
    except (OSError, KeyError):
        return _counted("SC_AVPHYS_PAGES")
    for limit, left in _limits(proc, groups):
        total, free = min(total, limit), min(free, left)
    return Memory(total, free)


def _limits(proc: Path, groups: Path) -> list[tuple[int, int]]:
    """What each control group (version 2) above this process may have, and how much of that is left."""
    try:
        line = re.search(r"^0::/(.*)$", (proc / "self" / "cgroup").read_text("utf-8", "replace"), re.M)
    except OSError:
        return []
    group, found = groups / (line[1] if line else ""), []
    for folder in (group, *group.parents):
        if groups not in (folder, *folder.parents):
            break
        try:
            most, now = (int((folder / f"memory.{name}").read_text()) for name in ("max", "current"))
            cached = re.search(r"^inactive_file (\d+)$", (folder / "memory.stat").read_text(), re.M)
        except (OSError, ValueError):  # without a limit it says "max"
            continue
        found.append((most, max(0, most - now + (int(cached[1]) if cached else 0))))
    return found


def _counted(free: str = "") -> Memory:
    """In pages, as POSIX systems count them."""
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        return Memory(os.sysconf("SC_PHYS_PAGES") * page, os.sysconf(free) * page if free else 0)
    except (OSError, ValueError, AttributeError):
        return Memory(0, 0)


def _macos() -> Memory:
    """`vm_stat` comes with the system. Inactive and speculative pages are given up when asked for."""
    total = _counted().total
    try:
        said = subprocess.run(["/usr/bin/vm_stat"], capture_output=True, text=True, timeout=_VM_STAT_SECONDS).stdout
    except (OSError, subprocess.TimeoutExpired):
        return Memory(total, 0)
    page = re.search(r"page size of (\d+) bytes", said)
    pages = re.findall(r"^Pages (?:free|inactive|speculative|purgeable):\s+(\d+)\.", said, re.M)
    return Memory(total, min(total, sum(map(int, pages)) * int(page[1])) if page else 0)


class _Status(ctypes.Structure):
    """MEMORYSTATUSEX."""

    _fields_ = (
        ("length", ctypes.c_uint32), ("load", ctypes.c_uint32), ("total", ctypes.c_uint64), ("free", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 5),
    )  # fmt: skip


def _windows() -> Memory:
    if sys.platform == "win32":
        status = _Status(length=ctypes.sizeof(_Status))
        if ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
            return Memory(int(status.total), int(status.free))
    return Memory(0, 0)
