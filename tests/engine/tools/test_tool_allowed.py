"""What the policy says to what is asked for: by tables of words and of decisions, and never without a clause."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cards import Problem
from tests.engine.tools.trays import ScriptedTray, called, code_of, standing, whole

POLICY = """# Boat hire

## Bookings
- A hire can be moved to another day until the evening before.
- Boats with a motor cannot be moved.
- The number of rowers stays as it was booked.

## Money
The deposit is paid back within five days. Nothing is paid back after a hire of the same day.
"""
WORDS = """name,words,unless
@mate,rower|friend,
move,mov hire|mov booking|another day,
more_rowers,add. @mate|bring @mate,
deposit,deposit|money back,
motor,motor boat|with motor,without motor
same_day,same day|booked today,not same day
"""
DECISIONS = """asked,action,when,unless,then,clause,answer
move,,motor,,refuse,motor cannot moved,We can't move it
move,move_hire,,,verify,moved another day evening|motor cannot moved,We look into it
more_rowers,,,,refuse,number rowers,We can't seat more
deposit,,same_day,,refuse,nothing paid back,We can't pay it back
deposit,pay_deposit,,move,propose,deposit paid back,It is paid back
"""
GIVEN = {"file": "policy.md", "words": "words.csv", "decisions": "decisions.csv"}


@pytest.fixture(scope="module")
def tray(tmp_path_factory: pytest.TempPathFactory) -> ScriptedTray:
    return laid_out(tmp_path_factory.mktemp("boats"))


def laid_out(folder: Path, words: str = WORDS, decisions: str = DECISIONS) -> ScriptedTray:
    for name, text in (("policy.md", POLICY), ("words.csv", words), ("decisions.csv", decisions)):
        (folder / name).write_text(text, "utf-8")
    return ScriptedTray(folder)


def decided(tray: ScriptedTray, text: str) -> list[tuple[str, str]]:
    found = called("allowed", tray, GIVEN, text=whole(text)).findings
    return [(cells["asked"], cells["decision"]) for cells in (dict(one.cells) for one in found)]


LETTERS = {
    "Please move our hire to Friday. It is the boat with the motor.": [("move", "refuse")],
    "Please move our hire to Friday.": [("move", "verify"), ("move", "verify")],
    "Please move our hire; it is a boat without a motor.": [("move", "verify"), ("move", "verify")],
    "May I add a rower? When do I get my money back?": [("more_rowers", "refuse")],
    "Where is my deposit? May I add a rower?": [("deposit", "propose"), ("more_rowers", "refuse")],
    "Where is my deposit? We booked today.": [("deposit", "refuse")],
    "I don't want to move the hire, but my deposit back.": [("deposit", "propose")],
}


@pytest.mark.parametrize(("text", "wanted"), LETTERS.items())
def test_the_first_row_that_holds_decides(tray: ScriptedTray, text: str, wanted: list[tuple[str, str]]) -> None:
    assert decided(tray, text) == wanted


def test_the_clause_is_quoted_where_it_stands_beside_the_letters_own_words(tray: ScriptedTray) -> None:
    result = called("allowed", tray, GIVEN, text=whole("Good morning. Can I bring a friend?"))
    (found,) = result.findings
    cells = dict(found.cells)
    assert found.quote == standing(found, tray.store) == "The number of rowers stays as it was booked."
    assert (cells["said"], cells["clause"], cells["action"]) == ("Can I bring a friend?", found.quote, "")
    assert result.sentence == f"orders: more_rowers refused by “{found.quote}”"


@pytest.mark.parametrize(
    "text",
    [
        "If it rains, move the hire.",
        "We do not want to move the hire.",
        "The hire was fine, and we moved on.",
        "To which address do friends come?",
        "",
    ],
)
def test_what_is_not_asked_for_is_not_decided(tray: ScriptedTray, text: str) -> None:
    assert code_of("allowed", tray, GIVEN, text=whole(text)) == "no_result"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("number rowers", "number oars", "no sentence of the policy"),
        ("motor cannot moved", "moved", "2 sentences of the policy"),
        ("number rowers", "", "without a clause"),
        (",refuse,number", ",forbid,number", "then = 'forbid'"),
        ("move,,motor", "move,,sails", "'sails'"),
        ("asked,action", "asked,act", "no column action"),
    ],
)
def test_a_decision_that_the_policy_does_not_bear_out_is_the_operators_to_mend(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    tray = laid_out(tmp_path, decisions=DECISIONS.replace(old, new, 1))
    with pytest.raises(Problem, match=said) as caught:
        decided(tray, "Good morning.")
    assert caught.value.code == "bad_table"


def test_a_group_of_words_that_is_not_there_is_the_operators_to_mend(tmp_path: Path) -> None:
    tray = laid_out(tmp_path, words=WORDS.replace("@mate,", "@mates,"))
    with pytest.raises(Problem, match="'@mate'") as caught:
        decided(tray, "Good morning.")
    assert caught.value.code == "bad_table"


def test_a_letter_that_means_to_keep_it_busy_ends(tray: ScriptedTray) -> None:
    for piece in ("move the hire. ", "move ", "don't want ", "; ", "n't"):
        assert code_of("allowed", tray, GIVEN, text=whole(piece * 10_000)) in ("", "no_result")
