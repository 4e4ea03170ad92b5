"""Controls in a row that goes on below: it needs little width, and is mirrored where reading begins at the right."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ui.flow import Flow

WORDS = ("Add files…", "Add folder…", "Tune…", "Take tuning back", "Remove")


class Bar(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.filter = QLineEdit()
        self.buttons = [QPushButton(words) for words in WORDS]
        flow = Flow(spacing=6)
        for widget in (self.filter, *self.buttons):
            flow.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(flow)
        layout.addStretch(1)

    def places(self) -> list[QRect]:
        return [widget.geometry() for widget in (self.filter, *self.buttons)]


@pytest.fixture
def bar(qtbot: QtBot) -> Bar:
    bar = Bar()
    qtbot.addWidget(bar)
    bar.resize(1200, 200)
    bar.show()
    return bar


def test_with_room_all_stand_in_one_row_and_what_expands_fills_it(bar: Bar) -> None:
    places = bar.places()
    assert len({place.top() for place in places}) == 1
    assert places[0].left() == 0
    assert places[-1].right() >= 1200 - len(places)
    assert [place.width() for place in places[1:]] == [button.sizeHint().width() for button in bar.buttons]


def test_without_room_the_row_goes_on_below(bar: Bar) -> None:
    bar.resize(260, 300)
    places = bar.places()
    assert len({place.top() for place in places}) > 2
    assert max(place.right() for place in places) < 260
    assert not [1 for n, one in enumerate(places) for other in places[n + 1 :] if one.intersects(other)]
    assert bar.minimumSizeHint().width() == max(button.minimumSizeHint().width() for button in bar.buttons)


def test_what_is_hidden_takes_no_room(bar: Bar) -> None:
    before = bar.filter.width()
    bar.buttons[1].hide()
    bar.layout().activate()
    assert bar.filter.width() > before


def test_it_is_mirrored_where_reading_begins_at_the_right(bar: Bar) -> None:
    bar.resize(400, 200)
    left = bar.places()
    bar.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    bar.layout().activate()
    assert bar.places() == [QRect(400 - one.right() - 1, one.top(), one.width(), one.height()) for one in left]
