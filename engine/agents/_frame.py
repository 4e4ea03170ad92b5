"""What stands around the policy sentences of every draft: the operator's frame, and facts from tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.bench import Bench
from engine.cards import EXTRACTIVE, PLAYBOOK, Draft, Evidence, Handoff, Sentence
from engine.chunks import sentences as spans
from engine.playbook import SLOT, Intent


def framed(
    handoff: Handoff, bench: Bench, body: Sequence[Sentence], attempt: int, drew_on: Iterable[str] = ()
) -> Draft:
    """A whole draft around the given policy sentences, after these tasks' examples and those of the draft before."""
    intents = _intents(handoff, bench)
    first = [sentence for intent in intents for sentence in _own(intent.opening, handoff)]
    last = _own(intents[0].next_step, handoff)
    facts = list(_facts(handoff, bench))
    before = handoff.draft.drew_on if handoff.draft else ()
    shown = tuple(dict.fromkeys((*before, *drew_on)))
    return Draft((*first, *facts, *body, *last), attempt, intents[0].greeting, intents[0].closing, shown)


def left_out(handoff: Handoff, bench: Bench) -> str:
    """Which of the playbook's sentences are not in the draft, since a slot of theirs is empty; "" = none."""
    playbook, told = bench.playbook(handoff), []
    for sentence, missing in _unfilled(handoff, bench):
        names = ", ".join(map(playbook.field_title, missing))
        told.append(f" Left out, as no {names} was found: “{sentence[:80].rstrip('.')}”.")
    return "".join(told)


def policy(handoff: Handoff) -> list[Evidence]:
    """The evidence that came from a collection, which the draft must put into words."""
    return [evidence for evidence in handoff.evidence if not evidence.from_tool]


def quoted(evidence: Evidence) -> Sentence:
    """The evidence word for word."""
    return Sentence(" ".join(evidence.quote.split()), (evidence.n,), EXTRACTIVE)


def rests_on_something(draft: Draft) -> bool:
    """Whether it says more than the operator's frame: some sentence with a source."""
    return any(sentence.citations for sentence in draft.sentences)


def supported(handoff: Handoff, evidence: Evidence) -> Sentence | None:
    """What an earlier attempt wrote on this evidence, if the verifier found it supported."""
    if handoff.draft is None or handoff.verdict is None:
        return None
    for sentence, judged in zip(handoff.draft.sentences, handoff.verdict.sentences, strict=True):
        if sentence.citations == (evidence.n,) and judged.supported:
            return sentence
    return None


def _intents(handoff: Handoff, bench: Bench) -> list[Intent]:
    route = handoff.route
    labels = (route.label, *(request.label for request in route.also)) if route and route.label else ()
    return [bench.playbook(handoff).intent(label) for label in labels] or [Intent("")]


def _own(template: str, handoff: Handoff) -> list[Sentence]:
    """The operator's sentences, each with its slots filled; one with a slot left open is dropped."""
    values = _values(handoff)
    written = [_filled(template[start:end], values) for start, end in spans(template)]
    return [Sentence(text, (), PLAYBOOK) for text in written if text]


def _values(handoff: Handoff) -> dict[str, str]:
    """What fills the slots: of a field that has several values, all of them."""
    values: dict[str, list[str]] = {}
    for field in handoff.fields:
        if field.value not in values.setdefault(field.name, []):
            values[field.name].append(field.value)
    return {name: ", ".join(some) for name, some in values.items()}


def _unfilled(handoff: Handoff, bench: Bench) -> Iterator[tuple[str, list[str]]]:
    """Each sentence of the operator that is dropped, and what is missing; of a tool's, where no finding fills it."""
    intents, values = _intents(handoff, bench), _values(handoff)
    for template in (*(intent.opening for intent in intents), intents[0].next_step):
        for start, end in spans(template):
            if missing := _missing(template[start:end], values):
                yield template[start:end], missing
    for name, grant in bench.playbook(handoff).tools.items():
        found = [dict(evidence.cells) for evidence in handoff.evidence if evidence.origin == f"tool:{name}"]
        lacking = [_missing(grant.sentence, {column: cell for column, cell in one.items() if cell}) for one in found]
        if lacking and all(lacking):
            yield grant.sentence, lacking[0]


def _facts(handoff: Handoff, bench: Bench) -> Iterator[Sentence]:
    grants = bench.playbook(handoff).tools
    for evidence in handoff.evidence:
        grant = grants.get(evidence.origin.removeprefix("tool:")) if evidence.from_tool else None
        if grant and grant.sentence:
            text = _filled(grant.sentence, {name: value for name, value in evidence.cells if value})
            if text:
                yield Sentence(text, (evidence.n,), PLAYBOOK)


def _filled(template: str, values: dict[str, str]) -> str:
    """Plain replacement: a value is text, whatever braces it holds. "" when a slot has no value."""
    if _missing(template, values):
        return ""
    return SLOT.sub(lambda slot: values[slot[1]], template)


def _missing(template: str, values: dict[str, str]) -> list[str]:
    """The slots that have no value."""
    return [name for name in dict.fromkeys(SLOT.findall(template)) if name not in values]
