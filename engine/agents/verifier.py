"""Checks every sentence of a draft against its source: by rules a person can follow, then by meaning."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator

from engine.agents._frame import rests_on_something
from engine.bench import Bench
from engine.cards import EXTRACTIVE, PLAYBOOK, Draft, Evidence, Handoff, Judgement, Sentence, Verdict
from engine.chunks import sentences
from engine.events import Event
from engine.grounding import borne_out
from engine.health import larger
from engine.models import TokenEncoder
from engine.reckoned import reckoning
from engine.support import against, invented

DUTY = "Ties each sentence to its evidence, or marks it unsupported."
EXITS = {
    "drafter": "a sentence is not supported: once more",
    "senior": "nor the last time: the larger model, if there is one",
    "quoter": "nor then: quotes take its place",
    "person": "quotes do not hold either, something was flagged, or it says nothing of its own",
}
MEANT = 0.9
"""The chance that a model's sentence must have to mean what its source says. Near copies, which the rules ask for, have
.95 and more; one word that is made up ("until the cause of the fire is known") brings them below .9."""


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """Pass to the desk, back to the drafter with the objections, on to the quoter, or to a person."""
    yield from ()
    if handoff.draft is None:
        return handoff.to("person", "There is no draft to check.", code="no_draft", ending="review")
    if not rests_on_something(handoff.draft):
        reason = "The draft holds nothing but the playbook's own frame, so a person answers."
        return handoff.to("person", reason, code="nothing_to_say", ending="review")
    threshold = bench.playbook(handoff).thresholds.support
    judged = tuple(
        _by_meaning(sentence, judge(sentence, handoff, threshold), handoff, bench)
        for sentence in handoff.draft.sentences
    )
    return _passed_on(handoff, handoff.draft, judged, bench)


def judge(sentence: Sentence, handoff: Handoff, threshold: float) -> Judgement:
    """One sentence: the operator's own frame stands; all else must rest on what it cites."""
    if sentence.author == PLAYBOOK and not sentence.citations:
        return Judgement(sentence.text, True, (), 1.0)
    cited = [evidence for evidence in handoff.evidence if evidence.n in sentence.citations]
    if not cited:
        return Judgement(sentence.text, False, (), 0.0, "it cites no evidence")
    source = " ".join(_words(evidence) for evidence in cited)
    known = " ".join(field.value for field in handoff.fields)
    if sentence.author == PLAYBOOK:
        objection = invented(sentence.text, f"{source} {known}")
        return Judgement(sentence.text, not objection, sentence.citations, 0.0 if objection else 1.0, objection)
    score, objection = against(sentence.text, source, known, threshold)
    if objection.startswith("the number") and (step := reckoning(sentence.text, source)):
        objection += f"; a person may accept it, if {step} is what was meant"
    return Judgement(sentence.text, not objection, sentence.citations, score, objection)


def _by_meaning(sentence: Sentence, judged: Judgement, handoff: Handoff, bench: Bench) -> Judgement:
    """What a model wrote and the rules let pass must mean what its source says, too: the words alone may be garbled."""
    if not judged.supported or not judged.evidence or sentence.author in (PLAYBOOK, EXTRACTIVE):
        return judged
    encoder = bench.fleet.encoder()
    if not isinstance(encoder, TokenEncoder):
        return judged
    cited = [_words(evidence) for evidence in handoff.evidence if evidence.n in judged.evidence]
    source = [text[start:end] for text in cited for start, end in sentences(text)]
    chance = borne_out(sentence.text, source, encoder)
    if chance >= MEANT:
        return judged
    objection = f"its meaning has a chance of only {chance:.2f} to be the source's"
    return dataclasses.replace(judged, supported=False, score=round(chance, 4), objection=objection)


def _words(evidence: Evidence) -> str:
    """What a sentence may rest on: the quote, or a table row's values apart from each other."""
    return " | ".join(value for _, value in evidence.cells) or evidence.quote


def _passed_on(handoff: Handoff, draft: Draft, judged: tuple[Judgement, ...], bench: Bench) -> Handoff:
    objections = tuple(f"“{one.text[:80]}”: {one.objection}" for one in judged if not one.supported)
    share = round(1 - len(objections) / max(1, len(judged)), 4)
    if not objections:
        return _supported(handoff, Verdict("pass", judged), share, bench)
    first = f"{len(objections)} of {len(judged)} sentence{'s'[: len(judged) - 1]} unsupported: {objections[0]}"
    quoted_already = handoff.why.sender == "quoter"
    if quoted_already:
        verdict = Verdict("escalate", judged, objections)
        return handoff.to(
            "person", first + ".", score=share, threshold=1.0, code="unsupported", verdict=verdict, ending="review"
        )
    verdict = Verdict("revise", judged, objections)
    if draft.attempt < handoff.card.budget.rounds:
        return handoff.to("drafter", f"Revise: {first}.", score=share, threshold=1.0, code="revise", verdict=verdict)
    if handoff.why.sender != "senior" and (other := larger(bench)):
        reason = f"Unsupported after {draft.attempt} attempts: {first}. The larger model, {other}, writes it."
        return handoff.to("senior", reason, score=share, threshold=1.0, code="disputed", verdict=verdict)
    reason = f"Unsupported after {draft.attempt} attempts: {first}. The extractive drafter takes over."
    return handoff.to("quoter", reason, score=share, threshold=1.0, code="unsupported", verdict=verdict)


def _supported(handoff: Handoff, verdict: Verdict, share: float, bench: Bench) -> Handoff:
    count = len(verdict.sentences)
    supported = f"All {count} sentences are supported" if count > 1 else "The sentence is supported"
    if handoff.flags:
        return handoff.to(
            "person", f"{supported}, but a person must look: {handoff.flags[0].sentence}",
            score=share, threshold=1.0, code=handoff.flags[0].code, verdict=verdict, ending="review",
        )  # fmt: skip
    playbook = bench.playbook(handoff)
    receiver = bench.next_leg(handoff) if handoff.why.receiver in playbook.legs else playbook.end
    if receiver != "desk":
        return handoff.to(receiver, f"{supported}.", score=share, threshold=1.0, verdict=verdict)
    return handoff.to(
        "desk", f"{supported}. The draft waits for approval.",
        score=share, threshold=1.0, verdict=verdict, ending="finished",
    )  # fmt: skip
