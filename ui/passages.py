"""A search through collections: what was found, how likely it is relevant, and where it stands on its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QSplitter, QVBoxLayout, QWidget

from app.language import _, several
from engine.cards import Evidence, Handoff, Place, TaskCard, Why
from ui import tones
from ui.elided import Choice
from ui.page import SOURCE, PageView
from ui.rows import Row, RowList
from ui.words import Sign, isolated, label, one_line

FOUND = 10
"""Passages that a search shows."""
_LINES = 4
_CHOOSE = _("Choose a passage to see where it stands.")
_HOW = _("Each passage found comes with the chance that it is relevant.")


class Passages(QWidget):
    asked = Signal(str, object)
    """A person searches for this, in these collections."""
    chosen = Signal(object)
    """A person went to a passage; carries its Evidence, without a box."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: list[str] = []
        self._own = False
        self.query = QLineEdit()
        self.query.setPlaceholderText(_("Ask a question, or type words (Ctrl+F)"))
        self.query.setAccessibleName(_("Search the collections"))
        self.query.setClearButtonEnabled(True)
        self.scope = Choice(_("Where to search"), 14)
        self.go = QPushButton(_("Search"))
        self.verdict = label(_HOW, _("What the search came to"), wrap=True)
        self.verdict.setMargin(2)
        self.hits = RowList(_("Passages found"))
        self.page = PageView(SOURCE)
        self.page.tabs.hide()
        self.page.empty.setText(_CHOOSE)
        top = QHBoxLayout()
        top.addWidget(self.query, 1)
        top.addWidget(self.scope)
        top.addWidget(self.go)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.verdict)
        column.addWidget(self.hits, 1)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(left)
        self.split.addWidget(self.page)
        self.split.setSizes([500, 460])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 6, 6, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.split, 1)
        self.query.returnPressed.connect(self._ask)
        self.go.clicked.connect(self._ask)
        self.hits.picked.connect(self._choose)
        self.scope.currentIndexChanged.connect(self._keep)

    def show_collections(self, names: Sequence[str], current: str) -> None:
        """What can be searched; a search goes to `current`, unless a person has said where since `follow`."""
        said = self.scope.currentData() if self._own else current
        with QSignalBlocker(self.scope):
            if list(names) != self._names:
                self._names = list(names)
                self.scope.clear()
                self.scope.addItem(_("In all collections"), "")
                for name in names:
                    self.scope.addItem(_("In {name}").format(name=isolated(name)), name)
            self._own = self._own and self.scope.findData(said) >= 0
            self.scope.setCurrentIndex(max(0, self.scope.findData(said if self._own else current)))
        for widget in (self.query, self.scope, self.go):
            widget.setEnabled(bool(names))

    def follow(self) -> None:
        """A person went to another collection: searches go there."""
        self._own = False

    def seek(self) -> None:
        """Go to the field, to type over what stands there."""
        self.query.setFocus()
        self.query.selectAll()

    def ask(self, words: str) -> None:
        """Search for these words, as if a person had typed them."""
        self.query.setText(one_line(words))
        self._ask()

    def show_waiting(self) -> None:
        self._say(_("Searching…"), "quiet")
        self.hits.show_rows([])

    def show_failed(self, sentence: str) -> None:
        self._say(sentence, "danger")
        self.hits.show_rows([])

    def show_found(self, answer: Mapping[str, Any], seconds: float) -> None:
        """The library's row for one query."""
        hits = answer["hits"]
        good = sum(bool(hit["relevant"]) for hit in hits)
        if good:
            self._say(
                several(
                    "{n:,} relevant passage, in {seconds:.1f} s.",
                    "{n:,} relevant passages, in {seconds:.1f} s.",
                    good,
                    seconds=seconds,
                ),
                "good",
            )
        elif hits:
            self._say(_("Nothing relevant here. These come nearest, and do not answer it:"), "caution")
        else:
            self._say(_("Nothing found here."), "caution")
        self.hits.show_rows([_row(n, hit) for n, hit in enumerate(hits, 1)])
        if hits:
            self.hits.scrollToTop()

    def show_place(self, evidence: Evidence) -> None:
        """Show the page of a passage, with the passage marked."""
        handoff = Handoff(TaskCard("", "", "", ""), Why("library", "person", _("Found.")), evidence=(evidence,))
        self.page.show_handoff(handoff, fresh=False)
        self.page.focus_source(evidence)

    def _say(self, text: str, tone: Any) -> None:
        tones.write(self.verdict, tone)
        self.verdict.setText(text)

    @Slot()
    def _keep(self) -> None:
        self._own = True

    @Slot()
    def _ask(self) -> None:
        words, name = self.query.text().strip(), self.scope.currentData()
        if words and self._names:
            self.asked.emit(words, (name,) if name else tuple(self._names))

    @Slot(object)
    def _choose(self, evidence: Evidence) -> None:
        self.chosen.emit(evidence)


def _row(number: int, hit: Mapping[str, Any]) -> Row:
    evidence = Evidence(
        number, hit["quote"],
        Place(hit["sha256"], hit["document"], hit["page"], hit["start"], hit["end"]),
        hit["score"], "search", hit["heading"],
    )  # fmt: skip
    sign = Sign("", "dot", "good" if hit["relevant"] else "quiet")
    also = [
        _("{document}, page {page}").format(document=isolated(one["document"]), page=one["page"]) for one in hit["also"]
    ]
    head = " · ".join(part for part in (f"{hit['score']:.2f}", one_line(hit["heading"])) if part)
    where = _("{document}, page {page}").format(document=isolated(hit["document"]), page=hit["page"])
    return Row(
        " ".join(hit["quote"].split()), sign, head,
        foot=where + (_(" · also in {also}").format(also="; ".join(also)) if also else ""),
        value=evidence, lines=_LINES,
    )  # fmt: skip
