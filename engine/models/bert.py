"""Turns texts into vectors with a BERT sentence encoder (all-MiniLM-L6-v2 and its kin), without torch.

The engine starts in a fraction of a second, where importing sentence-transformers takes five, and a
killed engine is back at once. The tests hold the vectors against sentence-transformers' own.
Pooling and length 1 are those of Sentence-BERT (Reimers and Gurevych 2019, arXiv:1908.10084).

Texts are sorted by length and packed by tokens. One thread a core takes the next batch from a queue:
none waits for another, so a core that something else keeps busy slows its own thread only.
"""

from __future__ import annotations

import json
import math
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from engine.cards import Problem
from engine.models import Model, _bert_weights, _folder

if TYPE_CHECKING:
    import numpy

BATCH_TOKENS = 512
"""Of 256 to 4096 the fastest for all-MiniLM-L6-v2 (1024 the same), and a question waits for one batch at most."""
MOST_LANES = 8
TOKENISED_AT_ONCE = 2048
"""Texts, so that a long list's tokens (0.5 kB a text) don't all lie in memory before the first is embedded."""
REMEMBERED = 64 * 2**20
"""Bytes of token vectors: some 300 passages. A policy's passages are read again with every task."""


Tokens = tuple[list[tuple[int, int]], "numpy.ndarray"]


class _Network(Protocol):
    def hidden(self, ids: numpy.ndarray, places: numpy.ndarray, barrier: numpy.ndarray) -> numpy.ndarray: ...


