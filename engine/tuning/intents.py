"""Moves the encoder so that the messages of one intent lie together, and apart from all others.

Each step takes a batch in which examples of an intent come in pairs, and lowers two losses at once:
the cross-entropy of a cosine classifier that starts at the intents' mean vectors, and supervised
contrast (Khosla et al. 2020, arXiv:2004.11362). The step is taken at the examples and, added to it, at
the same examples with word vectors moved a little in the direction that hurts most (Miyato et al.
2017, arXiv:1605.07725): with ten examples an intent, this is what keeps it from learning them by heart.

The tuned vector is used beside the untuned one: the one knows these intents, the other still knows
all the rest. Several encoders are trained, and from each another part of the examples is kept away.
Those that did not see them must answer more of them than the untuned head does, or nothing goes live,
and they alone say how sure the tuned head may be. What goes live is the mean of the encoders, weight by
weight (Wortsman et al. 2022, arXiv:2203.05482).
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.intents.head import NONE, Example, Head, Unseen, classes, joined, signature, told, train
from engine.intents.space import Classifier, beside, fit, space
from engine.tuning._encoder import TorchEncoder

if TYPE_CHECKING:
    import numpy
    import torch

Progress = tuple[str, int, int]
"""What is done, steps done, steps in all."""

PARTS = 5
"""So many trainings, each without another fifth of the examples. One without a fifth and one with all,
averaged, are right as often in the same time, but a fifth can't say how sure they may be: on HWU64 with
ten an intent the calibration error was 2.6 to 5.8 %, as the fifth fell; by all 640, asked in turns, 2.7 %."""
PAIR = 2
MANY = 4000
"""From so many examples on one training suffices, from which a tenth is kept away."""
UNTUNED_WEIGHT = 0.5
"""Of the untuned classifier's logits beside the tuned ones'. With ten examples an intent, anchors and near
examples together were right .3 % more often than anchors alone (HWU64) and .5 % (BANKING77); a regression
on the tuned vectors instead of the near examples gave the same, and .1 %."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the encoder is trained. The defaults were chosen on HWU64's ten examples an intent.

    `texts` bounds it: so many examples pass through all trainings, in at most `epochs` rounds of each. `adversity`
    is the length of the step against the word vectors; `contrast` weighs the contrastive loss, whose
    temperature is `warmth`; `scale` multiplies the classifier's cosines.
    """

    epochs: int = 5
    texts: int = 34_000
    batch: int = 32
    rate: float = 1e-4
    classifier_rate: float = 1e-3
    dropout: float = 0.1
    contrast: float = 1.0
    warmth: float = 0.07
    scale: float = 20.0
    adversity: float = 1.0
    tokens: int = 64

    def rounds(self, count: int) -> int:
        """How often each is seen, of `count` texts in all trainings together."""
        return max(2, min(self.epochs, self.texts // max(count, 1)))


@dataclass(frozen=True, slots=True)
class Tuned:
    """A tuned head with its encoder's folder; or, where it did not win, none, and the sentence that says so.

    `before` and `after` are the shares of the examples kept away that were answered rightly.
    """

    head: Head | None
    before: float
    after: float
    kept_away: int
    seconds: float
    sentence: str


def tune(
    examples: Sequence[Example],
    untuned: numpy.ndarray,
    base: Path,
    folder: Path,
    name: str,
    recipe: Recipe | None = None,
    seed: int = 0,
) -> Generator[Progress, None, Tuned]:
    """Train an encoder from the folder `base` on the examples, and save it in `folder` if it wins.

    `untuned` are the examples' vectors by `base` (a row each), `name` what the head will call its
    encoder. Close the generator to stop; nothing is kept then. Raises Problem("few_examples").
    """
    recipe, began = recipe or Recipe(), time.monotonic()
    texts, names, truth = classes(examples)
    none = names.index(NONE) if NONE in names else -1
    trial = _Trial(texts, truth, names, none, untuned, *_kept_away(truth, seed))
    trainings = int(trial.part.max())
    if not trainings:
        raise Problem("few_examples", "Tuning needs three examples of an intent at least; add some.")
    last, tuned, plain = None, [], []
    for part in range(1, trainings + 1):
        note = f"training {part} of {trainings}"
        learner = yield from _trained(trial, part, base, recipe, seed, note)
        for now, then in trial.compare(learner, part):
            tuned.append(now)
            plain.append(then)
        last = learner if last is None else _towards(last, learner, 1 / part)
    assert last is not None
    unseen = joined(tuned)
    before, after = _share_right(joined(plain)), _share_right(unseen)
    asked = f"{int((unseen.inside == 1).sum())} examples that it had not seen"
    if after <= before:
        sentence = f"Tuning did not help: it answers {after:.1%} of {asked}, and {before:.1%} without. Nothing changed."
        return Tuned(None, before, after, len(unseen.right), time.monotonic() - began, sentence)
    last.encoder.save(folder)
    head = train(trial.beside(last), examples, name, trial.classifier(last, fit(untuned, truth, len(names))), unseen)
    sentence = f"Tuning answers {after:.1%} of {asked}, before it was {before:.1%}."
    return Tuned(head, before, after, len(unseen.right), time.monotonic() - began, sentence)


def made_from(encoder_sha256: str, examples: Sequence[Example]) -> str:
    """Names a tuned head by all that it is made from."""
    return signature(f"tuned:{encoder_sha256}", examples)


@dataclass(frozen=True, slots=True)
class _Learner:
    """A trained encoder with its classifier: one row of length 1 an intent (none for what is no intent)."""

    encoder: TorchEncoder
    anchors: numpy.ndarray
    scale: float


def _towards(mean: _Learner, learner: _Learner, share: float) -> _Learner:
    """The mean, moved a share of the way to another learner, weight by weight. It takes the mean's encoder along."""
    mean.encoder.move(learner.encoder, share)
    anchors = mean.anchors + share * (learner.anchors - mean.anchors)
    return _Learner(mean.encoder, anchors, mean.scale)


