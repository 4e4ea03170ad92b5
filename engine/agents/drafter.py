"""Writes the draft with a small language model: one bounded sentence for each policy sentence."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from engine.agents._examples import examples
from engine.agents._frame import framed, left_out, policy, quoted, rests_on_something, supported
from engine.agents._ordering import asks, flagged, ordering
from engine.bench import Bench
from engine.cards import PLAYBOOK, Evidence, Handoff, Problem, Sentence
from engine.events import Event, Progressed, Typed
from engine.health import at_work
from engine.memory import Pair
from engine.models import Brief, Piece, Writer

DUTY = "Puts the policy sentences into words for the reader."
MODEL = "drafter"
INSTEAD = "quoter"
EXITS = {
    "quoter": "the model can't load, fails, or is out of time or tokens",
    "person": "nothing was found that a draft could rest on",
}

REPLY = Brief(
    "You rewrite a rule as one clear sentence to the customer. "
    'Keep every number, every condition and every "not". Add nothing.',
    (
        (
            "Parcels are insured up to a value of 100 EUR, unless the customer has refused insurance in writing.",
            "Your parcel is insured up to a value of 100 EUR, unless you have refused insurance in writing.",
        ),
        (
            "Cleaners check the fire doors on the day before a concert.",
            "Cleaners check the fire doors on the day before a concert.",
        ),
        (
            "Visitors may enter the laboratory within 2 hours of the opening, but not without a guide.",
            "You may enter the laboratory within 2 hours of the opening, but not without a guide.",
        ),
        (
            "A ticket above 90 EUR is stamped by the head of the theatre.",
            "A ticket above 90 EUR is stamped by the head of the theatre.",
        ),
    ),
)
NOTE = Brief(
    "You repeat a rule as one clear sentence for a colleague. "
    'Keep every number, every condition and every "not". Add nothing.',
    (
        (
            "Parcels are insured up to a value of 100 EUR, unless the customer has refused insurance in writing.",
            "Parcels are insured up to 100 EUR in value, unless the customer has refused insurance in writing.",
        ),
        (
            "The cleaners check the fire doors on the day before a concert.",
            "Cleaners check the fire doors on the day before a concert.",
        ),
    ),
)

SENTENCE_TOKENS = 90
LONGEST_SENTENCE = 4_000
"""Characters, whatever the model says that it has written: ten times the longest that its grammar allows."""
FREE = 'root ::= [A-Z] [^.!?\\n<>{}|]{15,320} "."'
SMALL_WORDS = (
    "a an and any are as at be been before but by can do does for from has have if in is it its may must no not of on "
    "or our please that the their them then there they this to under until up us we when which will with within "
    "without you your"
).split()


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the next leg with a draft; to the quoter when the model can't load, or runs out of budget.

    To a person where there is neither a policy sentence nor a fact from a tool.
    """
    if not policy(handoff):
        return _without_policy(handoff, bench, bench.next_leg(handoff))
    return (yield from drafted(handoff, bench, MODEL, bench.next_leg(handoff)))


def _without_policy(handoff: Handoff, bench: Bench, receiver: str) -> Handoff:
    """What tools found is told in the playbook's own words, without a model; a frame alone answers nothing."""
    draft = framed(handoff, bench, (), handoff.draft.attempt + 1 if handoff.draft else 1)
    if rests_on_something(draft):
        reason = f"No policy to put into words: {_counted(len(draft.sentences), 'sentence')} from the playbook."
        return handoff.to(receiver, reason + left_out(handoff, bench), draft=draft, verdict=None)
    reason = "Nothing was found that a draft could rest on, so none was written. A person answers."
    reason += left_out(handoff, bench)
    return handoff.to("person", reason, code="nothing_to_say", draft=None, verdict=None, ending="review")


