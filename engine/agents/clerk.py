"""Looks up what the firm's own tables say about the fields that were found."""

from __future__ import annotations

from collections.abc import Generator

from engine.bench import Bench
from engine.cards import Evidence, Handoff, Place
from engine.events import Event
from engine.playbook import Table
from engine.questions import read_stored
from engine.tools import lookup

DUTY = "Fetches order data from the playbook's tables."


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the next leg with one row of evidence a table, where the key was found in it."""
    yield from ()
    evidence = list(handoff.evidence)
    notes = []
    for name, table in bench.playbook(handoff).tables.items():
        field = handoff.field(table.field)
        if field is None:
            notes.append(f"No {table.field} to look up in {name}")
            continue
        found = _row(name, table, field.value, len(evidence) + 1, handoff, bench)
        notes.append(f"{field.value} {'found' if found else 'is not'} in {name}")
        evidence += [found] if found else []
    reason = "; ".join(notes) or "The playbook has no tables"
    return handoff.to(bench.next_leg(handoff), f"{reason}.", evidence=tuple(evidence))


def _row(name: str, table: Table, value: str, n: int, handoff: Handoff, bench: Bench) -> Evidence | None:
    file, data, sha256 = bench.file(handoff, table.file)
    reading = read_stored(sha256, file, bench)
    row = lookup.call(data, reading, table.key, value)
    if row is None:
        return None
    page = reading.pages[row.page - 1]
    place = Place(sha256, file, row.page, row.start, row.end, None, page.path(row.start))
    return Evidence(n, page.text[row.start : row.end], place, 1.0, f"table:{name}", reading.title, row.values)
