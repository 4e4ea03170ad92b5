"""The clerk and the tools: one call a handoff, each with what went in, what came out, and who allowed or refused it."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine import agents, courier, permissions, planner, relay, toolbox, tools
from engine.agents.clerk import done
from engine.bench import Bench
from engine.cards import Answer, Budget, Call, Evidence, Field, Handoff, Place, Problem, Step, Why
from engine.codec import plain
from engine.events import Handed, fold
from engine.playbook import ToolGrant, read
from engine.shelf import modules
from engine.tools import Finding, Result
from tests.engine.scripted import LETTER, PLAYBOOK, after, opened, read_letter, small_bench, stored, write_small_desk

ROOT = Path(__file__).resolve().parents[2]
ROLES = (*modules(agents), "person", "desk", "")
ORDERS = PLAYBOOK[PLAYBOOK.index("[tools.orders]") : PLAYBOOK.index("[[fields]]")]
DUE = """
[tools.due]
tool = "reckon"
given = { expression = "delivered + 30 days" }
fields = { delivered = "orders.delivered" }
sentence = "It may come back until {result}."
"""
POLICY = """
[tools.policy]
tool = "allowed"
given = { file = "orders.csv", words = "orders.csv", decisions = "gone.csv" }
fields = { text = "document" }
"""
SEND = """
[tools.refund]
tool = "send_to_address"
given = { address = "http://127.0.0.1:9/refunds" }
fields = { order = "order_number" }
"""
ASK = SEND.replace("tools.refund", "tools.stock").replace("send_to_address", "ask_address")
LOG = '[tools.log]\ntool = "log_groups"\nfields = { text = "document" }\n'
ISBN = '[tools.book]\ntool = "identify"\ngiven = { kind = "isbn" }\nfields = { number = "order_number" }\n'


def with_tools(*more: str, orders: str = ORDERS) -> str:
    """The small playbook with more tools after its orders."""
    return PLAYBOOK.replace(ORDERS, f"{orders}\n{''.join(more)}\n")


def desk(home: Path, *more: str, orders: str = ORDERS, table: str = "") -> None:
    write_small_desk(home, with_tools(*more, orders=orders))
    if table:
        (home / "playbooks" / "orders.csv").write_text(table)


def at_the_clerk(bench: Bench, letter: str = LETTER, **changes: Any) -> Handoff:
    """A baton with its fields, on its way from the router to the clerk."""
    handoff = after(read_letter(bench, letter), "extractor", bench)
    return dataclasses.replace(handoff, why=Why("router", "clerk", "Routed."), **changes)


def stint(handoff: Handoff, bench: Bench) -> list[Handoff]:
    """All batons that the clerk hands on, the last one to the next leg."""
    walked = []
    while handoff.why.receiver == "clerk":
        handoff = after(handoff, "clerk", bench)
        walked.append(handoff)
    return walked


def answering(monkeypatch: pytest.MonkeyPatch, answer: str = '{"ok": true}') -> list[dict[str, str]]:
    """A courier that answers so, and remembers what it was asked."""
    asked: list[dict[str, str]] = []

    def ask(playbook: str, tool: str, values: Mapping[str, str], key: str, seconds: float) -> str:
        asked.append({"tool": tool, "key": key, **values})
        return answer

    monkeypatch.setattr(courier, "ask", ask)
    return asked


# What is needed and not found


def test_a_person_must_look_where_what_is_needed_is_not_found(home: Path) -> None:
    table = "order,item,delivered\nLF-99999,Ridge tent,2026-09-14\n"
    with small_bench(home) as bench:
        desk(home, orders=ORDERS.replace("[tools.orders]", "[tools.orders]\nneeded = true"), table=table)
        (needed,) = stint(at_the_clerk(bench), bench)
        desk(home, table=table)
        (left,) = stint(at_the_clerk(bench), bench)
    assert [(flag.code, flag.quote) for flag in needed.flags] == [("not_found", "LF-20417")]
    assert needed.flags[0].sentence == "LF-20417 is not in orders."
    assert left.flags == ()


def test_what_a_table_says_is_compared_with_the_documents_own_field(home: Path) -> None:
    own = "[[fields]]\nname = \"email\"\npattern = '[a-z]+@harbour\\.example'\n\n[[fields]]"
    row = ORDERS.replace(
        "[tools.orders]", '[tools.orders]\nexpect = { email = "{email}" }\nreason = "Not their order."'
    )
    book = with_tools(orders=row).replace("[[fields]]", own, 1)
    with small_bench(home) as bench:
        write_small_desk(home, book)
        (home / "playbooks" / "orders.csv").write_text("order,item,email\nLF-20417,Tent,Ada@harbour.example\n")
        (right,) = stint(at_the_clerk(bench, f"{LETTER}\nada@harbour.example"), bench)
        (other,) = stint(at_the_clerk(bench, f"{LETTER}\neve@harbour.example"), bench)
        (unknown,) = stint(at_the_clerk(bench, LETTER), bench)
    assert (right.flags, unknown.flags) == ((), ())
    assert [(flag.code, flag.sentence) for flag in other.flags] == [("unexpected", "Not their order.")]


# One call, one handoff


def test_each_call_is_a_handoff_of_its_own_with_input_output_and_reason(home: Path) -> None:
    with small_bench(home) as bench:
        desk(home, DUE, table="order,item,delivered\nLF-20417,Ridge tent,2026-09-14\n")
        first, second = stint(at_the_clerk(bench), bench)
    assert (first.why.sender, first.why.receiver, second.why.receiver) == ("clerk", "clerk", "librarian")
    assert first.calls == (Call("orders", (("value", "LF-20417", "document"),), "found", 2, "table", (1,)),)
    assert second.calls[1] == Call("due", (("delivered", "2026-09-14", "table"),), "found", 2, "table", (2,))
    assert [one.origin for one in second.evidence] == ["tool:orders", "tool:due"]
    assert second.evidence[1].cells[0] == ("result", "2026-10-14")
    assert (first.why.reason, second.why.reason) == (
        "LF-20417 found in orders.",
        "due: delivered + 30 days is 2026-10-14.",
    )


def test_each_call_is_stored_with_its_seconds_and_survives_the_fold(home: Path) -> None:
    with small_bench(home) as bench:
        desk(home, DUE, table="order,item,delivered\nLF-20417,Ridge tent,2026-09-14\n")
        first = dataclasses.replace(opened(sha256=stored(bench, LETTER)), answers=(Answer("intent", "refund", "x"),))
        events = [event for event in relay.run(first, bench) if isinstance(event, Handed)]
    state = fold([Handed("t1", 0, first.why, {"card": plain(first.card)}), *events])
    calls = [event for event in events if event.why.sender == "clerk"]
    assert len(calls) == 2
    assert all(event.why.seconds > 0 and event.changes["calls"] for event in calls)
    assert [call.outcome for call in state.calls] == ["found", "found"]
    assert state.draft is not None
    assert "It may come back until 2026-10-14." in state.draft.text
    assert state.ending == "finished"


def test_a_run_that_is_cut_between_two_calls_goes_on_with_the_second(home: Path) -> None:
    with small_bench(home) as bench:
        desk(home, DUE, ISBN, table="order,item,delivered\nLF-20417,Ridge tent,2026-09-14\n")
        whole = stint(at_the_clerk(bench), bench)
        again = stint(whole[0], bench)
    assert len(whole) == 3
    assert again == whole[1:]


def test_a_task_that_comes_round_again_calls_anew_and_doubles_nothing(home: Path) -> None:
    with small_bench(home) as bench:
        desk(home)
        (once,) = stint(at_the_clerk(bench), bench)
        (twice,) = stint(dataclasses.replace(once, why=Why("person", "clerk", "Again.")), bench)
    assert (twice.calls, twice.evidence) == (once.calls, once.evidence)


def test_what_is_not_known_leaves_its_tool_uncalled_and_the_reason_says_so(home: Path) -> None:
    with small_bench(home) as bench:
        desk(home, DUE, table="order,item,delivered\nLF-20417,Ridge tent,\n")
        (only,) = stint(at_the_clerk(bench), bench)
        (none,) = stint(at_the_clerk(bench, "Hello there."), bench)
    assert only.why.reason == "LF-20417 found in orders; No orders.delivered to look up in due."
    assert none.why.reason == "No order_number to look up in orders; No orders.delivered to look up in due."
    assert none.calls == ()


def test_a_tool_for_another_intent_is_not_called(home: Path) -> None:
    with small_bench(home) as bench:
        desk(home, orders=f'{ORDERS}intents = ["return"]\n')
        (only,) = stint(at_the_clerk(bench), bench)
    assert (only.calls, only.why.reason) == ((), "The playbook has no tools for this.")


def test_the_whole_document_can_be_what_is_looked_at(home: Path) -> None:
    with small_bench(home) as bench:
        desk(home, LOG, orders="")
        (only,) = stint(at_the_clerk(bench, "job a failed at 10:00\njob b failed at 10:01\n"), bench)
    assert only.evidence[0].quote == "job a failed at 10:00"
    assert dict(only.evidence[0].cells)["count"] == "2"


# Who allowed it, who refused it


@pytest.mark.parametrize("tool", [ORDERS, ASK.replace("stock", "orders"), SEND.replace("refund", "orders"), LOG, ISBN])
def test_a_value_that_a_model_wrote_is_refused_by_line_1_and_no_tool_runs(
    home: Path, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    ran = []
    for module in modules(tools).values():
        monkeypatch.setattr(module, "call", lambda *given: ran.append(given))
    with small_bench(home) as bench:
        desk(home, orders=tool.replace('"document"', '"order_number"'))
        handoff = at_the_clerk(bench)
        written = tuple(dataclasses.replace(field, origin="model") for field in handoff.fields)
        (only,) = stint(dataclasses.replace(handoff, fields=written), bench)
    assert not ran
    assert [(call.outcome, call.line, call.evidence) for call in only.calls] == [("refused", 1, ())]
    assert (only.evidence, only.why.code) == ((), toolbox.REFUSED)
    assert "line 1 of the permission table: what a model wrote reaches no tool" in only.why.reason


def test_another_agent_that_asks_gets_nothing_even_when_the_playbook_would(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_bench(home) as bench:
        desk(home)
        handoff = at_the_clerk(bench)
        granted = bench.playbook(handoff).tools["orders"]
        for role in ("drafter", "verifier", "quoter", "librarian", "router", "person"):
            monkeypatch.undo()
            assert toolbox.granted(role, handoff, bench) == {}
            monkey = dataclasses.replace(granted, legs=(role,))
            book = dataclasses.replace(bench.playbook(handoff), tools={"orders": monkey})
            monkeypatch.setattr(bench, "playbook", lambda _, book=book: book)
            used = toolbox.use(role, "orders", handoff, bench)
            assert (used.call.outcome, used.call.line, used.findings) == ("refused", 5, ())


@pytest.mark.parametrize("tool", sorted(modules(tools)))
def test_a_tool_runs_exactly_when_the_table_allows_it(home: Path, monkeypatch: pytest.MonkeyPatch, tool: str) -> None:
    """Each tool, in each role, with values of each origin, with and without a person's approval."""
    module, ran = modules(tools)[tool], []
    monkeypatch.setattr(module, "call", lambda *given: ran.append(given) or Result((), "Ran"))
    with small_bench(home) as bench:
        desk(home)
        handoff = at_the_clerk(bench)
        cases = 0
        for role, origin, approved in itertools.product(ROLES, permissions.ORIGINS, (False, True)):
            grant = ToolGrant(tool, {"address": "x"}, {"value": "order_number"}, legs=(role,))
            book = dataclasses.replace(bench.playbook(handoff), tools={"one": grant})
            monkeypatch.setattr(bench, "playbook", lambda _, book=book: book)
            fields = tuple(dataclasses.replace(field, origin=origin) for field in handoff.fields)
            key = permissions.fingerprint("t1", "one", grant.given, [("value", "LF-20417", origin)])
            answers = (permissions.approval("one", key, "Hanna"),) if approved else ()
            ran.clear()
            used = toolbox.use(role, "one", dataclasses.replace(handoff, fields=fields, answers=answers), bench)
            allowed = role == "clerk" and origin != "model" and (module.ACTION != "write" or approved)
            assert bool(ran) == allowed
            assert (used.call.outcome in ("refused", "proposed")) == (not allowed)
            cases += 1
    assert cases == 10 * len(ROLES)


