"""Trains an encoder for questions that adds to the untuned search what that gets wrong.

Only questions go through the network: passages keep the vectors they have. So every step can weigh a
question against all passages instead of the few of a batch, a step costs no more than the short texts
of the questions, and no passage is embedded anew afterwards.

The loss is the cross-entropy of a question's answer in a softmax over all passages, of three parts that
add up: what the untuned search said, as it is; the cosine with the question, which the encoder learns;
and the passage's prior. So the encoder spends nothing on what is found anyway (as Gao et al. 2021,
arXiv:2004.13969, train vectors beside BM25). Its cosines alone find nothing: they are a correction.
On 350 questions to rule books that training had not seen, recall of ten went from .818 to .834 and average
precision from .709 to .717; an encoder trained by itself, then weighed with the search: .825 and .714.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.models import _folder
from engine.tuning._encoder import TorchEncoder
from engine.tuning.fusion import about

if TYPE_CHECKING:
    import numpy
    import torch

    from engine.tuning.retriever import Passages

EPOCHS = 3
BATCH = 32
RATE, PRIOR_RATE, TRUST_RATE = 1e-4, 2e-2, 1e-2
FROZEN = 1
"""The word embeddings and the first layer stay: a step takes a fifth less."""
TRUST = 3.5
"""What the untuned log-odds count for at first, beside cosines of up to 1 / TEMPERATURE; learned."""
WARM = 0.1
TEMPERATURE = 0.05
DROPOUT = 0.1
TOKENS = 160
AGAINST = 50_000
"""Passages that a question is weighed against at most: with more, a random part of them (and all answers)."""
MOST_STEPS = 1500
"""So that tens of thousands of pairs end within half an hour on two cores."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A question, the rows of passages that answer it, all rows that don't count against it, and what is found.

    `logits` are the untuned log-odds of the rows `found`; other passages count as the worst of these.
    """

    question: str
    rows: Sequence[int]
    spared: Sequence[int]
    found: numpy.ndarray
    logits: numpy.ndarray


def trained(
    base: Path, folder: Path, lessons: Sequence[Lesson], passages: Passages, seed: int = 0
) -> Generator[tuple[int, int], None, numpy.ndarray]:
    """Train the encoder in `base` and save it as `folder`, yielding (steps done, steps in all); gives the prior.

    Raises Problem("not_tunable") or Problem("model_damaged") as TorchEncoder does.
    """
    import numpy as np
    import torch

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    prompt = _folder.read(base).query
    texts = [prompt + lesson.question for lesson in lessons]
    encoder = TorchEncoder(base, DROPOUT, TOKENS)
    encoder.network.train()
    bank, signs, lessons = _bank(passages, lessons, rng)
    prior, trust = torch.zeros(signs.shape[1], requires_grad=True), torch.tensor(TRUST, requires_grad=True)
    parameters = encoder.parameters(FROZEN)
    groups = [([trust], TRUST_RATE), ([prior], PRIOR_RATE), (parameters, RATE)]
    optimiser = torch.optim.AdamW([{"params": part, "lr": rate} for part, rate in groups], weight_decay=0.01)
    batches = _batches(texts, rng)
    steps = min(len(batches) * EPOCHS, MOST_STEPS)
    for step in range(steps):
        if step and step % len(batches) == 0:
            batches = _batches(texts, rng)
        batch = batches[step % len(batches)]
        for group, (_, rate) in zip(optimiser.param_groups, groups, strict=True):
            group["lr"] = rate * _schedule(step, steps)
        taught = [lessons[i] for i in batch]
        asked = encoder.vectors([texts[i] for i in batch])
        logits = asked @ bank.T / TEMPERATURE + signs @ prior + trust * _untuned(taught, len(bank))
        loss = _loss(logits, taught, rng)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        yield step + 1, steps
    encoder.network.eval()
    encoder.save(folder)
    return np.asarray(prior.detach().numpy(), np.float64)


def _untuned(lessons: Sequence[Lesson], count: int) -> torch.Tensor:
    """What the untuned search said of each passage: one row a lesson."""
    import torch

    said = torch.zeros(len(lessons), count)
    for i, lesson in enumerate(lessons):
        if len(lesson.found):
            said[i] = float(lesson.logits.min())
            said[i, torch.from_numpy(lesson.found)] = torch.from_numpy(lesson.logits).float()
    return said


def _loss(logits: torch.Tensor, lessons: Sequence[Lesson], rng: numpy.random.Generator) -> torch.Tensor:
    """Each question's cross-entropy with one of its answers; its other answers don't count against it."""
    import torch

    chosen = [int(rng.choice(lesson.rows)) for lesson in lessons]
    barrier = torch.zeros_like(logits)
    for i, lesson in enumerate(lessons):
        barrier[i, list(lesson.spared)] = -1e4
        barrier[i, chosen[i]] = 0.0
    return torch.nn.functional.cross_entropy(logits + barrier, torch.tensor(chosen))


def _bank(
    passages: Passages, lessons: Sequence[Lesson], rng: numpy.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, list[Lesson]]:
    """The passages to weigh against, what the prior looks at, and the lessons with rows of these.

    Answers first, then what the searches found, then any: up to AGAINST.
    """
    import numpy as np
    import torch

    rank = np.full(len(passages.vectors), 2)
    for lesson in lessons:
        rank[lesson.found] = np.minimum(rank[lesson.found], 1)
    for lesson in lessons:
        rank[list(lesson.spared)] = 0
    kept = np.sort(np.lexsort((rng.random(len(rank)), rank))[: max(AGAINST, int((rank == 0).sum()))])
    vectors = np.ascontiguousarray(passages.vectors[kept], np.float32)
    signs = about(vectors, [passages.texts[row] for row in kept]).astype(np.float32)
    place = np.full(len(rank), -1)
    place[kept] = np.arange(len(kept))
    moved = []
    for one in lessons:
        found = place[one.found]
        rows, spared = place[list(one.rows)].tolist(), place[list(one.spared)].tolist()
        moved.append(Lesson(one.question, rows, spared, found[found >= 0], one.logits[found >= 0]))
    return torch.from_numpy(vectors), torch.from_numpy(signs), moved


def _batches(texts: Sequence[str], rng: numpy.random.Generator) -> list[list[int]]:
    """Questions of like length together, so that little is computed for padding; in random order."""
    import numpy as np

    order = np.argsort([len(text) * rng.lognormal(0.0, 0.15) for text in texts])
    batches = [order[i : i + BATCH].tolist() for i in range(0, len(order), BATCH)]
    rng.shuffle(batches)
    return batches


def _schedule(step: int, steps: int) -> float:
    """The learning rate's share: up over the first tenth, then down to nothing in a straight line."""
    warm = max(1, int(WARM * steps))
    return min(1.0, (step + 1) / warm) * max(0.02, 1.0 - max(0, step - warm) / max(1, steps - warm))
