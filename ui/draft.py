"""Shows the draft sentence by sentence: who wrote it, what it rests on, and whether that holds."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.language import _, several
from engine.cards import Draft, Evidence, Handoff, Judgement, Sentence
from ui import tones
from ui.rows import Row, RowList
from ui.words import Sign, Tone, author_sign, isolated, label, where, written


class DraftView(QWidget):
    cited = Signal(int)
    """A person went to what carries this citation number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._handoff: Handoff | None = None
        self.verdict = label("", _("Verdict"))
        self.verdict.setToolTip(
            _(
                "Supported: what the sentence says stands in a source. Whether that source fits the case is for you to "
                "judge."
            )
        )
        self.verdict.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.sentences = RowList(_("Draft, sentence by sentence"))
        self.live = QPlainTextEdit()
        self.live.setReadOnly(True)
        self.live.setUndoRedoEnabled(False)
        self.live.setTabChangesFocus(True)
        self.live.setAccessibleName(_("What the model is writing"))
        self._begun = ""
        self.editor = QPlainTextEdit()
        self.editor.setTabChangesFocus(True)
        self.editor.setAccessibleName(_("Edit the draft"))
        self.nothing = label("", _("Why there is no draft"), wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setMargin(16)
        self.stack = QStackedWidget()
        for widget in (self.nothing, self.sentences, self.live, self.editor):
            self.stack.addWidget(widget)
        self.sources = RowList(_("Sources of the draft"))
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(self.stack)
        self.split.addWidget(self.sources)
        self.split.setStretchFactor(0, 3)
        self.split.setStretchFactor(1, 2)
        self.split.setSizes([300, 150])
        self.split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        top = QHBoxLayout()
        top.setContentsMargins(6, 0, 6, 0)
        top.addWidget(self.verdict, 1)
        self.legend = [(label(f"■ {word}"), tone) for word, tone in _LEGEND]
        for named, _tone in self.legend:
            top.addWidget(named)
        layout.addLayout(top)
        layout.addWidget(self.split, 1)
        self.sentences.picked.connect(self._cite)
        self.sources.picked.connect(self._cite)

    @property
    def editing(self) -> bool:
        return self.stack.currentWidget() is self.editor

    def show_handoff(self, handoff: Handoff | None, *, fresh: bool, waiting: str) -> None:
        """`waiting` is what to say while there is no draft. An edit in progress stays unless `fresh`."""
        self._handoff = handoff
        draft = handoff.draft if handoff else None
        self.sentences.show_rows(sentence_rows(handoff) if handoff else [])
        self.sources.show_rows(source_rows(handoff.evidence) if handoff else [])
        self.sources.setVisible(bool(handoff and handoff.evidence))
        self.verdict.setText(verdict_line(handoff))
        self._colour(bool(draft))
        self.nothing.setText(waiting)
        if self.editing and not fresh:
            return
        self.stack.setCurrentWidget(self.sentences if draft else self.nothing)

    def show_typed(self, text: str) -> None:
        """What a model has written so far; an empty text ends the live view."""
        if self.editing:
            return
        if not text:
            if self.stack.currentWidget() is self.live:
                self.stack.setCurrentWidget(self.sentences if self.sentences.rows.rows else self.nothing)
                self._colour(bool(self.sentences.rows.rows))
            self.live.clear()
            return
        have = self.live.toPlainText()
        if text.startswith(have):
            cursor = QTextCursor(self.live.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(text[len(have) :])
        else:
            self.live.setPlainText(text)
        self.live.verticalScrollBar().setValue(self.live.verticalScrollBar().maximum())
        self.stack.setCurrentWidget(self.live)
        self._colour(False)
        self.verdict.setText(_("Being written now; not checked yet."))

    def begin_edit(self, text: str | None = None) -> None:
        """Let a person write; they begin with `text`, or with the draft when it is None."""
        draft = self._handoff.draft if self._handoff else None
        self.editor.setPlainText(text if text is not None else draft.text if draft else "")
        self._begun = written(self.editor.document()) if text is None else ""
        self.stack.setCurrentWidget(self.editor)
        self.editor.setFocus()

    def end_edit(self) -> None:
        draft = self._handoff.draft if self._handoff else None
        self.stack.setCurrentWidget(self.sentences if draft else self.nothing)

    def text(self) -> str | None:
        """The edited text, or None when nothing is being edited."""
        return written(self.editor.document()) if self.editing else None

    def changed(self) -> str:
        """What a person has written in the editor; empty as long as they changed nothing of the draft."""
        text = self.text() or ""
        return "" if text == self._begun else text

    def _colour(self, shown: bool) -> None:
        for named, tone in self.legend:
            palette = self.palette()
            palette.setColor(named.foregroundRole(), tones.ink(tone, palette, palette.color(named.backgroundRole())))
            named.setPalette(palette)
            named.setVisible(shown)

    @Slot(object)
    def _cite(self, number: int | None) -> None:
        if number is not None:
            self.cited.emit(number)


_LEGEND: tuple[tuple[str, Tone], ...] = (
    (_("Model"), "special"), (_("Word for word"), "good"), (_("Playbook"), "quiet"),
)  # fmt: skip


def verdict_line(handoff: Handoff | None) -> str:
    """The verifier's word on the newest draft, in one line."""
    if handoff is None or handoff.draft is None:
        return ""
    verdict = handoff.verdict
    if verdict is None:
        return _("Not checked yet.")
    held = sum(judged.supported for judged in verdict.sentences)
    outcome = {"pass": _("Verified"), "revise": _("Sent back"), "escalate": _("Needs a person")}[verdict.outcome]
    return several(
        "{outcome}: {held} of {n:,} supported", "{outcome}: {held} of {n:,} supported",
        len(verdict.sentences), outcome=outcome, held=held,
    )  # fmt: skip


def sentence_rows(handoff: Handoff) -> list[Row]:
    """What a person approved in place of the draft; its greeting, sentences and closing; the verifier's objections."""
    draft, rows = handoff.draft, approved_rows(handoff)
    if draft is None:
        return rows
    operator = author_sign("playbook")
    rows += [Row(draft.greeting, operator)] if draft.greeting else []
    rows += [_sentence(sentence, _judgement(handoff, draft, number)) for number, sentence in enumerate(draft.sentences)]
    if draft.closing:
        rows.append(Row(draft.closing, operator))
    for objection in handoff.verdict.objections if handoff.verdict else ():
        rows.append(Row(objection, Sign(_("Objection"), "cross", "danger")))
    return rows


def approved_rows(handoff: Handoff) -> list[Row]:
    """The text that a person wrote and approved, and that what follows is the draft they had before them."""
    decision = handoff.decision
    if decision is None or decision.verb != "edited":
        return []
    by = _("Written and approved by {name}").format(name=isolated(decision.by))
    rows = [Row(decision.text, Sign(_("Approved"), "check", "good"), head=by)]
    return [*rows, Row("", head=_("The draft before that:"))] if handoff.draft else rows


def _judgement(handoff: Handoff, draft: Draft, number: int) -> Judgement | None:
    """The verdict on that sentence, if the verdict is about this wording."""
    judged = handoff.verdict.sentences if handoff.verdict else ()
    if number < len(judged) and judged[number].text == draft.sentences[number].text:
        return judged[number]
    return next((one for one in judged if one.text == draft.sentences[number].text), None)


def _sentence(sentence: Sentence, judged: Judgement | None) -> Row:
    mark = "".join(f"[{number}]" for number in sentence.citations)
    value = sentence.citations[0] if sentence.citations else None
    row = Row(sentence.text, author_sign(sentence.author), mark=mark, value=value)
    if judged is None:
        return row
    if not judged.supported:
        told = _("NOT SUPPORTED: {objection}").format(objection=judged.objection)
        foot = told if judged.objection else _("NOT SUPPORTED by any source")
        return Row(sentence.text, row.margin, mark=mark, value=value, foot=foot, foot_tone="danger")
    if judged.evidence:
        by = "".join(f"[{number}]" for number in judged.evidence)
        foot = _("Supported by {by}").format(by=by) + (f", {judged.score:.2f}" if judged.score else "")
        return Row(sentence.text, row.margin, mark=mark, value=value, foot=foot, foot_tone="good")
    return row


def source_rows(evidence: tuple[Evidence, ...]) -> list[Row]:
    return [
        Row(
            item.quote.replace("\n", " "),
            head=f"[{item.n}] {where(item.place)}" + (f" · {item.heading}" if item.heading else ""),
            tail=f"{item.score:.2f}",
            value=item.n,
            lines=3,
        )
        for item in evidence
    ]