def test_a_write_is_proposed_and_not_done(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch)
    with small_bench(home) as bench:
        desk(home, SEND)
        *_, last = stint(at_the_clerk(bench), bench)
    assert asked == []
    assert [(call.tool, call.outcome, call.line) for call in last.calls] == [
        ("orders", "found", 2),
        ("refund", "proposed", 4),
    ]
    (flag,) = last.flags
    assert flag.code == toolbox.PROPOSED
    assert flag.quote == "LF-20417"
    assert "order LF-20417 to http://127.0.0.1:9/refunds" in flag.sentence
    assert "line 4 of the permission table" in last.why.reason


def approved(bench: Bench) -> tuple[Handoff, Answer]:
    """A write that waits for a person, and that person's approval."""
    *_, proposed = stint(at_the_clerk(bench), bench)
    return proposed, permissions.approval("refund", toolbox.proposal(proposed, "refund", bench).fingerprint, "Hanna")


def test_a_write_is_done_once_when_a_person_has_approved_it_and_never_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch)
    with small_bench(home) as bench:
        desk(home, SEND)
        proposed, answer = approved(bench)
        back = dataclasses.replace(proposed, why=Why("person", "clerk", "Allowed."), answers=(answer,), evidence=())
        *_, done = stint(back, bench)
        *_, later = stint(dataclasses.replace(done, why=Why("person", "clerk", "Again.")), bench)
    assert asked == [{"tool": "refund", "key": answer.value, "order": "LF-20417"}]
    assert [call.outcome for call in done.calls] == ["found", "done"]
    assert done.flags == ()
    assert [call.outcome for call in later.calls] == ["done", "found"]


