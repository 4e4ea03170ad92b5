"""A row of text is as high as what is drawn in it."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from ui import strokes
from ui.rows import Row, RowList
from ui.words import Sign

WORDS = "We refund the underlying_purchase_price gjpqy_ within_ fourteen days, paying_ the card ending_in 4471".split()
RIGHT_OF_THE_BAR = 12


def drawn(view: RowList, number: int, ratio: float, *, spare: int) -> bytes:
    """That row as it is drawn in its own height, or in a cell that has `spare` pixels more; but for its side bar."""
    index = view.rows.index(number)
    option = QStyleOptionViewItem()
    view.initViewItemOption(option)
    wide, tall = view.viewport().width(), view.itemDelegate().sizeHint(option, index).height()
    option.rect = QRect(0, 0, wide, tall + spare)
    image = QImage(round(wide * ratio), round((tall + 40) * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(option.palette.base().color())
    painter = QPainter(image)
    view.itemDelegate().paint(painter, option, index)
    painter.end()
    part = image.copy(QRect(QPoint(round(RIGHT_OF_THE_BAR * ratio), 0), image.rect().bottomRight()))
    return bytes(part.constBits())


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_nothing_of_a_row_is_cut_off(qtbot: QtBot, ratio: float) -> None:
    chance = random.Random(1)
    rows = [
        Row(
            " ".join(chance.choice(WORDS) for _word in range(chance.randrange(3, 30))), Sign("Model_gj", "dot", "good"),
            mark=chance.choice(["", "[1]", "[12]", "[1][2]"]), foot=chance.choice(["", "Supported_by [1]"]),
            lines=chance.choice([0, 0, 3]),
        )
        for _row in range(60)
    ]  # fmt: skip
    view = RowList("Sentences")
    qtbot.addWidget(view)
    view.resize(360, 400)
    view.show_rows(rows)
    view.show()
    for points in (8.0, 9.0, 11.0, 12.5):
        view.setFont(QFont("DejaVu Sans", round(points)))
        for number, row in enumerate(rows):
            assert drawn(view, number, ratio, spare=0) == drawn(view, number, ratio, spare=30), row


def inked(view: RowList, row: Row, ratio: float) -> int:
    """How many pixels of that row, drawn alone, are not paper; but for its side bar."""
    view.show_rows([row])
    pixels = drawn(view, 0, ratio, spare=30)
    return sum(pixels[at : at + 3] != pixels[-4:-1] for at in range(0, len(pixels), 4))


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_mark_that_wraps_only_because_it_is_bold_is_drawn(qtbot: QtBot, ratio: float) -> None:
    view = RowList("Sentences")
    qtbot.addWidget(view)
    view.show()
    view.resize(2000, 300)
    words = "This sentence is as long as two lines, and"
    most = inked(view, Row(words, mark="[1][2]"), ratio)
    for wide in range(120, 420, 5):
        view.resize(wide, 300)
        assert inked(view, Row(words, mark="[1][2]"), ratio) > 0.93 * most, wide


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("points", [8, 9, 11, 12, 13])
def test_what_hangs_below_the_last_line_is_drawn(qtbot: QtBot, ratio: float, points: int) -> None:
    view = RowList("Sources")
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.setFont(QFont("DejaVu Sans", points))
    view.show()
    alone = inked(view, Row("____ gjpqy more of it…"), ratio)  # the last line says that more follows
    assert inked(view, Row("\n\n____ gjpqy\nmore of it", lines=3), ratio) == alone


def test_a_click_is_told_once_also_on_the_row_that_is_current(qtbot: QtBot) -> None:
    view = RowList("Sources")
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.show_rows([Row("One", value="one"), Row("Two", value="two")])
    view.show()
    told: list[str] = []
    view.picked.connect(told.append)
    second = view.visualRect(view.rows.index(1)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=second)
    assert told == ["two"]
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=second)
    assert told == ["two", "two"]
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert told == ["two", "two", "one"]
    view.pick_again()
    assert told == ["two", "two", "one", "one"]


@pytest.mark.parametrize("word", ["word ", "𝔘𝔫𝔦 ", "שלום "])
def test_a_text_that_is_cut_after_its_last_line_says_that_it_goes_on(qapp: QApplication, word: str) -> None:
    font = qapp.font()
    cut = strokes.wrapped(word * 100, font, 200, lines=3)
    assert cut.lineCount() == 3
    assert cut.text().endswith("…")
    assert cut.lineAt(2).naturalTextWidth() <= 200
    whole = strokes.wrapped(word, font, 200, lines=3)
    assert whole.text() == word
    assert strokes.wrapped(f"{word}\n", font, 200, lines=1).text().strip("\u2028") == word