def _share_right(seen: Unseen) -> float:
    """Of the examples in scope."""
    return float(seen.right[seen.inside == 1].mean())


@dataclass(frozen=True, slots=True)
class _Trial:
    """The examples: texts, classes (their names, the one that is no intent), untuned vectors.

    `part` says from which training an example is kept away (0 = from none), `turn` with which of the others
    that are kept away from it, 0 or 1, it is asked.
    """

    texts: tuple[str, ...]
    truth: numpy.ndarray
    names: tuple[str, ...]
    none: int
    untuned: numpy.ndarray
    part: numpy.ndarray
    turn: numpy.ndarray

    def beside(self, learner: _Learner) -> numpy.ndarray:
        """The vectors of all examples, by the trained encoder and untuned."""
        import numpy as np

        return beside(np.asarray(learner.encoder.encode(self.texts).numpy(), np.float32), self.untuned)

    def classifier(self, learner: _Learner, plain: Classifier) -> Classifier:
        """Over `beside` vectors: the anchors, the examples that lie near, and `plain`, which knows the untuned ones.

        The anchors know nothing of what is no intent: for it they stand at the intents' mean, neither
        for nor against.
        """
        import numpy as np

        count = len(self.names)
        anchors = np.zeros((count, learner.anchors.shape[1]), np.float32)
        anchors[[i for i in range(count) if i != self.none]] = learner.scale * learner.anchors
        if self.none >= 0:
            anchors[self.none] = anchors.sum(axis=0) / max(count - 1, 1)
        both = np.concatenate([anchors, UNTUNED_WEIGHT * plain.weights], axis=1) * np.float32(math.sqrt(2))
        return Classifier(both.astype(np.float32), (UNTUNED_WEIGHT * plain.bias).astype(np.float32), kin=True)

    def compare(self, learner: _Learner, part: int) -> Iterator[tuple[Unseen, Unseen]]:
        """What is said of the examples kept away from a training: by what it learned, and untuned.

        While those of one turn are asked, those of the other lie among the examples: nearly as many as
        there will be, for the more there are the nearer lies the nearest.
        """
        vectors, count = self.beside(learner), len(self.names)
        away = self.part == part
        for turn in sorted(set(self.turn[away].tolist())):
            asked = away & (self.turn == turn)
            truth, fitted = self.truth[~asked], fit(self.untuned[~asked], self.truth[~asked], count)
            plain = space(self.untuned[~asked], truth, count, self.none, fitted)
            tuned = space(vectors[~asked], truth, count, self.none, self.classifier(learner, fitted))
            for inside in (1, 0):
                rows = asked & ((self.truth != self.none) == bool(inside))
                if rows.any():
                    after = told(tuned, vectors[rows], self.truth[rows], inside)
                    yield after, told(plain, self.untuned[rows], self.truth[rows], inside)


