"""Improves a collection's search from questions whose passages are known: `baton knowledge tune`.

1. A fifth of the questions is set aside. From the others an encoder for questions learns what the untuned
   search gets wrong (`_questions.py`), and a passage's prior is learned: is it ever asked for?
2. On the questions set aside, which neither of the two has seen, the weights of the signs
   (`fusion.SIGNS`) are learned, in folds: each question is ranked with weights from the other folds.
3. So ranked, the tuned retriever must beat the untuned one on these questions, beyond chance (paired
   bootstrap; Efron 1979). Only then it goes live. The version before it stays, and can be rolled back to.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine import encoders, fleet
from engine.cards import Problem
from engine.retold import retold
from engine.tuning import _questions, _weights
from engine.tuning.fusion import SIGNS, Candidates, Tuned, Versions, about, key

if TYPE_CHECKING:
    import numpy

    from engine.models import Encoder

FEWEST = 40
"""Questions to learn from. With fewer the part set aside can't tell a gain from chance."""
ASIDE = 0.2
MOST_ASIDE = 400
FOLDS = 5
COUNT = 10
"""Hits that are judged, as people see them."""
CHANCE = 0.05
"""How likely a retriever that is no better may go live."""
RESAMPLES = 10_000

Progress = tuple[str, int, int]
"""What is done now in plain words, and how far it is: (note, done, all)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, and what answers it: for each document the places (see `fusion.Candidates`) that may hold it.

    A record is one place; a file named as a whole has as many as it has chunks, and one of them is enough.
    """

    question: str
    answers: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Passages:
    """All passages of a collection: their places (n), texts and vectors (n x d, of unit length)."""

    places: numpy.ndarray
    texts: Sequence[str]
    vectors: numpy.ndarray


class Ground(Protocol):
    """What tuning asks of a collection."""

    def passages(self) -> Passages: ...

    def candidates(self, question: str) -> Candidates:
        """What the untuned search finds."""
        ...


@dataclass(frozen=True, slots=True)
class Figures:
    """Mean recall and average precision of the first ten hits, on `questions` set aside.

    `chance`: how often a resample of these questions shows no gain.
    """

    pairs: int
    questions: int
    recall_before: float
    recall_after: float
    precision_before: float
    precision_after: float
    chance: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """`version` is the new version's number, 0 when it did not go live; `sentence` says why in words."""

    version: int
    figures: Figures
    sentence: str


def pairs(rows: Iterable[Mapping[str, object]], places: dict[str, tuple[int, ...]]) -> list[Pair]:
    """Read the lines of a pairs file, {"query","ids":[...]} or {"query","document"}.

    `places` are the collection's, by the id that was given to `knowledge add`. Lines with the same
    question become one. Raises Problem("bad_pairs") or Problem("unknown_passages").
    """
    found: dict[str, dict[tuple[int, ...], None]] = {}
    lost: list[str] = []
    for number, row in enumerate(rows, 1):
        question, ids = row.get("query"), row.get("ids", row.get("document"))
        ids = [ids] if isinstance(ids, str) else ids
        if not (isinstance(question, str) and question.strip() and isinstance(ids, list) and ids):
            raise Problem(
                "bad_pairs", f'Line {number} must be {{"query": "...", "ids": ["..."]}}. Correct it and start again.'
            )
        known = [places[str(name)] for name in ids if places.get(str(name))]
        lost += [str(name) for name in ids if str(name) not in places]
        found.setdefault(" ".join(question.split()), {}).update(dict.fromkeys(known))
    usable = [Pair(question, tuple(known)) for question, known in found.items() if known]
    if lost and len(usable) < FEWEST:
        raise Problem(
            "unknown_passages",
            f"{len(lost)} of the passages named are not in the collection (the first: {lost[0]!r:.80}), and "
            f"{len(usable)} questions are left. Add these documents first, or correct the ids.",
        )
    return usable


