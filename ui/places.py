"""The places of the window beside the desk itself: each is a widget in a file of its own, and one line here."""

from __future__ import annotations

from ui.all_tasks import AllTasks
from ui.knowledge import Knowledge
from ui.models import Models
from ui.playbooks import Playbooks
from ui.rooms import Room
from ui.settings import Settings

ROOMS: dict[str, type[Room]] = {
    "tasks": AllTasks,
    "knowledge": Knowledge,
    "models": Models,
    "playbooks": Playbooks,
    "settings": Settings,
}
"""By the key of their place in `navigation.VIEWS`."""
