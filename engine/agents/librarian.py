"""Finds the policy sentences the answer must rest on."""

from __future__ import annotations

import itertools
import re
from collections.abc import Generator, Iterator

from engine.bench import Bench
from engine.cards import Handoff, Problem
from engine.chunks import sentences
from engine.events import Event, Progressed
from engine.library import Hit, evidence_of
from engine.pages import Reading
from engine.playbook import Intent, Playbook
from engine.questions import read_stored

DUTY = "Finds the passages the answer must rest on."
EXITS = {"person": "no passage is relevant, or there is none"}
PASSAGES = 6
RELEVANT = 0.30
"""Cosine likeness below which a sentence says nothing on the matter (all-MiniLM-L6-v2)."""
BESIDE_THE_BEST = 0.8
"""A sentence this much weaker than the best one is about something else."""
REQUEST = "{request}"
"""Stands in a `search` for what was asked."""
LOOKED_FOR = 300
"""Characters of a request that are looked for."""
SEARCH_WEIGHT = 0.6
"""How much the operator's search phrase counts against the document's own words."""

Candidate = tuple[float, Hit, str]


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the next leg with the best sentences, or to a person when nothing relevant is found."""
    playbook = bench.playbook(handoff)
    yield from _ready(handoff, playbook, bench)
    if handoff.route is None or handoff.route.label is None:
        return handoff.to(
            "person", "Without an intent there is nothing to look for.", code="no_intent", ending="review"
        )
    if not playbook.collections:
        return _without(handoff, bench)
    chosen: list[tuple[str, Candidate]] = []
    best, asked = 0.0, playbook.thresholds.evidence
    requests = [(handoff.route.label, bench.gist(handoff)), *((one.label, one.text) for one in handoff.route.also)]
    for label, text in requests:
        taken = {candidate[2] for _, candidate in chosen}
        intent = playbook.intent(label)
        found = _found(handoff, bench, playbook, intent, text)
        best = max([best, *(hit.score for _, hits in found for hit in hits)])
        for collection, hits in found:
            chosen += ((collection, one) for one in _chosen(hits, intent, text, taken, bench) if best >= asked)
    if best < asked:
        reason = f"The documents do not seem to answer this: the best passage has a chance of {best:.2f}."
        return handoff.to("person", reason, score=round(best, 4), threshold=asked, code="no_evidence", ending="review")
    if not chosen:
        reason = f"Nothing in {', '.join(playbook.collections)} is relevant: no sentence reaches {RELEVANT:.2f}."
        return handoff.to("person", reason, score=0.0, threshold=RELEVANT, code="no_evidence", ending="review")
    evidence = list(handoff.evidence)
    for origin, (score, hit, quote) in chosen:
        reading = read_stored(hit.document, hit.name, bench)
        evidence.append(evidence_of(hit, len(evidence) + 1, origin, quote, reading, score))
    likeness = max(score for _, (score, _, _) in chosen)
    where = "; ".join(
        dict.fromkeys(
            f"{one.heading or one.place.name}, page {one.place.page}" for one in evidence if not one.from_tool
        )
    )
    reason = f"Found {len(chosen)} sentence{'s' if len(chosen) > 1 else ''}: {where}."
    return handoff.to(
        bench.next_leg(handoff), reason, score=round(likeness, 4), threshold=RELEVANT,
        model=bench.fleet.row("encoder").id, evidence=tuple(evidence),
    )  # fmt: skip


def _without(handoff: Handoff, bench: Bench) -> Handoff:
    """What tools found is enough for a draft; without that there is nothing to rest one on."""
    if any(evidence.from_tool for evidence in handoff.evidence):
        reason = "The playbook has no collection to search. The draft rests on what the tools found."
        return handoff.to(bench.next_leg(handoff), reason)
    reason = (
        "The playbook has no collection to search, and no tool found anything. A person answers; "
        "documents to rest on are named under [collections.NAME] in the playbook."
    )
    return handoff.to("person", reason, code="no_collection", ending="review")


def _ready(handoff: Handoff, playbook: Playbook, bench: Bench) -> Iterator[Event]:
    """The playbook's own documents are in their collections before the first search."""
    for collection in playbook.collections:
        for name in playbook.documents(collection):
            file, _, sha256 = bench.file(handoff, name)
            if not bench.library.holds(collection, sha256):
                reading = _read(sha256, file, bench)
                for done, total in bench.library.add(collection, sha256, file, reading):
                    yield Progressed(handoff.card.id, f"learning {file}", done, total)


