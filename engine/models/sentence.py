"""Runs an imported encoder of an unknown kind with sentence-transformers itself: slower, but any network.

Offline, and without any code from the folder: only networks that the library brings, only safetensors.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cards import Problem
from engine.models import Model, _folder

if TYPE_CHECKING:
    import numpy


class SentenceEncoder:
    """An encoder on torch. Its first texts wait for the import of torch, some seconds."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from sentence_transformers import SentenceTransformer

            self._plan = _folder.read(folder)
            self._model: Any = SentenceTransformer(
                str(folder),
                device="cpu",
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True},
            )
            self.dimension = int(self._model.encode([" "], show_progress_bar=False).shape[1])

    def encode(self, texts: Sequence[str]) -> numpy.ndarray:
        """One unit vector a passage, in the order given."""
        return self._encoded(texts, self._plan.document)

    def encode_queries(self, texts: Sequence[str]) -> numpy.ndarray:
        """The same for questions."""
        return self._encoded(texts, self._plan.query)

    def _encoded(self, texts: Sequence[str], prompt: str) -> numpy.ndarray:
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        found = self._model.encode(
            [text or " " for text in texts], prompt=prompt, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(found, np.float32)


def load(row: Model, path: Path) -> SentenceEncoder:
    """The encoder in the folder of `path`."""
    try:
        return SentenceEncoder(path.parent)
    except (ImportError, KeyError, TypeError, ValueError, OSError, RuntimeError) as error:
        raise Problem("model_damaged", f"The encoder {row.id} can't be loaded: {error!s:.200}.") from error
