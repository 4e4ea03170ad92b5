"""What a tuned retriever is made of, and how a search uses it. No torch: this is the serving side.

A tuned retriever ranks the candidates of the untuned one anew. It adds to their relevance what it
learned from questions whose passages are known: a better encoder for questions, which passages are
asked for at all, and which were the answer to a question like this one. Passages keep their vectors,
so it goes live, and goes back, at once.

It lies in HOME/retrievers/KEY/N: `tuned.npz` (arrays, no pickle) and `note.json` with its SHA-256.
`live.json` beside the versions says which one serves; 0 is the untuned retriever.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cards import Problem
from engine.store import write_aside

if TYPE_CHECKING:
    import numpy

SIGNS = ("untuned", "likeness", "prior", "asked")
"""The log-odds of the untuned relevance; the cosine with the question as the tuned encoder
sees it; the log-odds that the passage is asked for at all; the greatest cosine, as the collection's
encoder sees them, with a question whose answer this passage was."""
LIKENESS = 10.0
"""Cosines times this, so that all signs have a spread of about 1."""
VERSION = 1
KEPT = 3
"""Tuned versions that stay, the live one among them: each has an encoder of the size of its base."""
_ARRAYS = ("weights", "prior", "questions", "keys", "rows")


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the untuned search found for one question, in its order.

    `places` (k) say what counts as one hit: chunks of one record have the same. `texts` are heading
    path and text, `vectors` (k x d) the passages' stored ones, `logits` (k) the log-odds of the
    untuned relevance.
    """

    places: numpy.ndarray
    texts: Sequence[str]
    vectors: numpy.ndarray
    logits: numpy.ndarray


@dataclass(frozen=True, slots=True)
class Tuned:
    """A tuned retriever.

    `encoder` names the encoder for questions in HOME/encoders ("" = the collection's own); `base` is
    the SHA-256 that names the passages' vectors. `weights` are those of `SIGNS`, `slope` and `offset`
    turn their sum into a relevance. `prior` (d + 2) weighs a passage's vector, length and 1. Question
    `rows[i]` of `questions` (m x d) was answered by the passage whose text has the key `keys[i]`.
    """

    encoder: str
    base: str
    slope: float
    offset: float
    weights: numpy.ndarray
    prior: numpy.ndarray
    questions: numpy.ndarray
    keys: numpy.ndarray
    rows: numpy.ndarray

    def relevance(self, found: Candidates, question: numpy.ndarray, plain: numpy.ndarray) -> numpy.ndarray:
        """The relevance (k, in 0..1) of the candidates to a question.

        `question` (d) comes from `encoder`, `plain` (d) from the collection's own encoder.
        """
        import numpy as np

        score = self.signs(found, question, plain) @ self.weights
        return np.asarray(1 / (1 + np.exp(-(self.slope * score + self.offset))))

    def signs(self, found: Candidates, question: numpy.ndarray, plain: numpy.ndarray) -> numpy.ndarray:
        """One row a candidate, one column a sign."""
        import numpy as np

        columns = [found.logits, LIKENESS * (found.vectors @ question)]
        columns.append(about(found.vectors, found.texts) @ self.prior)
        columns.append(LIKENESS * self._asked(found.texts, plain))
        return np.stack(columns, 1).astype(np.float64)

    def _asked(self, texts: Sequence[str], plain: numpy.ndarray) -> numpy.ndarray:
        import numpy as np

        names = np.array([key(text) for text in texts], np.int64)
        known = np.isin(self.keys, names)
        near = self.questions[self.rows[known]] @ plain
        best: dict[int, float] = {}
        for name, value in zip(self.keys[known].tolist(), near.tolist(), strict=True):
            best[name] = max(best.get(name, 0.0), value)
        return np.array([best.get(name, 0.0) for name in names.tolist()])

    def save(self, folder: Path, figures: dict[str, Any]) -> None:
        """Write the version whole: arrays first, then the note that names their hash."""
        import numpy as np

        data = io.BytesIO()
        np.savez(data, **{name: getattr(self, name) for name in _ARRAYS})
        write_aside(folder / "tuned.npz", data.getvalue())
        note = {
            "version": VERSION,
            "sha256": hashlib.sha256(data.getvalue()).hexdigest(),
            "encoder": self.encoder,
            "base": self.base,
            "slope": self.slope,
            "offset": self.offset,
            "figures": figures,
        }
        write_aside(folder / "note.json", json.dumps(note, indent=1).encode())

    @classmethod
    def load(cls, folder: Path) -> Tuned:
        """Raises Problem("damaged_retriever") unless it is the very file that was written."""
        import numpy as np

        try:
            note = json.loads((folder / "note.json").read_bytes())
            data = (folder / "tuned.npz").read_bytes()
            if note["version"] != VERSION or note["sha256"] != hashlib.sha256(data).hexdigest():
                raise ValueError("its hash is not the noted one")
            with np.load(io.BytesIO(data), allow_pickle=False) as kept:
                arrays = {name: kept[name] for name in _ARRAYS}
            return cls(note["encoder"], note["base"], float(note["slope"]), float(note["offset"]), **arrays)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Problem(
                "damaged_retriever",
                f"Version {folder.name} of the tuned retriever can't be used: {error}. Roll back, or tune again.",
            ) from error


