"""What the place of the playbooks asks of the desk, on its lane: what is imported for it takes a few frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.desk import Desk
    from app.playbook_editing import Checked, Listed, Opened
    from app.playbook_words import Leg

Told = tuple["Checked", tuple[str, ...], tuple["Leg", ...], tuple[str, ...]]
"""What is wrong with a playbook; what it does in words; its legs; and those in words."""


def listed(desk: Desk) -> tuple[list[Listed], str]:
    """All playbooks, and the name of the one by which new files go."""
    from app import playbook_editing

    return playbook_editing.listed(desk), desk.settings().playbook


def opened(desk: Desk, name: str) -> Opened:
    from app import playbook_editing

    return playbook_editing.opened(desk, name)


def told(desk: Desk, name: str, draft: str | None) -> Told:
    """Of the playbook as it is, or as it is being written."""
    from app import playbook_words
    from app.playbook_editing import as_it_is, checked

    found = as_it_is(desk, name) if draft is None else checked(desk, name, draft)
    if not found.sound or found.playbook is None:
        return found, (), (), ()
    book = found.playbook
    return found, tuple(playbook_words.told(book)), playbook_words.legs(book), tuple(playbook_words.drawn(book))
