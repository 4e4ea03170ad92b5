"""The life of an intent model: what trains, what only measures, what goes live, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.bench import Bench
from engine.cards import Problem
from engine.events import Progressed
from engine.intents.head import Example
from engine.intents.model import Intents, Said, Trained
from engine.intents.versions import HELD_OUT_EVERY, HELD_OUT_FROM, Book, Correction, Labelled, key_of
from tests.engine.scripted import (
    PLAYBOOK,
    ScriptedEncoder,
    ScriptedFleet,
    ScriptedWriter,
    drained,
    small_bench,
    write_small_desk,
)

THINGS = "jacket boots tent stove lamp rope bag tarp mug knife".split()
SAYING = {
    "refund": "please pay me back the money for the {}",
    "delivery": "the parcel with the {} never arrived here",
    "repair": "my {} broke and must be mended",
}
ROWS: list[Labelled] = [(line.format(thing), (label,)) for label, line in SAYING.items() for thing in THINGS]
ASKED = ["pay me back the money for the kettle", "the parcel with the kettle never arrived", "my kettle must be mended"]


@pytest.fixture
def intents(tmp_path: Path) -> Iterator[Intents]:
    yield from opened(tmp_path)


def opened(home: Path, examples: list[Example] | None = None) -> Iterator[Intents]:
    fleet: Any = ScriptedFleet(ScriptedEncoder(), ScriptedWriter())
    found = Intents(home, fleet, lambda playbook: examples)
    yield found
    found.close()


def trained(intents: Intents, rows: list[Labelled] = ROWS) -> Trained:
    made: Trained = drained(intents.train("shop", rows))[1]
    return made


def learned(intents: Intents, corrections: list[Correction]) -> Trained:
    made: Trained = drained(intents.learn("shop", corrections))[1]
    return made


def said(intents: Intents, texts: list[str] = ASKED, threshold: float | None = 0.0) -> list[Said]:
    found: list[Said] = drained(intents.predict("shop", texts, threshold))[1]
    return found


def names(intents: Intents) -> set[str]:
    """Every label that answers can name."""
    return {label for one in said(intents) for label, _ in one.candidates}


def test_a_trained_version_answers_and_is_listed(intents: Intents) -> None:
    made = trained(intents)
    assert [one.label for one in said(intents)] == ["refund", "delivery", "repair"]
    (version,) = intents.book("shop").versions()
    assert (version.number, version.live, version.examples, version.source) == (1, True, 30, "file")
    assert made.labels == 3


def test_a_kept_version_answers_in_the_next_engine(intents: Intents, tmp_path: Path) -> None:
    trained(intents)
    before = said(intents)
    intents.close()
    for again in opened(tmp_path):
        assert said(again) == before


@pytest.mark.parametrize("way", ["an old file", "an earlier version", "a correction", "a new file"])
def test_a_removed_label_never_comes_back(intents: Intents, way: str) -> None:
    trained(intents)
    trained(intents, [*ROWS, ("a new row", ("refund",))])
    intents.book("shop").remove_label("repair")
    assert names(intents) == {"refund", "delivery"}, "at once, without training"
    match way:
        case "an old file":
            assert "repair" in " ".join(trained(intents).sentences)
        case "an earlier version":
            intents.book("shop").rollback(1)
        case "a correction":
            learned(intents, [Correction(f"my {thing} is in pieces", "repair") for thing in THINGS])
        case "a new file":
            trained(intents, [(text.upper(), labels) for text, labels in ROWS])
    assert names(intents) == {"refund", "delivery"}
    assert all("repair" not in labels for _, labels in intents.book("shop").training())


def test_a_removed_label_comes_back_when_a_person_restores_it(intents: Intents) -> None:
    trained(intents)
    intents.book("shop").remove_label("repair")
    intents.book("shop").restore_label("repair")
    assert names(intents) == {"refund", "delivery", "repair"}
    assert len(intents.book("shop").training()) == 30


def test_a_label_that_the_playbook_drops_is_removed_and_comes_back_with_it(tmp_path: Path) -> None:
    whole: list[Example] = [(text, labels[0]) for text, labels in ROWS]
    for examples, expected in ((whole, 3), (whole[:20], 2), (whole, 3)):
        for intents in opened(tmp_path, examples):
            assert len(names(intents)) == expected


def test_a_renamed_label_is_called_so_in_all_versions_and_files(intents: Intents) -> None:
    trained(intents)
    before = said(intents)
    book = intents.book("shop")
    book.rename_label("repair", "mending")
    book.rename_label("mending", "workshop")
    after = said(intents)
    assert [one.label for one in after] == ["refund", "delivery", "workshop"]
    assert [one.score for one in after] == [one.score for one in before]
    trained(intents)
    assert names(intents) == {"refund", "delivery", "workshop"}
    with pytest.raises(Problem) as caught:
        book.rename_label("workshop", "refund")
    assert caught.value.code == "label_there"


def test_removing_all_but_one_label_is_said(intents: Intents) -> None:
    trained(intents)
    for label in ("repair", "refund"):
        intents.book("shop").remove_label(label)
    with pytest.raises(Problem) as caught:
        said(intents)
    assert caught.value.code == "few_labels"


def test_rollback_restores_the_very_predictions(intents: Intents) -> None:
    trained(intents)
    before = said(intents)
    trained(intents, [(text, labels) for text, labels in ROWS if "delivery" not in labels])
    assert said(intents) != before
    assert intents.book("shop").rollback().number == 1
    assert said(intents) == before
    assert [version.live for version in intents.book("shop").versions()] == [True, False]


def test_a_rollback_outlasts_the_engine_and_the_playbook_that_did_not_change(tmp_path: Path) -> None:
    first: list[Example] = [(text, labels[0]) for text, labels in ROWS]
    for intents in opened(tmp_path, first):
        said(intents)
    for intents in opened(tmp_path, first[:25]):
        said(intents)
        intents.book("shop").rollback()
    for intents in opened(tmp_path, first[:25]):
        said(intents)
        assert intents.book("shop").live() == 1


def test_there_is_nothing_before_the_first_version(intents: Intents) -> None:
    trained(intents)
    for number in (0, 7):
        with pytest.raises(Problem) as caught:
            intents.book("shop").rollback(number)
        assert caught.value.code == "no_version"


def test_gold_never_trains_and_stays_held_out(intents: Intents, tmp_path: Path) -> None:
    many: list[Labelled] = [
        (f"{line.format(thing)} {n}", (label,))
        for label, line in SAYING.items() for thing in THINGS for n in range(HELD_OUT_FROM // len(THINGS))
    ]  # fmt: skip
    trained(intents, many)
    book = intents.book("shop")
    gold = {key_of(text) for text, _ in book.gold()}
    assert len(gold) == 3 * (HELD_OUT_FROM // HELD_OUT_EVERY)
    trained(intents, [*many, *ROWS])
    assert gold <= {key_of(text) for text, _ in book.gold()}
    assert not gold & {key_of(text) for text, _ in book.training()}
    live = drained(intents.head("shop"))[1]
    assert not gold & set(map(key_of, live.texts))


def test_a_person_s_gold_is_taken_out_of_training(intents: Intents) -> None:
    trained(intents)
    book = intents.book("shop")
    assert book.measure_by(ROWS[:3]) == 3
    assert not {text for text, _ in ROWS[:3]} & {text for text, _ in book.training()}
    trained(intents)
    assert not {text for text, _ in ROWS[:3]} & set(drained(intents.head("shop"))[1].texts)


def test_good_corrections_go_live_with_their_figures(intents: Intents) -> None:
    trained(intents)
    new = [Correction(f"the {thing} should be exchanged for a larger size", "repair", f"T-{thing}") for thing in THINGS]
    made = learned(intents, new)
    assert made.version.number == 2
    assert made.version.live
    assert made.version.source == "correction"
    assert made.version.figures["corrected_after"] > made.version.figures["corrected_before"]
    assert said(intents, ["could the lamp be exchanged for a larger size"])[0].label == "repair"
    assert "nothing new" in learned(intents, new).sentences[0]
    assert intents.book("shop").learned_since(made.version) == {"correction": made.version.figures["corrections"]}


@pytest.mark.parametrize(
    "wrong", [{"refund": "repair", "delivery": "repair"}, {"refund": "repair", "repair": "refund"}]
)
def test_a_flood_of_bad_corrections_does_not_go_live(intents: Intents, wrong: dict[str, str]) -> None:
    trained(intents)
    before = said(intents)
    colours = "red green blue".split()
    flood = [
        Correction(SAYING[true].format(f"{colour}{thing}"), label)
        for true, label in wrong.items() for thing in THINGS for colour in colours
    ]  # fmt: skip
    made = learned(intents, flood)
    assert made.version.number == 1, made.sentences
    assert made.sentences[0].startswith("Did not go live"), made.sentences
    assert said(intents) == before
    trained(intents)
    assert len(drained(intents.head("shop"))[1].texts) == len(ROWS)


def test_the_newest_word_of_a_person_counts_and_is_told(intents: Intents) -> None:
    trained(intents)
    text = ROWS[0][0]
    made = trained(intents, [(text, ("repair",)), *ROWS[1:]])
    assert dict(intents.book("shop").training())[text] == ("repair",)
    assert any("another label" in sentence for sentence in made.sentences)


def test_spaces_and_line_breaks_do_not_make_a_text_another() -> None:
    assert key_of("Where  is\nmy tent? ") == key_of("Where is my tent?")


def test_the_report_s_figures_add_up(intents: Intents) -> None:
    outside: list[Labelled] = [(f"the weather in {town} is fine", ()) for town in ("oslo", "rome", "lima", "bonn")]
    trained(intents, [*ROWS, *outside])
    told = drained(intents.report("shop"))[1]
    inside = sum(row["support"] for row in told["classes"])
    right = sum(row["right"] for row in told["classes"])
    assert (told["texts"], inside) == (34, 30)
    assert right + told["wrong"] + told["abstained"] == inside
    assert told["accuracy"] == round(right / inside, 4)
    assert sum(row["count"] for row in told["calibration"]) == inside
    wrong_or_outside = sum(row["said"] - row["right"] for row in told["classes"])
    assert sum(row["count"] for row in told["confused"]) == wrong_or_outside
    assert told["learned"] == {"file": 34}
    assert intents.book("shop").version().figures["measured"]["texts"] == 34


def test_several_labels_a_text_are_learned_and_said(intents: Intents) -> None:
    rows: list[Labelled] = list(ROWS)
    pairs = [("refund", "delivery"), ("refund", "repair"), ("delivery", "repair")]
    rows += [
        (f"{SAYING[one].format(thing)} and {SAYING[other].format(thing)}", (one, other))
        for one, other in pairs for thing in THINGS
    ]  # fmt: skip
    made = trained(intents, rows)
    assert made.version.kind == "several"
    texts = ["please pay me back the money for the hat and my hat broke and must be mended", ASKED[1], "zebra quartz"]
    both, one, none = said(intents, texts, None)
    assert {"refund", "repair"} <= set(both.labels)
    assert one.labels == ("delivery",)
    assert said(intents, texts[2:], 0.99)[0].label is None
    assert none.score < 0.9
    intents.book("shop").remove_label("repair")
    assert said(intents, texts, None)[0].labels == ("refund",)
    report = drained(intents.report("shop"))[1]
    assert report["micro_f1"] == made.version.figures["micro_f1"] or "repair" not in report


def test_a_kept_head_for_several_labels_says_the_same(intents: Intents, tmp_path: Path) -> None:
    trained(intents, [*ROWS, ("pay me back and mend it", ("refund", "repair"))])
    before = [(one.labels, one.score) for one in said(intents)]
    intents.close()
    for again in opened(tmp_path):
        assert [(one.labels, one.score) for one in said(again)] == before


def test_what_can_not_be_trained_is_said_and_nothing_is_kept(intents: Intents, tmp_path: Path) -> None:
    for rows in ([], ROWS[:5], [*ROWS[:5], (ROWS[-1][0], ())]):
        with pytest.raises(Problem) as caught:
            trained(intents, rows)
        assert caught.value.code == "few_examples"
    with pytest.raises(Problem) as caught:
        Book(tmp_path, "../../x")
    assert caught.value.code == "bad_name"
    assert intents.book("shop").training() == []
    assert not list(tmp_path.rglob("*.npz"))


def learned_now(bench: Bench) -> bool:
    """Whether asking for the head made the bench learn."""
    seen, _ = drained(bench.intents.head("small"))
    return any(isinstance(event, Progressed) for event in seen)


def test_a_playbook_s_head_is_learned_once_and_kept_for_the_next_engine(tmp_path: Path) -> None:
    for expected in (True, False):
        with small_bench(tmp_path) as bench:
            assert learned_now(bench) is expected
            assert learned_now(bench) is False


def test_a_damaged_head_is_learned_again(tmp_path: Path) -> None:
    with small_bench(tmp_path) as bench:
        assert learned_now(bench)
    (tmp_path / "intents" / "small" / "1" / "head.npz").write_bytes(b"rot")
    with small_bench(tmp_path) as bench:
        assert learned_now(bench)
        assert bench.intents.book("small").live() == 2


def test_a_changed_example_of_the_playbook_makes_a_new_version(tmp_path: Path) -> None:
    with small_bench(tmp_path) as bench:
        learned_now(bench)
    with small_bench(tmp_path) as bench:
        write_small_desk(tmp_path, PLAYBOOK.replace("I want my money back.", "Pay me back."))
        assert learned_now(bench)
        texts = drained(bench.intents.head("small"))[1].texts
    assert "Pay me back." in texts
    assert "I want my money back." not in texts


def test_a_head_that_a_person_trained_stands_first(tmp_path: Path) -> None:
    with small_bench(tmp_path) as bench:
        drained(bench.intents.train("small", ROWS))
    with small_bench(tmp_path) as bench:
        assert set(drained(bench.intents.head("small"))[1].labels) == set(SAYING)
