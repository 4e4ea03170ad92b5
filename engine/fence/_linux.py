"""Keeps a process within bounds with what Linux has for it: seccomp and Landlock. Neither needs any rights.

A seccomp filter sees every system call, binds native code as well as Python and all threads, is inherited
by children and cannot be taken off again. Landlock judges by the file and not by the call: a second wall.
"""

from __future__ import annotations

import ctypes
import errno
import faulthandler
import functools
import os
import platform
import signal
import struct
import sys
from collections.abc import Callable, Iterable, Mapping

from engine.fence import _calls

# <linux/prctl.h>, <linux/seccomp.h>, <linux/filter.h>, <linux/sched.h>
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_SET_MODE_FILTER = 1
_EVERY_THREAD = 1
_ALLOW, _KILL, _TRAP, _ERRNO = 0x7FFF0000, 0x80000000, 0x00030000, 0x00050000
_LOAD, _AND, _IF_EQUAL, _IF_AT_LEAST, _ANSWER = 0x20, 0x54, 0x15, 0x35, 0x06
_CALL_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
_WHOLE = 0xFFFFFFFF
_CLONE_THREAD = 0x10000
_CLONE_NEW = 0x7E020000  # namespaces of its own
_X32 = 0x40000000
_AF_UNIX = 1

# <linux/landlock.h>; the calls have the same numbers on every machine
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_BELOW_PATH = 1
_MAKE_SOCKET = 1 << 9
_RUN_AND_READ, _OF_A_FILE = 0b1101, 0b1100_0000_0000_0111
_ASK_VERSION = 1
_WRITE, _REMOVE_AND_MAKE, _TRUNCATE = 1 << 1, 0b1_1111_1111 << 4, 1 << 14
_TRUNCATE_SINCE, _ALL_THREADS_SINCE = 3, 8
_ALL_THREADS = 1 << 3

# <linux/capability.h>
_CAPABILITIES_3 = 0x20080522

# The machines there is a filter for: what the kernel calls them, and their column in the tables.
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

# What a locked worker may pass to a call: where to look (in words of four bytes from the first argument, two an
# argument), a mask, and the values allowed under it; and how it is told otherwise. So it gets threads but no
# process, and nothing that types into a terminal or signals by way of a file. The C library asks about open files
# in the same calls that ask about paths, with a flag set: whoever sets it can still learn that a path exists, and
# its size, but nothing of what is in it.
_Test = tuple[int, int, tuple[int, ...]]
_JUDGED: dict[str, tuple[int, tuple[_Test, ...]]] = {
    "clone": (errno.EPERM, ((0, _CLONE_THREAD | _CLONE_NEW, (_CLONE_THREAD,)),)),
    "fcntl": (errno.EPERM, ((2, _WHOLE, (0, 1, 2, 3, 4, 1030, 1031, 1032)),)),  # copies, flags, a pipe's size
    "ioctl": (errno.ENOTTY, ((2, _WHOLE, (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),)),
    "prctl": (errno.EPERM, ((0, _WHOLE, (2, 3, 15, 16, 21, 39, 0x53564D41)),)),  # names, and questions
    "prlimit64": (errno.EPERM, ((0, _WHOLE, (0,)), (4, _WHOLE, (0,)), (5, _WHOLE, (0,)))),  # a look at its own
    "newfstatat": (errno.EACCES, ((6, 0x1000, (0x1000,)),)),  # AT_EMPTY_PATH
    "statx": (errno.EACCES, ((4, 0x1000, (0x1000,)),)),
}

_Step = tuple[int, int, int, int]
_BLOCKED = "Network sockets are blocked by the kernel (seccomp)."
_state = "Not enforced in this process."
_installed: set[int] = set()


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.c_char_p))


def no_network() -> str:
    """From now on this process and its children can open no socket but a Unix one (`EACCES`).

    Returns what is in force, as `in_force` does. Cannot be undone; safe to repeat.
    """
    return _block_network(_ERRNO | errno.EACCES)


def kill_on_network() -> str:
    """Like `no_network`, but an attempt ends the process with SIGSYS, so that a test can prove there is none.

    The guilty Python lines are written to stderr.
    """
    if sys.platform != "win32":
        faulthandler.register(signal.SIGSYS, file=sys.__stderr__ or 2, all_threads=False, chain=True)
    return _block_network(_TRAP)


def in_force() -> str:
    """An honest sentence: whether this process has been kept off the network, or why not."""
    return _state


def no_programs() -> bool:
    """From now on this process can start threads but no other process. False where that can't be enforced."""
    calls = _numbers()
    if calls is None:
        return False
    refuse = _ERRNO | errno.EPERM
    steps = [step for name in ("fork", "vfork", "execve", "execveat") for step in _never(calls, name, refuse)]
    steps += _only(calls, "clone", _JUDGED["clone"][1], refuse)
    steps += _never(calls, "clone3", _ERRNO | errno.ENOSYS)
    return not _install(calls, steps, _ALLOW)


