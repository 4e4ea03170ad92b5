"""What is remembered of earlier cases, who is told of it, and which approved sentences teach."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import toolbox
from engine.agents import drafter
from engine.approved import LONGEST, MOST, taught
from engine.bench import Bench
from engine.cards import Decision, Draft, Evidence, Field, Handoff, Place, Problem, Route, Sentence
from engine.memory import FILE, Case, Key, Memory, Pair, Seen, sqlite
from engine.playbook import examined
from tests.engine.scripted import (
    PLAYBOOK,
    ScriptedWriter,
    after,
    drafting,
    drained,
    few,
    opened,
    small_bench,
    write_small_desk,
)

MONDAY, TUESDAY, FRIDAY = "2026-10-05T08:00:00+00:00", "2026-10-06T08:00:00+00:00", "2026-10-09T08:00:00+00:00"
CARD_RULE = "Refunds are paid within 14 days to the card that was used."
POST_RULE = "Postage is refunded only when the goods were faulty."
KEYS = '[memory]\nkeys = ["order_number", "email"]\n\n'
EARLIER = '[tools.earlier]\ntool = "history"\nfields = { order_number = "order_number", email = "email" }\n\n'
EMAIL = "[[fields]]\nname = \"email\"\npattern = '[a-z]+@example.com'\n\n"
REMEMBERING = PLAYBOOK.replace("[[fields]]", f"{EARLIER}{KEYS}{EMAIL}[[fields]]", 1)


def key(name: str, value: str) -> Key:
    return Key(name, value, "b" * 64, 1, 10, 10 + len(value), (1.0, 2.0, 3.0, 4.0))


def case(task: str, *keys: Key, verb: str = "approved", at: str = MONDAY, **more: object) -> Case:
    number = sum(map(ord, task))
    made = Case(task, number, "small", "b" * 64, MONDAY, "refund", "finished", verb, "Ida", at, keys)
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def remember(home: Path, *cases: Case) -> Memory:
    memory = Memory(home)
    with memory.writing() as book:
        for one in cases:
            book.take(one)
    return memory


def ids(found: list[tuple[Case, tuple[str, ...]]]) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.task, names) for one, names in found]


# What is found


def test_nothing_is_known_and_nothing_made_where_nothing_was_remembered(home: Path) -> None:
    memory = Memory(home)
    assert memory.earlier("small", {"email": "a@example.com"}, FRIDAY, 5) == ([], 0)
    assert memory.related("T-1", "T-1") == memory.pairs("small", FRIDAY, {"refund"}) == []
    memory.forget(["T-1"])
    assert not (home / FILE).exists()


def test_values_are_the_same_whatever_their_case_and_spaces(home: Path) -> None:
    memory = remember(home, case("T-1", key("name", "Hanna  BROOKES")), case("T-2", key("name", "Hanna Brook")))
    found, count = memory.earlier("small", {"name": "hanna brookes "}, FRIDAY, 5)
    assert (ids(found), count) == ([("T-1", ("name",))], 1)
    assert found[0][0].keys == (key("name", "Hanna  BROOKES"),), "the value as it stands, with its place"


def test_only_what_was_decided_before_is_a_fact_and_people_see_the_rest(home: Path) -> None:
    same = key("email", "a@example.com")
    memory = remember(
        home,
        case("T-1", same),
        case("T-2", same, verb="skipped"),
        case("T-3", same, verb="", at=""),
        case("T-4", same, at=TUESDAY),
        case("T-5", same, playbook="another"),
        case("T-6", same, verb="rejected", opened=TUESDAY),
    )
    wanted = {"email": "a@example.com", "order_number": "none"}
    assert ids(memory.earlier("small", wanted, TUESDAY, 5)[0]) == [("T-6", ("email",)), ("T-1", ("email",))]
    assert memory.earlier("small", wanted, MONDAY, 5) == ([], 0), "decided at that time is not before it"
    assert memory.earlier("small", wanted, "", 5) == ([], 0)
    assert memory.earlier("small", wanted, FRIDAY, 1)[1] == 3
    assert {one.task for one, _ in memory.related("T-1", "T-1")} == {"T-2", "T-3", "T-4", "T-6"}


def test_a_case_is_remembered_as_it_is_now_and_forgotten_without_a_trace(home: Path) -> None:
    memory = remember(home, case("T-1", key("email", "zorro@example.com"), pairs=(Pair("q", "purple", "T-1"),)))
    remember(home, case("T-1", key("email", "hippopotamus@example.com"), pairs=(Pair("q", "amber", "T-1"),)))
    assert memory.earlier("small", {"email": "zorro@example.com"}, FRIDAY, 5)[1] == 0
    assert [pair.sentence for pair in memory.pairs("small", FRIDAY, {"refund"})] == ["amber"]
    memory.forget(["T-1"])
    kept = b"".join(path.read_bytes() for path in home.glob(f"{FILE}*"))
    assert not [word for word in (b"zorro", b"hippopotamus", b"purple", b"amber", b"T-1") if word in kept]


@pytest.mark.parametrize("damage", [b"no database at all " * 300, b""])
def test_a_damaged_memory_is_none_and_is_made_again(home: Path, damage: bytes) -> None:
    home.mkdir(exist_ok=True)
    (home / FILE).write_bytes(damage)
    assert Memory(home).pairs("small", FRIDAY, {"refund"}) == []
    assert ids(remember(home, case("T-1", key("email", "a"))).related("T-1", "")) == [("T-1", ("email",))]


def test_a_memory_that_is_damaged_inside_is_told_and_made_again(home: Path) -> None:
    memory = remember(home, *(case(f"T-{n}", key("email", f"a{n}"), pairs=(Pair("q", "p", "T"),)) for n in range(200)))
    data = bytearray((home / FILE).read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    (home / FILE).write_bytes(data)
    with pytest.raises(Problem) as caught:
        memory.pairs("small", FRIDAY, {"refund"})
    assert caught.value.code == "memory_damaged"
    assert "resume the task" in caught.value.sentence
    assert memory.pairs("small", FRIDAY, {"refund"}) == []


def test_a_memory_that_can_not_be_opened_says_what_to_do(home: Path) -> None:
    (home / FILE).mkdir(parents=True)
    with pytest.raises(Problem) as caught, Memory(home).writing():
        pass
    assert caught.value.code == "memory_full"


def test_a_memory_of_a_later_baton_is_made_again(home: Path) -> None:
    memory = remember(home, case("T-1", key("email", "a")))
    db = sqlite().connect(str(home / FILE))
    db.execute("pragma user_version = 99")
    db.close()
    assert memory.related("T-1", "") == []
    with memory.writing() as book:
        assert book.seen() == Seen()


def test_a_memory_that_is_locked_says_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine import memory as module

    memory = remember(home, case("T-1"))
    monkeypatch.setattr(module, "WAIT", 0.01)
    with memory.writing(), pytest.raises(Problem) as caught, Memory(home).writing():
        pass
    assert caught.value.code == "memory_full"
    assert "resume" in caught.value.sentence


def test_another_home_gets_what_was_known_then_for_a_log_of_its_own(home: Path, tmp_path: Path) -> None:
    same = key("email", "a@example.com")
    memory = remember(home, case("T-1", same), case("T-2", same, at=FRIDAY), case("T-3", same, verb="", at=""))
    with memory.writing() as book:
        book.mark(Seen(7, "ab", {"small": ("email",)}))
    scratch = Memory(tmp_path / "scratch")
    memory.copy(scratch, TUESDAY)
    assert ids(scratch.earlier("small", {"email": "a@example.com"}, "3", 5)[0]) == [("T-1", ("email",))]
    with scratch.writing() as book:
        assert book.seen() == Seen(0, "", {"small": ("email",)})


# The tool


def at_the_clerk(bench: Bench, opened_at: str, *fields: tuple[str, str]) -> Handoff:
    text = " ".join(value for _, value in fields) or "nothing"
    sha256 = bench.store.put(text.encode())
    handoff = opened("clerk", sha256=sha256)
    read_from = tuple(
        Field(name, value, value, Place(sha256, "letter.txt", 1, text.index(value), text.index(value) + len(value)))
        for name, value in fields
    )
    card = dataclasses.replace(handoff.card, opened=opened_at)
    return dataclasses.replace(handoff, card=card, fields=read_from, route=Route("refund", 0.9, 0.5))


def test_earlier_cases_become_evidence_that_stands_in_this_document(home: Path) -> None:
    remember(
        home,
        case("T-1", key("order_number", "LF-20417"), key("email", "hanna@example.com")),
        case("T-2", key("email", "Hanna@example.com"), verb="rejected", opened=TUESDAY),
    )
    with small_bench(home, playbook=REMEMBERING) as bench:
        handoff = at_the_clerk(bench, FRIDAY, ("order_number", "LF-20417"), ("email", "hanna@example.com"))
        handoff = after(after(handoff, "clerk", bench), "clerk", bench)
        assert handoff.why.reason == (
            "2 earlier cases with the same order number or email: 2026-10-06 Refund request (rejected, T-2), "
            "2026-10-05 Refund request (approved, T-1)."
        )
        call, evidence = handoff.calls[-1], handoff.evidence[1:]
        assert (call.tool, call.outcome, call.line, call.evidence) == ("earlier", "found", 2, (2, 3))
        assert [dict(one.cells)["same"] for one in evidence] == ["email", "order number, email"]
        assert {one.place.document for one in evidence} == {handoff.card.sha256}, "nothing of another's document"
        assert [one.quote for one in evidence] == ["hanna@example.com", "LF-20417"]
        draft = after(dataclasses.replace(handoff, draft=None), "drafter", bench).draft
    assert draft is not None
    assert "T-1" not in draft.text, "no sentence, so the customer is not told"


def test_one_key_is_enough_and_no_key_is_none(home: Path) -> None:
    with small_bench(home, playbook=REMEMBERING) as bench:
        alone = after(at_the_clerk(bench, FRIDAY, ("email", "a@example.com")), "clerk", bench)
        assert alone.calls[-1].outcome == "nothing"
        assert "No decided case with the same email is known" in alone.why.reason
        none = after(at_the_clerk(bench, FRIDAY), "clerk", bench)
    assert (none.calls, none.why.receiver) == ((), "librarian")
    assert "No order_number, email to look up in earlier" in none.why.reason


def test_at_most_five_are_told_and_the_count_is_said(home: Path) -> None:
    remember(home, *(case(f"T-{n}", key("email", "a@example.com")) for n in range(1, 9)))
    with small_bench(home, playbook=REMEMBERING) as bench:
        handoff = after(at_the_clerk(bench, FRIDAY, ("email", "a@example.com")), "clerk", bench)
    assert [dict(one.cells)["task"] for one in handoff.evidence] == ["T-8", "T-7", "T-6", "T-5", "T-4"]
    assert handoff.why.reason.startswith("No order_number to look up in orders; 8 earlier cases")
    assert handoff.why.reason.endswith(", and 3 older.")


def test_a_model_s_words_look_nothing_up(home: Path) -> None:
    remember(home, case("T-1", key("email", "a@example.com")))
    with small_bench(home, playbook=REMEMBERING) as bench:
        handoff = at_the_clerk(bench, FRIDAY, ("email", "a@example.com"))
        forged = tuple(dataclasses.replace(field, origin="model") for field in handoff.fields)
        used = toolbox.use("clerk", "earlier", dataclasses.replace(handoff, fields=forged), bench)
    assert (used.call.outcome, used.call.line, used.findings) == ("refused", 1, ())


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('keys = ["order_number", "email"]', 'keys = ["order_number", "e_mail"]', "names the field 'e_mail', which"),
        ('keys = ["order_number", "email"]', 'keys = ["order_number", "order_number"]', "is there twice in [memory]"),
        ('keys = ["order_number", "email"]', "examples = 3", "must lie between 0 (none) and 2"),
        ('keys = ["order_number", "email"]', 'keys = ["email"]', "looks for 'order_number', which is no key"),
        ('fields = { order_number = "order_number", email = "email" }', "", "must say by which keys it looks"),
    ],
)
def test_a_wrong_memory_is_told_with_its_line(home: Path, old: str, new: str, complaint: str) -> None:
    text = REMEMBERING.replace(old, new, 1)
    write_small_desk(home, text)
    _, found = examined(home / "playbooks" / "small.toml")
    (line,) = {one.line for one in found if complaint in one.sentence}
    told = "fields = {" if "no key" in complaint else new or "[tools.earlier]"
    assert told in text.splitlines()[line - 1]


# What teaches


def decided(*quotes: str, text: str, verb: str = "edited", fields: tuple[str, ...] = ()) -> Handoff:
    """A task with these policy sentences, which a person decided with that text."""
    place = Place("c" * 64, "letter.txt", 1, 0, 1)
    found = tuple(Field(f"f{n}", value, value, place) for n, value in enumerate(fields))
    own = Draft((Sentence("Thank you for the card.", (), "playbook"),))
    decision = Decision(verb, "Ida", MONDAY, text)  # type: ignore[arg-type]
    return dataclasses.replace(drafting(*quotes), draft=own, fields=found, decision=decision)


POSTAGE = "Postage is refunded only when your goods were faulty."
GOOD = "Your refund is paid within 14 days to the card that you used."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Dear Hanna,\n\n{GOOD}\n\nKind regards", {CARD_RULE: GOOD}),
        (CARD_RULE, {}),  # word for word teaches nothing
        ("Your refund is paid within 7 days to the card that you used.", {}),
        ("Hanna, your refund is paid within 14 days to the card that you used.", {}),
        ("Your refund for LF-20417 is paid within 14 days to the card used.", {}),
        ("Your refund is paid gladly within 14 days to the card that you used.", {}),
        ("Your refund is not paid within 14 days to the card that you used.", {}),
        ("Thank you for the card.", {}),
        ("Will, refunds are paid within 14 days to the card that you used.", {}),
        (f"{GOOD} Postage is refunded only when your goods were faulty.", {CARD_RULE: GOOD, POST_RULE: POSTAGE}),
    ],
)
def test_a_sentence_that_says_the_policy_and_no_more_teaches(text: str, expected: dict[str, str]) -> None:
    found = taught(decided(CARD_RULE, POST_RULE, text=text), 0.8)
    assert {pair.quote: pair.sentence for pair in found} == expected
    assert all((pair.task, pair.label) == ("t1", "refund") for pair in found)


def test_a_sentence_with_a_value_of_the_case_or_two_sources_teaches_nothing() -> None:
    assert taught(decided(CARD_RULE, text=GOOD, fields=("14 days",)), 0.8) == ()
    assert taught(decided(CARD_RULE, f"{CARD_RULE} ", text=GOOD), 0.8) != (), "the same sentence twice is one source"
    assert taught(decided(CARD_RULE, CARD_RULE.replace("are paid", "are being paid"), text=GOOD), 0.8) == ()
    assert taught(decided(CARD_RULE, text=GOOD, verb="rejected"), 0.8) == ()
    assert taught(dataclasses.replace(decided(CARD_RULE, text=GOOD), decision=None), 0.8) == ()


@few
@given(st.text(max_size=80), st.sampled_from(["", "Your ", "paid within ", "14 ", "7 "]), st.integers(0, 61))
def test_no_word_and_no_number_beyond_the_policy_teaches(inside: str, more: str, at: int) -> None:
    """Whatever a customer's words are, and wherever they stand in an approved sentence."""
    from engine.support import beyond, invented

    for pair in taught(decided(CARD_RULE, POST_RULE, text=f"{GOOD[:at]}{inside}{more}{GOOD[at:]}"), 0.0):
        assert beyond(pair.sentence, pair.quote) == []
        assert invented(pair.sentence, pair.quote) == ""
        assert max(len(pair.sentence), len(pair.quote)) <= LONGEST


