"""Text from outside is shown word for word, and never becomes markup."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.cards import Evidence, Flag, Judgement, Place, Sentence, Verdict
from engine.events import Handed
from tests.ui import stories
from tests.ui.fake_desk import FakeDesk
from ui import tones
from ui.feed import squeezed
from ui.window import Window
from ui.words import plain_tip, same_length, utf16

UI = Path(__file__).parents[2] / "ui"
HOSTILE = [
    "<img src=file:///etc/passwd>",
    "<b>bold</b> & &amp; <a href='http://example.org'>here</a>",
    "x" * 10_000,
    "safe \u202egnp.exe \u2066mixed\u2069 שלום",
    "𝔘𝔫𝔦 😀",
]
TIP = int(Qt.ItemDataRole.ToolTipRole)


def hostile_story(text: str) -> Callable[..., object]:
    def told(card: object, name: str) -> object:
        events = list(stories.refund(card, name))  # type: ignore[arg-type]
        last = next(event for event in reversed(events) if isinstance(event, Handed))
        place = Place(card.sha256, text, 1, 0, 5)  # type: ignore[attr-defined]
        changes = dict(last.changes)
        from engine.cards import Draft, Field
        from engine.codec import plain

        changes["flags"] = plain((Flag("orders_to_machine", text, text, place),))
        changes["fields"] = plain((Field(text, text, text, place),))
        changes["evidence"] = plain((Evidence(1, text, place, 0.5, "policies", text),))
        changes["draft"] = plain(Draft((Sentence(text, (1,), text),), 1, text, text))
        changes["verdict"] = plain(Verdict("escalate", (Judgement(text, False, (), 0.1, text),), (text,)))
        changes["ending"] = "review"
        import dataclasses

        why = dataclasses.replace(last.why, sender=text, receiver=text, reason=text, model=text)
        return [*(event for event in events if event is not last and isinstance(event, Handed)),
                Handed(last.card, last.seq, why, changes)]  # fmt: skip

    return told


@pytest.mark.parametrize("text", HOSTILE, ids=["image", "markup", "long", "bidi", "astral"])
def test_foreign_text_is_shown_word_for_word(
    qtbot: QtBot, desk: FakeDesk, opened: Callable[[], Window], text: str
) -> None:
    task = desk.add(text, hostile_story(text))  # type: ignore[arg-type]
    desk.play(task)
    window = opened()
    qtbot.waitUntil(lambda: window.case.handoff is not None and window.case.handoff.ending == "review")
    centre, panel = window.centre, window.panes.handoffs
    assert window.inbox.tasks.index(0).data() == text
    assert centre.heading.name.text == text
    assert text in panel.legs.index(9).data()
    sentences = [row.text for row in centre.draft.sentences.rows.rows]
    assert sentences == [text, text, text, text]
    assert centre.draft.sources.rows.rows[0].text == text
    assert centre.fields.model.index(0, 1).data() == text
    assert any(text in row.text for row in centre.notices.rows.rows)
    panel.open(9)
    assert text in str(panel.card.json.toPlainText()) or '"' in text
    for view in (window.inbox.list, centre.draft.sentences, centre.draft.sources, panel.list):
        tip = view.model().index(0, 0).data(TIP)
        assert "<img" not in tip
        assert "<b>" not in tip
    for way in range(panel.ways.count()):
        panel.ways.setCurrentIndex(way)
        assert not panel.grab().isNull()
    assert "<img" not in panel.tree.items.item(0).child(9).toolTip()
    centre.look_why()
    for shown in window.findChildren(QLabel):
        assert shown.textFormat() == Qt.TextFormat.PlainText or "<" not in shown.text()
    assert not window.grab().isNull()


def test_tooltips_escape_what_they_show() -> None:
    assert plain_tip("<img src=x>") == "<span style='white-space:pre-wrap'>&lt;img src=x&gt;</span>"
    assert plain_tip("") == ""
    assert len(plain_tip("y" * 10_000)) < 2100


def test_positions_are_counted_as_qt_counts() -> None:
    assert utf16("a😀b", 2) == 3
    assert same_length("a\r\nb\rc") == "a \nb\nc"


def test_no_part_of_the_window_reads_markup() -> None:
    forbidden = {"setHtml", "setMarkdown", "RichText", "AutoText", "MarkdownText", "QTextBrowser", "appendHtml",
                 "insertHtml", "setOpenExternalLinks", "toHtml"}  # fmt: skip
    for file in UI.glob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        named |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not named & forbidden, file.name
        if file.name != "words.py":
            assert "QLabel" not in {
                node.func.id
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }, f"{file.name}: make labels with words.label"


@pytest.mark.parametrize("paper", ["#ffffff", "#efefef", "#1e1f22", "#000000", "#808080", "#fdf6e3"])
def test_every_tone_can_be_read_on_every_paper(paper: str) -> None:
    palette = QPalette()
    dark = QColor(paper).lightness() < 128
    palette.setColor(QPalette.ColorRole.Base, QColor(paper))
    palette.setColor(QPalette.ColorRole.Text, QColor("#ffffff" if dark else "#000000"))
    for tone in ("plain", "quiet", "working", "good", "caution", "danger", "special"):
        for selected in (False, True):
            ground = tones.ground(palette, selected=selected)
            best = tones.contrast(palette.color(QPalette.ColorRole.Text), ground)
            assert tones.contrast(tones.ink(tone, palette, ground), ground) >= min(tones.ENOUGH, best)  # type: ignore[arg-type]


def test_squeezing_keeps_the_story() -> None:
    from engine.events import Finished, Progressed, Typed

    told = [
        Typed("1", "a"),
        Typed("1", "b"),
        Typed("2", "c"),
        Progressed("1", "x"),
        Progressed("1", "y"),
        Finished("1"),
    ]
    assert squeezed(told) == [Typed("1", "ab"), Typed("2", "c"), Progressed("1", "y"), Finished("1")]