def no_writing() -> bool:
    """From now on this thread, and those it starts, can change no file. False where that can't be enforced."""
    known = _landlock_version() if _numbers() is not None else 0
    return known > 0 and _restrict(_WRITE | _REMOVE_AND_MAKE | (_TRUNCATE if known >= _TRUNCATE_SINCE else 0))


def only_below(*, read: Iterable[str], write: Iterable[str], sockets: Iterable[str] = ()) -> bool:
    """From now on this thread, and what it starts, reads below `read` only, and changes files below `write` only.

    Below `sockets` it may make Unix sockets. Paths that are not there are left out. False where that can't be enforced.
    """
    if _numbers() is None or _landlock_version() < 1:
        return False
    files = _most(32, lambda rights: _ruleset(rights, 0, 0))
    rules = _ruleset(files, 0, 0)
    if rules is None:
        return False
    allowed = [*((path, files & _RUN_AND_READ) for path in read), *((path, files) for path in write)]
    allowed += [(path, _MAKE_SOCKET) for path in sockets]
    sound = all(_allow(rules, path, rights) for path, rights in allowed if os.path.exists(path))
    return _enforce(rules, 0) and sound


def die_with_parent(parent: int) -> None:
    """On Linux: end this process when the thread that started it ends. `parent` is that process's id."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it was gone before the line above
            os._exit(0)


def prepare() -> None:
    """Work out what is the same for every worker; those forked afterwards need not."""
    calls = _numbers()
    if calls is not None:
        _libc()
        _worker_steps(tuple(calls.items()))


def lock() -> tuple[list[str], list[str]]:
    """Leave this process its memory, its threads and what it has open, and nothing else.

    Returns by which means, and what could not be done.
    """
    means, missing = [], []
    _libc().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # no other process may look into it, nor into what is left of it
    _give_up_rights()
    for name, complaint in (_lock_files(), _lock_calls()):
        if complaint:
            missing.append(complaint)
        else:
            means.append(name)
    return means, missing


def _lock_files() -> tuple[str, str]:
    """The name of what holds, or else a complaint."""
    version = _landlock_version()
    if version < 1:
        return "", "this kernel has no Landlock"
    every_thread = version >= _ALL_THREADS_SINCE
    name = f"Landlock ABI {version}"
    if not every_thread and _threads() > 1:
        name += " (not over threads that were there before)"
    files = _most(32, lambda rights: _ruleset(rights, 0, 0))
    network = _most(8, lambda rights: _ruleset(1, rights, 0))
    scopes = _most(2, lambda rights: _ruleset(1, 0, rights))  # abstract Unix sockets, signals
    if not _restrict(files, network, scopes, _ALL_THREADS if every_thread else 0):
        return "", "the kernel refused Landlock"
    try:
        os.close(os.open(os.sep, os.O_RDONLY))
    except PermissionError:
        return name, ""
    return "", f"{name} holds nothing back"


def _lock_calls() -> tuple[str, str]:
    """The name of what holds, or else a complaint."""
    calls = _numbers()
    if calls is None:
        return "", f"no seccomp filter for {platform.system()} on {platform.machine()}"
    steps = list(_worker_steps(tuple(calls.items())))
    for name in ("kill", "tgkill"):  # the C library ends a broken process by a signal to itself
        steps += _only(calls, name, ((0, _WHOLE, (os.getpid(),)),), _ERRNO | errno.EPERM)
    error = _install(calls, steps, _ERRNO | errno.ENOSYS)
    return "seccomp", f"the kernel refused the seccomp filter ({error})" if error else ""


@functools.cache
def _worker_steps(numbers: tuple[tuple[str, int], ...]) -> tuple[_Step, ...]:
    """What a locked worker may call, but for signals to itself. The commonest calls come first."""
    calls = dict(numbers)
    steps: list[_Step] = []
    for name in _calls.ALLOWED:
        steps += _never(calls, name, _ALLOW)
    for name, (error, tests) in _JUDGED.items():
        steps += _only(calls, name, tests, _ERRNO | error)
    for error, table in ((errno.EACCES, _calls.NO_ACCESS), (errno.EPERM, _calls.NOT_PERMITTED)):
        for name in table:
            steps += _never(calls, name, _ERRNO | error)
    return tuple(steps)


def _give_up_rights() -> None:
    """Keep nothing of what root may do beyond others, such as raising its own limits."""
    calls = _numbers()
    if calls is not None:
        head = struct.pack("=Ii", _CAPABILITIES_3, 0)
        _libc().syscall(ctypes.c_long(calls["capset"]), ctypes.c_char_p(head), ctypes.c_char_p(bytes(24)))


def _threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:  # nobody to ask
        return 1


def _landlock_version() -> int:
    """Below 1: a kernel before 5.13, or Landlock switched off."""
    create, version = ctypes.c_long(_CREATE_RULESET), ctypes.c_long(_ASK_VERSION)
    return int(_libc().syscall(create, None, ctypes.c_long(0), version))


def _most(bits: int, ask: Callable[[int], int | None]) -> int:
    """All rights the running kernel knows of, up to so many: it is asked, since later ones know more than we do."""
    for known in range(bits, 0, -1):
        rules = ask((1 << known) - 1)
        if rules is not None:
            os.close(rules)
            return (1 << known) - 1
    return 0


def _ruleset(files: int, network: int, scopes: int) -> int | None:
    """Rules that hold all of this back without an exception. None where the kernel doesn't know them all."""
    wanted = struct.pack("=QQQ", files, network, scopes)  # an older kernel knows fewer fields, which must be zero
    create, size = ctypes.c_long(_CREATE_RULESET), ctypes.c_long(len(wanted))
    rules = int(_libc().syscall(create, ctypes.c_char_p(wanted), size, ctypes.c_long(0)))
    return rules if rules >= 0 else None


