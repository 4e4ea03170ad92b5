"""Lays out the list of the collections, the field for the name of a new one, and why there is none; wires nothing."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.language import _
from ui import strokes
from ui.collection_cards import CollectionList
from ui.empty import Empty
from ui.freshness import Freshness
from ui.words import label


class Shelf(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = label(_("Collections"), _("Collections"))
        heading.setFont(strokes.bold(self.font()))
        self.fresh = QPushButton(_("New…"))
        self.fresh.setAccessibleName(_("New collection"))
        self.fresh.setAutoDefault(False)
        self.name = QLineEdit()
        self.name.setPlaceholderText(_("Name of the new collection, then Enter"))
        self.name.setAccessibleName(_("Name of the new collection"))
        self.name.hide()
        self.list, self.freshness = CollectionList(), Freshness()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 4, 4)
        layout.setSpacing(6)
        top = QHBoxLayout()
        top.addWidget(heading, 1)
        top.addWidget(self.fresh)
        layout.addLayout(top)
        layout.addWidget(self.name)
        layout.addWidget(self.freshness)
        layout.addWidget(self.list, 1)


def no_collections() -> Empty:
    """What stands in its place before there is one."""
    return Empty(
        _("No collections yet"),
        _(
            "A collection is what answers rest on: policies, handbooks, earlier answers. "
            "A playbook's own documents come in with its first task."
        ),
        (_("New collection"),),
    )
