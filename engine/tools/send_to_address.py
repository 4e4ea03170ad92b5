"""Sends values to an address that the playbook lists: a write, which a person approves first."""

from __future__ import annotations

from engine.tools import Given, Result, Tray, Values, _answers

SENTENCE = "Sends values to an address that the playbook lists (POST, as JSON), once a person has approved them."
ACTION = "write"
PARAMETERS = {"address": str}
OPTIONAL = {"public": bool}
VALUES = None


def call(given: Given, values: Values, tray: Tray) -> Result:
    """What the address answers. An engine that is killed in between sends again, with the same Idempotency-Key."""
    return _answers.asked(values, tray)
