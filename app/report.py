"""Tells one task's outcome as the JSON object of the command-line contract, and as text for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.cards import Evidence, Handoff, Place
from engine.events import Handed, fold


def outcome(history: Sequence[Handed]) -> dict[str, Any]:
    """The `triage --json` object of a task, from its stored handoffs."""
    state = fold(history)
    card = state.card
    return {
        "task": card.id,
        "source": card.source,
        "sha256": card.sha256,
        "playbook": card.playbook,
        "status": state.ending or "queued",
        "reason": state.why.reason,
        "code": state.why.code,
        "duplicate_of": card.duplicate_of,
        "intent": _intent(state),
        "fields": [
            {
                "name": field.name,
                "value": field.value,
                "score": field.score,
                **_place(field.place),
                "quote": field.quote,
            }
            for field in state.fields
        ],
        "flags": [{"code": flag.code, "sentence": flag.sentence, "quote": flag.quote} for flag in state.flags],
        "draft": _draft(state),
        "verdict": _verdict(state),
        "decision": _decision(state),
        "handoffs": [handed(event) for event in history],
        "cost": cost(history),
    }


def handed(event: Handed) -> dict[str, Any]:
    """One handoff of the contract."""
    why = event.why
    return {
        "n": event.seq,
        "from": why.sender,
        "to": why.receiver,
        "reason": why.reason,
        "code": why.code,
        "score": why.score,
        "threshold": why.threshold,
        "seconds": why.seconds,
        "tokens_in": why.tokens_in,
        "tokens_out": why.tokens_out,
        "model": why.model,
    }


def cost(history: Sequence[Handed]) -> dict[str, Any]:
    """Seconds and tokens of a task, in all and by model."""
    by_model: dict[str, dict[str, float]] = {}
    for event in history:
        if event.why.model:
            spent = by_model.setdefault(event.why.model, {"seconds": 0.0, "tokens_in": 0, "tokens_out": 0})
            spent["seconds"] = round(spent["seconds"] + event.why.seconds, 4)
            spent["tokens_in"] += event.why.tokens_in
            spent["tokens_out"] += event.why.tokens_out
    return {
        "seconds": round(sum(event.why.seconds for event in history), 4),
        "tokens_in": sum(event.why.tokens_in for event in history),
        "tokens_out": sum(event.why.tokens_out for event in history),
        "by_model": by_model,
    }


def line(event: Handed) -> str:
    """One handoff as a line for people."""
    why = event.why
    score = f"  [{why.score:.2f} of {why.threshold:.2f}]" if why.score is not None and why.threshold is not None else ""
    tokens = f"  {why.tokens_in}+{why.tokens_out} tokens" if why.tokens_out else ""
    return f"  {why.sender:>9} -> {why.receiver:<10} {why.seconds:6.2f} s{tokens}{score}  {why.reason}"


def _intent(state: Handoff) -> dict[str, Any]:
    route = state.route
    if route is None:
        return {"label": None, "score": 0.0, "runner_up": "", "also": []}
    return {
        "label": route.label,
        "score": route.score,
        "runner_up": route.runner_up,
        "also": [request.label for request in route.also],
    }


def _draft(state: Handoff) -> dict[str, Any]:
    draft = state.draft
    if draft is None:
        return {"text": "", "sentences": [], "citations": []}
    cited = {n for sentence in draft.sentences for n in sentence.citations}
    return {
        "text": draft.text,
        "sentences": [
            {"text": sentence.text, "citations": list(sentence.citations), "author": sentence.author}
            for sentence in draft.sentences
        ],
        "citations": [_citation(evidence) for evidence in state.evidence if evidence.n in cited],
    }


def _citation(evidence: Evidence) -> dict[str, Any]:
    return {
        "n": evidence.n,
        **_place(evidence.place),
        "quote": evidence.quote,
        "score": evidence.score,
        "origin": evidence.origin,
    }


def _verdict(state: Handoff) -> dict[str, Any]:
    verdict = state.verdict
    if verdict is None:
        return {"outcome": None, "sentences": [], "objections": []}
    judged = [
        {"text": one.text, "supported": one.supported, "evidence": list(one.evidence), "objection": one.objection}
        for one in verdict.sentences
    ]
    return {"outcome": verdict.outcome, "sentences": judged, "objections": list(verdict.objections)}


def _decision(state: Handoff) -> dict[str, Any] | None:
    made = state.decision
    return (
        None
        if made is None
        else {"verb": made.verb, "by": made.by, "at": made.at, "text": made.text, "note": made.note, "role": made.role}
    )


def _place(place: Place) -> dict[str, Any]:
    return {
        "document": place.name,
        "sha256": place.document,
        "page": place.page,
        "bbox": list(place.box) if place.box else None,
    }
