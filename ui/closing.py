"""Asks before the window is closed over an answer that somebody is writing."""

from __future__ import annotations

from collections.abc import Callable

from app.language import _, several
from ui.confirm import Confirm


class Closing(Confirm):
    def __init__(self) -> None:
        super().__init__()
        self._agreed = False

    def may(self, unfinished: int, close: Callable[[], object]) -> bool:
        """Whether the window may be closed over so many answers; else it is asked for, and `close` follows a yes."""
        if self._agreed or not unfinished:
            return True

        def agree() -> None:
            self._agreed = True
            close()

        self.ask(
            several(
                "You are writing {n} answer that is not approved yet. Closing Baton drops what you wrote.",
                "You are writing {n} answers that are not approved yet. Closing Baton drops what you wrote.",
                unfinished,
            ),
            _("Close and drop it"),
            agree,
        )
        return False
