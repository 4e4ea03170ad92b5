"""Has the playbook's tools called: one call, one handoff, until all that can be known is known."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Generator

from engine import toolbox
from engine.bench import Bench
from engine.cards import Call, Evidence, Handoff
from engine.events import Event
from engine.toolbox import FLAGS

ROLE = "clerk"
DUTY = "Looks things up, reckons and checks with the playbook's tools."


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To itself while there is another call to make, then to the next leg; each call is a handoff of its own.

    What is not known leaves its tool uncalled. The reason says what was found, or who refused and why.
    """
    yield from ()
    goes_on = handoff.why.sender == handoff.why.receiver == ROLE
    begun = handoff if goes_on else _anew(handoff)
    name, notes = _next(begun, bench, handoff.calls[-1].tool if goes_on and handoff.calls else "")
    if name is None:
        reason = "; ".join(notes) or "The playbook has no tools for this"
        return begun.to(bench.next_leg(begun), f"{reason}.")
    used = toolbox.use(ROLE, name, begun, bench)
    found = toolbox.evidence(name, used.findings, max((one.n for one in begun.evidence), default=0) + 1)
    call = dataclasses.replace(used.call, evidence=tuple(one.n for one in found))
    known = dataclasses.replace(
        begun,
        calls=(*begun.calls, call), evidence=(*begun.evidence, *found), flags=(*begun.flags, *used.flags),
    )  # fmt: skip
    another, rest = _next(known, bench, name)
    reason = "; ".join([*notes, used.sentence, *(rest if another is None else [])])
    receiver = bench.next_leg(known) if another is None else ROLE
    return known.to(receiver, f"{reason.rstrip('.')}.", code=used.code)


def done(handoff: Handoff, there: Collection[int] = ()) -> tuple[Call, ...]:
    """The writes that were done: whatever is called anew, they are not done twice. `there` are the numbers of the
    evidence that goes with them."""
    calls = (call for call in handoff.calls if call.outcome == "done")
    return tuple(call if set(call.evidence) <= set(there) else dataclasses.replace(call, evidence=()) for call in calls)


def kept(handoff: Handoff) -> tuple[Evidence, ...]:
    """What the writes that were done have answered: a later call may need it, and it can't be asked for again."""
    numbers = {n for call in handoff.calls if call.outcome == "done" for n in call.evidence}
    return tuple(one for one in handoff.evidence if one.n in numbers)


def _anew(handoff: Handoff) -> Handoff:
    """Without what was called before, when the task comes round again."""
    answers = kept(handoff)
    return dataclasses.replace(
        handoff,
        calls=done(handoff, [one.n for one in answers]),
        evidence=tuple(one for one in handoff.evidence if not one.from_tool or one in answers),
        flags=tuple(flag for flag in handoff.flags if flag.code not in FLAGS),
    )


def _called(handoff: Handoff) -> int:
    """Calls of the task so far, those for its other requests among them, whose writes travel along."""
    return len(handoff.calls) + sum(call.outcome != "done" for step in handoff.plan for call in step.calls)


def _next(handoff: Handoff, bench: Bench, last: str) -> tuple[str | None, list[str]]:
    """The next tool to call after `last`, and a note on each that is passed over on the way to it."""
    grants = toolbox.granted(ROLE, handoff, bench)
    names = list(grants)
    notes: list[str] = []
    for name in names[names.index(last) + 1 if last in names else 0 :]:
        if toolbox.was_called(name, handoff, bench):
            continue
        lacking = toolbox.missing(grants[name], handoff, bench)
        if not lacking and _called(handoff) < handoff.card.budget.calls:
            return name, notes
        reason = f"No {', '.join(lacking)} to look up in {name}" if lacking else f"{name} is one call too many"
        notes.append(reason)
    return None, notes
