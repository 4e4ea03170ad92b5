from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine import vectors
from engine._vectors_rows import squeezed

DIMENSION = 32
MANY = 3000


def units(count: int, seed: int = 1) -> np.ndarray:
    """Unit vectors around a hundred topics, as texts lie."""
    chance = np.random.default_rng(seed)
    topics = np.random.default_rng(0).standard_normal((100, DIMENSION))
    rows = topics[chance.integers(0, 100, count)] + 0.7 * chance.standard_normal((count, DIMENSION))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def batches(rows: np.ndarray, ids: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(rows), 700):
        yield ids[start : start + 700], rows[start : start + 700]


def built(folder: Path, rows: np.ndarray, *, flat: bool = False, halves: bool = True) -> vectors.Index:
    """An index whose ids are 10, 11, ..."""
    steps = vectors.build(
        folder,
        "stamp",
        batches(rows, np.arange(10, 10 + len(rows))),
        len(rows),
        DIMENSION,
        flat_below=len(rows) + 1 if flat else 0,
        halves_up_to=len(rows) if halves else 0,
        threads=1,
    )
    assert list(steps)[-1] == (3 * len(rows), 3 * len(rows))
    index = vectors.load(folder, "stamp")
    assert index is not None
    return index


def exact(rows: np.ndarray, question: np.ndarray, count: int = 10) -> list[int]:
    return [10 + int(n) for n in np.argsort(-(rows @ question), kind="stable")[:count]]


def recall(index: vectors.Index, rows: np.ndarray) -> float:
    questions = units(100, seed=2)
    found = [len({*index.search(question, 10)[0].tolist()} & {*exact(rows, question)}) for question in questions]
    return sum(found) / 1000


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return units(MANY)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, rows: np.ndarray) -> Path:
    """A built index with lists, which no test changes."""
    folder = tmp_path_factory.mktemp("index")
    built(folder, rows)
    return folder


@pytest.fixture
def index(folder: Path) -> vectors.Index:
    index = vectors.load(folder, "stamp")
    assert index is not None
    return index


def test_a_small_collection_is_searched_exactly(tmp_path: Path) -> None:
    rows = units(500).astype(np.float16).astype(np.float32)
    index = built(tmp_path, rows, flat=True)
    assert index.note["kind"] == "flat"
    for question in units(20, seed=2):
        ids, scores = index.search(question, 10)
        assert ids.tolist() == exact(rows, question)
        np.testing.assert_allclose(scores, np.sort(rows @ question)[::-1][:10], atol=1e-6)


def test_a_large_collection_is_searched_with_the_recall_that_the_note_promises(
    index: vectors.Index, rows: np.ndarray
) -> None:
    assert index.note["kind"] == "ivf"
    assert index.note["probes"] <= index.note["lists"]
    assert index.note["recall"] >= 0.99
    assert recall(index, rows) >= 0.98


def test_one_byte_a_number_is_nearly_as_good(tmp_path: Path, rows: np.ndarray) -> None:
    index = built(tmp_path, rows, halves=False)
    assert index.note["precision"] == "int8"
    assert recall(index, rows) >= 0.97
    np.testing.assert_allclose(index.vectors([10, 12]), rows[[0, 2]], atol=0.005)


