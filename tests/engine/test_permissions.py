"""The permission table, all of it: what a document or a model brings can take a right away and never give one."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import agents, permissions, tools
from engine.cards import Answer
from engine.permissions import ACTIONS, ORIGINS, TABLE, approval, fingerprint, forged, is_approved, judge, worst
from engine.shelf import modules

ROLES = (*modules(agents), "person", "desk", "planner", "", "Clerk", "clerk ")
ALL = list(itertools.product(ROLES, ACTIONS, ORIGINS, (False, True)))
names = st.sampled_from(ROLES) | st.text(max_size=12)
actions = st.sampled_from(ACTIONS) | st.text(max_size=12)
origins = st.lists(st.sampled_from(ORIGINS) | st.text(max_size=12), max_size=6)


def rank(role: str, action: str, stems: list[str], approved: bool = False) -> int:
    """0 allowed, 1 proposed, 2 refused."""
    ruling = judge(role, action, stems, approved=approved)
    return 0 if ruling.allowed else 1 if ruling.line.outcome == "proposed" else 2


def test_the_table_says_exactly_this() -> None:
    """Written out once more, by hand: a change of the table is a change of this test."""
    may = {
        (action, origin): outcome
        for action, outcome in [("read", 0), ("compute", 0), ("call", 0), ("write", 1)]
        for origin in ("playbook", "reviewer", "table", "document")
    }
    for role, action, origin, approved in ALL:
        expected = may.get((action, origin), 2) if role == "clerk" else 2
        assert rank(role, action, [origin], approved) == (0 if expected == 1 and approved else expected)


def test_every_line_decides_something_and_its_number_is_its_place() -> None:
    assert [line.number for line in TABLE] == list(range(1, len(TABLE) + 1))
    assert {judge(role, action, [origin]).line.number for role, action, origin, _ in ALL} == {1, 2, 3, 4, 5}
    assert all(line.sentence for line in TABLE)


@given(names, actions, origins, origins, st.booleans())
@settings(max_examples=600)
def test_more_values_never_widen_a_permission(
    role: str, action: str, some: list[str], more: list[str], approved: bool
) -> None:
    assert rank(role, action, ["playbook", *some, *more], approved) >= rank(role, action, ["playbook", *some], approved)


@given(names, actions, origins, st.integers(0, len(ORIGINS) - 1), st.integers(0, len(ORIGINS) - 1), st.booleans())
@settings(max_examples=600)
def test_a_less_trusted_value_in_the_place_of_another_never_widens_a_permission(
    role: str, action: str, others: list[str], one: int, other: int, approved: bool
) -> None:
    trusted, doubtful = sorted((one, other))
    before = rank(role, action, [*others, ORIGINS[trusted]], approved)
    assert rank(role, action, [*others, ORIGINS[doubtful]], approved) >= before


@given(names, actions, origins, st.booleans())
@settings(max_examples=600)
def test_what_a_model_wrote_reaches_no_tool_in_any_role_for_any_action(
    role: str, action: str, others: list[str], approved: bool
) -> None:
    for position in range(len(others) + 1):
        ruling = judge(role, action, [*others[:position], "model", *others[position:]], approved=approved)
        assert not ruling.allowed
        assert ruling.line.outcome == "refused"


@given(names.filter(lambda role: role != "clerk"), actions, origins, st.booleans())
@settings(max_examples=600)
def test_nobody_but_the_clerk_calls_anything(role: str, action: str, stems: list[str], approved: bool) -> None:
    assert rank(role, action, stems, approved) == 2
    assert not permissions.could(role, action)


@given(actions.filter(lambda action: action not in ACTIONS), origins, st.booleans())
@settings(max_examples=300)
def test_an_action_that_nobody_knows_is_refused(action: str, stems: list[str], approved: bool) -> None:
    assert rank("clerk", action, stems, approved) == 2


@given(origins)
@settings(max_examples=300)
def test_a_write_is_never_allowed_without_an_approval(stems: list[str]) -> None:
    assert not judge("clerk", "write", stems).allowed


@given(
    st.text(), st.text(), st.dictionaries(st.text(), st.text()), st.lists(st.tuples(st.text(), st.text())), st.data()
)
@settings(max_examples=300)
def test_an_approval_is_good_for_one_call_in_one_task_with_the_same_values_and_nothing_else(
    task: str, tool: str, fixed: dict[str, str], values: list[tuple[str, str]], data: st.DataObject
) -> None:
    key = fingerprint(task, tool, fixed, values)
    answers = [approval(tool, key, "Hanna")]
    assert is_approved(answers, tool, key)
    other = data.draw(st.text().filter(lambda text: text != task))
    changed: list[Callable[[], str]] = [
        lambda: fingerprint(other, tool, fixed, values),
        lambda: fingerprint(task, tool + "x", fixed, values),
        lambda: fingerprint(
            task, tool, {**fixed, "new": "x", **({"new": fixed["new"] + "x"} if "new" in fixed else {})}, values
        ),
        lambda: fingerprint(task, tool, fixed, [*values, ("x", "x")]),
    ]
    assert not any(is_approved(answers, tool, made()) for made in changed)
    assert not is_approved([approval(tool, key, " ")], tool, key), "somebody must have said so"


@given(st.lists(st.builds(Answer, st.text(), st.text(max_size=100), st.text())))
@settings(max_examples=300)
def test_no_answer_to_another_question_is_an_approval(answers: list[Answer]) -> None:
    key = fingerprint("t1", "send", {}, [])
    assert not is_approved([answer for answer in answers if answer.value != key], "send", key)
    assert not is_approved([Answer("intent", key, "Hanna"), Answer("send", key, "Hanna")], "send", key)


@given(st.dictionaries(st.sampled_from(["card", "answers", "decision", "draft", "fields", "calls"]), st.none()))
def test_what_only_people_may_change_is_named(changes: dict[str, None]) -> None:
    assert set(forged(changes)) == changes.keys() & {"card", "answers", "decision"}


@given(st.lists(st.sampled_from(ORIGINS)))
def test_what_is_made_of_values_is_as_good_as_the_worst(stems: list[permissions.Origin]) -> None:
    assert worst(stems) == (max(stems, key=ORIGINS.index) if stems else "playbook")


@pytest.mark.parametrize("tool", modules(tools).values(), ids=modules(tools))
def test_every_tool_says_what_it_does_and_what_it_needs(tool: object) -> None:
    assert str(tool.SENTENCE).endswith(".")  # type: ignore[attr-defined]
    assert tool.ACTION in ACTIONS  # type: ignore[attr-defined]
    assert not set(tool.PARAMETERS) & set(tool.OPTIONAL)  # type: ignore[attr-defined]
    assert tool.VALUES is None or len(tool.VALUES) > 0  # type: ignore[attr-defined]
    assert callable(tool.call)  # type: ignore[attr-defined]
