"""Keeps a process off the network, and within its limits.

On Linux a seccomp filter makes `socket()` fail for everything but Unix sockets: it needs no rights,
binds native code as well as Python, is inherited by children and cannot be taken off again. What it
leaves is a Unix socket to a service of the same machine that has the network itself.
"""

from __future__ import annotations

import ctypes
import errno
import faulthandler
import platform
import signal
import sys
from collections.abc import Sequence

# <linux/prctl.h>, <linux/seccomp.h>, <linux/filter.h>
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER = 1
_EVERY_THREAD = 1
_ALLOW, _KILL, _TRAP, _ERRNO = 0x7FFF0000, 0x80000000, 0x00030000, 0x00050000
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_BITS, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
_CALL_AT, _MACHINE_AT, _ARGUMENT_AT = 0, 4, 16

_AF_UNIX = 1
# <linux/landlock.h>; the calls have the same numbers on every machine
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_ASK_VERSION = 1
_WRITE, _REMOVE_AND_MAKE, _TRUNCATE = 1 << 1, 0b1_1111_1111 << 4, 1 << 14
_TRUNCATE_SINCE = 3
_CLONE_THREAD = 0x10000
_X32 = 0x40000000

# The number each system call has on each machine; the machine's own number comes first. A call that
# a machine does not have is absent.
_MACHINES: dict[str, dict[str, int]] = {
    "x86_64": {
        "machine": 0xC000003E,
        "seccomp": 317,
        "socket": 41,
        "socketpair": 53,
        "io_uring_setup": 425,
        "clone": 56,
        "fork": 57,
        "vfork": 58,
        "execve": 59,
        "execveat": 322,
        "clone3": 435,
    },
    "aarch64": {
        "machine": 0xC00000B7,
        "seccomp": 277,
        "socket": 198,
        "socketpair": 199,
        "io_uring_setup": 425,
        "clone": 220,
        "execve": 221,
        "execveat": 281,
        "clone3": 435,
    },
}

_Step = tuple[int, int, int, int]
_BLOCKED = "Network sockets are blocked by the kernel (seccomp)."
_state = "Not enforced in this process."
_installed: set[int] = set()


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Instruction)))


def no_network() -> str:
    """From now on this process and its children can open no socket but a Unix one (`EACCES`).

    Returns what is in force, as `in_force` does. Cannot be undone; safe to repeat.
    """
    return _block_network(_ERRNO | errno.EACCES)


def kill_on_network() -> str:
    """Like `no_network`, but an attempt ends the process with SIGSYS, so that a test can prove there is none.

    The guilty Python lines are written to stderr.
    """
    if hasattr(signal, "SIGSYS"):
        faulthandler.register(signal.SIGSYS, file=sys.__stderr__ or 2, all_threads=False, chain=True)
    return _block_network(_TRAP)


def in_force() -> str:
    """An honest sentence: whether this process has been kept off the network, or why not."""
    return _state


def no_programs() -> bool:
    """From now on this process can start threads but no other process. False where that can't be enforced."""
    calls = _calls()
    if calls is None:
        return False
    refuse = _ERRNO | errno.EPERM
    steps = [step for name in ("fork", "vfork", "execve", "execveat") for step in _never(calls, name, refuse)]
    steps += _unless(calls, "clone", _IF_BITS, _CLONE_THREAD, refuse)
    # Its flags lie in memory, where a filter can't look; the C library then falls back to clone.
    steps += _never(calls, "clone3", _ERRNO | errno.ENOSYS)
    return not _install(calls, steps)


def no_writing() -> bool:
    """From now on this thread, and those it starts, can change no file. False where that can't be enforced."""
    if _calls() is None:
        return False
    import os

    libc = _libc()
    create, version = ctypes.c_long(_CREATE_RULESET), ctypes.c_long(_ASK_VERSION)
    known = libc.syscall(create, None, ctypes.c_long(0), version)
    if known < 1:  # a kernel before 5.13, or Landlock switched off
        return False
    access = ctypes.c_uint64(_WRITE | _REMOVE_AND_MAKE | (_TRUNCATE if known >= _TRUNCATE_SINCE else 0))
    rules = libc.syscall(create, ctypes.byref(access), ctypes.c_long(ctypes.sizeof(access)), ctypes.c_long(0))
    if rules < 0 or libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    refused = libc.syscall(ctypes.c_long(_RESTRICT_SELF), ctypes.c_long(rules), ctypes.c_long(0))
    os.close(rules)
    return bool(refused == 0)


