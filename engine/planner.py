"""Splits a message that asks for several things into steps, and merges what became of them into one answer.

A plan is made of the intents' labels and of the message's own sentences: no model writes any of it. Rules cut the
message into sentences, the intent model says what each is about, and rules again make steps of them:

1. A sentence with a sure label begins a step, or goes on with the one before, if that is about the same.
2. A step needs something that asks: a question, "please", "I need"; or a word such as "also" that begins it; or,
   where its label is quite sure, a paragraph of its own. What does not ask, or refers back ("part of it"), tells
   more about the step beside it.
3. A sentence that asks, and is about none of the intents, is a step without a label: a person gets it. So is one whose
   label is likely, but not sure; two of these with different labels are two steps, never one.
4. Two sentences with the same label are one request, unless the playbook says `split` of that intent: then each
   question is a step of its own.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from engine.cards import (
    PLAYBOOK,
    Call,
    Draft,
    Evidence,
    Field,
    Flag,
    Handoff,
    Judgement,
    Request,
    Route,
    Sentence,
    Step,
    Verdict,
)
from engine.chunks import sentences
from engine.intents.head import Head
from engine.intents.model import Said
from engine.intents.several import SeveralHead
from engine.playbook import Thresholds

LONGEST = 3000
"""Characters of a message. What is longer is a document, and about one thing, however many it mentions."""
REQUEST, DOUBT = 0.9, 0.5
"""How sure a request must be to be answered, and from where it may be one: of messages that are cut into sentences."""
SHORT = 6
"""Words of a question that says nothing by itself ("What do I have to do?")."""
EVEN = 0.1
"""Two labels whose scores are so close that the sentence alone does not decide."""
QUITE_SURE = 0.97
"""How sure the label of a paragraph must be that asks for nothing in so many words ("My parcel has not come.")."""
ESCALATED = ("abstained", "novel", "rivals", "disputed")

_ASKS = re.compile(
    r"\?|\b(?:please|kindly|could you|can you|would you|will you|let me know|tell me|send me|"
    r"(?<!what )(?<!than )i(?:'d| would| should)?(?: also| still)? (?:like|want|need|ask|demand|request|wish|expect)"
    r"|and need|waiting for|want to)\b",
    re.IGNORECASE,
)
_ADDS = re.compile(
    r"^(?:\d[.)]|[-*•]|(?:and |but )?(?:also|besides|by the way|in addition|additionally|moreover|furthermore|finally|"
    r"lastly|second(?:ly)?|third(?:ly)?|fourth(?:ly)?|another|apart from that|one more)\b)|\b(?:either|as well)[.!?]?$",
    re.IGNORECASE,
)
_MARK = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|[-*•])\s+")
_ANNOUNCES = re.compile(
    r"\b(?:two|three|four|five|several|some|a few|the following|these)(?: \w+)? (?:questions?|things?|points|requests"
    r"|matters)\b[^?]*$",
    re.IGNORECASE,
)
"""A sentence that says that requests follow, and is none itself."""
_BACK = re.compile(r"\b(?:of|for|with|about|on|from|by) (?:it|them|this|these)\b", re.IGNORECASE)
_GREETING = re.compile(
    r"^(?:dear|hello|hi|hey|good (?:morning|day|afternoon|evening)|to whom it may concern)\b"
    r"(?: (?!(?:i|we|you|my|our|is|are|do|does|can|could|would|please|what|when|where|how|why|the|an?)\b)[\w.'-]+){0,4}"
    r" ?(?:[,!:.]+ ?|$)",
    re.IGNORECASE,
)
"""A salutation, up to its comma; what follows it in the same paragraph belongs to the message."""
_CLOSING = re.compile(
    r"^(?:(?:(?:kind|best|warm) )?regards\b|yours\b|sincerely\b"
    r"|thank(?:s| you)(?:,| for your (?:help|time|attention|reply|answers)| in advance| very much| and|[.!]"
    r"|$)|cheers\b|with (?:kind|best)\b)",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(r"^p\.? ?s\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence of a message, the number of its paragraph or list item, and whether it opens that."""

    text: str
    paragraph: int
    opens: bool


