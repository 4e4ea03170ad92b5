"""One window for one home: a second start knocks, and the one that is there comes forward with the files it was given.

A Unix socket in the home, which only its owner can reach; on a system without such sockets nobody answers, and the
desk's lock says that it is open already.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, QSocketNotifier, Slot

NAME = "window.sock"
LONGEST_PATH = 100
"""Bytes: a Unix socket's address has room for 104 to 108 (sockaddr_un)."""
MOST = 1 << 20
"""Bytes of a knock."""
PATIENCE = 2.0
"""Seconds: the window that is there may be busy for a moment."""
HERE = b"here\n"
Knocked = Callable[[list[Path]], None]


def _address(home: Path) -> str | None:
    path = str(home / NAME)
    return path if hasattr(socket, "AF_UNIX") and len(path.encode("utf-8", "surrogateescape")) <= LONGEST_PATH else None


def knock(home: Path, paths: Sequence[Path]) -> bool:
    """Whether a window of this home is there; it has taken the files then, and come forward."""
    address = _address(home)
    if address is None:
        return False
    with suppress(OSError), socket.socket(socket.AF_UNIX) as asker:
        asker.settimeout(PATIENCE)
        asker.connect(address)
        asker.sendall(json.dumps([str(path.absolute()) for path in paths]).encode("ascii") + b"\n")
        return asker.recv(len(HERE)) == HERE
    return False


class Door(QObject):
    """Hears who knocks, as long as it is open."""

    def __init__(self, home: Path, knocked: Knocked, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._knocked = knocked
        self._address = _address(home)
        self._listening: socket.socket | None = None
        if self._address is None:
            return
        with suppress(OSError):  # then a second start says that the desk is in use
            home.mkdir(parents=True, exist_ok=True)
            Path(self._address).unlink(missing_ok=True)  # of a window that was killed: nobody answered there
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(self._address)
            Path(self._address).chmod(0o600)
            listening.listen(4)
            listening.setblocking(False)
            self._listening = listening
            self._notifier = QSocketNotifier(listening.fileno(), QSocketNotifier.Type.Read, self)
            self._notifier.activated.connect(self._hear)

    def close(self) -> None:
        if self._listening is not None:
            self._notifier.setEnabled(False)
            self._listening.close()
            self._listening = None
            if self._address:
                Path(self._address).unlink(missing_ok=True)

    @Slot()
    def _hear(self) -> None:
        if self._listening is None:
            return
        with suppress(OSError, ValueError):  # whoever says something else is not answered
            caller, _ = self._listening.accept()
            with caller:
                caller.settimeout(PATIENCE / 4)
                paths = _read(caller)
                caller.sendall(HERE)
            self._knocked(paths)


def _read(caller: socket.socket) -> list[Path]:
    """The paths in a knock. Raises ValueError when it is none, OSError when it does not come."""
    said = b""
    while not said.endswith(b"\n"):
        part = caller.recv(1 << 16)
        said += part
        if not part or len(said) > MOST:
            raise ValueError("no knock")
    paths = json.loads(said)
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise ValueError("no knock")
    return [Path(path) for path in paths]
