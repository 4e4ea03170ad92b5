"""Writes tasks for others: as OpenTelemetry spans, and as a case file that explains itself.

The names of the spans and their attributes are those of PINNED, and stand here only. No text of a document or a
draft goes into a span: those conventions ask that content is left out unless somebody wants it.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from app import log
from app.log_file import Connection
from app.report import line, outcome
from engine.cards import Handoff, Problem
from engine.events import Handed, fold
from engine.store import Store

PINNED = "open-telemetry/semantic-conventions-genai v0.1.0"
INTERNAL, CLIENT = 1, 3
ERROR = 2
WRITERS = ("drafter", "senior", "referee")
_SAFE = re.compile(r"[^\w.\- ]+")

Stored = tuple[Handed, str]
"""A handoff and when it was stored (ISO, UTC)."""


def spans(tasks: Sequence[Sequence[Stored]], version: str) -> dict[str, Any]:
    """All tasks as one OTLP/JSON object: a span a task, and below it one for each leg."""
    scope = {"name": "baton", "version": version, "attributes": _attributes({"baton.semantic_conventions": PINNED})}
    found = [span for task in tasks for span in _task(task)]
    resource = {"attributes": _attributes({"service.name": "baton", "service.version": version})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": found}]}]}


def case_file(home: Path, db: Connection, task: str) -> bytes:
    """`case` of a task in the log, with the proof of how that log stands now."""
    end = log.checkpoint(db)
    proof = {"rows": end.rows, "hash": end.hash, "whole": not list(log.verify(db))}
    return case(home, log.stored(db, task), proof)


def case(home: Path, task: Sequence[Stored], proof: Mapping[str, Any]) -> bytes:
    """A ZIP with everything of one task: documents, what was read, draft, citations, handoffs, reviewer.

    `proof` says how the log stood when it was made. The same task gives the same bytes.
    """
    history = [event for event, _ in task]
    state, told = fold(history), outcome(history)
    for handoff, (_, at) in zip(told["handoffs"], task, strict=True):
        handoff["at"] = at
    files: dict[str, bytes] = {
        "READ-ME.txt": "\n".join(_told(state, told, history, proof)).encode("utf-8", "replace"),
        "case.json": _json(told | {"log": dict(proof)}),
        "handoffs.jsonl": b"".join(_json({"at": at, "changes": event.changes, **handoff}) + b"\n"
                                   for (event, at), handoff in zip(task, told["handoffs"], strict=True)),
        "citations.json": _json(told["draft"]["citations"]),
    }  # fmt: skip
    if told["draft"]["text"]:
        files["draft.txt"] = told["draft"]["text"].encode("utf-8", "replace")
    if state.decision and state.decision.text:
        files["approved.txt"] = state.decision.text.encode("utf-8", "replace")
    files |= dict(_documents(Store(home), state))
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return body.getvalue()


def _task(task: Sequence[Stored]) -> Iterator[dict[str, Any]]:
    state = fold(event for event, _ in task)
    card = state.card
    begin, end = _nanoseconds(task[0][1]), _nanoseconds(task[-1][1])
    attributes = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": card.playbook,
        "gen_ai.conversation.id": card.id,
        "baton.ending": state.ending or "queued",
        "error.type": state.why.code if state.ending == "failed" else None,
    }
    root = _span(card.id, f"invoke_workflow {card.playbook}", "", begin, end, attributes)
    root["status"] = {"code": ERROR} if state.ending == "failed" else {}
    root["events"] = [
        {"name": f"baton.{event.why.sender}", "timeUnixNano": str(_nanoseconds(at)),
         "attributes": _attributes({"baton.handoff.seq": event.seq, "baton.handoff.code": event.why.code})}
        for event, at in task if event.why.sender in ("desk", "person")
    ]  # fmt: skip
    yield root
    for place, (event, at) in enumerate(task):
        if event.why.sender not in ("desk", "person"):
            until = _nanoseconds(at)
            yield _leg(card.id, event, fold(each for each, _ in task[: place + 1]), until)


def _leg(task: str, event: Handed, state: Handoff, end: int) -> dict[str, Any]:
    why = event.why
    operation, subject, kind = _operation(event, state)
    attributes = {
        "gen_ai.operation.name": operation,
        "gen_ai.conversation.id": task,
        "gen_ai.agent.name": why.sender,
        "gen_ai.provider.name": "baton" if why.model else None,
        "gen_ai.request.model": why.model or None,
        "gen_ai.response.model": why.model or None,
        "gen_ai.usage.input_tokens": why.tokens_in if why.tokens_out else None,
        "gen_ai.usage.output_tokens": why.tokens_out or None,
        "gen_ai.data_source.id": subject if operation == "retrieval" else None,
        "gen_ai.tool.name": subject if operation == "execute_tool" else None,
        "baton.handoff.seq": event.seq,
        "baton.handoff.receiver": why.receiver,
        "baton.handoff.code": why.code or None,
        "baton.handoff.score": why.score,
        "baton.handoff.threshold": why.threshold,
        "baton.route.rule": (state.route.rule or None) if why.sender == "router" and state.route else None,
    }
    begin = end - int(why.seconds * 1e9)
    span = _span(f"{task}/{event.seq}", f"{operation} {subject}", task, begin, end, attributes)
    span["kind"] = kind
    if why.sender == "verifier" and state.verdict is not None:
        said = {
            "gen_ai.evaluation.name": "groundedness",
            "gen_ai.evaluation.score.value": why.score,
            "gen_ai.evaluation.score.label": state.verdict.outcome,
        }
        result = {"name": "gen_ai.evaluation.result", "timeUnixNano": str(end), "attributes": _attributes(said)}
        span["events"] = [result]
    return span


def _operation(event: Handed, state: Handoff) -> tuple[str, str, int]:
    """What the conventions call that leg, the subject of its name, and the kind of its span."""
    sender = event.why.sender
    if sender == "router":
        return "plan", "router", INTERNAL
    if sender in WRITERS and event.why.tokens_out:
        return "chat", event.why.model, CLIENT
    if sender == "librarian":
        origin = next((found.origin for found in state.evidence), "")
        return "retrieval", origin or "library", CLIENT
    if sender == "clerk" and event.changes.get("calls"):
        return "execute_tool", state.calls[-1].tool, INTERNAL
    return "invoke_agent", sender, INTERNAL


def _span(own: str, name: str, task: str, begin: int, end: int, attributes: Mapping[str, Any]) -> dict[str, Any]:
    trace = task or own
    return {
        "traceId": hashlib.sha256(trace.encode()).hexdigest()[:32],
        "spanId": hashlib.sha256(f"span {own}".encode()).hexdigest()[:16],
        "parentSpanId": hashlib.sha256(f"span {task}".encode()).hexdigest()[:16] if task else "",
        "name": name,
        "kind": INTERNAL,
        "startTimeUnixNano": str(begin),
        "endTimeUnixNano": str(end),
        "attributes": _attributes(attributes),
        "events": [],
        "status": {},
    }


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": str(value)}


def _nanoseconds(at: str) -> int:
    moment = datetime.datetime.fromisoformat(at)
    return int(moment.timestamp() * 1000) * 10**6


def _documents(store: Store, state: Handoff) -> Iterator[tuple[str, bytes]]:
    """Each document as it came and as it was read. A name from outside is never used as it is."""
    names = {state.card.sha256: PurePath(state.card.source).name}
    names |= {document.sha256: document.name for document in state.documents}
    for number, (sha256, name) in enumerate(names.items(), 1):
        safe = f"documents/{number:02}-{_SAFE.sub('_', name)[-80:].lstrip('.') or 'document'}"
        try:
            yield safe, store.original(sha256)
        except Problem as problem:
            yield f"{safe}.missing.txt", problem.sentence.encode()
        if (reading := store.reading(sha256)) is not None:
            yield f"{safe}.read.txt", reading.text.encode("utf-8", "replace")


def _told(
    state: Handoff, told: Mapping[str, Any], history: Sequence[Handed], proof: Mapping[str, Any]
) -> Iterator[str]:
    yield f"Task {state.card.id}: {PurePath(state.card.source).name}"
    yield f"{told['status']}: {told['reason']}"
    if state.decision:
        yield f"{state.decision.verb} by {state.decision.by} at {state.decision.at}. {state.decision.note}".rstrip()
    yield ""
    yield "Handoffs: from, to, seconds, tokens, score of threshold, reason"
    yield from (line(event) for event in history)
    if state.decision and state.decision.verb == "edited":
        yield from ("", f"Answer, as {state.decision.by} wrote and approved it", state.decision.text)
    if told["draft"]["text"]:
        yield from ("", "Draft", told["draft"]["text"], "")
    for cited in told["draft"]["citations"]:
        yield f"  [{cited['n']}] {cited['document']}, page {cited['page']}: {' '.join(cited['quote'].split())}"
    yield ""
    yield f"Log: {proof['rows']} rows, chain {proof['hash']}; {'whole' if proof['whole'] else 'NOT whole'}."


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")
