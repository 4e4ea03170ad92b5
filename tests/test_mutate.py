"""A small sample of tests/mutate.py: damaged files are read or refused, and nothing else happens."""

from __future__ import annotations

import pytest

from tests import mutate

SAMPLE = {"pdf": 250, "docx": 150, "eml": 100, "images": 60}


@pytest.mark.parametrize("kind", mutate.KINDS)
def test_a_damaged_file_is_read_or_refused_and_harms_nobody(kind: str) -> None:
    tally = mutate.run(kind, SAMPLE[kind], seed=2026)
    assert tally.wrong == []
    assert tally.files == SAMPLE[kind]
    assert tally.ended["read"] > 0


def test_the_same_seed_makes_the_same_files() -> None:
    for kind in mutate.KINDS:
        files = [mutate.damaged(kind, number, 7) for number in range(30)]
        assert files == [mutate.damaged(kind, number, 7) for number in range(30)]
        assert len({data for _, data in files}) > 20
