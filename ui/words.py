"""Turns values into the words and numbers a person reads."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from app.language import _, several

if TYPE_CHECKING:
    from PySide6.QtGui import QTextDocument

    from app.task_rows import TaskRow
    from engine.cards import Place, Why

Tone = Literal["plain", "quiet", "working", "good", "caution", "danger", "special"]
Shape = Literal[
    "ring", "dot", "check", "diamond", "square", "cross", "dash", "arrow", "loop", "down", "person", "plus", "unlike"
]

_TIP_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Sign:
    """One meaning, said three ways: in a word, a shape and a colour."""

    word: str
    shape: Shape
    tone: Tone


STATES = {
    "queued": Sign(_("Queued"), "ring", "quiet"),
    "running": Sign(_("Working"), "dot", "working"),
    "parked": Sign(_("Parked"), "dash", "danger"),
    "finished": Sign(_("Ready to approve"), "check", "good"),
    "review": Sign(_("Needs a person"), "person", "caution"),
    "quarantined": Sign(_("Quarantined"), "square", "special"),
    "failed": Sign(_("Failed"), "cross", "danger"),
    "approved": Sign(_("Approved"), "check", "quiet"),
    "edited": Sign(_("Edited and approved"), "check", "quiet"),
    "rejected": Sign(_("Rejected"), "cross", "quiet"),
    "skipped": Sign(_("Skipped"), "dash", "quiet"),
}

CODES = {
    "encrypted": _("password needed"),
    "damaged": _("damaged"),
    "too_large": _("too large"),
    "too_slow": _("too slow to read"),
    "too_deep": _("nested too deeply"),
    "bomb": _("unpacks too far"),
    "unsupported": _("unsupported kind"),
    "crashed_parser": _("its reader failed"),
    "out_of_memory": _("needs more memory"),
    "empty": _("no text in it"),
    "unreadable": _("can't be opened"),
    "not_a_file": _("not a plain file"),
}
"""Why a file was set aside, in a few words: the sentence beside it says more."""

DOING = {
    "reader": _("Reading the file."),
    "extractor": _("Looking for names, numbers and dates."),
    "router": _("Deciding what this is."),
    "second_reader": _("Reading the fields a second time."),
    "clerk": _("Looking things up in the tables."),
    "librarian": _("Searching the policies."),
    "drafter": _("Writing the draft."),
    "quoter": _("Quoting the passages."),
    "verifier": _("Checking every sentence against its source."),
}
"""What each agent does while it says nothing itself."""


_UNSURE = ("abstained", "novel", "rivals")
"""Reason codes of a task that needs a person because no intent was sure enough."""
_CUT_SHORT = ("stopped", "too_slow", "out_of_memory")
"""Reason codes of a task that can be gone on with: nothing speaks against a draft."""

_KEYS = {
    "Ctrl": _("Ctrl"),
    "Shift": _("Shift"),
    "Space": _("Space"),
    "Backspace": _("Backspace"),
    "Enter": _("Enter"),
    "Del": _("Del"),
    "or": _("or"),
    "then": _("then"),
}
"""What stands on the keys, where that is no letter."""


def key_name(key: str) -> str:
    """A key such as `Ctrl+O` as it stands on the keyboard."""
    return re.sub(r"\b[A-Z]?[a-z]+\b", lambda found: _KEYS.get(found[0], found[0]), key)


def state_of(row: TaskRow) -> str:
    """What a person did outweighs how the run ended."""
    return row.decision or row.state


def sign_of(row: TaskRow) -> Sign:
    return STATES.get(state_of(row), Sign(state_of(row), "ring", "quiet"))


def intent_of(row: TaskRow, titles: Mapping[str, str]) -> str:
    """What it was taken for, as the playbook calls it; of several requests the first, and how many more there are."""
    first = titles.get(row.label, title(row.label)) if row.label else ""
    if row.requests < 2:
        return first
    if not first:
        return requests_of(row)
    return several("{intent} + {n:,} more", "{intent} + {n:,} more", row.requests - 1, intent=first)


def requests_of(row: TaskRow) -> str:
    """How many requests its message makes, where it makes several."""
    return several("{n:,} request", "{n:,} requests", row.requests) if row.requests > 1 else ""


def score_of(row: TaskRow) -> str:
    """How sure that is. Where a message makes several requests each has a score of its own, and none is the task's."""
    return f"{row.score:.2f}" if row.label and row.score and row.requests < 2 else ""


def can_run_again(row: TaskRow | None) -> bool:
    return row is not None and row.state in ("failed", "review", "quarantined", "parked") and not row.decision


def waiting(row: TaskRow | None) -> str:
    """What to say where the draft will be."""
    if row is None:
        return _("Choose a task on the left.")
    return {
        "queued": _("Waiting for its turn."),
        "running": _("The draft appears here while it is written."),
        "quarantined": _("Set aside, so nothing was drafted."),
        "parked": _("Parked; nothing is lost. {reason} Then choose Run again.").format(reason=row.reason),
        "failed": _("The run broke before there was a draft. {reason} “Run again” goes on from there.").format(
            reason=row.reason
        ),
        "review": _undrafted(row),
    }.get(row.state, _("There was nothing to draft."))


