"""Whether a source bears a sentence out, by meaning; and what the verifier makes of it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine import grounding
from engine.agents import verifier
from engine.cards import Draft, Sentence
from engine.fleet import Fleet, catalogue
from engine.grounding import FIGURES, borne_out, figures
from engine.models import TokenEncoder
from tests.engine.scripted import ScriptedEncoder, after, drafting, small_bench

if TYPE_CHECKING:
    import numpy

SOURCE = (
    "Refunds are paid within 14 days to the card that was used.",
    "Postage is refunded only when the goods were faulty.",
    "The shop in Mill Lane is closed on Mondays.",
)


class WordEncoder(ScriptedEncoder):
    """Each word is a token that is like itself and like no other."""

    def encode_tokens(self, texts: Sequence[str]) -> list[tuple[list[tuple[int, int]], numpy.ndarray]]:
        spans = [[match.span() for match in re.finditer(r"\w+", text)] for text in texts]
        return [
            (some, self.encode([text[start:end] for start, end in some]))
            for text, some in zip(texts, spans, strict=True)
        ]


def chance(sentence: str, source: Sequence[str] = SOURCE) -> float:
    return borne_out(sentence, source, WordEncoder())


def test_a_copy_is_surer_than_half_a_copy_and_that_than_something_made_up() -> None:
    copied = chance("Refunds are paid within 14 days to the card that was used.")
    half = chance("Refunds are paid within 14 days to the uncle of the buyer.")
    made_up = chance("Elephants swim across 99 rivers every Christmas.")
    assert copied > 0.9
    assert copied > half > made_up
    assert made_up < verifier.MEANT


@pytest.mark.parametrize(
    ("sentence", "source"), [("", SOURCE), ("  ", SOURCE), ("Refunds are paid.", ()), ("...", SOURCE)]
)
def test_what_says_nothing_is_not_borne_out(sentence: str, source: Sequence[str]) -> None:
    assert chance(sentence, source) == 0.0


def test_a_number_that_stands_nowhere_makes_it_less_sure() -> None:
    assert chance("Refunds are paid within 14 days.") > chance("Refunds are paid within 30 days.")


def test_each_figure_is_named_and_bounded_by_what_is_looked_at() -> None:
    long = "word " * 10_000
    found = figures(long, [long] * 500, WordEncoder())
    assert found is not None
    assert len(found) == len(FIGURES) == len(grounding.WEIGHTS) == len(grounding.MEAN) == len(grounding.SPREAD)


def test_the_shipped_encoder_tells_what_was_put_in_other_words_from_what_was_made_up(tmp_path: Path) -> None:
    encoder = Fleet(catalogue(tmp_path)).encoder()
    assert isinstance(encoder, TokenEncoder)
    source = ["The reservoir on Hollin Hill will be finished in May 2027, half a year later than planned."]
    reworded = borne_out("Work on the Hollin Hill reservoir ends in May 2027, six months late.", source, encoder)
    made_up = borne_out("The mayor of Tarnwold bought the reservoir from a Swedish firm.", source, encoder)
    assert reworded > 0.5 > made_up


def test_what_the_rules_let_pass_must_mean_the_same_where_a_model_wrote_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = SOURCE[0]
    draft = Draft((Sentence(rule, (1,), "some-model"),))
    with small_bench(home) as bench:
        handoff = dataclasses.replace(drafting(rule), draft=draft)
        handoff = dataclasses.replace(handoff, why=dataclasses.replace(handoff.why, receiver="verifier"))
        monkeypatch.setattr(bench.fleet, "encoder", WordEncoder)
        passed = after(handoff, "verifier", bench).verdict
        monkeypatch.setattr(verifier, "borne_out", lambda *_: 0.05)
        stopped = after(handoff, "verifier", bench).verdict
    assert passed is not None
    assert stopped is not None
    assert passed.outcome == "pass"
    assert "has a chance of only 0.05 to be the source's" in stopped.objections[0]
    assert stopped.sentences[0].score == 0.05