def bars(at: Thresholds, head: Head | SeveralHead) -> tuple[float, float]:
    """How sure a request must be to be answered, and from where on a person is told of it: as the playbook says, else
    as the model learned from its examples, else as usual."""
    learned = (head.request, head.doubt) if isinstance(head, SeveralHead) else (REQUEST, DOUBT)
    request = learned[0] if at.request is None else at.request
    return request, min(request, learned[1] if at.doubt is None else at.doubt)


def parts(text: str) -> list[Part]:
    """The sentences of a message that may say what is asked: no greeting, no signature."""
    found: list[Part] = []
    closed = False
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:\(?\d{1,2}[.)]|[-*•])\s)", text):
        flat = _GREETING.sub("", " ".join(paragraph.split()))
        asks = bool(_ASKS.search(flat) or _AFTERWARDS.match(flat))
        if _CLOSING.match(flat) and len(flat.split()) <= 2 * SHORT and not asks:
            closed = bool(found)
            continue
        if closed and not asks:
            continue  # after the regards comes the name
        mark = _MARK.match(flat)
        body = flat[mark.end() :] if mark else flat
        cut = [body[start:end].strip() for start, end in sentences(body)] or [body]
        number = found[-1].paragraph + 1 if found else 0
        found += [Part(one, number, place == 0) for place, one in enumerate(cut) if re.search(r"\w{2}", one)]
    return found


@dataclass
class _Draft:
    """A step in the making: its label, and the likely one of its first part where none is sure."""

    label: str
    likely: str
    score: float
    parts: list[Part]
    asks: bool


def steps(
    told: Sequence[tuple[Part, Said]], request: float, doubt: float, most: int, split: Set[str] = frozenset()
) -> tuple[Step, ...]:
    """The plan: at most `most` steps to work, and one more for a person where the message asks for more than that.

    `request`: how sure a label must be; `doubt`: below that, a sentence is about none of the intents. `split` are the
    intents of which each question is a request of its own.
    """
    drafts: list[_Draft] = []
    for part, said in told:
        before = drafts[-1] if drafts else None
        label, score = _label(said, before, part, request)
        if not label and _ANNOUNCES.search(part.text):
            continue
        asks = bool(_ASKS.search(part.text)) or (bool(label) and bool(_ADDS.search(part.text)))
        likely = label or (said.label if said.label and asks and said.score >= doubt else "")
        other = before is not None and likely != "" and likely != (before.label or before.likely)
        foreign = not label and (other or _foreign(part, said, doubt))
        another = before is not None and before.asks and label == before.label and label in split and _question(part)
        if before is not None and not another and (not other if label or not before.label else not foreign):
            before.label = before.label or label
            before.parts.append(part)
            before.score, before.asks = max(before.score, score), before.asks or asks
        elif label or foreign or likely:
            drafts.append(_Draft(label, likely, score, [part], asks))
    paragraphs = Counter(part.paragraph for part, _ in told)
    return _bounded([_step(one) for one in _merged(drafts, paragraphs, split)], most)


def steps_of_facets(said: Said, text: str, doubt: float, most: int) -> tuple[Step, ...]:
    """The plan where the intent model itself says several labels of one text: a step a label."""
    likely = [Step(label, score, text) for label, score in said.candidates if score >= doubt]
    likely += [Step(label, doubt, text) for label in said.labels if label not in {step.label for step in likely}]
    return _bounded(likely, most)


def running(handoff: Handoff) -> Step | None:
    """The step that is worked now, or None."""
    return next((step for step in handoff.plan if step.outcome == "open"), None)


