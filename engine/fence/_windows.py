"""Keeps a process within bounds with a Job object of Windows. Written from its manuals; not run here.

A job caps memory and processor time, and lets no further process start. It keeps no file and no network
from a worker: that would take an AppContainer, and a report on a worker says so.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import time
from collections.abc import Iterator
from ctypes import wintypes

assert sys.platform == "win32"  # for the type checker: nothing imports this elsewhere

# <winnt.h>
_BASIC_UI_RESTRICTIONS, _EXTENDED_LIMIT = 4, 9
_PROCESS_TIME, _ACTIVE_PROCESS, _PROCESS_MEMORY = 0x2, 0x8, 0x100
_DIE_ON_UNHANDLED_EXCEPTION, _KILL_ON_JOB_CLOSE = 0x400, 0x2000
_EVERY_UI_LIMIT = 0xFF
_TERMINATE, _SET_QUOTA = 0x1, 0x100
_TICKS = 10_000_000  # a second


class _Basic(ctypes.Structure):
    _fields_ = (
        ("process_time", wintypes.LARGE_INTEGER),
        ("job_time", wintypes.LARGE_INTEGER),
        ("flags", wintypes.DWORD),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("processes", wintypes.DWORD),
        ("affinity", ctypes.c_size_t),
        ("priority", wintypes.DWORD),
        ("scheduling", wintypes.DWORD),
    )


class _Extended(ctypes.Structure):
    _fields_ = (
        ("basic", _Basic),
        ("counters", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


@contextlib.contextmanager
def contained(pid: int, *, memory_bytes: int, cpu_seconds: float) -> Iterator[None]:
    """While this lasts the process is in a job of its own, and it ends with it. Raises OSError.

    In a virtual environment `python.exe` only starts the interpreter and waits: two processes.
    """
    system = _kernel32()
    programs = 1 if os.path.samefile(sys.prefix, sys.base_prefix) else 2
    job = _job(memory_bytes, cpu_seconds, programs, _KILL_ON_JOB_CLOSE)
    try:
        process = _demand(system.OpenProcess(_SET_QUOTA | _TERMINATE, False, pid))
        try:
            _assign(job, process)
        finally:
            system.CloseHandle(process)
        yield
    finally:
        system.CloseHandle(job)


def lock(*, memory_bytes: int, cpu_seconds: float) -> tuple[list[str], list[str]]:
    """Cap this process, unless whoever started it has. Returns by which means, and what could not be done."""
    missing = ["Windows keeps files, network and other processes from no program of the same user"]
    if _limits().basic.flags & _ACTIVE_PROCESS:
        return ["Job object"], missing
    used = time.process_time()
    try:
        job = _job(memory_bytes, used + cpu_seconds, 1, 0)
    except OSError as error:
        return [], [f"Windows gave no Job object ({error})", *missing]
    try:
        _assign(job, _kernel32().GetCurrentProcess())
    except OSError as error:
        return [], [f"Windows refused the Job object ({error})", *missing]
    finally:
        _kernel32().CloseHandle(job)  # the job lives on with the process, which can no longer change it
    return ["Job object"], missing


def trials() -> dict[str, bool]:
    """Which barriers hold, as the system says of the job this process is in."""
    flags = _limits().basic.flags
    return {
        "programs": bool(flags & _ACTIVE_PROCESS),
        "signals": not _could_end_parent(),
        "memory": bool(flags & _PROCESS_MEMORY),
        "processor time": bool(flags & _PROCESS_TIME),
        "open files": False,
    }


def _job(memory_bytes: int, cpu_seconds: float, processes: int, flags: int) -> int:
    job = _demand(_kernel32().CreateJobObjectW(None, None))
    limits = _Extended()
    limits.basic.flags = flags | _PROCESS_TIME | _ACTIVE_PROCESS | _PROCESS_MEMORY | _DIE_ON_UNHANDLED_EXCEPTION
    limits.basic.process_time = int(cpu_seconds * _TICKS)
    limits.basic.processes = processes
    limits.process_memory = memory_bytes
    _demand(_kernel32().SetInformationJobObject(job, _EXTENDED_LIMIT, ctypes.byref(limits), ctypes.sizeof(limits)))
    return job


def _assign(job: int, process: int) -> None:
    """With all limits on windows, clipboard and desktop, unless the process is in a job already: then without."""
    system = _kernel32()
    for restrictions in (_EVERY_UI_LIMIT, 0):
        value = wintypes.DWORD(restrictions)
        system.SetInformationJobObject(job, _BASIC_UI_RESTRICTIONS, ctypes.byref(value), ctypes.sizeof(value))
        if system.AssignProcessToJobObject(job, process):
            return
    raise ctypes.WinError(ctypes.get_last_error())


def _limits() -> _Extended:
    """Those of the job this process is in; without any where it is in none."""
    limits = _Extended()
    size = ctypes.sizeof(limits)
    _kernel32().QueryInformationJobObject(None, _EXTENDED_LIMIT, ctypes.byref(limits), size, None)
    return limits


def _could_end_parent() -> bool:
    handle = _kernel32().OpenProcess(_TERMINATE, False, os.getppid())
    if handle:
        _kernel32().CloseHandle(handle)
    return bool(handle)


def _demand(result: int | None) -> int:
    if not result:
        raise ctypes.WinError(ctypes.get_last_error())
    return result


def _kernel32() -> ctypes.WinDLL:
    system = ctypes.WinDLL("kernel32", use_last_error=True)
    handle, pointer, word, size = wintypes.HANDLE, ctypes.c_void_p, wintypes.DWORD, ctypes.c_int
    for name, result, arguments in (
        ("CreateJobObjectW", handle, (pointer, wintypes.LPCWSTR)),
        ("OpenProcess", handle, (word, wintypes.BOOL, word)),
        ("GetCurrentProcess", handle, ()),
        ("CloseHandle", wintypes.BOOL, (handle,)),
        ("AssignProcessToJobObject", wintypes.BOOL, (handle, handle)),
        ("SetInformationJobObject", wintypes.BOOL, (handle, size, pointer, word)),
        ("QueryInformationJobObject", wintypes.BOOL, (handle, size, pointer, word, pointer)),
    ):
        function = getattr(system, name)
        function.restype, function.argtypes = result, arguments
    return system