def test_each_request_of_a_message_has_its_own_calls_and_a_write_of_one_is_none_of_the_other(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch)
    with small_bench(home) as bench:
        desk(home, SEND)
        begun = at_the_clerk(bench, plan=(Step("refund", 0.9, "LF-20417"), Step("refund", 0.9, "LF-20459")))
        other = dataclasses.replace(begun.fields[0], value="LF-20459", quote="LF-20459")
        *_, first = stint(begun, bench)
        first = planner.collected(first.to("person", "Proposed.", ending="review"))
        second = dataclasses.replace(first, fields=(other,), calls=done(first), why=Why("router", "clerk", "Routed."))
        *_, second = stint(second, bench)
        whole = planner.merged(planner.collected(second.to("person", "Proposed.", ending="review")))
        waiting = toolbox.proposals(whole, bench)
        seen = toolbox.proposal(whole, "refund", bench, waiting[1].fingerprint)
        answer = permissions.approval("refund", waiting[0].fingerprint, "Hanna")
        again = dataclasses.replace(begun, answers=(answer,), calls=whole.calls, why=Why("person", "clerk", "Allowed."))
        *_, sent = stint(again, bench)
        *_, held = stint(dataclasses.replace(again, fields=(other,), calls=done(sent)), bench)
    assert [dict(one.values)["order"].text for one in waiting] == ["LF-20417", "LF-20459"]
    assert seen == waiting[1]
    assert asked == [{"tool": "refund", "key": waiting[0].fingerprint, "order": "LF-20417"}]
    assert [call.outcome for call in held.calls if call.tool == "refund"] == ["done", "proposed"]


