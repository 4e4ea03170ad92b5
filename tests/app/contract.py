"""The shape of what `baton triage --json` prints: names and types, nothing more and nothing less."""

from __future__ import annotations

from typing import Any

NUMBER = (int, float)
MAYBE_NUMBER = (int, float, type(None))
MAYBE_TEXT = (str, type(None))

PLACE = {"document": str, "sha256": str, "page": int, "bbox": (list, type(None)), "quote": str}
SENTENCE = {"text": str, "citations": [int], "author": str}
SPENT = {"seconds": NUMBER, "tokens_in": int, "tokens_out": int}
TASK: dict[str, Any] = {
    "task": str,
    "source": str,
    "sha256": str,
    "playbook": str,
    "status": ("finished", "review", "quarantined", "failed"),
    "reason": str,
    "code": str,
    "duplicate_of": str,
    "intent": {"label": MAYBE_TEXT, "score": NUMBER, "runner_up": str, "also": [str]},
    "fields": [{"name": str, "value": str, "score": float, **PLACE}],
    "flags": [{"code": str, "sentence": str, "quote": str}],
    "draft": {
        "text": str,
        "sentences": [SENTENCE],
        "citations": [{"n": int, **PLACE, "score": NUMBER, "origin": str}],
    },
    "verdict": {
        "outcome": ("pass", "revise", "escalate", None),
        "sentences": [{"text": str, "supported": bool, "evidence": [int], "objection": str}],
        "objections": [str],
    },
    "decision": (dict, type(None)),
    "handoffs": [
        {
            "n": int,
            "from": str,
            "to": str,
            "reason": str,
            "code": str,
            "score": MAYBE_NUMBER,
            "threshold": MAYBE_NUMBER,
            "seconds": NUMBER,
            "tokens_in": int,
            "tokens_out": int,
            "model": str,
        }
    ],
    "cost": {**SPENT, "by_model": dict},
}


def breaches(value: Any, shape: Any, where: str = "task") -> list[str]:
    """Where a value departs from its shape: a dict of names, a list of one shape, types, or allowed words."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        odd = [f"{where}: {name} is missing or unknown" for name in sorted(value.keys() ^ shape.keys())]
        return odd + [
            line
            for name, inner in shape.items()
            if name in value
            for line in breaches(value[name], inner, f"{where}.{name}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [line for n, item in enumerate(value) for line in breaches(item, shape[0], f"{where}[{n}]")]
    if isinstance(shape, tuple) and not all(isinstance(item, type) for item in shape):
        return [] if value in shape else [f"{where} is {value!r}"]
    fits = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
    return [] if fits else [f"{where} is {value!r}"]
