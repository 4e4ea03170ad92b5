"""The places of the window beside the desk itself: each is a widget in a file of its own, and one line here."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping

from ui.rooms import Room

ROOMS = {
    "tasks": "ui.all_tasks:AllTasks",
    "knowledge": "ui.knowledge:Knowledge",
    "models": "ui.models:Models",
    "playbooks": "ui.playbooks:Playbooks",
    "settings": "ui.settings:Settings",
}
"""By the key of their place in `navigation.VIEWS`."""


class Rooms(Mapping[str, Room]):
    """Every place's room, made when somebody first goes there: the window is seen the sooner."""

    def __init__(self, make: Callable[[type[Room]], Room]) -> None:
        self._make = make
        self.made: dict[str, Room] = {}

    def __getitem__(self, key: str) -> Room:
        if key not in self.made:
            module, _, name = ROOMS[key].partition(":")
            self.made[key] = self._make(getattr(importlib.import_module(module), name))
        return self.made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(ROOMS)

    def __len__(self) -> int:
        return len(ROOMS)