def test_one_task_teaches_so_much_and_no_more() -> None:
    nouns = "tents stoves packs boots ropes lamps mats pans cups bags poles pegs".split()
    quotes = [f"The {noun} are returned within 14 days." for noun in nouns]
    text = " ".join(f"You may return your {noun} within 14 days." for noun in nouns)
    assert len(taught(decided(*quotes, text=text), 0.5)) <= MOST < len(nouns)


# The drafter


def on_friday(*quotes: str, label: str = "refund") -> Handoff:
    handoff = drafting(*quotes, label=label)
    return dataclasses.replace(handoff, card=dataclasses.replace(handoff.card, opened=FRIDAY))


def test_the_drafter_is_shown_what_was_last_approved_for_the_same_sentence(home: Path) -> None:
    remember(
        home,
        case("T-1", pairs=(Pair(CARD_RULE, "Old.", "T-1"), Pair(POST_RULE, "Postage.", "T-1"))),
        case("T-2", at=TUESDAY, pairs=(Pair(CARD_RULE, GOOD, "T-2"),)),
        case("T-3", at=FRIDAY, pairs=(Pair(CARD_RULE, "Too late.", "T-3"),)),
    )
    writer = ScriptedWriter()
    with small_bench(home, writer) as bench:
        handoff = after(on_friday(CARD_RULE), "drafter", bench)
    ((brief, request, _),) = writer.asked
    assert brief.approved == ((CARD_RULE, GOOD),)
    assert (request, brief.examples) == (CARD_RULE, drafter.REPLY.examples)
    assert handoff.draft is not None
    assert handoff.draft.drew_on == ("T-2",)
    assert "from the playbook, after 1 approved example (T-2)." in handoff.why.reason


