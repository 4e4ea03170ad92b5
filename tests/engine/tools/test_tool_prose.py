"""What a note says most, and what somebody is to do: in its own words, each at its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.tools._prose import LONGEST, said
from engine.tools.actions import MOST
from tests.engine.tools.trays import ScriptedTray, called, code_of, whole

NOTE = """From: Jo Marsh <jo@harbour.example>
To: office@harbour.example
Subject: Flat 12

Ms Arden rang about the boiler in flat 12. The boiler makes a loud noise, and the flat has been cold since Monday.
She was friendly. I will send the plumber by Thursday noon.

Next steps:
- Tom: order the spare valve for the boiler
- Ring Ms Arden back before 5 pm
- The hall was painted

Actions: ask the caretaker for the key. Please confirm the visit to her tomorrow.
"""


def actions(folder: Path, text: str) -> list[tuple[str, str, str]]:
    found = called("actions", ScriptedTray(folder), {}, text=whole(text)).findings
    return [tuple(value for _, value in one.cells) for one in found]  # type: ignore[misc]


def test_each_thing_to_be_done_has_who_and_by_when(tmp_path: Path) -> None:
    assert actions(tmp_path, NOTE) == [
        ("I will send the plumber by Thursday noon.", "I", "Thursday noon"),
        ("Tom: order the spare valve for the boiler", "Tom", ""),
        ("Ring Ms Arden back before 5 pm", "", "5 pm"),
        ("The hall was painted", "", ""),
        ("ask the caretaker for the key.", "", ""),
        ("Please confirm the visit to her tomorrow.", "", "tomorrow"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The boiler was repaired on Monday.", "He will be in the office.", "We have a key.", "", "From: a\nTo: b\n\n",
        "They must not be late.", "It rang twice; nobody will have been there.",
    ],
)  # fmt: skip
def test_what_is_only_told_is_nothing_to_do(tmp_path: Path, text: str) -> None:
    assert code_of("actions", ScriptedTray(tmp_path), {}, text=whole(text)) == "no_result"


def test_every_finding_stands_where_it_says(tmp_path: Path) -> None:
    pages = NOTE.split("\n\nNext steps:")
    value = whole(pages[0], f"Next steps:{pages[1]}")
    for tool in ("actions", "key_sentences"):
        for found in called(tool, ScriptedTray(tmp_path), {}, text=value).findings:
            page = value.pages[found.place.page - 1].text
            assert page[found.place.start : found.place.end] == found.quote


def test_the_telling_sentences_are_told_in_the_order_in_which_they_stand(tmp_path: Path) -> None:
    found = called("key_sentences", ScriptedTray(tmp_path), {"count": 2}, text=whole(NOTE)).findings
    assert [dict(one.cells)["text"] for one in found] == [
        "Ms Arden rang about the boiler in flat 12.",
        "The boiler makes a loud noise, and the flat has been cold since Monday.",
    ]


def test_what_was_said_before_is_not_told_twice(tmp_path: Path) -> None:
    text = "The red boat has sunk in the harbour. The red boat sunk in the harbour. A diver looks for the ship's bell."
    found = called("key_sentences", ScriptedTray(tmp_path), {"count": 2}, text=whole(text)).findings
    assert [dict(one.cells)["text"][:10] for one in found] == ["The red bo", "A diver lo"]


def test_a_document_without_a_sentence_says_so(tmp_path: Path) -> None:
    assert code_of("key_sentences", ScriptedTray(tmp_path), {}, text=whole("Hello!\n\nRegards")) == "no_result"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="aB. \n-*:1)I will\t", max_size=400))
def test_whatever_a_document_says_its_parts_are_its_own_and_bounded(text: str) -> None:
    end = 0
    for one in said(text):
        assert end <= one.start < one.end <= len(text)
        assert " ".join(text[one.start : one.end].split()) == one.text
        assert len(one.text) <= LONGEST
        end = one.end


def test_a_text_that_means_to_keep_them_busy_ends(tmp_path: Path) -> None:
    for text in ("I will " * 20_000, "- \n" * 20_000, "Aa " * 30_000, "A: b\n" * 20_000, "x. " * 30_000):
        for tool in ("actions", "key_sentences"):
            code = code_of(tool, ScriptedTray(tmp_path, seconds=20.0), {}, text=whole(text))
            assert code in ("", "no_result")


def test_a_long_list_of_actions_is_cut(tmp_path: Path) -> None:
    assert len(actions(tmp_path, "Actions:\n" + "- call the next one\n" * 50)) == MOST
