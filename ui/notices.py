"""Shows what a person must know before anything else: why they are needed, and what the file tries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.language import _
from engine.cards import Document, Handoff, Place
from ui import tones
from ui.rows import Row, RowList
from ui.words import Sign, sign_of

if TYPE_CHECKING:
    from app.task_rows import TaskRow

_MOST = 140
"""Pixels; more is scrolled, so that a file cannot push its own page off the window. In a low one it gets a sixth."""

_LEAST = 64


class Notices(RowList):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Warnings about this file"), parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._most = _MOST
        self.hide()

    def give(self, room: int) -> None:
        """So many pixels are there for all of the task."""
        self._most = min(_MOST, max(_LEAST, room // 6))
        self._fit()

    def show_task(self, row: TaskRow | None, handoff: Handoff | None) -> None:
        told = bool(row and row.reason and not row.decision and row.state in ("review", "failed", "parked"))
        reason = row.reason if row and told else ""
        rows = [*_flags(handoff, reason)] if handoff else []
        if row and told:
            rows.insert(0, Row(reason, sign_of(row), value=_shown(handoff, reason)))
        rows += [_unread(document) for document in handoff.unread_inside] if handoff else []
        if row and row.duplicate_of:
            rows.append(Row(_("The same file came in before."), Sign(_("Duplicate"), "ring", "quiet")))
        palette = self.palette()
        plain = QPalette().color(QPalette.ColorRole.Base)
        danger = tones.mixed(plain, tones.ink("danger", QPalette()), 0.1)
        caution = tones.mixed(plain, tones.ink("caution", QPalette()), 0.1)
        palette.setColor(QPalette.ColorRole.Base, danger if handoff and handoff.flags else caution)
        self.setPalette(palette)
        self.show_rows(rows)
        self.setVisible(bool(rows))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        tall = self.tall(self._most)
        if tall != self.maximumHeight():
            self.setFixedHeight(tall)


def _unread(document: Document) -> Row:
    return Row(document.title, Sign(_("Not read"), "square", "special"), head=document.name)


def _flags(handoff: Handoff, reason: str) -> Iterator[Row]:
    """Each warning once: what the reason, or a warning before it, has said already is not said again."""
    sentences: set[str] = set()
    places = {(flag.sentence, flag.quote): flag.place for flag in reversed(handoff.flags)}
    for sentence, quote in dict.fromkeys((flag.sentence, flag.quote) for flag in handoff.flags):
        said = "" if sentence in sentences else _beyond(reason, sentence, handoff.reviewer)
        sentences.add(sentence)
        if text := "\n".join(part for part in (said, f"“{quote}”" if quote else "") if part):
            yield Row(text, Sign(_("Warning"), "diamond", "danger"), value=places[sentence, quote])


def _beyond(reason: str, sentence: str, reviewer: str) -> str:
    """What a warning says beyond the reason, which names what found it, a colon, and whole sentences."""
    if reason and sentence in reason:
        return ""
    known = reason.removesuffix(f" For: {reviewer}.").partition(": ")[2]
    return sentence.removeprefix(known).strip() if known else sentence


def _shown(handoff: Handoff | None, reason: str) -> Place | None:
    """Where that stands which the reason says, if a warning knows it."""
    flags = handoff.flags if handoff else ()
    return next((flag.place for flag in flags if flag.place and flag.sentence in reason), None)