def collected(handoff: Handoff) -> Handoff:
    """A step's end is not the task's: its outcome goes into the plan, and the baton back to the planner.

    A hard rule that stops the message stops all of it.
    """
    step = running(handoff)
    if step is None or handoff.ending not in ("finished", "review"):
        return handoff
    why = handoff.why
    if why.sender == "router" and why.code not in ESCALATED:
        return handoff
    done = dataclasses.replace(
        step, outcome="answered" if handoff.ending == "finished" else "escalated", reason=why.reason,
        label=(handoff.route.label if handoff.route else None) or step.label, draft=handoff.draft,
        verdict=handoff.verdict, calls=handoff.calls, evidence=handoff.evidence, fields=handoff.fields,
        flags=handoff.flags,
    )  # fmt: skip
    plan = tuple(done if one is step else one for one in handoff.plan)
    return dataclasses.replace(handoff, plan=plan, ending=None, why=dataclasses.replace(why, receiver="planner"))


def merged(handoff: Handoff) -> Handoff:
    """The baton with one draft of all that was answered: citations count through, nothing is said twice, and what the
    operator says last of each request stands at the end."""
    answered = [step for step in handoff.plan if step.outcome == "answered" and step.draft]
    written: list[tuple[Sentence, Judgement]] = []
    last: list[tuple[Sentence, Judgement]] = []
    evidence: list[Evidence] = []
    calls: list[Call] = []
    for step in handoff.plan:
        kept = step.evidence if step in answered else ()
        new = {one.n: len(evidence) + place for place, one in enumerate(kept, 1)}
        for call in step.calls:
            known = dataclasses.replace(call, evidence=tuple(new[n] for n in call.evidence if n in new))
            bare = dataclasses.replace(call, evidence=())  # a write that an earlier step has done comes without
            calls += [] if bare in [dataclasses.replace(one, evidence=()) for one in calls] else [known]
        if step not in answered or step.draft is None:
            continue
        evidence += [dataclasses.replace(one, n=new[one.n]) for one in step.evidence]
        verdicts = step.verdict.sentences if step.verdict else tuple(map(_unread, step.draft.sentences))
        closing = _closing(step.draft)
        for place, (sentence, judgement) in enumerate(zip(step.draft.sentences, verdicts, strict=True)):
            if any(sentence.text == one.text for one, _ in (*written, *last)):
                continue
            cited = dataclasses.replace(sentence, citations=tuple(new[n] for n in sentence.citations))
            judgement = dataclasses.replace(judgement, evidence=tuple(new[n] for n in judgement.evidence))
            (last if place >= closing else written).append((cited, judgement))
    left = tuple(f"“{step.text[:80]}”: {step.reason}" for step in handoff.plan if step.outcome != "answered")
    first = answered[0].draft if answered else None
    drew_on = tuple(dict.fromkeys(task for step in answered if step.draft for task in step.draft.drew_on))
    said, judged = tuple(zip(*written, *last, strict=True)) or ((), ())
    draft = Draft(said, 1, first.greeting, first.closing, drew_on) if first else None
    sound = not left and all(one.supported for one in judged)
    verdict = Verdict("pass" if sound else "escalate", judged, left) if first else None
    return dataclasses.replace(
        handoff, draft=draft, verdict=verdict, evidence=tuple(evidence), route=_route(handoff, answered),
        calls=tuple(calls), fields=_all_fields(handoff.plan), flags=_all_flags(handoff.plan),
    )  # fmt: skip


def _closing(draft: Draft) -> int:
    """From which of its sentences on a draft says no more than the operator's last words."""
    place = len(draft.sentences)
    while place and draft.sentences[place - 1].author == PLAYBOOK and not draft.sentences[place - 1].citations:
        place -= 1
    return place