def tune(
    home: Path,
    collection: str,
    ground: Ground,
    given: Sequence[Pair],
    base: str,
    folder: Path,
    encoder: Encoder,
    *,
    seed: int = 0,
) -> Generator[Progress, None, Outcome]:
    """Learn from pairs, and let the result go live if it wins. Minutes for thousands of pairs.

    `base` names the vectors of the collection (`Fleet.encoder_id`), `folder` holds that encoder's
    files, `encoder` serves them. An encoder that can't be trained is kept as it is, and the other
    signs are learned alone. Raises Problem("few_pairs").
    """
    if len(given) < FEWEST:
        raise Problem(
            "few_pairs",
            f"There are {len(given)} questions with passages of this collection; at least {FEWEST} are "
            "needed to learn, and to tell a gain from chance. Collect more.",
        )
    learn, aside = _parted(given, seed)
    yield "reading the collection", 0, 0
    passages = ground.passages()
    found = yield from _searched(ground, learn, "searching for the questions to learn from")
    targets = _targets(learn, passages, encoder)
    with tempfile.TemporaryDirectory(prefix="baton-tune-") as scratch:
        made = Path(scratch) / "encoder"
        lessons = _lessons(learn, targets, found, passages)
        asker, prior = yield from _asker(lessons, passages, folder, made, encoder, seed)
        tuned = _learned(learn, targets, passages, encoder, prior, base)
        shown = yield from _searched(ground, aside, "searching for the questions set aside")
        texts = [pair.question for pair in aside]
        vectors = list(zip(asker.encode_queries(texts), encoder.encode_queries(texts), strict=True))
        tuned, figures = _judged(tuned, aside, shown, vectors, len(given), seed)
        if figures.chance > CHANCE:
            return Outcome(0, figures, _sentence(figures, 0))
        number = _live(home, collection, tuned, figures, made if made.exists() else None)
    return Outcome(number, figures, _sentence(figures, number))


def rollback(home: Path, collection: str) -> int:
    """Let the version before the last serve again; gives its number, 0 = untuned.

    Raises Problem("nothing_to_roll_back").
    """
    return Versions(home, collection).rollback()