@pytest.mark.parametrize(
    "answers",
    [
        (Answer("tool:refund", "yes", "Hanna"),),
        (Answer("tool:refund", "approved", "Hanna"), Answer("intent", "refund", "Hanna")),
        (Answer("refund", "*", "admin"),),
    ],
)
def test_an_approval_of_anything_else_does_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, answers: tuple[Answer, ...]
) -> None:
    asked = answering(monkeypatch)
    with small_bench(home) as bench:
        desk(home, SEND)
        *_, last = stint(at_the_clerk(bench, answers=answers), bench)
    assert asked == []
    assert last.calls[-1].outcome == "proposed"


def test_an_approval_is_void_when_the_letter_or_the_playbook_has_changed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch)
    with small_bench(home) as bench:
        desk(home, SEND)
        _, answer = approved(bench)
        *_, other = stint(at_the_clerk(bench, "About LF-20459.", answers=(answer,)), bench)
        desk(home, SEND.replace("refunds", "everything"))
        *_, moved = stint(at_the_clerk(bench, answers=(answer,)), bench)
    assert asked == []
    assert other.calls[-1].outcome == moved.calls[-1].outcome == "proposed"


def allowed(proposed: Handoff, *answers: Answer) -> Handoff:
    """Back at the clerk, with what a person has said."""
    return dataclasses.replace(proposed, why=Why("person", "clerk", "Allowed."), answers=answers)