def _kept_away(truth: numpy.ndarray, seed: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """`part` and `turn` (see `_Trial`): the same share of each class that has three examples or more."""
    import numpy as np

    random = np.random.default_rng(seed)
    part, turn = np.zeros(len(truth), int), np.zeros(len(truth), int)
    many = len(truth) >= MANY
    for label in np.unique(truth):
        own = random.permutation(np.flatnonzero(truth == label))
        if len(own) >= 3 and many:
            part[own[: max(1, len(own) // (2 * PARTS))]] = 1
        elif len(own) >= 3:
            place = np.arange(len(own)) + random.integers(PARTS)
            part[own], turn[own] = 1 + place % PARTS, place // PARTS % 2
    return part, turn


def _trained(
    trial: _Trial, part: int, base: Path, recipe: Recipe, seed: int, note: str
) -> Generator[Progress, None, _Learner]:
    """Train without the examples of one part, and those out of scope, which have nothing in common."""
    import numpy as np
    import torch

    torch.manual_seed(PARTS * seed + part)
    random = np.random.default_rng(PARTS * seed + part)
    rows = np.flatnonzero((trial.part != part) & (trial.truth != trial.none))
    labels, truth = np.unique(trial.truth[rows], return_inverse=True)
    texts = [trial.texts[i] for i in rows] + [_words(trial.names[label]) for label in labels]
    truth = np.concatenate([truth, np.arange(len(labels))])
    encoder = TorchEncoder(base, recipe.dropout, recipe.tokens)
    anchors = np.stack([trial.untuned[rows][truth[: len(rows)] == k].mean(axis=0) for k in range(len(labels))])
    student = _Student(encoder, torch.nn.Parameter(torch.tensor(anchors)), recipe)
    rounds, done = recipe.rounds(int(trial.part.max()) * len(texts)), 0
    steps = rounds * math.ceil(len(texts) / recipe.batch)
    for _ in range(rounds):
        for batch in _batches(truth, recipe.batch, random):
            student.step([texts[i] for i in batch], torch.tensor(truth[batch]), done / steps)
            done += 1
            yield note, done, steps
    encoder.network.eval()
    found = torch.nn.functional.normalize(student.anchors, dim=-1).detach().numpy()
    whole = np.zeros((len(trial.names) - (trial.none >= 0), found.shape[1]), np.float32)
    whole[labels - ((labels > trial.none) if trial.none >= 0 else 0)] = found
    return _Learner(encoder, whole, recipe.scale)


class _Student:
    """The encoder, the classifier's anchors and the optimiser: one `step` a batch."""

    def __init__(self, encoder: TorchEncoder, anchors: torch.nn.Parameter, recipe: Recipe) -> None:
        import torch

        self.encoder, self.anchors, self._recipe = encoder, anchors, recipe
        self._weights = encoder.parameters(words=False)
        groups = [
            {"params": self._weights, "lr": recipe.rate, "top": recipe.rate, "weight_decay": 0.01},
            {"params": [anchors], "lr": 0.0, "top": recipe.classifier_rate, "weight_decay": 0.0},
        ]
        self._optimiser = torch.optim.AdamW(groups)
        encoder.network.train()

    def step(self, texts: list[str], truth: torch.Tensor, share: float) -> None:
        """Learn from one batch. `share` is how much of the training is done: warm up a tenth, then down to 0."""
        import torch

        for group in self._optimiser.param_groups:
            group["lr"] = group["top"] * min(1.0, (share + 0.001) / 0.1) * (1 - share)
        self._optimiser.zero_grad()
        ids, mask = self.encoder.pieces(texts)
        words = self.encoder.words(ids).detach().requires_grad_(True)
        self._loss(words, mask, truth).backward()
        gradient = words.grad
        if self._recipe.adversity and gradient is not None:
            gradient = gradient * mask[:, :, None]
            shift = self._recipe.adversity * gradient / (gradient.norm() + 1e-9)
            self._loss(words.detach() + shift, mask, truth).backward()
        torch.nn.utils.clip_grad_norm_(self._weights, 1.0)
        self._optimiser.step()

    def _loss(self, words: torch.Tensor, mask: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        import torch

        vectors = self.encoder.read(words, mask)
        cosines = vectors @ torch.nn.functional.normalize(self.anchors, dim=-1).T
        named = torch.nn.functional.cross_entropy(self._recipe.scale * cosines, truth)
        return named + self._recipe.contrast * _contrast(vectors, truth, self._recipe.warmth)


def _contrast(vectors: torch.Tensor, truth: torch.Tensor, warmth: float) -> torch.Tensor:
    """Supervised contrastive loss: each example towards those of its intent in the batch, away from the rest."""
    import torch

    itself = torch.eye(len(vectors), dtype=torch.bool)
    alike = (vectors @ vectors.T / warmth).masked_fill(itself, -1e9)
    logs = alike - torch.logsumexp(alike, dim=1, keepdim=True)
    mates = (truth[:, None] == truth[None, :]) & ~itself
    counts = mates.sum(1)
    if not bool(counts.any()):
        return vectors.sum() * 0
    return -((logs * mates).sum(1)[counts > 0] / counts[counts > 0]).mean()


def _batches(truth: numpy.ndarray, size: int, random: numpy.random.Generator) -> Iterator[numpy.ndarray]:
    """All examples once, in pairs of one intent, the pairs in random order."""
    import numpy as np

    pairs: list[numpy.ndarray] = []
    for label in np.unique(truth):
        own = random.permutation(np.flatnonzero(truth == label))
        pairs += [own[i : i + PAIR] for i in range(0, len(own), PAIR)]
    order = np.concatenate([pairs[i] for i in random.permutation(len(pairs))])
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _words(label: str) -> str:
    """A label as words: its name is one more example of it."""
    return " ".join(label.replace("_", " ").replace("-", " ").split())
