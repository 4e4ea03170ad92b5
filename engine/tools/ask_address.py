"""Asks an address that the playbook lists, such as a service on this machine."""

from __future__ import annotations

from engine.tools import Given, Result, Tray, Values, _answers

SENTENCE = "Asks an address that the playbook lists (GET); the values stand in the query."
ACTION = "call"
PARAMETERS = {"address": str}
OPTIONAL = {"public": bool}
VALUES = None


def call(given: Given, values: Values, tray: Tray) -> Result:
    """What the address answers; see `courier.py` for what it may be."""
    return _answers.asked(values, tray)
