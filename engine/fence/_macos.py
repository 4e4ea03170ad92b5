"""Keeps a process within bounds with the sandbox of macOS. Written from its manuals; not run here.

Apple calls `sandbox-exec` and `sandbox_init` deprecated, and has since 2012; browsers and build tools go
on using both, as nothing else takes rights away from one's own process. What comes of it in a given
worker is tried out there, never taken for granted.
"""

from __future__ import annotations

import ctypes
import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

_SANDBOX_EXEC = "/usr/bin/sandbox-exec"

# Nothing at all: what the worker needs is in its memory by then, and pipes stay open.
_LOCKED = "(version 1) (deny default) (allow sysctl-read) (allow signal (target self))"

# What the dynamic loader and Python read on any Mac: the system's own libraries and time zones.
_SYSTEM = (
    "/usr/lib",
    "/usr/share/zoneinfo",
    "/System/Library",
    "/System/Volumes/Preboot/Cryptexes",
    "/Library/Apple/System/Library",
    "/private/var/db/dyld",
    "/private/var/db/timezone",
    "/opt/homebrew/Cellar",
    "/opt/homebrew/opt",
    "/usr/local/Cellar",
    "/usr/local/opt",
)


def wrapped(command: list[str]) -> list[str]:
    """The command, run in a sandbox from its first instruction on. Unchanged where there is no sandbox-exec."""
    if not os.access(_SANDBOX_EXEC, os.X_OK):
        return command
    return [_SANDBOX_EXEC, "-p", profile(command[0], _our_folders()), *command]


def profile(program: str, folders: Iterable[str]) -> str:
    """The rules for a worker that still has to import: it may read code, and nothing else of anybody's.

    Everything is denied that is not allowed below: network, writing, other programs, other processes,
    and the services of the system.
    """
    reads = " ".join(f"(subpath {_quoted(folder)})" for folder in (*_SYSTEM, *folders))
    starts = " ".join(f"(literal {_quoted(path)})" for path in sorted({program, os.path.realpath(program)}))
    return "\n".join(
        (
            "(version 1)",
            "(deny default)",
            # The loader walks down from the root, and Python asks what its folders are.
            '(allow file-read* (literal "/"))',
            "(allow file-read-metadata)",
            f"(allow file-read* {reads} {starts})",
            '(allow file-read* (literal "/dev/null") (literal "/dev/random") (literal "/dev/urandom"))',
            '(allow file-write-data (literal "/dev/null"))',
            # sandbox-exec becomes the interpreter; a framework build becomes the program inside its bundle.
            # Forking is not allowed, so that no second process comes of it.
            f"(allow process-exec {starts} (subpath {_quoted(os.path.realpath(sys.base_prefix))}))",
            "(allow sysctl-read)",
            "(allow process-info* (target self))",
            "(allow signal (target self))",
        )
    )


def lock() -> tuple[list[str], list[str]]:
    """Leave this process its memory, its threads and what it has open. Returns by which means, and what failed."""
    try:
        system = ctypes.CDLL(None)
        check, begin = system.sandbox_check, system.sandbox_init
    except AttributeError:
        return [], ["this macOS has no sandbox_init"]
    if check(os.getpid(), None, 0) == 1:  # a second sandbox can't be had
        return ["sandbox-exec"], []
    begin.argtypes = (ctypes.c_char_p, ctypes.c_uint64, ctypes.POINTER(ctypes.c_char_p))
    error = ctypes.c_char_p()
    if begin(_LOCKED.encode(), 0, ctypes.byref(error)):
        return [], [f"macOS refused the sandbox ({(error.value or b'').decode(errors='replace')})"]
    return ["sandbox"], []


def _our_folders() -> list[str]:
    """Where Python, its libraries and our own code are, also behind links."""
    paths = sysconfig.get_paths()
    named = [
        sys.prefix,
        sys.base_prefix,
        sys.exec_prefix,
        *(paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        str(Path(__file__).parents[1]),
    ]
    return sorted({path for name in named for path in (name, os.path.realpath(name))} - {os.sep})


def _quoted(path: str) -> str:
    """A string in the language of the rules."""
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
