"""Runs one kind of desk call on one thread of its own, and brings the answer back to the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from engine.cards import Problem

T = TypeVar("T")
Parcel = tuple[Future[Any], Callable[[], None] | None, Callable[[Any], None] | None, Callable[[Problem], None]]


class Lane(QObject):
    """Calls asked of one lane run in order; lanes run beside each other."""

    _answered = Signal(object)

    def __init__(self, name: str, failed: Callable[[Problem], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._failed = failed
        self._closed = False
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._answered.connect(self._answer, Qt.ConnectionType.QueuedConnection)

    def ask(
        self,
        work: Callable[[], T],
        then: Callable[[T], None] | None = None,
        failed: Callable[[Problem], None] | None = None,
        over: Callable[[], None] | None = None,
    ) -> None:
        """Run `work` on the lane's thread, then `then` with its result on the window's thread.

        Before that, `over` is called there, whatever came of it: also after a bug, which is raised all the same.
        What is asked of a closed lane is not done: the window is going, and its last events still come in.
        """
        if self._closed:
            return
        future = self._pool.submit(work)
        future.add_done_callback(lambda done: self._answered.emit((done, over, then, failed or self._failed)))

    def close(self) -> None:
        """Drop what waits, and wait for the call in progress."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    @Slot(object)
    def _answer(self, parcel: Parcel) -> None:
        done, over, then, failed = parcel
        if done.cancelled():
            return
        if over is not None:
            over()
        error = done.exception()
        if isinstance(error, Problem):
            failed(error)
        elif error is not None:
            raise error
        elif then is not None:
            then(done.result())
