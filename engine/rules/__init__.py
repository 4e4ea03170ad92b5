"""Hard rules: what must not be left to a model, in the playbook's order.

They run before any model is asked, on what came in; those with `when = "after"` run when the models are done, on
what was drafted, and may be limited to some `intents`.

A rule is one file on this shelf. It holds:

    SENTENCE = "Stops when an amount is above a limit."        what it does, in plain words
    PARAMETERS = {"field": str, "limit": float}                what a playbook row may set, with types
    def check(handoff: Handoff, untrusted_text: str, row: Mapping[str, Any]) -> Finding | None

`untrusted_text` is the visible text of all the documents, and for `flag` rows the hidden text, too; after the models
it is the draft. A playbook row
names the file in `check`, gives its parameters, and says in `then` what follows: `person` (a person must
decide), `flag` (go on, but show it), or `intent:LABEL` (route without asking the model). Nothing
else names the rule: the shelf finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.cards import Handoff, Place


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: the sentence for people, and the words it rests on."""

    sentence: str
    quote: str = ""
    place: Place | None = None


class Check(Protocol):
    """The shape of a module on this shelf."""

    SENTENCE: str
    PARAMETERS: Mapping[str, Any]

    def check(self, handoff: Handoff, untrusted_text: str, row: Mapping[str, Any]) -> Finding | None: ...