def test_else_it_is_shown_what_was_approved_for_the_likest_the_best_last(home: Path) -> None:
    likest, like = CARD_RULE.replace("paid", "always paid"), CARD_RULE.replace("14 days to the card", "one month to it")
    pairs = [Pair(likest, "Likest.", "T-1"), Pair(like, "Like.", "T-1"), Pair(POST_RULE, "Other.", "T-1")]
    remember(home, case("T-1", pairs=tuple(pairs)), case("T-2", at=TUESDAY, pairs=(Pair(likest, "Newer.", "T-2"),)))
    writer = ScriptedWriter()
    with small_bench(home, writer) as bench:
        reason = after(on_friday(CARD_RULE), "drafter", bench).why.reason
    assert writer.asked[0][0].approved == ((like, "Like."), (likest, "Newer."))
    assert "after 2 approved examples (T-1, T-2)." in reason


@pytest.mark.parametrize(
    ("playbook", "label", "opened_at"),
    [
        (PLAYBOOK.replace("[[fields]]", "[memory]\nexamples = 0\n\n[[fields]]", 1), "refund", FRIDAY),
        (PLAYBOOK.replace('label = "return"', 'label = "return"\nframe = "note"'), "return", FRIDAY),
        (PLAYBOOK, "refund", MONDAY),
    ],
    ids=["switched off", "a note is no example of a reply", "approved later"],
)
def test_the_drafter_is_shown_nothing(home: Path, playbook: str, label: str, opened_at: str) -> None:
    remember(home, case("T-1", pairs=(Pair(CARD_RULE, GOOD, "T-1"),)))
    writer = ScriptedWriter()
    with small_bench(home, writer, playbook=playbook) as bench:
        handoff = on_friday(CARD_RULE, label=label)
        handoff = dataclasses.replace(handoff, card=dataclasses.replace(handoff.card, opened=opened_at))
        made = after(handoff, "drafter", bench)
    assert writer.asked[0][0].approved == ()
    assert made.draft is not None
    assert made.draft.drew_on == ()
    assert "approved" not in made.why.reason


def test_a_second_attempt_draws_on_nothing_and_remembers_what_the_first_drew_on(home: Path) -> None:
    remember(home, case("T-1", pairs=(Pair(CARD_RULE, GOOD, "T-1"),)))
    writer = ScriptedWriter(lambda request: "Something else entirely is said.")
    with small_bench(home, writer) as bench:
        state = after(on_friday(CARD_RULE), "drafter", bench)
        again = after(after(state, "verifier", bench), "drafter", bench)
        _, quoted = drained(_quoter(again, bench))
    assert [brief.approved for brief, _, _ in writer.asked] == [((CARD_RULE, GOOD),), ()]
    assert [one.draft.drew_on for one in (state, again, quoted)] == [("T-1",)] * 3


def _quoter(handoff: Handoff, bench: Bench):  # type: ignore[no-untyped-def]
    from engine.agents import quoter

    return quoter.work(handoff, bench)


def test_evidence_from_a_tool_teaches_nothing() -> None:
    state = decided(CARD_RULE, text=GOOD)
    evidence = tuple(
        Evidence(one.n, one.quote, one.place, one.score, "tool:orders", one.heading) for one in state.evidence
    )
    assert taught(dataclasses.replace(state, evidence=evidence), 0.8) == ()