def key(text: str) -> int:
    """Names a passage by what it says: it keeps what was learned about it when it is added again."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def about(vectors: numpy.ndarray, texts: Sequence[str]) -> numpy.ndarray:
    """What the prior looks at (k x (d + 2)): vector, length (log of the characters), 1."""
    import numpy as np

    length = np.log1p([len(text) for text in texts])
    return np.concatenate([vectors, length[:, None] - 5.0, np.ones((len(texts), 1))], 1)


class Versions:
    """The tuned retrievers of one collection."""

    def __init__(self, home: Path, collection: str) -> None:
        self._folder = home / "retrievers" / hashlib.sha256(collection.encode()).hexdigest()[:16]

    def live(self) -> int:
        """The number of the version that serves; 0 = the untuned retriever."""
        return self._state()[-1]

    def load(self, base: str) -> Tuned | None:
        """The version that serves, if it was made for vectors of the encoder `base`. None = untuned.

        Raises Problem("damaged_retriever").
        """
        number = self.live()
        if not number:
            return None
        tuned = Tuned.load(self._folder / str(number))
        return tuned if tuned.base == base else None

    def next(self) -> tuple[int, Path]:
        """The number and folder of a version to come."""
        taken = [int(path.name) for path in self._folder.glob("*") if path.name.isdecimal()]
        number = max([*taken, *self._state()]) + 1
        return number, self._folder / str(number)

    def go(self, number: int) -> None:
        """Let a version serve from now on."""
        self._write([0, *[*self._state()[1:], number][-KEPT:]])

    def encoder(self, number: int) -> str:
        """What the encoder for questions of a version is called in HOME/encoders."""
        return f"questions-{self._folder.name}-{number}"

    def folders(self) -> list[Path]:
        """All folders of this collection: its versions' and their encoders'."""
        encoders = self._folder.parent.parent / "encoders"
        return [self._folder, *encoders.glob(f"questions-{self._folder.name}-*")]

    def out_of_reach(self) -> list[Path]:
        """The folders of versions that neither serve nor can be rolled back to."""
        state = self._state()
        found = [path for path in self._folder.glob("*") if path.name.isdecimal()]
        return [path for path in found if int(path.name) not in state]

    def rollback(self) -> int:
        """Back to what served before; gives its number. Raises Problem("nothing_to_roll_back")."""
        state = self._state()
        if len(state) < 2:
            raise Problem("nothing_to_roll_back", "This collection's retriever was never tuned. Tune it first.")
        self._write(state[:-1])
        return state[-2]

    def report(self) -> list[dict[str, Any]]:
        """One row a version: number, whether it serves, its figures."""
        found = []
        for path in self._folder.glob("*/note.json"):
            said = json.loads(path.read_bytes())
            found.append({"version": int(path.parent.name), "encoder": said["encoder"], **said["figures"]})
        live = self.live()
        return [row | {"live": row["version"] == live} for row in sorted(found, key=lambda row: row["version"])]

    def _state(self) -> list[int]:
        """The versions that served, the one that serves last; a rollback takes the last away."""
        try:
            said = json.loads((self._folder / "live.json").read_bytes())["served"]
        except FileNotFoundError:
            return [0]
        except (ValueError, KeyError, TypeError) as error:
            raise Problem("damaged_retriever", "live.json of the tuned retriever is damaged. Tune again.") from error
        return [int(number) for number in said]

    def _write(self, state: list[int]) -> None:
        write_aside(self._folder / "live.json", json.dumps({"served": state}).encode())
