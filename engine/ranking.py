"""Puts passages in order of their relevance to a question, and says how likely each is relevant.

Two lists of candidates come in: what shares words with the question (SQLite's FTS5) and what means
something alike (vectors). Neither score means anything by itself, so both are measured against
chance: how many standard deviations above a random passage of the same collection. Those add up.
Words count as in BM25 (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework"), pairs of
words that follow each other too (Metzler and Croft, SIGIR 2005, "A Markov Random Field Model for Term
Dependencies"), then which share of the question's words is there at all, and what stands beside it.
The best few are then read once more, word by word: how well the best match in the passage fits each word
of the question, both as the encoder sees them in their context (late interaction, as in ColBERT: Khattab
and Zaharia, SIGIR 2020, arXiv:2004.12832).
Everything here is a pure function; `library.py` brings the candidates.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy

CANDIDATES = 100
"""So many of each list are looked at. More found no more that mattered, and each costs 50 microseconds."""
SATURATION, LENGTH = 1.2, 0.75
"""BM25's k1 and b, as FTS5 has them too."""
BY_WORDS, BY_MEANING, BY_PAIRS, BY_SHARE, BY_NEIGHBOURS = 0.4, 0.6, 0.16, 0.9, 0.2
"""The weights of the five signs. A handful of round values were compared on four public collections
(aeronautics abstracts, encyclopedia paragraphs in two languages, a bank's help desk, rule books): all
of them gain or stay with each sign, and the neighbours of these values differ by less than .005."""
BY_READING = 20.0
"""The weight of the second reading; its values lie between .2 and .9, so it moves a passage by up to 14."""
USUAL_FIT = 0.5
"""What it mostly is for the best passages, so that scores stay what they were."""
READ = 20
"""So many are read a second time, in .13 to .24 s on two cores. With 10 no hit comes in from below, with 30
few more."""
BY_BEST, BEHIND, OFFSET = 0.167, 0.327, -1.676
"""From score to relevance: logistic regression on the score of the best passage, and on how far behind it
another is; fitted on the same four collections, and on the questions of each asked to the others, to
which nothing is relevant. Each weighs the same. Scores of longer questions are higher: one slope for
both had three times the calibration error."""
NOTHING = 0.17
"""Below this relevance a passage counts as irrelevant. On those collections, 0 to 1 % of the questions
about them (11 % where openings of a conversation hardly say what they are about) then had no relevant passage, and
70 to 95 % of the questions about another collection."""
PRIOR_MEAN, PRIOR_SPREAD, PRIOR_COUNT = 0.1, 0.1, 20
"""What chance likeness looks like before a collection is large enough to tell: as if so many passages
had been seen. all-MiniLM-L6-v2 gives random pairs of passages .05 to .2 with a spread of .09 to .12."""

Tokens = tuple[Sequence[tuple[int, int]], "numpy.ndarray"]
"""The spans of a text's tokens in it, and their unit vectors (rows), as the encoder's `encode_tokens` gives them."""

_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(
    "a about after again all am an and any are as at be because been before being between both but by can could did "
    "do does doing don down during each for from further had has have having he her here hers him his how i if in "
    "into is it its itself just me more most my no nor not of off on once only or other our ours out over own same "
    "she should so some such than that the their theirs them then there these they this those through to too under "
    "until up very was we were what when where which while who whom why will with would you your yours s t".split()
)
"""English words that say nothing about what is asked."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer. `text` is its heading path, a line break, and its text.

    `cosine` is the likeness of its vector to the question's, whichever list it came from. Chunks with
    consecutive numbers are neighbours.
    """

    chunk: int
    document: int
    text: str
    cosine: float


