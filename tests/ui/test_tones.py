"""Colours can be read on every ground; more so where a person, or their system, asks for high contrast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel

from ui import strokes, tones
from ui.words import Tone

TONES: tuple[Tone, ...] = get_args(Tone)
ROLE = QPalette.ColorRole
SYSTEMS = {
    "white on black": ("#000000", "#ffffff", "#1aebff"),
    "yellow on black": ("#000000", "#ffff00", "#008000"),
    "black on white": ("#ffffff", "#000000", "#37006e"),
}
"""Ground, text and highlight of the high-contrast themes that systems bring."""


def theme(ground: str, text: str, highlight: str) -> QPalette:
    palette = QPalette()
    for role in (ROLE.Window, ROLE.Base, ROLE.Button):
        palette.setColor(role, QColor(ground))
    for role in (ROLE.WindowText, ROLE.Text, ROLE.ButtonText):
        palette.setColor(role, QColor(text))
    palette.setColor(ROLE.Highlight, QColor(highlight))
    return palette


@pytest.fixture(autouse=True)
def as_it_was(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("BATON_CONTRAST", raising=False)
    monkeypatch.delenv("BATON_SCHEME", raising=False)
    before = qapp.palette()
    yield
    qapp.setPalette(before)


def grounds(palette: QPalette) -> list[QColor]:
    """All that words are written on."""
    washes = [tones.wash(tone, palette, part) for tone in TONES for part in (0.08, 0.14, 0.16, 0.25)]
    rows = [tones.ground(palette, selected=selected, hovered=hovered)
            for selected, hovered in ((False, False), (True, False), (False, True))]  # fmt: skip
    return [palette.color(ROLE.Window), palette.color(ROLE.Base), *rows, *washes]


def least(palette: QPalette) -> float:
    inks = [(tones.ink(tone, palette, on), on) for tone in TONES for on in grounds(palette)]
    return min(tones.contrast(ink, on) for ink, on in inks)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_in_every_tone(qapp: QApplication, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("BATON_SCHEME", scheme)
    tones.follow_scheme()
    assert not tones.strong()
    assert least(qapp.palette()) >= tones.ENOUGH


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_person_can_ask_for_high_contrast(qapp: QApplication, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("BATON_SCHEME", scheme)
    monkeypatch.setenv("BATON_CONTRAST", "high")
    tones.follow_scheme()
    palette = qapp.palette()
    assert tones.strong()
    assert (palette.color(ROLE.Base).lightness() < 128) is (scheme == "dark")
    assert least(palette) >= tones.STRONG
    pairs = ((ROLE.WindowText, ROLE.Window), (ROLE.ButtonText, ROLE.Button), (ROLE.PlaceholderText, ROLE.Base),
             (ROLE.HighlightedText, ROLE.Highlight), (ROLE.Link, ROLE.Base), (ROLE.Link, ROLE.Window),
             (ROLE.ToolTipText, ROLE.ToolTipBase), (ROLE.Highlight, ROLE.Base))  # fmt: skip
    for over, under in pairs:
        assert tones.contrast(palette.color(over), palette.color(under)) >= tones.STRONG, (over, under)
    off = QPalette.ColorGroup.Disabled
    assert tones.contrast(palette.color(off, ROLE.WindowText), palette.color(off, ROLE.Window)) >= tones.STRONG
    assert tones.contrast(tones.line(palette), palette.color(ROLE.Base)) >= tones.STRONG


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_theme_of_the_system_in_high_contrast_is_followed(qapp: QApplication, name: str) -> None:
    qapp.setPalette(theme(*SYSTEMS[name]))
    assert tones.strong()
    tones.follow_scheme()
    palette = qapp.palette()
    assert palette.color(ROLE.Text).name() == SYSTEMS[name][1]
    assert palette.color(ROLE.PlaceholderText) == palette.color(ROLE.Text)
    assert least(palette) >= tones.STRONG
    label = QLabel("Failed")
    tones.write(label, "danger")
    assert tones.contrast(label.palette().color(ROLE.WindowText), palette.color(ROLE.Window)) >= tones.STRONG


def test_what_the_environment_says_outweighs_the_theme(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    qapp.setPalette(theme(*SYSTEMS["yellow on black"]))
    monkeypatch.setenv("BATON_CONTRAST", "usual")
    assert not tones.strong()


def test_meanings_keep_their_colours_and_nothing_is_grey(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_CONTRAST", "high")
    tones.follow_scheme()
    palette = QGuiApplication.palette()
    assert tones.ink("quiet", palette) == tones.ink("plain", palette) == palette.color(ROLE.Text)
    assert len({tones.ink(tone, palette).name() for tone in TONES if tone != "quiet"}) == len(TONES) - 1


def test_a_box_to_be_ticked_is_seen_in_the_dark(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_SCHEME", "dark")
    monkeypatch.setenv("BATON_CONTRAST", "high")
    tones.follow_scheme()
    box = QCheckBox("Text")
    box.ensurePolished()
    ground, inside = box.palette().color(ROLE.Window), box.palette().color(ROLE.Base)
    assert tones.contrast(inside, ground) >= 3
    assert tones.contrast(box.palette().color(ROLE.Text), inside) >= tones.ENOUGH
    assert qapp.palette().color(ROLE.Base).name() == "#000000"


def thick() -> int:
    """Pixels of the frame around what has the focus."""
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    palette = QGuiApplication.palette()
    image.fill(palette.color(ROLE.Base))
    painter = QPainter(image)
    strokes.focus(painter, QRectF(image.rect()), palette)
    painter.end()
    return sum(image.pixelColor(x, 20) != palette.color(ROLE.Base) for x in range(20))


def test_the_focus_has_a_thicker_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = thick()
    monkeypatch.setenv("BATON_CONTRAST", "high")
    assert thick() >= usual + 1


def test_an_empty_score_is_a_frame_from_which_the_score_stands_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_CONTRAST", "high")
    tones.follow_scheme()
    palette = QGuiApplication.palette()
    image = QImage(100, 20, QImage.Format.Format_RGB32)
    image.fill(palette.color(ROLE.Base))
    painter = QPainter(image)
    strokes.bar(painter, QRectF(0, 6, 100, 8), 0.5, None, tones.ink("good", palette), palette)
    painter.end()
    assert tones.contrast(image.pixelColor(25, 10), image.pixelColor(75, 10)) >= tones.STRONG
    assert image.pixelColor(75, 6) != palette.color(ROLE.Base)
