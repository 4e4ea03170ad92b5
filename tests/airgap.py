"""Runs a command that the kernel kills as soon as it, or any child of it, opens a socket other than AF_UNIX.

    python tests/airgap.py [--trap] -- COMMAND [ARGUMENT ...]

Linux on x86_64 and aarch64; needs no rights. The filter is inherited and cannot be taken off again, and
it sees the system call itself, so it holds for C libraries and statically linked programs as well.
It shares no code with engine/fence, which it is there to judge.
With --trap the process gets SIGSYS as a signal it can handle, so that faulthandler shows who called.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from typing import NamedTuple

PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2

KILL_PROCESS = 0x80000000
TRAP = 0x00030000
ERRNO_ENOSYS = 0x00050000 | 38
ALLOW = 0x7FFF0000

LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
RETURN = 0x06  # BPF_RET | BPF_K

CALL, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data (little endian)
AF_UNIX = 1
IO_URING_SETUP = 425  # it could open sockets without the system call
X32 = 0x40000000  # the second set of call numbers on x86_64


class Machine(NamedTuple):
    """What the filter must know about a processor family."""

    audit: int
    socket: int


MACHINES = {"x86_64": Machine(0xC000003E, 41), "aarch64": Machine(0xC00000B7, 198)}


class Instruction(ctypes.Structure):
    """struct sock_filter"""

    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(Instruction))]


def program(machine: Machine, penalty: int) -> list[tuple[int, int, int, int]]:
    """The filter: (code, jump if yes, jump if no, value). Jumps count instructions to skip."""
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, machine.audit),
        (RETURN, 0, 0, penalty),  # a foreign call table, such as 32-bit calls
        (LOAD, 0, 0, CALL),
        (AT_LEAST, 5, 0, X32),
        (EQUAL, 5, 0, IO_URING_SETUP),
        (EQUAL, 0, 2, machine.socket),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (EQUAL, 0, 1, AF_UNIX),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, penalty),
        (RETURN, 0, 0, ERRNO_ENOSYS),
    ]


def close_the_network(penalty: int = KILL_PROCESS) -> None:
    """Install the filter in this process, for good. Raises OSError where the kernel refuses."""
    machine = MACHINES[platform.machine()]
    instructions = [Instruction(*values) for values in program(machine, penalty)]
    table = (Instruction * len(instructions))(*instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    wide = [ctypes.c_ulong(value) for value in (1, 0, 0, 0)]
    if libc.prctl(PR_SET_NO_NEW_PRIVS, *wide):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS)")
    fprog = Program(len(instructions), table)
    if libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.byref(fprog), *wide[2:]):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_SECCOMP)")


def main(arguments: list[str]) -> None:
    penalty = KILL_PROCESS
    if arguments[:1] == ["--trap"]:
        penalty = TRAP
        arguments = arguments[1:]
    if arguments[:1] != ["--"] or len(arguments) < 2:
        sys.exit("usage: airgap.py [--trap] -- COMMAND [ARGUMENT ...]")
    close_the_network(penalty)
    os.execvp(arguments[1], arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