def _parted(given: Sequence[Pair], seed: int) -> tuple[list[Pair], list[Pair]]:
    """Pairs to learn from, and pairs set aside."""
    import numpy as np

    order = np.random.default_rng(seed).permutation(len(given))
    count = min(MOST_ASIDE, max(FEWEST // 2, round(ASIDE * len(given))))
    return [given[i] for i in order[count:]], [given[i] for i in order[:count]]


@dataclass(frozen=True, slots=True)
class _Target:
    """Rows of the passages that answer a question: the likeliest chunk of each document, and all chunks."""

    rows: tuple[int, ...]
    all: tuple[int, ...]


def _targets(learn: Sequence[Pair], passages: Passages, encoder: Encoder) -> list[_Target]:
    import numpy as np

    held: dict[int, list[int]] = {}
    for row, place in enumerate(passages.places.tolist()):
        held.setdefault(place, []).append(row)
    found = []
    for pair, vector in zip(learn, encoder.encode_queries([pair.question for pair in learn]), strict=True):
        groups = [[row for place in places for row in held.get(place, ())] for places in pair.answers]
        groups = [rows for rows in groups if rows]
        best = [rows[int(np.argmax(passages.vectors[rows] @ vector))] for rows in groups]
        found.append(_Target(tuple(best), tuple(row for rows in groups for row in rows)))
    return found


def _searched(ground: Ground, asked: Sequence[Pair], note: str) -> Generator[Progress, None, list[Candidates]]:
    found = []
    for pair in asked:
        found.append(ground.candidates(pair.question))
        yield note, len(found), len(asked)
    return found


def _lessons(
    learn: Sequence[Pair], targets: Sequence[_Target], found: Sequence[Candidates], passages: Passages
) -> list[_questions.Lesson]:
    import numpy as np

    rows = {
        (place, key(text)): row
        for row, (place, text) in enumerate(zip(passages.places.tolist(), passages.texts, strict=True))
    }
    lessons = []
    for pair, target, one in zip(learn, targets, found, strict=True):
        if target.rows:
            names = zip(one.places.tolist(), one.texts, strict=True)
            known = np.array([rows.get((place, key(text)), -1) for place, text in names], np.int64)
            lessons.append(
                _questions.Lesson(pair.question, target.rows, target.all, known[known >= 0], one.logits[known >= 0])
            )
    return lessons


def _asker(
    lessons: Sequence[_questions.Lesson], passages: Passages, folder: Path, made: Path, encoder: Encoder, seed: int
) -> Generator[Progress, None, tuple[Encoder, numpy.ndarray]]:
    """The encoder for questions (the collection's own where that can't be trained), and the prior."""
    import numpy as np

    from engine.models import bert

    steps = _questions.trained(folder, made, lessons, passages, seed)
    note = "teaching the encoder what the search gets wrong"
    try:
        prior = yield from retold(steps, lambda step: (note, *step))
        return bert.BertEncoder(made), prior
    except Problem as problem:
        if problem.code != "not_tunable":
            raise
        asked = np.unique([row for lesson in lessons for row in lesson.rows])
        return encoder, _weights.prior(passages.vectors, passages.texts, asked, about)


def _learned(
    learn: Sequence[Pair],
    targets: Sequence[_Target],
    passages: Passages,
    encoder: Encoder,
    prior: numpy.ndarray,
    base: str,
) -> Tuned:
    """The retriever before its signs are weighed: it remembers which passage answered what."""
    import numpy as np

    links = [(i, row) for i, target in enumerate(targets) for row in target.rows]
    keys = np.array([key(passages.texts[row]) for _, row in links], np.int64)
    questions = np.asarray(encoder.encode_queries([pair.question for pair in learn]), np.float32)
    start = np.array([1.0, *[0.0] * (len(SIGNS) - 1)])
    return Tuned("", base, 1.0, 0.0, start, prior, questions, keys, np.array([i for i, _ in links], np.int64))


def _judged(
    tuned: Tuned,
    aside: Sequence[Pair],
    shown: Sequence[Candidates],
    vectors: Sequence[tuple[numpy.ndarray, numpy.ndarray]],
    given: int,
    seed: int,
) -> tuple[Tuned, Figures]:
    """The weights, from all questions set aside; the figures, from weights of other folds than the question's."""
    import numpy as np

    signs = [tuned.signs(found, *two) for found, two in zip(shown, vectors, strict=True)]
    truth = [np.isin(found.places, np.concatenate(pair.answers)) for found, pair in zip(shown, aside, strict=True)]
    fold = np.random.default_rng(seed).permutation(len(aside)) % FOLDS
    scores: list[numpy.ndarray] = [np.zeros(0)] * len(aside)
    for number in range(FOLDS):
        others = np.nonzero(fold != number)[0]
        weights = _weights.fusion([signs[i] for i in others], [truth[i] for i in others])
        for i in np.nonzero(fold == number)[0]:
            scores[i] = signs[i] @ weights
    before = [_merit(found.places, pair) for found, pair in zip(shown, aside, strict=True)]
    after = [
        _merit(found.places[np.argsort(-score, kind="stable")], pair)
        for found, score, pair in zip(shown, scores, aside, strict=True)
    ]
    weights = _weights.fusion(signs, truth)
    slope, offset = _weights.scale(np.concatenate(scores), np.concatenate(truth))
    old, new = np.array(before), np.array(after)
    chance = _chance(new.mean(1) - old.mean(1), seed)
    (r0, p0), (r1, p1) = old.mean(0), new.mean(0)
    figures = Figures(given, len(aside), *(round(float(x), 4) for x in (r0, r1, p0, p1, chance)))
    return replace(tuned, weights=weights, slope=slope, offset=offset), figures


def _merit(places: numpy.ndarray, pair: Pair) -> tuple[float, float]:
    """Recall and average precision of the first ten hits; a place, and a document, counts once."""
    right, precision = 0, 0.0
    open_answers = list(pair.answers)
    for rank, place in enumerate(list(dict.fromkeys(places.tolist()))[:COUNT], 1):
        answered = next((answer for answer in open_answers if place in answer), None)
        if answered is not None:
            open_answers.remove(answered)
            right += 1
            precision += right / rank
    return right / len(pair.answers), precision / len(pair.answers)


def _chance(gains: numpy.ndarray, seed: int) -> float:
    """How often questions drawn anew, with replacement, show no gain (paired bootstrap, one-sided)."""
    import numpy as np

    drawn = np.random.default_rng(seed).integers(0, len(gains), (RESAMPLES, len(gains)))
    return float((gains[drawn].mean(1) <= 0).mean())


def _live(home: Path, collection: str, tuned: Tuned, figures: Figures, made: Path | None) -> int:
    """Keep the version, with its encoder, and let it serve. What no rollback can reach any more goes."""
    versions = Versions(home, collection)
    number, place = versions.next()
    if made is not None:
        name = versions.encoder(number)
        shutil.rmtree(home / "encoders" / name, ignore_errors=True)  # left by a tuning that was killed
        row = next((row for row in fleet.catalogue(home) if row.sha256 == tuned.base), None)
        encoders.adopt(
            home, made, name, base=row.id if row else tuned.base[:12], licence=row.licence if row else "",
            note=f"Questions to the collection {collection}.",
        )  # fmt: skip
        tuned = replace(tuned, encoder=name)
    tuned.save(place, asdict(figures))
    versions.go(number)
    for folder in versions.out_of_reach():
        shutil.rmtree(home / "encoders" / versions.encoder(int(folder.name)), ignore_errors=True)
        shutil.rmtree(folder)
    return number


def _sentence(figures: Figures, number: int) -> str:
    gain = (
        f"on {figures.questions} questions set aside, of ten hits: recall {figures.recall_before:.3f} -> "
        f"{figures.recall_after:.3f}, average precision {figures.precision_before:.3f} -> "
        f"{figures.precision_after:.3f} (by chance: {figures.chance:.1%})"
    )
    if number:
        return f"Version {number} is live: {gain}. `baton knowledge tune --back` takes it back."
    return f"The untuned search stays: {gain}. More pairs, or cleaner ones, may change that."
