"""Keeps on disk what was written in playbooks, on their lane; what is not there yet is not forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.cards import Problem
from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk


class Drafts:
    def __init__(self, lane: Lane, failed: Callable[[Problem], None]) -> None:
        self._lane, self._failed = lane, failed
        self._waiting: dict[str, str] = {}

    def keep(self, desk: Desk, name: str, text: str) -> None:
        """As soon as the lane is free."""
        from app.playbook_editing import keep_draft

        def kept(_none: None) -> None:
            if self._waiting.get(name) == text:
                del self._waiting[name]

        self._waiting[name] = text
        self._lane.ask(lambda: keep_draft(desk, name, text), kept, self._failed)

    def taken(self, name: str) -> str | None:
        """What waits for that playbook, which is opened now: it is written on, and no longer for us to keep."""
        return self._waiting.pop(name, None)

    def close(self, desk: Desk, last: tuple[str, str] | None) -> None:
        """The lane is closed: keep what waits, and what stands in the editor, with the name of its playbook.

        What can't be kept is given up: the disk is full, say, and the desk has to be closed all the same.
        """
        from app.playbook_editing import keep_draft

        for name, text in (self._waiting | dict([last] if last else [])).items():
            try:
                keep_draft(desk, name, text)
            except (Problem, OSError):
                pass
        self._waiting.clear()
