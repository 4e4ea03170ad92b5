"""What the command palette offers: what can be done right now, the places, and the tasks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from app.language import _
from ui.copying import KEY
from ui.palette import Command
from ui.words import key_name, one_line, sign_of

if TYPE_CHECKING:
    from ui.window import Window

MOST_TASKS = 2000
"""The newest so many are offered by name; `Tasks` finds all of them."""


def commands(window: Window) -> list[Command]:
    """Only what would do something: what is disabled on the screen is not offered."""
    return [*_decisions(window), *_actions(window), *_places(window), *_tasks(window)]


def _decisions(window: Window) -> Iterator[Command]:
    if window.shell.stack.currentWidget() is not window.panes:
        return
    bar, act = window.centre.decision, window.deciding
    wishes = (
        (bar.approve_button, act.approve), (bar.edit_button, act.edit), (bar.reject_button, act.reject),
        (bar.skip_button, act.skip), (bar.allow_button, act.allow),
    )  # fmt: skip
    for button, wish in wishes:
        if button.isVisible() and button.isEnabled():
            words, _bracket, key = button.text().rstrip(")").partition(" (")
            yield Command(words, key, wish, decides=True)
    if window.centre.copies.isEnabled():
        yield Command(window.centre.copies.text(), key_name(KEY), window.centre.copies.copy)
    yield Command(_("Why this intent and not another"), "W", window.centre.look_why)
    yield Command(_("Take the last decision back"), key_name("Backspace"), act.undo)


def _actions(window: Window) -> Iterator[Command]:
    for action in window.tools.actions():
        if action.isEnabled() and not action.isSeparator():
            yield Command(action.text(), key_name(action.shortcut().toString()), action.trigger)


def _places(window: Window) -> Iterator[Command]:
    for number, place in enumerate(window.places.places.places, 1):
        yield Command(
            _("Go to {title}").format(title=place.title), f"Alt+{number}", partial(window.places.go, place.key)
        )


def _tasks(window: Window) -> Iterator[Command]:
    for row in window.inbox.tasks.newest(MOST_TASKS):
        yield Command(one_line(row.name), sign_of(row).word, partial(window.show_task, row.id))
