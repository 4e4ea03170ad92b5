"""Keeps a process off the network, and within its limits.

From wide to narrow:

    no_network()    the window, the desk and the engine: no socket but a Unix one
    only_below()    a foreign program that converts one: the system's files, and a folder of its own
    limit(), no_programs(), no_writing()    parts of a fence, each by itself
    lock_down()     a worker that parses an untrusted document: what it has in memory and has open, no more

What is in force is tried out, in `in_force_for_worker`, and told honestly. Linux has all of it (seccomp,
Landlock, rlimits: `_linux.py`). macOS has a sandbox (`_macos.py`), Windows a Job object that caps a
worker but keeps neither files nor network from it (`_windows.py`): both were written and not run.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass

from engine.fence._linux import (
    die_with_parent,
    in_force,
    kill_on_network,
    no_network,
    no_programs,
    no_writing,
    only_below,
)

__all__ = [
    "BARRIERS",
    "Barrier",
    "Locked",
    "contained",
    "die_with_parent",
    "in_force",
    "in_force_for_worker",
    "kill_on_network",
    "limit",
    "lock_down",
    "no_network",
    "no_programs",
    "no_writing",
    "only_below",
    "prepare",
    "wrapped",
]

# Each barrier around a worker, and what can hold it up.
BARRIERS = {
    "network": ("seccomp", "sandbox"),
    "files": ("seccomp", "Landlock", "sandbox"),
    "writing": ("seccomp", "Landlock", "rlimit", "sandbox"),
    "programs": ("seccomp", "sandbox", "Job object"),
    "signals": ("seccomp", "Landlock", "sandbox"),
    "memory": ("rlimit", "Job object"),
    "processor time": ("rlimit", "Job object"),
    "open files": ("rlimit",),
}


@dataclass(frozen=True, slots=True)
class Locked:
    """What `lock_down` did: by which means, and a few words on each thing that this system could not do."""

    means: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Barrier:
    """Whether one thing is kept from this process, as it found by trying; and by what, or why not."""

    name: str
    holds: bool
    means: str


_locked: Locked | None = None


def prepare() -> None:
    """Import and work out beforehand what `lock_down` needs, so that it takes little time in a forked worker."""
    from engine.fence import _linux, _trials  # noqa: F401

    if sys.platform != "win32":
        from engine.fence import _posix  # noqa: F401
    _linux.prepare()


def lock_down(*, memory_bytes: int, cpu_seconds: float, open_files: int) -> Locked:
    """Take everything from this process but what it has in memory and has open. Cannot be undone; safe to repeat.

    Call it after the last import and before the first byte of a document. From then on it opens, lists and
    makes no file, has no socket, starts threads but no program, and reaches no other process; it may use
    `memory_bytes` and `cpu_seconds` more than by now. What could not be done stands in the answer. Call
    `die_with_parent` before: it is refused afterwards.
    """
    global _locked  # noqa: PLW0603  a lock belongs to the process
    if _locked is None:
        prepare()
        (means, missing), (more_means, more_missing) = _limit_all(memory_bytes, cpu_seconds, open_files), _lock()
        _locked = Locked((*more_means, *means), (*more_missing, *missing))
    return _locked


def in_force_for_worker() -> tuple[Barrier, ...]:
    """Each barrier around this very process. In a worker that is not locked it does no harm to ask either."""
    from engine.fence._trials import trials

    held = trials()
    return tuple(Barrier(name, held[name], _means(name) if held[name] else _excuse()) for name in BARRIERS)


def wrapped(command: list[str]) -> list[str]:
    """The command to start a worker with: on macOS one that puts it into a sandbox; elsewhere the same."""
    if sys.platform == "darwin":
        from engine.fence import _macos

        return _macos.wrapped(command)
    else:  # noqa: RET505  the type checker skips what is for another system, but only so
        return command


def contained(pid: int, *, memory_bytes: int, cpu_seconds: float) -> contextlib.AbstractContextManager[None]:
    """On Windows: while this lasts the worker is held in a Job object, and it ends with it. Raises OSError.

    Elsewhere nothing needs to be done from outside.
    """
    if sys.platform == "win32":
        from engine.fence import _windows

        return _windows.contained(pid, memory_bytes=memory_bytes, cpu_seconds=cpu_seconds)
    else:  # noqa: RET505
        return contextlib.nullcontext()


def limit(*, memory_bytes: int, cpu_seconds: float, open_files: int) -> bool:
    """Cap this process's memory, processor time and open files; it may write no file, nor leave a core dump.

    Results must go through a pipe. False where the system can't enforce it (Windows).
    """
    if sys.platform == "win32":
        return False
    else:  # noqa: RET505
        from engine.fence import _posix

        return _posix.limit(memory_bytes=memory_bytes, cpu_seconds=cpu_seconds, open_files=open_files)


_Outcome = tuple[list[str], list[str]]


def _limit_all(memory_bytes: int, cpu_seconds: float, open_files: int) -> _Outcome:
    if sys.platform == "win32":
        from engine.fence import _windows

        return _windows.lock(memory_bytes=memory_bytes, cpu_seconds=cpu_seconds)
    else:  # noqa: RET505
        from engine.fence import _posix

        return _posix.lock(memory_bytes=memory_bytes, cpu_seconds=cpu_seconds, open_files=open_files)


def _lock() -> _Outcome:
    if sys.platform == "darwin":
        from engine.fence import _macos

        return _macos.lock()
    elif sys.platform == "linux":  # noqa: RET505
        from engine.fence import _linux

        return _linux.lock()
    else:
        return [], []


def _means(name: str) -> str:
    """By what a barrier that holds is held up, as far as it was us."""
    means = _locked.means if _locked else ("rlimit",)
    ours = [each for each in means if each.startswith(BARRIERS[name])]
    return ", ".join(ours) or "the system around this process"


def _excuse() -> str:
    if _locked is None:
        return "not enforced: this process is not locked"
    return "not enforced: " + ("; ".join(_locked.missing) or "the system lets it pass")
