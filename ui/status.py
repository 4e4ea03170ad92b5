"""Says in one line what the desk is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFontMetricsF, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QWidget

from app.language import _, several
from ui import strokes, tones
from ui.elided import Elided
from ui.tasks import page_of
from ui.words import isolated, label, one_line, plain_tip

if TYPE_CHECKING:
    from app.task_rows import DeskStatus
    from engine.reading import Reached

_ENGINE = {
    "off": (
        _("Engine at rest"),
        _("The program that runs the models starts by itself when a task needs it, and rests when nothing is to do."),
    ),
    "starting": (
        _("Engine starting…"),
        _("The program that runs the models takes some seconds to start. Had it ended, the task goes on where it was."),
    ),
    "ready": (_("Engine ready"), _("The program that runs the models is started, and waits for a task.")),
    "busy": (_("Engine working"), _("The program that runs the models works on a task.")),
    "learning": (
        _("Learning in the background"),
        _("Nobody works, so Baton learns from what you corrected. It makes way as soon as a file comes in."),
    ),
    "tidying": (
        _("Tidying in the background"),
        _("Nobody works, so Baton tidies the collections. It makes way as soon as a file comes in."),
    ),
}
"""What the engine does, and what that means."""
_SHORT = {"Network sockets are blocked by the kernel (seccomp).": _("Network blocked")}
"""What stands in the bar for the long statement, which its tooltip says."""
_BAR = 56
"""Pixels of the bar that shows how much of a file is read."""
_NAME = 60
"""Pixels that a file's name always gets."""
SAID_MS = 6000
"""A passing word can be read twice."""


class Status(QStatusBar):
    """Engine, models, queue, the reading, and what the desk says about being offline."""

    def __init__(self) -> None:
        super().__init__()
        self.note = Passing()
        self.offline = Elided(_("Offline statement"), Qt.TextElideMode.ElideRight)
        self.offline.setMinimumWidth(150)
        self.reading = ReadingLine()
        self.engine = label("", _("Engine state"))
        self.models = Modest(_("Models in memory"))
        self.queue = label("", _("Tasks waiting"))
        self.setSizeGripEnabled(False)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self.note.clear)
        self.addWidget(self.offline, 1)
        self.addWidget(self.note)
        self.addWidget(self.reading)
        permanent: tuple[QWidget, ...] = (self.queue, self.models, self.engine)
        for part in permanent:
            self.addPermanentWidget(part)
        for part in (self.offline, self.note, self.reading, *permanent):
            part.setContentsMargins(8, 0, 8, 2)

    def say(self, text: str) -> None:
        """A passing word that covers nothing, and that a screen reader says; the offline statement always stays."""
        self.note.setText(text)
        self.note.setToolTip(plain_tip(text))
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.note, text))
        self._clock.start(SAID_MS)

    def show_status(self, status: DeskStatus) -> None:
        self.offline.set_text(_SHORT.get(status.offline) or _(status.offline), tip=_(status.offline))
        self.reading.show_reading(status)
        _set(self.engine, *_ENGINE[engine_state(status)])
        _set(self.queue, *queue(status))
        names = ", ".join(one_line(name, 40) for name in status.models)
        self.models.set_text(_("Models loaded: {names}").format(names=names) if names else _("No model loaded"))
        if not names:
            self.models.setToolTip(plain_tip(_("Models are loaded when a task needs them: that takes some seconds.")))


def engine_state(status: DeskStatus) -> str:
    """A key of what the engine does: while a task runs without one, it is being started, perhaps anew."""
    if status.running:
        return "starting" if status.engine == "off" else "busy"
    return status.upkeep if status.upkeep in _ENGINE else status.engine if status.engine in _ENGINE else "off"


def queue(status: DeskStatus) -> tuple[str, str]:
    """How many tasks are still to be worked, and how many could not go on; and what that means."""
    said = several("{n:,} task queued", "{n:,} tasks queued", status.queued) if status.queued else _("Queue empty")
    if not status.parked:
        return said, _("Files that came in and are still to be worked, one after the other.")
    parked = several("{n:,} parked", "{n:,} parked", status.parked)
    return f"{said} · {parked}", _("A parked task could not go on. Choose it to see why, then Run again.")


