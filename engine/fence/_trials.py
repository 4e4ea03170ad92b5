"""Tries each barrier around this process, in ways that do no harm where it does not hold.

Everything is imported here before a process is locked, since afterwards nothing can be.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Callable

if sys.platform != "win32":
    import fcntl
    import mmap
    import resource

_NOBODY = ("127.0.0.1", 9)
_MANY_FILES = 1024


def trials() -> dict[str, bool]:
    """Whether each barrier holds. What the system offers no harmless trial for does not."""
    found = {"network": _no_sockets(), "files": _no_files(), "writing": _refused(_write)}
    if sys.platform == "win32":
        from engine.fence import _windows

        found |= _windows.trials()
    else:
        found |= {
            "programs": _refused(_start) and _refused(_become),
            "signals": _refused(lambda: os.kill(os.getppid(), 0)),
            "memory": _memory_is_capped(),
            # Using it up would end the process, so the system is asked.
            "processor time": resource.getrlimit(resource.RLIMIT_CPU)[1] != resource.RLIM_INFINITY,
            "open files": _files_are_counted(),
        }
    return found


def _refused(attempt: Callable[[], object]) -> bool:
    """Whether it fails for want of a right, or because there seems to be no such call at all."""
    try:
        attempt()
    except OSError as error:
        return error.errno in (errno.EACCES, errno.EPERM, errno.ENOSYS)
    return False


def _no_sockets() -> bool:
    # Where not even a Unix socket can be had, no other is tried: under a filter that ends whoever
    # tries one, asking would be deadly.
    unix = getattr(socket, "AF_UNIX", None)
    if unix is not None and _refused(lambda: socket.socket(unix).close()):
        return True
    return _refused(_point_at_nobody)


def _point_at_nobody() -> None:
    """Sends nothing: a datagram socket only notes whom it would talk to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talker:
        talker.connect(_NOBODY)


def _no_files() -> bool:
    return _refused(lambda: os.close(os.open(sys.executable or __file__, os.O_RDONLY))) and _refused(
        lambda: os.listdir(os.sep)
    )


def _write() -> None:
    folder = os.environ.get("TMPDIR") or os.environ.get("TEMP") or "/tmp"  # noqa: S108  it is new, and gone at once
    path = os.path.join(folder, f"baton-fence-{os.getpid()}")
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)


if sys.platform != "win32":

    def _start() -> None:
        # Elsewhere than on macOS it is enough to start nothing: there is a child, which then finds no program.
        program = "/usr/bin/true" if sys.platform == "darwin" else ""
        os.waitpid(os.posix_spawn(program, ["true"], {}), 0)

    def _become() -> None:
        os.execv("", ["nothing"])  # never succeeds: there is no such program

    def _memory_is_capped() -> bool:
        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most == resource.RLIM_INFINITY:
            return False
        try:
            mmap.mmap(-1, most, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=0).close()  # claims room, uses none
        except (OSError, OverflowError):
            return True
        return False

    def _files_are_counted() -> bool:
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if most == resource.RLIM_INFINITY or most > _MANY_FILES:
            return False
        try:
            os.close(fcntl.fcntl(0, fcntl.F_DUPFD, most))
        except OSError as error:
            return error.errno == errno.EINVAL
        return False