def _restrict(files: int, network: int = 0, scopes: int = 0, flags: int = 0) -> bool:
    rules = _ruleset(files, network, scopes)
    return rules is not None and _enforce(rules, flags)


def _allow(rules: int, path: str, rights: int) -> bool:
    """An exception for what lies below that path, or for that one file."""
    found = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        below = struct.pack("=Qi", rights if os.path.isdir(path) else rights & _OF_A_FILE, found)
        numbers = (_ADD_RULE, rules, _BELOW_PATH)
        return bool(_libc().syscall(*map(ctypes.c_long, numbers), ctypes.c_char_p(below), ctypes.c_long(0)) == 0)
    finally:
        os.close(found)


def _enforce(rules: int, flags: int) -> bool:
    libc = _libc()
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    refused = libc.syscall(ctypes.c_long(_RESTRICT_SELF), ctypes.c_long(rules), ctypes.c_long(flags))
    os.close(rules)
    return bool(refused == 0)


def _block_network(answer: int) -> str:
    global _state  # noqa: PLW0603  a filter belongs to the process, and so does the word on it
    calls = _numbers()
    if calls is None:
        _state = f"Not enforced on this system: no seccomp filter for {platform.system()} on {platform.machine()}."
    elif answer not in _installed:
        steps = [step for name in ("socket", "socketpair") for step in _only(calls, name, _UNIX, answer)]
        # A ring could open sockets without calling socket().
        steps += _never(calls, "io_uring_setup", _ERRNO | errno.ENOSYS)
        error = _install(calls, steps, _ALLOW)
        if error:
            _state = f"Not enforced on this system: the kernel refused the filter ({error})."
        else:
            _state = _BLOCKED
            _installed.add(answer)
    return _state


_UNIX: tuple[_Test, ...] = ((0, _WHOLE, (_AF_UNIX,)),)


def _numbers() -> Mapping[str, int] | None:
    """This machine's system call numbers, or None where there is no filter for it."""
    fit = sys.byteorder == "little" and sys.maxsize > 2**32
    if sys.platform == "linux" and fit and platform.machine() in _MACHINES:
        return _calls.numbers(_MACHINES[platform.machine()][1])
    return None


def _never(calls: Mapping[str, int], name: str, answer: int) -> list[_Step]:
    """Answer so to every such call. A machine may have none."""
    if name not in calls:
        return []
    return [(_IF_EQUAL, 0, 1, calls[name]), (_ANSWER, 0, 0, answer)]


def _only(calls: Mapping[str, int], name: str, tests: Iterable[_Test], answer: int) -> list[_Step]:
    """Answer so, unless the call's arguments pass every test."""
    steps: list[_Step] = []
    for place, mask, values in tests:
        steps += [(_LOAD, 0, 0, _ARGUMENTS_AT + 4 * place), (_AND, 0, 0, mask)]
        steps += [(_IF_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
        steps.append((_ANSWER, 0, 0, answer))
    return [(_IF_EQUAL, 0, len(steps) + 1, calls[name]), *steps, (_ANSWER, 0, 0, _ALLOW)]


def _install(calls: Mapping[str, int], steps: Iterable[_Step], otherwise: int) -> str:
    """Put the filter over every thread of this process; calls it does not name get the other answer.

    Returns what went wrong, or "".
    """
    machine, column = _MACHINES[platform.machine()]
    # Calls of another machine's kind (32-bit ones, on x86 also x32) have other numbers: none may pass.
    opening: list[_Step] = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_IF_EQUAL, 1, 0, machine),
        (_ANSWER, 0, 0, _KILL),
        (_LOAD, 0, 0, _CALL_AT),
    ]
    if column == 0:
        opening += [(_IF_AT_LEAST, 0, 1, _X32), (_ANSWER, 0, 0, _ERRNO | errno.ENOSYS)]
    whole = b"".join(struct.pack("=HBBI", *step) for step in (*opening, *steps, (_ANSWER, 0, 0, otherwise)))
    libc = _libc()
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return errno.errorcode.get(ctypes.get_errno(), "unknown")
    numbers = (calls["seccomp"], _SET_MODE_FILTER, _EVERY_THREAD)
    program = _Program(len(whole) // 8, whole)
    if libc.syscall(*map(ctypes.c_long, numbers), ctypes.byref(program)) == 0:
        return ""
    return errno.errorcode.get(ctypes.get_errno(), "a thread could not follow")


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)
    libc.syscall.restype = ctypes.c_long
    return libc
