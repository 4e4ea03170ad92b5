"""Says in a row of a list what a playbook, or an earlier version of one, is."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.language import _, several
from ui.rows import Row
from ui.words import Sign, Tone, isolated, one_line

if TYPE_CHECKING:
    from app.playbook_editing import Checked, Listed, Version

_SOUND = Sign("", "check", "good")
_BROKEN = Sign("", "cross", "danger")


def playbook_row(row: Listed, default: str = "") -> Row:
    """`default` is the playbook by which new files go."""
    kind = _("yours, not the shipped one") if row.hides else _("yours") if row.own else _("shipped")
    draft = _(" · not saved") if row.draft else ""
    used = _("for new files") if row.name == default else ""
    if row.complaint:
        return Row(
            one_line(row.complaint),
            _BROKEN,
            one_line(row.name),
            used,
            foot=_("Broken · {kind}{draft}").format(kind=kind, draft=draft),
            foot_tone="danger",
            value=row,
            lines=3,
        )
    foot = several("Sound · {kind} · {n:,} intent", "Sound · {kind} · {n:,} intents", row.intents, kind=kind) + draft
    called = one_line(row.title) or one_line(row.name)
    return Row(called, _SOUND, one_line(row.name), used, foot=foot, value=row, lines=2)


def goes_by(done: str, name: str, default: str) -> str:
    """What was done to that playbook, and whether new files go by it."""
    if name == default:
        return _("{done} New files go by it.").format(done=done)
    return _("{done} New files go by {default}, not by this one.").format(done=done, default=isolated(default))


def verdict(checked: Checked) -> tuple[str, Tone]:
    """Whether a text is sound, or the first thing that is wrong with it."""
    if checked.complaints:
        one = checked.complaints[0]
        return several(
            "{n:,} fault. Line {line}: {sentence}",
            "{n:,} faults. Line {line}: {sentence}",
            len(checked.complaints),
            line=one.line,
            sentence=one.sentence,
        ), "danger"
    hints = (
        several(" {n:,} hint below its text.", " {n:,} hints below its text.", len(checked.hints))
        if checked.hints
        else ""
    )
    return _("Sound.{hints}").format(hints=hints), "good"


def text_title(faults: int) -> str:
    """What is written on the tab of the text."""
    return several("Text ({n:,} fault)", "Text ({n:,} faults)", faults) if faults else _("Text")


def versions_title(count: int) -> str:
    """The same for the versions before."""
    return _("Versions ({rows})").format(rows=count) if count else _("Versions")


def paragraphs(sentences: Sequence[str]) -> str:
    """A sentence a paragraph; what is listed below one stays with it."""
    return "".join(f"{'' if n == 0 else chr(10) if line.startswith('  -') else chr(10) * 2}{line}"
                   for n, line in enumerate(sentences))  # fmt: skip


def version_row(version: Version) -> Row:
    until = _("Until {when}").format(when=_when(version.saved))
    return Row(until, head=_("Version {number}").format(number=version.number), value=version)


def _when(saved: str) -> str:
    return datetime.datetime.fromisoformat(saved).astimezone().strftime("%Y-%m-%d %H:%M")
