"""Reads a BERT sentence encoder (all-MiniLM-L6-v2 and its kin) and runs it on numpy alone.

Serving needs no torch: the engine starts in a fraction of a second, where importing
sentence-transformers takes five, and a killed engine is back at once. The tests hold the vectors
against sentence-transformers' own.
The network is BERT (Devlin et al. 2018, arXiv:1810.04805) with mean pooling and length 1, as in
Sentence-BERT (Reimers and Gurevych 2019, arXiv:1908.10084).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cards import Problem
from engine.models import Model

if TYPE_CHECKING:
    import numpy

BATCH = 16
MAX_TOKENS = 256


class BertEncoder:
    """A sentence encoder in memory: 384 dimensions and 90 MB for all-MiniLM-L6-v2."""

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        config = json.loads((folder / "config.json").read_text("utf-8"))
        self.dimension: int = config["hidden_size"]
        self._heads: int = config["num_attention_heads"]
        self._layers: int = config["num_hidden_layers"]
        self._epsilon: float = config["layer_norm_eps"]
        self._weights: dict[str, Any] = {
            name.removeprefix("bert."): value for name, value in load_file(folder / "model.safetensors").items()
        }
        if "model" not in json.loads((folder / "tokenizer.json").read_bytes()):
            raise ValueError("tokenizer.json holds no model")  # the library would raise a bare Exception
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> numpy.ndarray:
        """One unit vector a text, in the order given; longer texts are cut at 256 tokens."""
        import numpy as np

        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch([text or " " for text in texts])]
        vectors = np.zeros((len(tokens), self.dimension), np.float32)
        by_length = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        for start in range(0, len(by_length), BATCH):
            batch = by_length[start : start + BATCH]
            vectors[batch] = self._forward([tokens[i] for i in batch])
        return vectors

    def _forward(self, tokens: list[list[int]]) -> numpy.ndarray:
        import numpy as np

        longest = max(map(len, tokens))
        ids = np.zeros((len(tokens), longest), np.int64)
        mask = np.zeros((len(tokens), longest), np.float32)
        for row, sequence in enumerate(tokens):
            ids[row, : len(sequence)] = sequence
            mask[row, : len(sequence)] = 1.0
        hidden = self._embed(ids)
        barrier = ((1.0 - mask) * -1e9)[:, None, None, :]
        for layer in range(self._layers):
            hidden = self._layer(hidden, barrier, f"encoder.layer.{layer}.")
        pooled = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), np.float32)

    def _embed(self, ids: numpy.ndarray) -> numpy.ndarray:
        weights = self._weights
        words = weights["embeddings.word_embeddings.weight"][ids]
        places = weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        kinds = weights["embeddings.token_type_embeddings.weight"][0]
        return self._normalise(words + places + kinds, "embeddings.LayerNorm.")

    def _layer(self, hidden: numpy.ndarray, barrier: numpy.ndarray, name: str) -> numpy.ndarray:
        attended = self._linear(self._attend(hidden, barrier, name), name + "attention.output.dense.")
        hidden = self._normalise(hidden + attended, name + "attention.output.LayerNorm.")
        wide = _gelu(self._linear(hidden, name + "intermediate.dense."))
        return self._normalise(hidden + self._linear(wide, name + "output.dense."), name + "output.LayerNorm.")

    def _attend(self, hidden: numpy.ndarray, barrier: numpy.ndarray, name: str) -> numpy.ndarray:
        import numpy as np

        rows, length, width = hidden.shape
        size = width // self._heads

        def split(part: str) -> numpy.ndarray:
            projected = self._linear(hidden, f"{name}attention.self.{part}.")
            return projected.reshape(rows, length, self._heads, size).transpose(0, 2, 1, 3)

        scores = split("query") @ split("key").transpose(0, 1, 3, 2) / np.float32(math.sqrt(size)) + barrier
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        return np.asarray(scores @ split("value")).transpose(0, 2, 1, 3).reshape(rows, length, width)

    def _linear(self, values: numpy.ndarray, name: str) -> numpy.ndarray:
        import numpy as np

        rows, length, width = values.shape
        product = values.reshape(-1, width) @ self._weights[name + "weight"].T
        product += self._weights[name + "bias"]
        return np.asarray(product).reshape(rows, length, -1)

    def _normalise(self, values: numpy.ndarray, name: str) -> numpy.ndarray:
        import numpy as np

        centred = values - values.mean(-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + self._epsilon)
        return np.asarray(centred / spread * self._weights[name + "weight"] + self._weights[name + "bias"], np.float32)


def _gelu(values: numpy.ndarray) -> numpy.ndarray:
    """Gaussian error linear unit (Hendrycks and Gimpel 2016, arXiv:1606.08415), exact form.

    erf is the rational approximation 7.1.26 of Abramowitz and Stegun, error below 1.5e-7.
    """
    import numpy as np

    x = np.abs(values) * np.float32(1 / math.sqrt(2))
    t = 1.0 / (1.0 + np.float32(0.3275911) * x)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.copysign(1.0 - series * np.exp(-x * x), values)
    return np.asarray(0.5 * values * (1.0 + erf), np.float32)


def load(row: Model, path: Path) -> BertEncoder:
    """The encoder whose weights lie at `path`, with its configuration and tokenizer beside them."""
    try:
        return BertEncoder(path.parent)
    except (KeyError, ValueError, OSError) as error:
        raise Problem("model_damaged", f"The encoder {row.id} can't be read: {error}. Install it again.") from error