def _undrafted(row: TaskRow) -> str:
    """What helps most where a person must decide: the desk may still write the draft."""
    if row.code in _UNSURE or (row.code == "disputed" and not row.label):
        return _(
            "No draft, because no intent was sure. Press W and a digit to choose one: then the desk writes the draft. "
            "Or Edit (E) to write the answer yourself."
        )
    if row.code in _CUT_SHORT:
        return _(
            "No draft, because the work was cut short. “Run again” goes on with it. Or Edit (E) to write it yourself."
        )
    return _("No draft: a person must decide. Edit (E) to write the answer yourself.")


OPENED = Sign(_("Opened"), "dot", "quiet")
ONWARD = Sign("", "dot", "working")
PLAIN = (OPENED, ONWARD)
"""The handoffs that differ in nothing: the first one, and the next step."""


def leg_sign(why: Why, seq: int) -> Sign:
    """How a handoff differs from the plain next step; the plain step has an empty word."""
    if why.receiver == "person":
        return Sign(_("Escalated"), "person", "caution")
    if why.receiver == "quarantine":
        return Sign(_("Quarantined"), "square", "special")
    if why.receiver == "quoter" or "fallback" in why.code:
        return Sign(_("Fallback"), "down", "caution")
    if (why.sender, why.receiver) == ("verifier", "drafter"):
        return Sign(_("Sent back"), "loop", "caution")
    if why.sender == "person":
        return Sign(_("Person"), "person", "working")
    if why.receiver == "desk":
        return Sign(_("Done"), "check", "good")
    return OPENED if seq == 0 else ONWARD


def author_sign(author: str) -> Sign:
    """Who wrote a sentence: a model, nobody (a word-for-word quote), or the operator."""
    if author == "extractive":
        return Sign(_("Word for word"), "dot", "good")
    if author in ("playbook", ""):
        return Sign(_("Playbook"), "dot", "quiet")
    return Sign(one_line(author), "dot", "special")


def one_line(text: str, limit: int = 400) -> str:
    """Text from outside as a single line that is cheap to measure."""
    return " ".join(text[: limit * 2].split())[:limit]


def isolated(text: str) -> str:
    """Text from outside fenced off, so that writing direction marks in it cannot reorder our own words."""
    return f"\u2068{one_line(text)}\u2069"


def plain_tip(text: str) -> str:
    """A tooltip that shows exactly these words: Qt guesses rich text in tooltips and would load files it names."""
    if not text:
        return ""
    shown = text if len(text) <= _TIP_LENGTH else text[:_TIP_LENGTH] + " …"
    return f"<span style='white-space:pre-wrap'>{html.escape(shown)}</span>"


def label(text: str = "", name: str = "", *, wrap: bool = False) -> QLabel:
    """A label that never reads its text as markup. `name` says what it is for; a screen reader says its text first."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if name:
        made.setAccessibleDescription(name)
    return made


def push_button(text: str, tip: str = "", name: str = "") -> QPushButton:
    """A button that Enter does not press from elsewhere. `name` is what a screen reader says, if not its text."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.setAccessibleName(name or text)
    made.setAutoDefault(False)
    return made


def title(code: str) -> str:
    """A code such as `refund_request` as words."""
    return one_line(code.replace("_", " "))[:1].upper() + one_line(code.replace("_", " "))[1:]


def seconds(value: float) -> str:
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(int(value), 60)
    return f"{minutes} min {rest:02d} s"


def size(length: int) -> str:
    """How large a file is, in the units of the limits."""
    if length < 1024:
        return several("{n:,} byte", "{n:,} bytes", length)
    power = 1 if length < 1 << 20 else 2 if length < 1 << 30 else 3
    value = length / 1024**power
    return f"{value:.{0 if value >= 10 else 1}f} {('KiB', 'MiB', 'GiB')[power - 1]}"


def shortened(text: str, most: int) -> str:
    """Text from outside in one line of at most so many characters; what was left out leaves a mark."""
    line = " ".join(text[:20_000].split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def compared(score: float, threshold: float | None) -> str:
    """The number that decided, against what it was measured."""
    if threshold is None:
        return _("Score {score:.2f}").format(score=score)
    said = _("{score:.2f}, reaches {threshold:.2f}") if score >= threshold else _("{score:.2f}, below {threshold:.2f}")
    return said.format(score=score, threshold=threshold)


def where(place: Place) -> str:
    """Where a quote stands, in words."""
    spot = place.path or _("page {page}").format(page=place.page)
    return f"{isolated(place.name)}, {isolated(spot) if place.path else spot}"


def utf16(text: str, position: int) -> int:
    """A position in Python's characters as Qt counts it."""
    return len(text[: max(0, position)].encode("utf-16-le", "surrogatepass")) // 2


def same_length(text: str) -> str:
    """Text as Qt will keep it, each character in its place: Qt would join CR and LF, and shift all spans."""
    return text.replace("\r\n", " \n").replace("\r", "\n").replace("\u2029", "\n").replace("\0", " ")


def written(document: QTextDocument) -> str:
    """What stands in it, to the letter: Qt's own plain text turns each no-break space into a common one."""
    return document.toRawText().replace("\u2029", "\n").replace("\u2028", "\n")
