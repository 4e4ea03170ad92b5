"""Takes labels out of a trained head, or calls them otherwise, without training it again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from engine.cards import Problem

if TYPE_CHECKING:
    from engine.intents.head import Head
    from engine.intents.several import SeveralHead


def without(head: Head | SeveralHead, labels: Iterable[str]) -> Head | SeveralHead:
    """The head as if it had never known these labels. Raises Problem("few_labels") when fewer than two are left."""
    from engine.intents.head import NONE, Head

    gone = set(labels) & set(head.labels)
    if not gone:
        return head
    kept = [place for place, label in enumerate(head.labels) if label not in gone]
    if sum(head.labels[place] != NONE for place in kept) < 2:
        raise Problem("few_labels", "Too few labels are left to choose from. Restore one, or add examples of another.")
    return _head_without(head, kept) if isinstance(head, Head) else _several_without(head, kept)


def renamed(head: Head | SeveralHead, names: Mapping[str, str]) -> Head | SeveralHead:
    """The head with other names for its labels."""
    from engine.intents.head import Head

    if not set(names) & set(head.labels):
        return head
    labels = tuple(names.get(label, label) for label in head.labels)
    if isinstance(head, Head):
        return dataclasses.replace(head, labels=labels)
    said = tuple(tuple(names.get(label, label) for label in one) for one in head.said)
    return dataclasses.replace(head, labels=labels, said=said)


def _head_without(head: Head, kept: list[int]) -> Head:
    import numpy as np

    space = head.space
    stay = np.isin(space.truth, kept)
    places = np.full(len(head.labels), -1)
    places[kept] = np.arange(len(kept))
    rest = dataclasses.replace(
        space,
        vectors=space.vectors[stay],
        truth=places[space.truth[stay]],
        weights=space.weights[kept],
        bias=space.bias[kept],
        means=space.means[kept],
        none=int(places[space.none]) if space.none >= 0 else -1,
    )
    texts = tuple(text for text, stays in zip(head.texts, stay, strict=True) if stays)
    return dataclasses.replace(head, labels=tuple(head.labels[place] for place in kept), space=rest, texts=texts)


def _several_without(head: SeveralHead, kept: list[int]) -> SeveralHead:
    labels = tuple(head.labels[place] for place in kept)
    said = tuple(tuple(label for label in one if label in labels) for one in head.said)
    return dataclasses.replace(head, labels=labels, weights=head.weights[kept], bias=head.bias[kept], said=said)