NOTIFY = SEND.replace("tools.refund", "tools.notify").replace("order_number", "refund.id").replace("order =", "id =")


def test_a_write_may_need_what_another_write_has_answered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, '{"id": "R-7"}')
    with small_bench(home) as bench:
        desk(home, SEND, NOTIFY)
        proposed, first = approved(bench)
        *_, refunded = stint(
            dataclasses.replace(proposed, why=Why("person", "clerk", "Allowed."), answers=(first,)), bench
        )
        waits = toolbox.proposal(refunded, "notify", bench)
        second = permissions.approval("notify", waits.fingerprint, "Hanna")
        *_, notified = stint(allowed(refunded, first, second), bench)
    assert [(one["tool"], one.get("id", "")) for one in asked] == [("refund", ""), ("notify", "R-7")]
    assert sorted(call.outcome for call in notified.calls) == ["done", "done", "found"]


def test_a_write_that_did_not_go_through_waits_for_a_person_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> str:
        raise Problem("no_answer", "127.0.0.1:9 can't be reached")

    monkeypatch.setattr(courier, "ask", down)
    with small_bench(home) as bench:
        desk(home, SEND)
        proposed, answer = approved(bench)
        *_, last = stint(
            dataclasses.replace(proposed, why=Why("person", "clerk", "Allowed."), answers=(answer,)), bench
        )
        assert toolbox.proposal(last, "refund", bench)
    assert last.calls[-1].outcome == "proposed"
    assert "did not go through: 127.0.0.1:9 can't be reached" in last.flags[0].sentence


def test_a_write_that_answers_at_length_is_done_all_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, json.dumps({"id": "R-7", "log": "x" * 65_000}))
    with small_bench(home) as bench:
        desk(home, SEND)
        proposed, answer = approved(bench)
        *_, last = stint(
            dataclasses.replace(proposed, why=Why("person", "clerk", "Allowed."), answers=(answer,)), bench
        )
    assert last.calls[-1].outcome == "done"


def test_nothing_waits_where_nothing_was_proposed(home: Path) -> None:
    with small_bench(home) as bench:
        desk(home, SEND)
        handoff = at_the_clerk(bench)
        for tool in ("refund", "orders", "nothing"):
            with pytest.raises(Problem) as caught:
                toolbox.proposal(handoff, tool, bench)
            assert caught.value.code == "no_proposal"


def test_what_an_address_says_is_a_documents_word(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, '{"left": 3, "place": "A\\u00df", "more": {"x": 1}}')
    with small_bench(home) as bench:
        desk(home, ASK, orders="")
        (only,) = stint(at_the_clerk(bench), bench)
        read_again = bench.store.reading(only.evidence[0].place.document)
    assert asked[0]["order"] == "LF-20417"
    assert only.calls[0].origin == "document"
    assert only.evidence[0].cells == (("left", "3"), ("place", "Aß"))
    assert read_again is not None
    assert read_again.text == only.evidence[0].quote


# Bounds


def test_no_more_calls_than_the_budget(home: Path) -> None:
    with small_bench(home) as bench:
        desk(home, ISBN, LOG)
        handoff = at_the_clerk(bench)
        card = dataclasses.replace(handoff.card, budget=Budget(calls=2))
        *_, last = stint(dataclasses.replace(handoff, card=card), bench)
    assert [call.tool for call in last.calls] == ["orders", "book"]
    assert "log is one call too many" in last.why.reason