@dataclass(frozen=True, slots=True)
class Background:
    """What chance looks like in a collection: for words in general, for likeness to this question.

    `chunks` passages of `words` words each on average; `frequency` says in how many of them a term
    stands. `mean` and `spread` are those of the likeness of random passages.
    """

    chunks: int
    words: float
    frequency: Mapping[str, int]
    mean: float
    spread: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """`relevance` is the probability that a person would call the passage relevant, made from `score`."""

    chunk: int
    document: int
    relevance: float
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class _Question:
    """Its terms with their weight (rarity times how much they are repeated), and its pairs."""

    weights: dict[str, float]
    rarity: dict[str, float]
    pairs: frozenset[tuple[str, str]]
    spread: float


def words_query(query: str) -> str:
    """The FTS5 expression that finds whatever shares a word with the query; "" when it has no word."""
    words = dict.fromkeys(_words(query))
    telling = [word for word in words if word not in _STOP]
    return " OR ".join(f'"{word}"' for word in telling or words)


def terms(query: str) -> list[str]:
    """The query's telling words, stemmed as FTS5's `porter unicode61` stems them; each once."""
    return list(dict.fromkeys(_terms(query)))


def background_of(vector: numpy.ndarray, sample: numpy.ndarray) -> tuple[float, float]:
    """Mean and spread of the likeness of a question's vector to a sample of passages (rows)."""
    import numpy as np

    likeness = sample @ vector if len(sample) else np.zeros(0, np.float32)
    count = len(likeness) + PRIOR_COUNT
    mean = (float(likeness.sum()) + PRIOR_COUNT * PRIOR_MEAN) / count
    square = float(((likeness - mean) ** 2).sum()) + PRIOR_COUNT * PRIOR_SPREAD**2
    return mean, math.sqrt(square / count)


def ranked(query: str, candidates: Sequence[Candidate], background: Background) -> list[Ranked]:
    """All candidates, the most relevant first."""
    question = _question(query, background)
    words = [_terms(candidate.text) for candidate in candidates]
    rarity = _pair_rarity(question.pairs, words, background.chunks)
    alone = {
        candidate.chunk: _score(candidate, text, question, rarity, background)
        for candidate, text in zip(candidates, words, strict=True)
    }
    scores = {
        chunk: score + BY_NEIGHBOURS * sum(max(0.0, alone.get(beside, 0.0)) for beside in (chunk - 1, chunk + 1))
        for chunk, score in alone.items()
    }
    return _in_order((one.chunk, one.document, scores[one.chunk]) for one in candidates)


def reread(
    query: str, found: Sequence[Ranked], asked: Tokens, read: Mapping[int, numpy.ndarray], background: Background
) -> list[Ranked]:
    """What `ranked` found, in the order after the first ones were read once more.

    `asked` are the query's tokens, `read` the vectors of the tokens (rows) of passages, by chunk. Passages
    that were not read stay behind those that were.
    """
    import numpy as np

    spans, vectors = asked
    weights = np.array(_token_weights(query, spans, background), np.float32)
    fits = {
        chunk: float(np.maximum((vectors @ rows.T).max(1), 0.0) ** 2 @ weights) if len(rows) and len(vectors) else 0.0
        for chunk, rows in read.items()
    }
    again = _in_order(
        (one.chunk, one.document, one.score + BY_READING * (fits[one.chunk] - USUAL_FIT))
        for one in found
        if one.chunk in fits
    )
    if not again:
        return list(found)
    best, last = again[0].score, again[-1].score
    behind = ((one, min(one.score, last)) for one in found if one.chunk not in fits)
    return again + [Ranked(one.chunk, one.document, relevance_of(score, best), score) for one, score in behind]


def _in_order(found: Iterable[tuple[int, int, float]]) -> list[Ranked]:
    """From (chunk, document, score)."""
    ordered = sorted(found, key=lambda one: (-one[2], one[0]))
    return [Ranked(chunk, document, relevance_of(score, ordered[0][2]), score) for chunk, document, score in ordered]


