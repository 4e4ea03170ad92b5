"""Starts the engine program, speaks to it in lines, and kills it: nothing else stops a model that reads."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO

from engine import courier
from engine.cards import Problem
from engine.codec import decode, encode
from engine.events import EVENTS, LAST_WORDS, Answered, Closed, Event
from engine.orders import Order

LONGEST_LINE = 64 * 1024 * 1024
"""Characters. A line is a handoff: far below this unless the engine has gone mad."""
SIGKILL = 9
LOG_KEPT = 1024 * 1024


class EngineDied(Exception):
    """The engine ended in the middle of an order. `signal` is 0 when it exited by itself.

    `late`: it was killed here, because it took longer than it may; `starved`: the system killed it, because
    memory ran out (as far as the system tells: Linux does).
    """

    def __init__(self, status: int | None, late: bool = False, starved: bool = False) -> None:
        super().__init__(f"engine ended with status {status}")
        self.signal = -status if status is not None and status < 0 else 0
        self.late = late
        self.starved = starved and self.signal == SIGKILL


class EngineProcess:
    """One running engine. Orders are answered one at a time."""

    def __init__(self, home: Path) -> None:
        environment = os.environ | {
            "GGML_NO_BACKTRACE": "1",  # ggml otherwise starts a debugger when it aborts
            "HF_HUB_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
            # All cores at once collapse when anything else runs: threads then wait for each other.
            "OPENBLAS_NUM_THREADS": str(_threads()),
            "OMP_NUM_THREADS": str(_threads()),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_code()), os.environ.get("PYTHONPATH", "")])),
        }
        try:
            with _engine_log(home) as stderr:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "engine", "--home", str(home), "--parent", str(os.getpid())],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    env=environment,
                    pass_fds=courier.descriptors(),
                    start_new_session=True,  # Ctrl+C reaches the desk, which decides what becomes of the engine
                )
        except OSError as error:
            raise Problem("no_engine", f"The engine can't be started: {error.strerror}. Try again.") from error
        self._starved = _starved()
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, name="engine-lines", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, order: Order, patience: Callable[[], float]) -> Generator[Event | Answered | Closed, None, None]:
        """Send an order; yields its events up to and with the last one.

        `patience` says, before each event, for how many seconds the engine may still work. Raises
        EngineDied when the engine ends before the last event, or patience does (then it is killed). Who
        stops listening before the last one ends the engine, too: nobody would take what it still says.
        """
        complete = False
        try:
            self._send(order)
            while not complete:
                event = self._event(patience())
                complete = isinstance(event, (*LAST_WORDS, Closed))
                yield event
        finally:
            if not complete:
                self.kill()
                self._process.wait()

    def kill(self) -> None:
        """End it now, whatever it does. Safe to repeat."""
        self._process.kill()

    def close(self) -> None:
        """Kill it, and give back what it held."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _quietly_close(pipe)

    def _send(self, order: Order) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(encode(order).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._died() from error

    def _died(self, late: bool = False) -> EngineDied:
        return EngineDied(self._process.wait(), late, _starved() > self._starved)

    def _event(self, seconds: float) -> Event | Answered | Closed:
        """The next event. An engine that speaks nonsense is as good as dead."""
        try:
            event: Event | Answered | Closed = decode(self._line(seconds), EVENTS)
            return event
        except Problem:
            self.kill()
            self._process.wait()
            raise EngineDied(None) from None

    def _line(self, seconds: float) -> str:
        try:
            if seconds <= 0:  # also when it has more to say: one that talks without end is ended, too
                raise queue.Empty
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            self.kill()
            raise self._died(late=True) from None
        if not line.endswith(b"\n"):
            self.kill()
            raise self._died()
        return line.decode("utf-8", "replace")

    def _listen(self) -> None:
        """The one reader of the pipe; an empty line in the queue means it has ended."""
        assert self._process.stdout is not None
        while line := self._process.stdout.readline(LONGEST_LINE):
            self._lines.put(line)
        self._lines.put(b"")


def _threads() -> int:
    return max(1, (os.cpu_count() or 2) - 1)


def _starved() -> int:
    """How many processes this system has killed because memory ran out; 0 where it does not say."""
    try:
        counted = re.search(r"^oom_kill (\d+)$", Path("/proc/vmstat").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(counted[1]) if counted else 0


def _code() -> Path:
    import engine

    return Path(engine.__path__[0]).parent


def _engine_log(home: Path) -> IO[bytes]:
    """Where the engine's stray prints and tracebacks go; begun anew when it has grown long."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "engine.log"
    long = path.exists() and path.stat().st_size > LOG_KEPT
    return path.open("wb" if long else "ab")


def _quietly_close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return  # what was still buffered for a dead engine has no reader
