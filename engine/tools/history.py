"""Looks up earlier cases of the same customer, order or sender."""

from __future__ import annotations

from collections.abc import Collection

from engine.memory import TOLD
from engine.tools import Earlier, Finding, Given, Result, Tray, Values

SENTENCE = "Looks up earlier cases that were decided, by the keys of [memory] that the playbook names here."
ACTION = "read"
PARAMETERS: dict[str, type] = {}
OPTIONAL: dict[str, type] = {}
VALUES = None
RECALLS = True

MOST = 5
"""Cases that are told, the newest first; the sentence says how many there are."""


def call(given: Given, values: Values, tray: Tray) -> Result:
    """A finding a case: task, date, intent, outcome, and what is the same.

    It is cited where this document says what is the same. Nothing of the earlier document goes into this task, so that
    nothing of it stays here when it is erased; where it says so, `baton log related` shows.
    """
    told, count = tray.earlier(values, MOST)
    by = " or ".join(name.replace("_", " ") for name in values)
    if not count:
        return Result((), f"No decided case with the same {by} is known")
    findings = tuple(
        Finding(_cells(case), values[case.same[0]].quote, values[case.same[0]].place, tray.name) for case in told
    )
    listed = ", ".join(f"{case.date} {case.intent} ({case.outcome}, {case.task})" for case in told)
    more = f", and {count - len(told)} older" if count > len(told) else ""
    return Result(findings, f"{count} earlier case{'s' * (count > 1)} with the same {by}: {listed}{more}")


def gives(values: Collection[str]) -> tuple[str, ...]:
    """The columns of a finding."""
    return TOLD


def _cells(case: Earlier) -> tuple[tuple[str, str], ...]:
    alike = ", ".join(name.replace("_", " ") for name in case.same)
    return tuple(zip(TOLD, (case.task, case.date, case.intent, case.outcome, alike), strict=True))