def test_the_calls_of_all_requests_count_against_the_budget(home: Path) -> None:
    with small_bench(home) as bench:
        desk(home)
        earlier = Step("refund", 0.9, "LF-1", "answered", calls=(Call("orders", (), "nothing", 2),) * 2)
        handoff = at_the_clerk(bench, plan=(earlier, Step("refund", 0.9, "LF-20417")))
        card = dataclasses.replace(handoff.card, budget=Budget(calls=2))
        (only,) = stint(dataclasses.replace(handoff, card=card), bench)
    assert only.calls == ()
    assert "orders is one call too many" in only.why.reason


def test_what_an_operator_forbids_is_forbidden_from_the_next_leg_on(home: Path) -> None:
    with small_bench(home) as bench:
        desk(home)
        handoff = at_the_clerk(bench)
        assert list(toolbox.granted("clerk", handoff, bench)) == ["orders"]
        write_small_desk(home, PLAYBOOK.replace(ORDERS, ""))
        assert toolbox.granted("clerk", handoff, bench) == {}


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (Result((Finding((("a", "x" * 70_000),), "", Place("", "", 1, 0, 0)),), "Much"), "too_large"),
        (Result((Finding((), "x" * 70_000, Place("", "", 1, 0, 0)),), "Much"), "too_large"),
    ],
)
def test_a_result_that_is_too_large_is_dropped(
    home: Path, monkeypatch: pytest.MonkeyPatch, result: Result, code: str
) -> None:
    monkeypatch.setattr(modules(tools)["lookup"], "call", lambda *given: result)
    with small_bench(home) as bench:
        desk(home)
        (only,) = stint(at_the_clerk(bench), bench)
    assert (only.why.code, only.evidence, only.calls[0].outcome) == (code, (), "nothing")


