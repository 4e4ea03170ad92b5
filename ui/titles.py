"""Knows what each playbook calls its intents."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping


class Titles:
    """The titles by playbook and code: two playbooks may mean different things by one code."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, str]] = {}
        self._only: dict[str, str] = {}

    def learn(self, playbook: str, titles: Mapping[str, str]) -> None:
        """What that playbook calls its intents now."""
        self._of[playbook] = dict(titles)
        called: dict[str, set[str]] = {}
        for book in self._of.values():
            for code, words in book.items():
                called.setdefault(code, set()).add(words)
        self._only = {code: words.pop() for code, words in called.items() if len(words) == 1}

    def of(self, playbook: str) -> Mapping[str, str]:
        """Its own titles; a code that it does not know has the title that all others give it, if they agree."""
        return ChainMap(self._of.get(playbook, {}), self._only)