def _label(said: Said, before: _Draft | None, part: Part, request: float) -> tuple[str, float]:
    """The sentence's label ("" = none is sure), seen with the sentence before it in the same paragraph."""
    scores = dict(said.candidates)
    bar = max(said.threshold, request)
    back = said.score < QUITE_SURE and bool(_BACK.search(part.text)) and not _ADDS.search(part.text)
    if before and not part.opens and before.label and back:
        return before.label, scores.get(before.label, 0.0)
    if before and not part.opens and before.label and scores.get(before.label, 0.0) >= min(bar, said.score - EVEN):
        return before.label, scores[before.label]
    if said.label is None or said.score < bar:
        return "", said.score
    rivals = [label for label, score in said.candidates if score >= max(bar, said.score - EVEN)]
    return ("", said.score) if len(rivals) > 1 else (said.label, said.score)


def _foreign(part: Part, said: Said, doubt: float) -> bool:
    """Whether a sentence without a label is a matter of its own, and not more about the one before."""
    outside = bool(said.near) and said.near[0].label is None
    even = sum(1 for _, score in said.candidates if score >= max(said.threshold, said.score - EVEN)) > 1
    asks = bool(_ASKS.search(part.text))
    return said.score < doubt or (asks and (outside or even or len(part.text.split()) > SHORT))


def _question(part: Part) -> bool:
    """Whether it asks something by itself, and does not refer back ("And what about them?")."""
    asks = "?" in part.text or (part.opens and bool(_ASKS.search(part.text)))
    return asks and len(part.text.split()) >= SHORT and not _BACK.search(part.text)


def _merged(drafts: list[_Draft], paragraphs: Mapping[int, int], split: Set[str]) -> list[_Draft]:
    """Without what does not ask: it tells more about the step before it, or else about the one after it."""
    kept: list[_Draft] = []
    ahead: list[Part] = []
    for draft in drafts:
        same = next((one for one in kept if draft.label and one.label == draft.label), None)
        if same is not None and not (draft.asks and draft.label in split):
            same.parts += draft.parts
        elif draft.asks or (draft.label and _has_its_own_paragraph(draft, paragraphs)):
            kept.append(dataclasses.replace(draft, parts=[*ahead, *draft.parts]))
            ahead = []
        elif kept:
            kept[-1].parts += draft.parts
        else:
            ahead += draft.parts
    return kept


def _has_its_own_paragraph(draft: _Draft, paragraphs: Mapping[int, int]) -> bool:
    own = Counter(part.paragraph for part in draft.parts)
    return draft.score >= QUITE_SURE and any(paragraphs[number] == count for number, count in own.items())


def _step(draft: _Draft) -> Step:
    return Step(draft.label, draft.score, " ".join(part.text for part in draft.parts))


def _bounded(found: list[Step], most: int) -> tuple[Step, ...]:
    if len(found) <= most:
        return tuple(found)
    reason = f"The message asks for more than {most} things; this is left to a person."
    text = " ".join(dict.fromkeys(step.text for step in found[most:]))
    return (*found[:most], Step("", 0.0, text, "escalated", reason))


def _route(handoff: Handoff, answered: Sequence[Step]) -> Route | None:
    """The first answered request as the task's intent, and the others beside it; why each has it says its own
    handoff."""
    if not answered:
        return handoff.route
    first, *others = answered
    named = {step.label: step for step in reversed(others) if step.label != first.label}
    also = tuple(Request(step.label, step.score, step.text) for step in reversed(named.values()))
    return Route(first.label, first.score, handoff.route.threshold if handoff.route else 0.0, also=also)


def _unread(sentence: Sentence) -> Judgement:
    """Of a draft that no verifier has looked at."""
    return Judgement(sentence.text, False, objection="no verifier has looked at it")


def _all_fields(plan: Sequence[Step]) -> tuple[Field, ...]:
    return tuple({(field.name, field.value): field for step in plan for field in step.fields}.values())


def _all_flags(plan: Sequence[Step]) -> tuple[Flag, ...]:
    return tuple(dict.fromkeys(flag for step in plan for flag in step.flags))


def told(plan: Sequence[Step]) -> Iterator[str]:
    """The steps in a few words each, for the reason of a handoff."""
    for number, step in enumerate(plan, 1):
        yield f"{number}. {step.label or 'unknown'} (“{step.text[:60]}”)"
