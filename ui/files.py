"""Where files come from: a dialog, or a drop on the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QFileDialog, QWidget

from app.language import _


def choose(parent: QWidget, mode: QFileDialog.FileMode, take: Callable[[list[str]], None]) -> QFileDialog:
    """Open a dialog that blocks nothing; `take` gets the names."""
    dialog = QFileDialog(parent, _("Add to the inbox"))
    dialog.setFileMode(mode)
    dialog.filesSelected.connect(take)
    dialog.open()
    return dialog


def save(parent: QWidget, title: str, name: str, take: Callable[[str], None]) -> QFileDialog:
    """Ask where a file is to be written, blocking nothing; a file that is there already is asked about."""
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(Path(name).suffix.removeprefix("."))
    dialog.selectFile(name)
    dialog.fileSelected.connect(take)
    dialog.open()
    return dialog


def dropped(data: QMimeData) -> list[Path]:
    """The local files of a drop; addresses of other machines are not followed."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
