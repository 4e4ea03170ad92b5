"""Applies a playbook's rows of rules, and finds the words that they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine import rules
from engine.cards import Document, Flag, Handoff, Place
from engine.pages import Reading
from engine.rules import Finding
from engine.shelf import modules

Fired = tuple[Mapping[str, Any], Finding]
Readings = Sequence[tuple[Document, Reading]]


def before(rows: Iterable[Mapping[str, Any]], handoff: Handoff, readings: Readings) -> Iterator[Fired]:
    """The rows that find something in what came in, in their order. Hidden text counts as text for flags."""
    visible = "\n\n".join(reading.text for _, reading in readings)
    hidden = "\n".join(piece.text for _, reading in readings for page in reading.pages for piece in page.hidden)
    known = modules(rules)
    for row in rows:
        text = f"{visible}\n{hidden}" if row["then"] == "flag" else visible
        finding = known[row["check"]].check(handoff, text, row)
        if finding:
            yield row, finding if finding.place else _located(finding, readings)


def after(rows: Iterable[Mapping[str, Any]], handoff: Handoff) -> Iterator[Fired]:
    """The rows that find something in what was drafted, for the intents that they are about."""
    label = handoff.route.label if handoff.route else None
    text = handoff.draft.text if handoff.draft else ""
    for row in rows:
        if not row.get("intents") or label in row["intents"]:
            finding = modules(rules)[row["check"]].check(handoff, text, row)
            if finding:
                yield row, finding


def flags(fired: Iterable[Fired]) -> tuple[Flag, ...]:
    """What a person sees of them: the operator's reason, and what was found."""
    return tuple(Flag(str(row["check"]), _told(row, finding), finding.quote, finding.place) for row, finding in fired)


def _told(row: Mapping[str, Any], finding: Finding) -> str:
    """The operator's reason and the finding's sentence, once where the one begins with the other."""
    said = str(row.get("reason", ""))
    return finding.sentence if finding.sentence.startswith(said) else f"{said} {finding.sentence}"


def reason(row: Mapping[str, Any], finding: Finding) -> str:
    return f"Rule {row['check']}: {row.get('reason') or finding.sentence}"


def _located(finding: Finding, readings: Readings) -> Finding:
    """The finding with the place of its words, where they stand on a page as they are."""
    for document, reading in readings:
        for page in reading.pages:
            start = page.text.find(finding.quote) if finding.quote else -1
            if start >= 0:
                end = start + len(finding.quote)
                box, path = page.box(start, end), page.path(start)
                place = Place(document.sha256, document.name, page.number, start, end, box, path)
                return Finding(finding.sentence, finding.quote, place)
    return finding
