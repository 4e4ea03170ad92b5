"""Shows what a person must know before anything else: why they are needed, and what the file tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.language import _
from engine.cards import Document, Flag, Handoff
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
        rows = [_flag(flag) for flag in handoff.flags] if handoff else []
        if row and row.reason and not row.decision and row.state in ("review", "failed", "parked"):
            rows.insert(0, Row(row.reason, sign_of(row)))
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


def _flag(flag: Flag) -> Row:
    quoted = f"{flag.sentence}\n“{flag.quote}”" if flag.quote else flag.sentence
    return Row(quoted, Sign(_("Warning"), "diamond", "danger"), value=flag.place)