def test_no_more_findings_than_the_limit(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = Result((Finding((), "", Place("", "", 1, 0, 0)),) * 500, "Many")
    monkeypatch.setattr(modules(tools)["lookup"], "call", lambda *given: many)
    with small_bench(home) as bench:
        desk(home)
        (only,) = stint(at_the_clerk(bench), bench)
    assert len(only.evidence) == toolbox.MOST_FINDINGS


def test_a_call_that_takes_too_long_brings_nothing(home: Path) -> None:
    with small_bench(home) as bench:
        desk(home, orders=f"{ORDERS}seconds = 0.000001\n")
        (only,) = stint(at_the_clerk(bench), bench)
    assert (only.why.code, only.evidence) == ("too_slow", ())


def test_what_the_playbook_expects_otherwise_is_shown_to_a_person(home: Path) -> None:
    expected = f'{ISBN}expect = {{ valid = "yes" }}\n'
    with small_bench(home) as bench:
        desk(home, expected)
        *_, last = stint(at_the_clerk(bench), bench)
        *_, again = stint(dataclasses.replace(last, why=Why("person", "clerk", "Again.")), bench)
    (flag,) = last.flags
    assert flag.code == toolbox.UNEXPECTED
    assert flag.quote == "LF-20417"
    assert "not valid" in flag.sentence
    assert again.flags == last.flags


# The playbook


BROKEN = {
    "an unknown tool": (
        ORDERS.replace('"lookup"', '"shell"'),
        "'shell', which does not exist; choose from actions, allowed, ask_address",
    ),
    "a misspelt tool": (ORDERS.replace('"lookup"', '"look_up"'), 'did you mean "lookup"?'),
    "a slot that the tool does not give": (ORDERS + DUE.replace("{result}", "{colour}"), "{colour} in its sentence"),
    "a column that the tool before does not give": (
        ORDERS + DUE + DUE.replace("tools.due", "tools.then").replace("orders.delivered", "due.reslt"),
        "'due' gives no 'reslt'; did you mean \"result\"?",
    ),
    "an expectation of what the tool does not give": (f'{ISBN}expect = {{ vald = "yes" }}\n', 'did you mean "valid"?'),
    "a file that is not there": (ORDERS.replace("orders.csv", "gone.csv"), "gone.csv"),
    "a second table that is not there": (POLICY, "gone.csv"),
    "a folder in place of a table": (ORDERS.replace('"orders.csv"', '"../playbooks"'), "which is a folder"),
    "nothing given": (ORDERS.replace('file = "orders.csv", ', ""), "needs file"),
    "an unknown parameter": (ORDERS.replace('key = "order" }', 'key = "order", sql = "x" }'), "'sql'"),
    "a parameter of another kind": (ORDERS.replace('key = "order"', "key = 5"), "'key'"),
    "an expression that is a number": (ORDERS + DUE.replace('"delivered + 30 days"', "30"), "'expression'"),
    "nothing to fill": (ORDERS.replace('fields = { value = "order_number" }', ""), "what fills value"),
    "too much to fill": (
        ORDERS.replace("fields = { value", 'fields = { file = "order_number", value'),
        "what fills value, and nothing else",
    ),
    "an unknown field": (ORDERS.replace('"order_number"', '"order_nubmer"'), "'order_nubmer'"),
    "an unknown intent": (f'{ORDERS}intents = ["refnud"]\n', "'refnud'"),
    "a tool that comes later": (ORDERS.replace('"order_number"', '"due.result"') + DUE, "'due.result'"),
    "a leg that may not": (f'{ORDERS}legs = ["drafter"]\n', 'legs = ["clerk"]'),
    "the model among the legs": (f'{ORDERS}legs = ["clerk", "drafter"]\n', "drafter"),
    "no time": (f"{ORDERS}seconds = 0.0\n", "seconds"),
    "time without end": (f"{ORDERS}seconds = 1e9\n", "seconds"),
    "no expression": (ORDERS + DUE.replace("+ 30 days", "+ 30 moons"), "moons"),
    "a public address": (SEND.replace("127.0.0.1:9", "example.com"), "public = true"),
    "a name instead of a number": (SEND.replace("127.0.0.1", "intranet"), "public = true"),
    "an address with a query": (SEND.replace("/refunds", "/refunds?all=1"), "query"),
    "no address": (SEND.replace("http://127.0.0.1:9/refunds", "file:///etc/passwd"), "http://"),
    "no kind": (ISBN.replace('"isbn"', '"passport"'), "choose from iban"),
    "a name with a path": (ORDERS.replace("[tools.orders]", '[tools."../orders"]'), "letters"),
}


@pytest.mark.parametrize(("orders", "named"), BROKEN.values(), ids=BROKEN)
def test_a_broken_grant_is_refused_with_a_sentence_that_names_it(tmp_path: Path, orders: str, named: str) -> None:
    write_small_desk(tmp_path, with_tools(orders=orders))
    with pytest.raises(Problem) as caught:
        read(tmp_path / "playbooks" / "small.toml")
    assert caught.value.code == "bad_playbook"
    assert "the tool " in caught.value.sentence
    assert named in caught.value.sentence


@pytest.mark.parametrize(
    "more", [DUE, SEND, ASK, LOG, ISBN, '[tools.code]\ntool = "lint"\nfields = { code = "document" }\n']
)
def test_a_sound_grant_is_taken(tmp_path: Path, more: str) -> None:
    write_small_desk(tmp_path, with_tools(more))
    assert len(read(tmp_path / "playbooks" / "small.toml").tools) == 2


# The only door


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_nothing_but_the_toolbox_reaches_a_tool() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for layer in ("engine", "app", "ui")
        for path in (ROOT / layer).rglob("*.py")
        if any(name == "engine.tools" or name.startswith("engine.tools.") for name in imported(path))
        and path.parent.name != "tools"
    }
    assert users == {"engine/toolbox.py"}


def test_only_the_clerk_asks_the_toolbox() -> None:
    users = {path.name for path in (ROOT / "engine").rglob("*.py") if "engine.toolbox" in imported(path)}
    assert users == {"clerk.py", "_playbook_check.py"}


def test_a_field_or_evidence_of_before_is_still_read() -> None:
    """What was written before tools had origins: a field comes from a document."""
    place = Place("a" * 64, "letter.txt", 1, 0, 1)
    assert Field("x", "1", "1", place).origin == "document"
    assert not Evidence(1, "x", place, 1.0, "policies").from_tool