def _read(sha256: str, file: str, bench: Bench) -> Reading:
    """Raises Problem, which names the document: a policy that can't be read must not be missed in silence."""
    try:
        return read_stored(sha256, file, bench)
    except Problem as problem:
        sentence = f"The playbook's document {file!r:.120} can't be read. {problem.sentence}"
        raise Problem(problem.code, sentence) from problem


def _found(
    handoff: Handoff, bench: Bench, playbook: Playbook, intent: Intent, gist: str
) -> list[tuple[str, list[Hit]]]:
    """The passages of each collection on one request. Where the request itself is looked for, no passage is beside the
    point that is on the same subject: only those that are likely to answer it count."""
    own = tuple(document.sha256 for document in handoff.documents)
    search, asks = _search(intent, gist), REQUEST in intent.search
    query = search if asks else f"{search}. {gist[:LOOKED_FOR]}"
    return [
        (name, [hit for hit in bench.library.search(name, query, PASSAGES, without=own) if hit.relevant or not asks])
        for name in playbook.collections
    ]


def _search(intent: Intent, gist: str) -> str:
    """What is looked for, as the operator put it."""
    return (intent.search or intent.title or intent.label).replace(REQUEST, " ".join(gist.split())[:LOOKED_FOR])


def _chosen(hits: list[Hit], intent: Intent, gist: str, taken: set[str], bench: Bench) -> list[Candidate]:
    """The best sentences for one intent, in the order in which they stand in the policy."""
    candidates = [pair for pair in _sentences(hits) if pair[1] not in taken]
    ranked = sorted(_scored(candidates, _search(intent, gist), gist, bench), key=lambda candidate: -candidate[0])
    enough = max(RELEVANT, BESIDE_THE_BEST * ranked[0][0]) if ranked else RELEVANT
    best = [candidate for candidate in ranked if candidate[0] >= enough][: intent.quotes]
    return sorted(best, key=_place)


def _place(candidate: Candidate) -> tuple[str, int, int]:
    """Where the sentence stands, for reading order."""
    _, hit, quote = candidate
    return hit.name, hit.page, hit.start + hit.text.find(quote)


def _scored(candidates: list[tuple[Hit, str]], search: str, gist: str, bench: Bench) -> Iterator[Candidate]:
    """Each sentence is read under its heading, as a person would."""
    texts = [f"{hit.heading}: {' '.join(quote.split())}" for hit, quote in candidates]
    if texts:
        by_search, by_gist = bench.library.likeness([search, gist], texts)
        for (hit, quote), a, b in zip(candidates, by_search, by_gist, strict=True):
            yield SEARCH_WEIGHT * a + (1 - SEARCH_WEIGHT) * b, hit, quote


def _sentences(hits: list[Hit]) -> Iterator[tuple[Hit, str]]:
    for hit in hits:
        for start, end in sentences(hit.text):
            for quote in _rows(hit.text[start:end]):
                if re.search(r"\w+\W+\w+\W+\w+\W+\w+", quote):
                    yield hit, quote


def _rows(sentence: str) -> list[str]:
    """A sentence; of a table that is drawn in signs, each of its rows, and what stands before or behind it."""
    found: list[str] = []
    for table, group in itertools.groupby(sentence.splitlines(keepends=True), lambda line: line.startswith("|")):
        lines = list(group)
        found += [line.strip() for line in lines] if table else ["".join(lines).strip("\r\n")]
    return [part for part in found if part and not re.fullmatch(r"[|\s:-]*", part)]