def die_with_parent(parent: int) -> None:
    """On Linux: end this process when the thread that started it ends. `parent` is that process's id."""
    if sys.platform == "linux":
        import os

        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it was gone before the line above
            os._exit(0)


def limit(*, memory_bytes: int, cpu_seconds: float, open_files: int) -> bool:
    """Cap this process's memory, processor time and open files; it may write no file, nor leave a core dump.

    Results must go through a pipe. False where the system can't enforce it (Windows).
    """
    try:
        import resource
    except ImportError:
        return False
    seconds = int(cpu_seconds) + 1
    _cap(resource.RLIMIT_CPU, seconds, seconds + 2)
    _cap(resource.RLIMIT_NOFILE, open_files, open_files)
    _cap(resource.RLIMIT_CORE, 0, 0)
    _cap(resource.RLIMIT_FSIZE, 0, 0)
    return _cap(resource.RLIMIT_AS, memory_bytes, memory_bytes)


def _cap(kind: int, soft: int, hard: int) -> bool:
    import resource

    _, ceiling = resource.getrlimit(kind)
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    try:
        resource.setrlimit(kind, (soft, hard))
    except (ValueError, OSError):  # macOS refuses some of them
        return False
    return True


def _block_network(answer: int) -> str:
    global _state  # noqa: PLW0603  a filter belongs to the process, and so does the word on it
    calls = _calls()
    if calls is None:
        _state = f"Not enforced on this system: no seccomp filter for {platform.system()} on {platform.machine()}."
    elif answer not in _installed:
        steps = _unless(calls, "socket", _IF_EQUAL, _AF_UNIX, answer)
        steps += _unless(calls, "socketpair", _IF_EQUAL, _AF_UNIX, answer)
        # A ring could open sockets without calling socket().
        steps += _never(calls, "io_uring_setup", _ERRNO | errno.ENOSYS)
        error = _install(calls, steps)
        if error:
            _state = f"Not enforced on this system: the kernel refused the filter ({error})."
        else:
            _state = _BLOCKED
            _installed.add(answer)
    return _state


def _calls() -> dict[str, int] | None:
    """This machine's system call numbers, or None where there is no filter for it."""
    if sys.platform != "linux" or sys.byteorder != "little" or sys.maxsize < 2**32:
        return None
    return _MACHINES.get(platform.machine())


def _never(calls: dict[str, int], name: str, answer: int) -> list[_Step]:
    if name not in calls:
        return []
    return [(_IF_EQUAL, 0, 1, calls[name]), (_ANSWER, 0, 0, answer)]


def _unless(calls: dict[str, int], name: str, test: int, value: int, answer: int) -> list[_Step]:
    """Answer so, unless the call's first argument passes the test."""
    return [
        (_IF_EQUAL, 0, 4, calls[name]),
        (_LOAD, 0, 0, _ARGUMENT_AT),
        (test, 0, 1, value),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, answer),
    ]


def _install(calls: dict[str, int], steps: Sequence[_Step]) -> str:
    """Put the filter over every thread of this process. Returns what went wrong, or ""."""
    # Calls of another machine's kind (32-bit ones, on x86 also x32) have other numbers: none may pass.
    opening: list[_Step] = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_IF_EQUAL, 1, 0, calls["machine"]),
        (_ANSWER, 0, 0, _KILL),
        (_LOAD, 0, 0, _CALL_AT),
    ]
    if calls is _MACHINES["x86_64"]:
        opening += [(_IF_AT_LEAST, 0, 1, _X32), (_ANSWER, 0, 0, _ERRNO | errno.ENOSYS)]
    whole = [*opening, *steps, (_ANSWER, 0, 0, _ALLOW)]
    program = _Program(len(whole), (_Instruction * len(whole))(*(_Instruction(*step) for step in whole)))
    libc = _libc()
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return errno.errorcode.get(ctypes.get_errno(), "unknown")
    numbers = (calls["seccomp"], _SET_MODE_FILTER, _EVERY_THREAD)
    if libc.syscall(*map(ctypes.c_long, numbers), ctypes.byref(program)) == 0:
        return ""
    return errno.errorcode.get(ctypes.get_errno(), "a thread could not follow")


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)
    libc.syscall.restype = ctypes.c_long
    return libc
