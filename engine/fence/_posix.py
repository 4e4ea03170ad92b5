"""Caps what a process may use, with the limits (rlimits) that Linux, macOS and the BSDs have."""

from __future__ import annotations

import resource
import sys
import time

assert sys.platform != "win32"  # for the type checker: nothing imports this there


def limit(*, memory_bytes: int, cpu_seconds: float, open_files: int) -> bool:
    """Set the caps, counted from the start of the process. False where memory can't be capped."""
    seconds = int(cpu_seconds) + 1
    _cap(resource.RLIMIT_CPU, seconds, seconds + 2)
    _cap(resource.RLIMIT_NOFILE, open_files, open_files)
    _cap(resource.RLIMIT_CORE, 0, 0)
    _cap(resource.RLIMIT_FSIZE, 0, 0)
    return _cap(resource.RLIMIT_AS, memory_bytes, memory_bytes)


def lock(*, memory_bytes: int, cpu_seconds: float, open_files: int) -> tuple[list[str], list[str]]:
    """Set the caps on top of what the process has used by now.

    Returns by which means, and what could not be done.
    """
    seconds = time.process_time() + cpu_seconds
    capped = limit(memory_bytes=_size() + memory_bytes, cpu_seconds=seconds, open_files=open_files)
    return ["rlimit"], [] if capped else ["this system can't cap memory"]


def _size() -> int:
    """The address space of this process; 0 where the system doesn't say."""
    try:
        with open("/proc/self/statm", "rb") as pages:
            return int(pages.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _cap(kind: int, soft: int, hard: int) -> bool:
    _, ceiling = resource.getrlimit(kind)
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    try:
        resource.setrlimit(kind, (soft, hard))
    except (ValueError, OSError):  # macOS refuses some of them
        return False
    return True