def _token_weights(query: str, spans: Sequence[tuple[int, int]], background: Background) -> list[float]:
    """Each token counts as its word is rare; those of words that say nothing do not. The sum is 1."""
    rarity: dict[int, float] = {}
    for match in _WORD.finditer(query):
        word = _words(match.group())
        if any(part not in _STOP for part in word):
            worth = max(_rarity(background.frequency.get(term, 0), background.chunks) for term in _terms(match.group()))
            rarity |= dict.fromkeys(range(match.start(), match.end()), worth)
    weights = [max((rarity.get(place, 0.0) for place in range(start, end)), default=0.0) for start, end in spans]
    total = sum(weights)
    return [weight / total for weight in weights] if total else [1 / len(spans) for _ in spans]


def relevance_of(score: float, best: float) -> float:
    """The probability that a passage with this score is relevant, where the best one has the score `best`."""
    odds = BY_BEST * best + BEHIND * (score - best) + OFFSET
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, odds))))


def _question(query: str, background: Background) -> _Question:
    terms = _terms(query)
    rarity = {term: _rarity(background.frequency.get(term, 0), background.chunks) for term in terms}
    weights = {term: rarity[term] * (1 + math.log(count)) for term, count in Counter(terms).items()}
    chance = 0.0
    for term, weight in weights.items():
        share = min(0.5, (background.frequency.get(term, 0) + 0.5) / (background.chunks + 1))
        chance += weight * weight * share * (1 - share)
    pairs = frozenset(itertools.pairwise(terms))
    return _Question(weights, rarity, pairs, math.sqrt(chance) + 0.1)


def _score(
    candidate: Candidate,
    words: Sequence[str],
    question: _Question,
    pair_rarity: Mapping[tuple[str, str], float],
    background: Background,
) -> float:
    """How far above chance: words and likeness in standard deviations, the share of the question's words in 0..1."""
    damping = SATURATION * (1 - LENGTH + LENGTH * len(words) / max(1.0, background.words))
    counts = Counter(word for word in words if word in question.weights)
    lexical = sum(question.weights[term] * _saturated(count, damping) for term, count in counts.items())
    pairs = Counter(pair for pair in itertools.pairwise(words) if pair in question.pairs)
    paired = sum(pair_rarity[pair] * _saturated(count, damping) for pair, count in pairs.items())
    known = sum(rarity for term, rarity in question.rarity.items() if term in background.frequency)
    share = sum(question.rarity[term] for term in counts) / max(known, 1e-9)
    likeness = (candidate.cosine - background.mean) / background.spread
    above = (BY_WORDS * lexical + BY_PAIRS * paired) / question.spread
    return above + BY_MEANING * likeness + BY_SHARE * min(1.0, share)


def _pair_rarity(
    pairs: frozenset[tuple[str, str]], texts: Sequence[Sequence[str]], chunks: int
) -> dict[tuple[str, str], float]:
    """How rare each pair is. Where a pair stands, both its words do: the candidates hold most of its places."""
    found: Counter[tuple[str, str]] = Counter()
    for words in texts:
        found.update(pairs.intersection(itertools.pairwise(words)))
    return {pair: _rarity(found[pair], chunks) for pair in pairs}


def _saturated(count: int, damping: float) -> float:
    return (SATURATION + 1) * count / (count + damping)


def _rarity(frequency: int, chunks: int) -> float:
    """BM25's inverse document frequency, never negative (as Lucene has it)."""
    return math.log(1 + (max(0, chunks - frequency) + 0.5) / (frequency + 0.5))


def _words(text: str) -> list[str]:
    """Lower case, without accents, cut where FTS5's unicode61 cuts."""
    text = text.lower()
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c) and c != "\u200e")
    return _WORD.findall(text)


@functools.lru_cache(maxsize=8192)
def _terms(text: str) -> tuple[str, ...]:
    """The stems of a text's telling words in order; of all its words when none tells anything."""
    words = _words(text)
    return tuple(_stemmer().stemWords([word for word in words if word not in _STOP] or words))


@functools.lru_cache(maxsize=1)
def _stemmer():  # type: ignore[no-untyped-def]
    import Stemmer

    return Stemmer.Stemmer("porter")