def drafted(handoff: Handoff, bench: Bench, role: str, receiver: str) -> Generator[Event, None, Handoff]:
    """To `receiver` with a draft by the model of that role, else to the quoter."""
    attempt = handoff.draft.attempt + 1 if handoff.draft else 1
    spent, model = Spent(handoff.card.budget.tokens), ""
    body: list[Sentence] = []
    orders = ordering(handoff, policy(handoff), bench)
    # What a draft did not hold with may have come of the examples: the small model's second attempt is without.
    freely = attempt == 1 or role != MODEL
    shown: dict[int, tuple[Pair, ...]] = {}
    try:
        model = bench.fleet.row(role).id
        if freely:
            todo = (one for one in policy(handoff) if one.n not in orders and supported(handoff, one) is None)
            shown = {one.n: examples(handoff, one, bench) for one in todo}
        yield Progressed(handoff.card.id, f"waking {model}")
        with at_work(bench, role) as (model, writer):
            yield Progressed(handoff.card.id, f"{model} is awake", 1, 1)
            ends = _ends(handoff, bench)
            for evidence in policy(handoff):
                as_it_stands = evidence.n in orders or asks(evidence)
                kept = quoted(evidence) if as_it_stands else supported(handoff, evidence)
                if kept is None:
                    yield Progressed(handoff.card.id, f"{model} writes about {evidence.heading or evidence.place.name}")
                    brief = _brief(handoff, bench, shown.get(evidence.n, ()))
                    text = yield from _sentence(writer, handoff, evidence, brief, freely, ends, spent)
                    kept = Sentence(text, (evidence.n,), model)
                body.append(kept)
    except Problem as problem:
        reason = f"{problem.sentence} The extractive drafter takes over."
        return handoff.to(
            INSTEAD, reason, code=problem.code, tokens_in=spent.read, tokens_out=spent.written, model=model
        )
    pairs = dict.fromkeys(pair for some in shown.values() for pair in some)
    drew_on = tuple(dict.fromkeys(pair.task for pair in pairs))
    draft = framed(handoff, bench, body, attempt, drew_on)
    own = sum(1 for sentence in draft.sentences if sentence.author == PLAYBOOK)
    again = f", attempt {attempt}" if attempt > 1 else ""
    after = f", after {_counted(len(pairs), 'approved example')} ({', '.join(drew_on)})" if pairs else ""
    reason = f"Wrote {_counted(len(body), 'sentence')} from policy{again}, and {own} from the playbook{after}."
    if orders:
        reason += f" Quoted {_counted(len(orders), 'passage')} word for word, since orders to the machine stand there."
    reason += left_out(handoff, bench)
    return handoff.to(
        receiver, reason, tokens_in=spent.read, tokens_out=spent.written, model=model, draft=draft, verdict=None,
        flags=flagged(handoff, orders),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ends:
    """When the writing must be done, by `time.monotonic`, and what is said when it is not."""

    at: float
    code: str
    sentence: str


def _ends(handoff: Handoff, bench: Bench) -> Ends:
    """A leg's time is the model's to keep; that a task's time runs out may be the fault of the legs before."""
    at = bench.deadline(handoff)
    if at >= bench.task_ends:
        return Ends(at, "task_too_slow", "The task's time was up before the model had finished.")
    seconds = handoff.card.budget.leg_seconds
    return Ends(at, "too_slow", f"The model did not finish within {seconds:.0f} seconds.")


@dataclass
class Spent:
    """The tokens that a draft has cost so far, against its ceiling."""

    ceiling: int
    read: int = 0
    written: int = 0

    def over(self, piece: Piece) -> bool:
        return self.read + self.written + piece.tokens_in + piece.tokens_out > self.ceiling


def _sentence(
    writer: Writer, handoff: Handoff, evidence: Evidence, brief: Brief, freely: bool, ends: Ends, spent: Spent
) -> Generator[Event, None, str]:
    """One sentence on one piece of evidence; where the model may not write freely, of the source's own words."""
    rule = " ".join(evidence.quote.split())
    grammar = FREE if freely else _own_words(rule)
    piece, text = Piece("", 0, 0), ""
    for piece in writer.stream(brief, rule, grammar, SENTENCE_TOKENS):
        text += piece.text
        yield Typed(handoff.card.id, piece.text)
        if time.monotonic() > ends.at:
            raise Problem(ends.code, ends.sentence)
        if len(text) > LONGEST_SENTENCE:
            raise Problem("endless", f"The model wrote more than {LONGEST_SENTENCE:,} characters for one sentence.")
        if piece.tokens_out > 2 * SENTENCE_TOKENS:
            raise Problem("endless", f"The model wrote on after the {SENTENCE_TOKENS} tokens of a sentence.")
        if spent.over(piece):
            raise Problem("over_budget", f"The draft needs more than {spent.ceiling} tokens.")
    yield Typed(handoff.card.id, " ")
    spent.read, spent.written = spent.read + piece.tokens_in, spent.written + piece.tokens_out
    return " ".join(text.split())


def _brief(handoff: Handoff, bench: Bench, shown: Sequence[Pair]) -> Brief:
    """What the model is told, and shown: our own examples, and then what people approved."""
    label = handoff.route.label if handoff.route else None
    ours = NOTE if label and bench.playbook(handoff).intent(label).frame == "note" else REPLY
    return dataclasses.replace(ours, approved=tuple((pair.quote, pair.sentence) for pair in shown)) if shown else ours


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _own_words(rule: str) -> str:
    """A grammar of the rule's words and small words: what is not in the source can't be written."""
    words = dict.fromkeys(re.findall(r"[\w€$%/&+-]+(?:[.,:'’][\w]+)*", rule))
    lower = dict.fromkeys([*words, *(word.lower() for word in words if word[1:].islower()), *SMALL_WORDS])
    upper = dict.fromkeys(word[0].upper() + word[1:] for word in lower)
    any_word = " | ".join(json.dumps(word, ensure_ascii=False) for word in lower)
    first_word = " | ".join(json.dumps(word, ensure_ascii=False) for word in upper)
    longest = len(words) + 8
    root = f'root ::= first ("," | ";")? (" " word ("," | ";")?){{3,{longest}}} "."'
    return f"{root}\nfirst ::= {first_word}\nword ::= {any_word}"