class Passing(QLabel):
    """A passing word; however long it is, it makes the window no wider."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAccessibleDescription(_("What was just done"))

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        return QSize(min(90, least.width()), least.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ink = self.palette().color(self.foregroundRole())
        strokes.words(painter, QRectF(self.contentsRect()), one_line(self.text()), self.font(), ink)


class Modest(Elided):
    """Takes only the room that its text needs, and less when others need it more."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str, tip: str = "") -> None:
        super().set_text(text, tip)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        margins = self.contentsMargins()
        width = QFontMetricsF(self.font()).horizontalAdvance(self.text) + margins.left() + margins.right() + 2
        return QSize(round(width), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(90, self.sizeHint().width()), self.sizeHint().height())


class ReadingLine(QWidget):
    """Which file is read, how far, how fast, and what is left. Where room is short, the name gives way."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._name, self._rest, self._share = "", "", 0.0
        self.setAccessibleName(_("What is being read"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_reading(self, status: DeskStatus) -> None:
        """Stays with a file until that is read, so that the line can be followed."""
        reached = next((one for one in status.reading if one.name == self._name), None)
        reached = reached or (status.reading[0] if status.reading else None)
        self._name = reached.name if reached else ""
        self._rest = after(reached, status)
        self._share = min(1.0, reached.page / reached.pages) if reached and reached.pages else 0.0
        self.text = (
            _("Reading {name}{rest}").format(name=isolated(self._name), rest=self._rest) if reached else self._rest
        )
        self.setAccessibleDescription(self.text)
        names = "\n".join(f"{one.name} {page_of(one.page, one.pages)}" for one in status.reading)
        self.setToolTip(plain_tip(names or self.text))
        self.setHidden(not self.text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(self.font())
        full = round(metrics.horizontalAdvance(self.text)) + _BAR + 28
        return QSize(min(full, self.minimumSizeHint().width() + 2 * _NAME), round(metrics.height()) + 2)

    def minimumSizeHint(self) -> QSize:
        """Room for all but the name."""
        rest = QFontMetricsF(self.font()).horizontalAdvance(_("Reading {name}{rest}").format(name="", rest=self._rest))
        return QSize(round(rest) + _NAME + _BAR + 28, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette, font = self.palette(), self.font()
        rect = QRectF(self.contentsRect())
        strokes.sided(painter, rect, self.layoutDirection())
        ink = tones.ink("working", palette, palette.color(QPalette.ColorRole.Window))
        if self._share:
            strip = QRectF(rect.left(), rect.center().y() - 2, _BAR, 5)
            strokes.bar(painter, strip, self._share, None, ink, palette)
            rect.setLeft(strip.right() + 8)
        strokes.words(painter, rect, self.shown(rect.width()), font, palette.color(self.foregroundRole()))

    def shown(self, width: float) -> str:
        """The line as it fits: page and speed are whole as long as a few letters of the name have room."""
        if not self._name:
            return self.text
        metrics = QFontMetricsF(self.font())
        room = width - metrics.horizontalAdvance(_("Reading {name}{rest}").format(name=isolated(""), rest=self._rest))
        name = metrics.elidedText(one_line(self._name), Qt.TextElideMode.ElideMiddle, max(float(_NAME), room))
        return _("Reading {name}{rest}").format(name=isolated(name), rest=self._rest)


def after(reached: Reached | None, status: DeskStatus) -> str:
    """What stands behind the name; without a name, what waits to be read."""
    left = (
        several("{n:,} file left", "{n:,} files left", status.unread)
        if reached
        else several("{n:,} file to read", "{n:,} files to read", status.unread)
    )
    parts = [left] if status.unread else []
    if reached is None:
        return "".join(parts)
    place = page_of(reached.page, reached.pages)
    others = _(" and {others} more").format(others=len(status.reading) - 1) if len(status.reading) > 1 else ""
    speed = status.pages_per_second
    figures = [_("{pace} pages/s").format(pace=f"{speed:.{0 if speed >= 10 else 1}f}")] if speed >= 0.05 else []
    return " · ".join([f", {place}{others}" if place else others, *figures, *parts])


def _set(part: QLabel, text: str, tip: str) -> None:
    if part.text() != text:
        part.setText(one_line(text))
    part.setToolTip(plain_tip(tip))
