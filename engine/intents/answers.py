"""Answers what is asked of the intent models outside a task: predict, train, tune, learn, report."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from engine.cards import Problem
from engine.codec import plain
from engine.events import Event, Progressed
from engine.gist import of_text
from engine.intents.model import Said, Trained
from engine.intents.several import Labelled
from engine.intents.versions import Correction
from engine.orders import Learn, Measure, Predict, Report, Train, TuneIntents
from engine.retold import retold

if TYPE_CHECKING:
    from engine.bench import Bench

T = TypeVar("T")
IntentOrder = Learn | Measure | Predict | Report | Train | TuneIntents


def answer(order: IntentOrder, bench: Bench) -> Iterator[dict[str, Any]]:
    """The rows that answer an order. Rows with `progress` say how far a long one is."""
    intents, began = bench.intents, time.monotonic()
    match order:
        case Predict():
            threshold = bench.threshold(order.playbook)
            found = yield from _told(intents.predict(order.playbook, order.texts, threshold))
            for text, said in zip(order.texts, found, strict=True):
                yield _predicted(text, said)
        case Train():
            made = yield from _told(intents.train(order.playbook, _rows(order)))
            yield _trained("head", order.playbook, made, began)
        case TuneIntents():
            made = yield from _told(intents.tune(order.playbook))
            yield _trained("tuned", order.playbook, made, began)
        case Learn():
            corrections = [Correction(said.text, said.label, said.task) for said in order.corrections]
            made = yield from _told(intents.learn(order.playbook, corrections))
            yield _trained("learned", order.playbook, made, began)
        case Report():
            yield (yield from _told(intents.report(order.playbook, order.version)))
        case Measure():
            rows = [(of_text(text), labels) for text, labels in _rows(order)]
            count = intents.book(order.playbook).measure_by(rows)
            yield {"playbook": order.playbook, "gold": count}


def _rows(order: Train | Measure) -> list[Labelled]:
    """Texts with their labels. Raises Problem("bad_line")."""
    if len(order.texts) != len(order.labels):
        raise Problem("bad_line", "As many labels as texts are needed.")
    return list(zip(order.texts, order.labels, strict=True))


def _trained(stage: str, playbook: str, made: Trained, began: float) -> dict[str, Any]:
    """`live`: the version that this row tells of answers from now on, or did before (where nothing better was made)."""
    version = made.version
    return {
        "playbook": playbook, "stage": stage, "version": version.number, "live": version.live,
        "tuned": bool(version.tuned), "labels": made.labels, "examples": version.examples,
        **{name: value for name, value in version.figures.items() if type(value) in (int, float)},
        "told": list(made.sentences), "seconds": round(time.monotonic() - began, 2),
    }  # fmt: skip


def _predicted(text: str, said: Said) -> dict[str, Any]:
    return {
        "text": text,
        "label": said.label,
        "score": said.score,
        "candidates": [{"label": label, "score": score} for label, score in said.candidates],
        "labels": list(said.labels),
        "threshold": said.threshold,
        "near": plain(said.near),
        "against": plain(said.against) if said.against else None,
    }


def _told(work: Generator[Event, None, T]) -> Generator[dict[str, Any], None, T]:
    """Work whose progress is told as rows."""
    return retold(work, _progress)


def _progress(event: Event) -> dict[str, Any]:
    assert isinstance(event, Progressed)  # training and asking say nothing else
    return {"progress": event.note, "done": event.done, "total": event.total}