class BertEncoder:
    """A sentence encoder in memory: 384 dimensions and 200 MB for all-MiniLM-L6-v2."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer
        from tokenizers.normalizers import Lowercase
        from tokenizers.normalizers import Sequence as Steps

        plan = _folder.read(folder)
        if not plan.fast:
            raise ValueError(f"it has {plan.why}")
        if "model" not in json.loads((folder / plan.network / "tokenizer.json").read_bytes()):
            raise ValueError("tokenizer.json holds no model")  # the library would raise a bare Exception
        self._plan = plan
        self._tokenizer = Tokenizer.from_file(str(folder / plan.network / "tokenizer.json"))
        self._tokenizer.enable_truncation(plan.tokens)
        self._tokenizer.no_padding()
        if plan.lower:
            then = self._tokenizer.normalizer
            self._tokenizer.normalizer = Steps([Lowercase(), then]) if then else Lowercase()
        weights = _bert_weights.read(folder, plan)
        self._dense = [_dense(folder / each.folder, each.activation) for each in plan.dense]
        self._pad, self._nearness = weights.pad, weights.nearness
        self.dimension: int = plan.dimension
        self._network, self._lanes = _network(weights)
        self._read_before = _Memory(REMEMBERED)

    def encode(self, texts: Sequence[str]) -> numpy.ndarray:
        """One unit vector a passage, in the order given; texts longer than the model takes are cut."""
        return self._encoded([self._plan.document + (text or " ") for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> numpy.ndarray:
        """The same for questions, which some models were trained to see behind a prompt of their own."""
        return self._encoded([self._plan.query + (text or " ") for text in texts])

    def encode_tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """For each text, the span of each of its tokens in it, and their unit vectors (tokens x width).

        These are the last layer's, before pooling; the tokens that only the model sees are left out.
        """
        known = self._read_before.recall(texts)
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            read = dict(zip(new, self._tokens(new), strict=True))
            self._read_before.add(read)
            known |= read
        return [known[text] for text in texts]

    def _tokens(self, texts: Sequence[str]) -> list[Tokens]:
        import numpy as np

        prompt = self._plan.document
        encodings = self._tokenizer.encode_batch([prompt + (text or " ") for text in texts])
        tokens = [encoding.ids for encoding in encodings]
        found: list[Any] = [None] * len(texts)

        def take(batch: list[int]) -> None:
            hidden, _ = self._hidden([tokens[i] for i in batch])
            for i, rows in zip(batch, hidden, strict=True):
                real = [
                    place
                    for place, (special, span) in enumerate(
                        zip(encodings[i].special_tokens_mask, encodings[i].offsets, strict=True)
                    )
                    if not special and span[0] >= len(prompt)
                ]
                vectors = rows[real]
                vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
                spans = [encodings[i].offsets[place] for place in real]
                found[i] = [(first - len(prompt), last - len(prompt)) for first, last in spans], vectors

        self._share_out(tokens, take)
        return found

    def _encoded(self, texts: list[str]) -> numpy.ndarray:
        import numpy as np

        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), TOKENISED_AT_ONCE):
            part = texts[start : start + TOKENISED_AT_ONCE]
            tokens = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(part)]
            self._fill(vectors[start : start + len(part)], tokens)
        return vectors

    def _fill(self, vectors: numpy.ndarray, tokens: list[list[int]]) -> None:
        """Embed the tokens of each text into its row."""

        def take(batch: list[int]) -> None:
            vectors[batch] = self._vectors([tokens[i] for i in batch])

        self._share_out(tokens, take)

    def _share_out(self, tokens: list[list[int]], take: Callable[[list[int]], None]) -> None:
        """Call `take` with the numbers of the texts of each batch, on as many threads as there are lanes."""
        room = min(BATCH_TOKENS, math.ceil(sum(map(len, tokens)) / self._lanes))
        waiting = iter(list(_batches(tokens, room)))
        taking = threading.Lock()

        def work() -> None:
            while True:
                with taking:
                    batch = next(waiting, None)
                if batch is None:
                    return
                take(batch)

        if self._lanes == 1 or len(tokens) == 1:
            work()
            return
        with ThreadPoolExecutor(self._lanes) as pool:
            for done in [pool.submit(work) for _ in range(self._lanes)]:
                done.result()

    def _vectors(self, tokens: list[list[int]]) -> numpy.ndarray:
        import numpy as np

        found = self._pooled(*self._hidden(tokens))
        for weight, bias, activation in self._dense:
            found = found @ weight.T + bias
            found = np.tanh(found) if activation == "tanh" else np.maximum(found, 0) if activation else found
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12), np.float32)

    def _hidden(self, tokens: list[list[int]]) -> tuple[numpy.ndarray, numpy.ndarray]:
        """The last layer of some texts [texts, tokens, width], and where each has tokens (1.0) or padding (0.0)."""
        import numpy as np

        longest = max(map(len, tokens))
        ids = np.full((len(tokens), longest), self._pad or 0, np.int32)
        mask = np.zeros((len(tokens), longest), np.float32)
        for row, sequence in enumerate(tokens):
            ids[row, : len(sequence)] = sequence
            mask[row, : len(sequence)] = 1.0
        barrier = ((mask - 1.0) * np.float32(1e9))[:, None, None, :]
        if self._nearness is not None:
            barrier = barrier + self._nearness[_buckets(longest)].transpose(2, 0, 1)[None]
        return self._network.hidden(ids, _places(ids, self._pad), barrier), mask

    def _pooled(self, hidden: numpy.ndarray, mask: numpy.ndarray) -> numpy.ndarray:
        import numpy as np

        parts = []
        for pooling in self._plan.pooling:
            if pooling == "cls":
                parts.append(hidden[:, 0])
            elif pooling == "max":
                parts.append(np.where(mask[:, :, None] > 0, hidden, -np.inf).max(1))
            else:
                count = mask.sum(1, keepdims=True)
                total = np.matmul(mask[:, None, :], hidden)[:, 0]
                parts.append(total / (count if pooling == "mean" else np.sqrt(count)))
        return np.concatenate(parts, axis=1)


class _Memory:
    """What was read last, in so many bytes of vectors; the text that was not asked for the longest goes first."""

    def __init__(self, room: int) -> None:
        self._room, self._held = room, 0
        self._kept: OrderedDict[str, Tokens] = OrderedDict()
        self._changing = threading.Lock()

    def recall(self, texts: Sequence[str]) -> dict[str, Tokens]:
        """Those of the texts that are remembered."""
        with self._changing:
            known = {text: self._kept[text] for text in texts if text in self._kept}
            for text in known:
                self._kept.move_to_end(text)
        return known

    def add(self, read: Mapping[str, Tokens]) -> None:
        with self._changing:
            for text, tokens in read.items():
                if text not in self._kept:
                    tokens[1].flags.writeable = False
                    self._kept[text] = tokens
                    self._held += tokens[1].nbytes
            while self._held > self._room:
                _, (_, vectors) = self._kept.popitem(last=False)
                self._held -= vectors.nbytes


def _batches(tokens: list[list[int]], room: int) -> Iterator[list[int]]:
    """The numbers of texts of about one length, longest first; each batch at most `room` tokens, or one text."""
    batch: list[int] = []
    for number in sorted(range(len(tokens)), key=lambda i: -len(tokens[i])):
        if batch and (len(batch) + 1) * len(tokens[batch[0]]) > room:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _places(ids: numpy.ndarray, pad: int | None) -> numpy.ndarray:
    """Each token's place, int32. RoBERTa counts from behind the padding token's number, and skips padding."""
    import numpy as np

    if pad is None:
        return np.broadcast_to(np.arange(ids.shape[1], dtype=np.int32), ids.shape).copy()
    real = ids != pad
    return np.asarray(np.cumsum(real, axis=1) * real + pad, np.int32)


def _buckets(length: int) -> numpy.ndarray:
    """Which of MPNet's 32 relative distances each pair of tokens has, [tokens, tokens].

    As in T5 (Raffel et al. 2020, arXiv:1910.10683): 16 a direction, exact up to 7, then logarithmic to 128.
    """
    import numpy as np

    behind = np.arange(length)[:, None] - np.arange(length)[None, :]
    far = np.abs(behind)
    with np.errstate(divide="ignore"):
        wide = 8 + (np.log(far.astype(np.float32) / 8) / math.log(128 / 8) * 8).clip(-8, 8).astype(np.int64)
    return np.asarray(np.where(behind < 0, 16, 0) + np.where(far < 8, far, np.minimum(wide, 15)))


def _dense(folder: Path, activation: str) -> tuple[Any, Any, str]:
    found = _bert_weights.tensors(folder / "model.safetensors")
    weight = found["linear.weight"]
    return weight, found.get("linear.bias", 0 * weight[:, 0]), activation


def _network(weights: _bert_weights.Weights) -> tuple[_Network, int]:
    """The fastest network that this machine can run, and how many threads it serves at once."""
    lanes = min(_cores(), MOST_LANES)
    try:
        from engine.models._bert_graph import Graph

        return Graph(weights, lanes), lanes
    except ImportError:  # no build of OpenVINO for this machine
        from engine.models._bert_numpy import Plain

        return Plain(weights), 1  # numpy's own matrix product takes all cores


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load(row: Model, path: Path) -> BertEncoder:
    """The encoder whose weights lie at `path`, with its configuration and tokenizer beside them."""
    try:
        return BertEncoder(path.parent)
    except (KeyError, TypeError, ValueError, OSError, RuntimeError) as error:
        raise Problem("model_damaged", f"The encoder {row.id} can't be read: {error}. Install it again.") from error
