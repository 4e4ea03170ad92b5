"""Groups the handoffs of a message that asks for several things: a line for each request, and its legs beneath."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.language import _
from engine.cards import Handoff, Step, Why
from engine.events import Handed
from ui.case import Case
from ui.legs import Ask, Leg, leg_of
from ui.words import Sign, title

Key = tuple[int, int]
"""Which plan of the task (a corrected one is planned again), and which of its steps."""

ANSWERED = Sign(_("Answered"), "check", "good")
ESCALATED = Sign(_("For a person"), "person", "caution")
WORKING = Sign(_("Working"), "ring", "working")
WAITING = Sign(_("Waiting"), "ring", "quiet")
UNREACHED = Sign(_("Not reached"), "dash", "quiet")


@dataclass(frozen=True, slots=True)
class _Plan:
    """A plan as it stands last, and the place in the history at which it was done with."""

    steps: tuple[Step, ...]
    end: int


def told(case: Case, live: Leg | None, titles: Mapping[str, str], shut: Mapping[Key, bool]) -> list[Leg]:
    """All handoffs, and the running leg, in the order in which they happened.

    A request's legs are shown while it is worked, and closed when it is done; where a person has `shut` one, or
    opened it, it stays so.
    """
    plans = list(_plans(case.states))
    if not plans:
        legs = [leg_of(event) for event in case.history]
        return [*legs, live] if live else legs
    return list(_Story(case, live, titles, shut, plans).lines())


def unfolded(case: Case, live: Leg | None, titles: Mapping[str, str]) -> list[Leg]:
    """The same with the legs of every request, whatever is closed in the list."""
    keys = [leg.request.key for leg in told(case, live, titles, {}) if leg.request]
    return told(case, live, titles, dict.fromkeys(keys, False))


class _Story:
    def __init__(
        self, case: Case, live: Leg | None, titles: Mapping[str, str], shut: Mapping[Key, bool], plans: list[_Plan]
    ) -> None:
        self._case, self._live, self._titles, self._chosen, self._plans = case, live, titles, shut, plans
        self._of = list(_keys(case.history, case.states))
        self._running = _running(case, live, len(plans) - 1)

    def lines(self) -> Iterator[Leg]:
        """Requests that have no legs (yet) stand where the plan's own end is, or after what runs."""
        told: set[Key] = set()
        for place, event in enumerate(self._case.history):
            key = self._of[place]
            if key is not None:
                yield from self._heads(key[0], key[1] + 1, told)
                if not self._shut(key):
                    yield replace(leg_of(event), inside=True)
                continue
            for number, plan in enumerate(self._plans):
                if plan.end == place:
                    yield from self._heads(number, len(plan.steps), told)
            yield leg_of(event)
        if self._live and self._running:
            yield from self._heads(self._running[0], self._running[1] + 1, told)
            if not self._shut(self._running):
                yield replace(self._live, inside=True)
        elif self._live:
            yield self._live
        yield from self._heads(len(self._plans) - 1, len(self._plans[-1].steps), told)

    def _heads(self, number: int, steps: int, told: set[Key]) -> Iterator[Leg]:
        """The lines of a plan's first requests, each once."""
        for place in range(steps):
            if (number, place) not in told:
                told.add((number, place))
                yield self._head((number, place))

    def _head(self, key: Key) -> Leg:
        plan = self._plans[key[0]]
        step, own = plan.steps[key[1]], [event for event, of in self._events() if of == key]
        asked = title(self._titles.get(step.label, step.label)) if step.label else _("no intent")
        reason = step.reason if step.outcome == "escalated" else ""
        ask = Ask(
            key, key[1] + 1, len(plan.steps), asked, step.text, len(own), sum(event.why.seconds for event in own),
            shut=self._shut(key),
        )  # fmt: skip
        return Leg(-1, Why("planner", "", reason), self._sign(key, step, bool(own)), request=ask)

    def _sign(self, key: Key, step: Step, begun: bool) -> Sign:
        if step.outcome != "open":
            return ANSWERED if step.outcome == "answered" else ESCALATED
        if key == self._running:
            return WORKING
        over = key[0] + 1 < len(self._plans) or self._case.states[-1].ending is not None
        return UNREACHED if over else WORKING if begun else WAITING

    def _shut(self, key: Key) -> bool:
        done = self._plans[key[0]].steps[key[1]].outcome != "open"
        return self._chosen.get(key, done)

    def _events(self) -> Iterator[tuple[Handed, Key | None]]:
        return zip(self._case.history, self._of, strict=True)


def key_of(case: Case, seq: int) -> Key | None:
    """Which request the handoff of that number is about."""
    keys = zip(case.history, _keys(case.history, case.states), strict=True)
    return next((key for event, key in keys if event.seq == seq), None)


def _plans(states: Sequence[Handoff]) -> Iterator[_Plan]:
    """Each plan that there was, as it stood last."""
    steps: tuple[Step, ...] = ()
    end = len(states)
    for place, state in enumerate(states):
        if steps and not state.plan:
            yield _Plan(steps, min(end, place))
            end = len(states)
        elif steps and end == len(states) and not _open(steps):
            end = place
        steps = state.plan
    if steps:
        yield _Plan(steps, end)


def _keys(history: Sequence[Handed], states: Sequence[Handoff]) -> Iterator[Key | None]:
    """Which request each handoff is about; None = the whole message."""
    number, before = -1, ()  # type: tuple[int, tuple[Step, ...]]
    for event, state in zip(history, states, strict=True):
        number += bool(state.plan) and not before
        # The planner hands on the request that comes next; all others have worked the one that was open.
        now = _open(state.plan if event.why.sender == "planner" else before) if before else None
        yield None if now is None else (number, now)
        before = state.plan


def _running(case: Case, live: Leg | None, number: int) -> Key | None:
    now = _open(case.states[-1].plan) if live and live.why.receiver != "planner" else None
    return None if now is None else (number, now)


def _open(plan: Sequence[Step]) -> int | None:
    """The step that is worked now."""
    return next((place for place, step in enumerate(plan) if step.outcome == "open"), None)
