"""Forks workers that are ready at once: `python -m engine.readers._forkserver FD`.

It imports what readers need (here below only: its host takes no more of it than the constants), never sees a
document, and has one thread, so that forking is safe.
FD is a socket to its host. A message on it is one letter, with three descriptors: what shall be the
worker's standard input, its standard output, and a leash. The leash tells the worker's exit status
when it has ended, and kills it when the host lets go of it.
"""

from __future__ import annotations

import array
import os
import selectors
import signal
import socket
import struct
import sys

from engine import fence

STATUS = struct.Struct(">i")
"""A worker's exit status on its leash; negative: the signal that ended it."""
FORK, FORK_WITH_EYES = b"f", b"e"
"""Fork a worker; load the OCR models first, if they are not there yet."""
READY = b"r"

_DESCRIPTORS = 3
_HIGHEST = 4096


class _Kennel:
    """The workers that run, each on its leash."""

    def __init__(self, host: socket.socket) -> None:
        self._host = host
        self._selector = selectors.DefaultSelector()
        self._leashes: dict[int, socket.socket] = {}
        self._woken, waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._selector.register(host, selectors.EVENT_READ, "host")
        self._selector.register(self._woken, selectors.EVENT_READ, "ended")

    def run(self) -> None:
        """Until the host is gone."""
        while True:
            for key, _ in self._selector.select():
                if key.data == "host":
                    if not self._order():
                        return
                elif key.data == "ended":
                    os.read(self._woken, 4096)
                    self._bury()
                else:
                    self._let_go(key.data)

    def close(self) -> None:
        """Kill what still runs."""
        for pid in self._leashes:
            os.kill(pid, signal.SIGKILL)

    def _order(self) -> bool:
        message, descriptors = _received(self._host)
        if not message:
            return False
        if len(descriptors) != _DESCRIPTORS:
            return True
        from engine.readers import _ocr

        if message == FORK_WITH_EYES and not _ocr.loaded():
            _ocr.load()
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            _become_worker(server, descriptors[0], descriptors[1])
        leash = socket.socket(fileno=descriptors[2])
        os.close(descriptors[0])
        os.close(descriptors[1])
        self._leashes[pid] = leash
        self._selector.register(leash, selectors.EVENT_READ, pid)
        return True

    def _bury(self) -> None:
        """Tell the host of every worker that has ended."""
        while self._leashes:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            leash = self._leashes.pop(pid, None)
            if leash is not None:
                self._unregister(leash)
                try:
                    leash.send(STATUS.pack(os.waitstatus_to_exitcode(status)))
                except OSError:  # the host does not want to know
                    leash.close()
                    continue
                leash.close()

    def _let_go(self, pid: int) -> None:
        """The host has let go of the leash, or pulls at it: either way the worker's time is up."""
        leash = self._leashes.get(pid)
        if leash is not None:
            self._unregister(leash)
            os.kill(pid, signal.SIGKILL)  # not buried yet, so the number is still its own

    def _unregister(self, leash: socket.socket) -> None:
        if leash in self._selector.get_map():
            self._selector.unregister(leash)


def _received(host: socket.socket) -> tuple[bytes, list[int]]:
    descriptors = array.array("i")
    try:
        message, extra, _, _ = host.recvmsg(1, socket.CMSG_SPACE(_DESCRIPTORS * descriptors.itemsize))
    except OSError:
        return b"", []
    for level, kind, data in extra:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return message, list(descriptors)


def _become_worker(server: int, stdin: int, stdout: int) -> None:
    """In the forked child: keep three descriptors and nothing of the server's, then work."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    fence.die_with_parent(server)
    out = os.dup(stdout)
    os.dup2(stdin, 0)
    os.dup2(2, 1)
    os.dup2(out, 3)
    os.closerange(4, _HIGHEST)
    from engine.readers import _child

    _child.serve(os.fdopen(0, "rb", buffering=0, closefd=False), os.fdopen(3, "wb"))


def _main() -> None:
    host = socket.socket(fileno=int(sys.argv[1]))
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the host, which decides
    from engine.readers import _child

    _child.prepare()
    kennel = _Kennel(host)
    try:
        host.send(READY)
        os.dup2(quiet, 2)  # from here on it would be documents that speak
        kennel.run()
    finally:
        kennel.close()


if __name__ == "__main__":
    _main()
