"""Shows what a playbook said before, version by version, and lets a person take one back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QPushButton, QSplitter, QVBoxLayout, QWidget

from app.language import _
from ui.playbook_rows import version_row
from ui.playbook_text import Lined
from ui.rows import RowList

if TYPE_CHECKING:
    from app.playbook_editing import Version


class Past(QSplitter):
    wanted = Signal(object)
    """A person wants this Version back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.list, self.text = RowList(_("Versions before")), Lined()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(_("The text of that version"))
        self.back = QPushButton(_("Take this version back"))
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.back)
        column.addWidget(self.list, 1)
        self.setChildrenCollapsible(False)
        self.addWidget(left)
        self.addWidget(self.text)
        self.setSizes([240, 680])
        self.list.picked.connect(self._look_back)
        self.back.clicked.connect(self._want)
        self.show_versions(())

    @property
    def current(self) -> Version | None:
        index = self.list.currentIndex()
        found: Version | None = self.list.rows.rows[index.row()].value if index.isValid() else None
        return found

    def show_versions(self, versions: Sequence[Version]) -> None:
        self.list.show_rows([version_row(one) for one in versions])
        self._look_back(self.current)

    @Slot(object)
    def _look_back(self, version: Version | None) -> None:
        self.text.setPlainText(version.text if version else "")
        self.back.setEnabled(version is not None)

    @Slot()
    def _want(self) -> None:
        if (version := self.current) is not None:
            self.wanted.emit(version)