def test_the_recall_is_kept_on_noise_that_lists_cannot_sort(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    rows = chance.standard_normal((MANY, DIMENSION), np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = built(tmp_path, rows)
    question = chance.standard_normal((60, DIMENSION), np.float32)
    found = sum(len({*index.search(one, 10)[0].tolist()} & {*exact(rows, one)}) for one in question)
    assert found / 600 >= 0.97


def test_what_is_added_is_found_at_once(index: vectors.Index, rows: np.ndarray) -> None:
    new = units(3, seed=9)
    index.add([5, 90_000, 90_001], new)
    assert len(index) == MANY + 3
    assert index.tail == 3
    assert index.search(new[1], 1)[0].tolist() == [90_000]
    assert index.ids[[0, -1]].tolist() == [5, 90_001]
    np.testing.assert_array_equal(index.vectors([90_001, 5]), new[[2, 0]])


def test_what_is_removed_is_never_found_again(index: vectors.Index, rows: np.ndarray) -> None:
    near = exact(rows, rows[0], 400)
    index.remove([*near, 777_777])
    index.remove(near)
    assert len(index) == MANY - 400
    ids, _ = index.search(rows[0], 50)
    assert len(ids) == 50
    assert not {*ids.tolist()} & {*near}
    with pytest.raises(KeyError):
        index.vectors([near[0]])


def test_a_known_id_is_replaced(index: vectors.Index, rows: np.ndarray) -> None:
    index.add([10], -rows[:1])
    assert len(index) == MANY
    assert 10 not in index.search(rows[0], 20)[0]
    assert index.search(-rows[0], 1)[0].tolist() == [10]
    index.add([10], rows[:1])
    assert len(index) == MANY
    assert index.search(rows[0], 1)[0].tolist() == [10]


@pytest.mark.parametrize("kept", [40, 2900])
def test_a_filter_holds(monkeypatch: pytest.MonkeyPatch, index: vectors.Index, rows: np.ndarray, kept: int) -> None:
    monkeypatch.setattr(vectors, "FEW", 100)  # so that the larger filter goes through the lists
    only = np.random.default_rng(3).choice(np.arange(10, 10 + MANY), kept, replace=False)
    index.add([50_000, 50_001], np.stack([rows[0], rows[0]]))
    ids, _ = index.search(rows[0], 20, only=[*only.tolist(), 50_001])
    right = [50_001, *(key for key in exact(rows, rows[0], MANY) if key in only)][:20]
    assert len({*ids.tolist()} & {*right}) >= 19
    assert {*ids.tolist()} <= {*only.tolist(), 50_001}
    assert len(ids) == 20


@pytest.mark.parametrize("flat", [True, False])
def test_what_does_not_count_is_left_out_however_near_it_is(tmp_path: Path, rows: np.ndarray, flat: bool) -> None:
    index = built(tmp_path, rows, flat=flat)
    barred = exact(rows, rows[0], 300)
    ids, _ = index.search(rows[0], 10, without=barred)
    assert len(ids) == 10
    assert not {*ids.tolist()} & {*barred}
    assert not len(index.search(rows[0], 10, only=barred, without=barred)[0])


def test_damage_is_noticed(tmp_path: Path, rows: np.ndarray) -> None:
    built(tmp_path, rows, halves=False)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 5
    for path in files:
        whole = path.read_bytes()
        at = len(whole) // 2
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert vectors.load(tmp_path, "stamp") is None, path.suffix
        path.unlink()
        assert vectors.load(tmp_path, "stamp") is None, path.suffix
        path.write_bytes(whole)
    assert vectors.load(tmp_path, "stamp") is not None


def test_an_index_of_something_else_is_not_opened(folder: Path) -> None:
    assert vectors.load(folder, "another encoder") is None
    assert vectors.load(folder / "nowhere", "stamp") is None


def test_a_build_that_is_given_up_leaves_the_old_index(tmp_path: Path, rows: np.ndarray) -> None:
    built(tmp_path, rows[:200], flat=True)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    steps = vectors.build(tmp_path, "stamp", batches(rows, np.arange(MANY)), MANY, DIMENSION, flat_below=0, threads=1)
    seen = [next(steps) for _ in range(8)]
    assert all(0 <= done <= whole for done, whole in seen)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    steps.close()  # type: ignore[attr-defined]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    index = vectors.load(tmp_path, "stamp")
    assert index is not None
    assert len(index) == 200


def test_a_new_build_takes_the_place_of_the_old_one_and_of_what_a_crash_left(tmp_path: Path, rows: np.ndarray) -> None:
    built(tmp_path, rows[:200], flat=True)
    (tmp_path / "0123456789ab.rows").write_bytes(b"half a file")
    index = built(tmp_path, rows[:300], flat=True)
    assert len(index) == 300
    assert len([*tmp_path.iterdir()]) == 3
    note = json.loads((tmp_path / "index.json").read_bytes())
    assert note["bytes"] == sum(path.stat().st_size for path in tmp_path.iterdir() if path.name != "index.json")


def test_ids_that_do_not_ascend_are_refused(tmp_path: Path) -> None:
    twice = [(np.array([3, 4]), units(2)), (np.array([4]), units(1))]
    with pytest.raises(ValueError, match="ascend"):
        list(vectors.build(tmp_path, "stamp", twice, 3, DIMENSION))
    assert not [*tmp_path.iterdir()]


def test_vectors_of_another_dimension_are_refused(tmp_path: Path, index: vectors.Index) -> None:
    with pytest.raises(ValueError, match="dimension"):
        index.search(np.ones(DIMENSION - 1, np.float32), 5)
    with pytest.raises(ValueError, match="shape"):
        list(vectors.build(tmp_path, "stamp", batches(units(5), np.arange(5)), 5, DIMENSION + 1))


def test_an_empty_collection_answers_with_nothing(tmp_path: Path) -> None:
    index = built(tmp_path, units(0), flat=True)
    assert not len(index.search(units(1)[0], 5)[0])
    index.add([7], units(1))
    assert index.search(units(1)[0], 5)[0].tolist() == [7]


def test_a_byte_a_number_loses_little_and_nothing_of_zero() -> None:
    vectors_in = np.vstack([units(50), np.zeros((1, DIMENSION), np.float32)])
    codes, scales = squeezed(vectors_in)
    assert codes.dtype == np.int8
    assert np.abs(codes * scales[:, None] - vectors_in).max() <= scales.max() / 2 + 1e-6
