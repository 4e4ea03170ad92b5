"""Finds in what a person approved the sentences that may teach the drafter: those that say the policy, and no more.

No text of one customer may reach another's draft. So a sentence is taken only where every word of meaning and every
number in it stands in the one policy sentence that it rests on, whoever wrote it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from engine.agents._frame import policy
from engine.cards import PLAYBOOK, Handoff
from engine.chunks import sentences
from engine.memory import Pair, same
from engine.support import against, beyond, invented

LONGEST = 400
"""Characters of a quote, and of the sentence for it."""
MOST = 8
"""Pairs that one task may teach."""


def taught(state: Handoff, support: float) -> tuple[Pair, ...]:
    """A pair for each sentence of the approved text that rests on exactly one policy sentence.

    `support` is how much of a sentence its source must bear out, as for the verifier. What repeats the policy word for
    word teaches nothing, and what the playbook's frame says is no answer to a policy sentence.
    """
    if state.decision is None or state.decision.verb not in ("approved", "edited"):
        return ()
    label = (state.route.label if state.route else None) or ""
    frame = {same(one.text) for one in state.draft.sentences if one.author == PLAYBOOK} if state.draft else set()
    values = [same(field.value) for field in state.fields]
    pairs: dict[str, Pair] = {}
    for sentence in _sentences(state.decision.text):
        if same(sentence) in frame or any(value in same(sentence) for value in values if value):
            continue
        quotes = [quote for quote in _quotes(state) if _says(sentence, quote, support)]
        if len(quotes) == 1 and same(sentence) != same(quotes[0]):
            pairs.setdefault(quotes[0], Pair(quotes[0], sentence, state.card.id, label))
    return tuple(pairs.values())[:MOST]


def _sentences(text: str) -> Iterator[str]:
    for paragraph in text.split("\n"):
        for start, end in sentences(paragraph):
            yield " ".join(paragraph[start:end].split())


def _quotes(state: Handoff) -> list[str]:
    """The policy sentences of the task, each once."""
    return list(dict.fromkeys(" ".join(evidence.quote.split()) for evidence in policy(state)))


@functools.lru_cache(maxsize=8192)
def _says(sentence: str, quote: str, support: float) -> bool:
    """Whether a sentence rests on that quote, and on nothing beyond it: no field's value is `known` here."""
    if max(len(sentence), len(quote)) > LONGEST or beyond(sentence, quote) or invented(sentence, quote):
        return False
    return _names(sentence) <= set(re.findall(r"\w+", quote)) and not against(sentence, quote, "", support)[1]


def _names(sentence: str) -> set[str]:
    """Its words in capitals, but for those that begin it and are small words anywhere else."""
    first, *rest = re.findall(r"\w+", sentence) or [""]
    opens = {first} if re.match(r"\w+\s*,", sentence) else set()  # an address: "Will, ..."
    return {word for word in rest if word[:1].isupper()} | opens
