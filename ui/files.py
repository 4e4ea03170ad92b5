"""Where files come from, and what they are called that are written: a dialog, or a drop on the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QFileDialog, QWidget

from app.language import _

_BARRED = frozenset('<>:"/\\|?*')
"""What a file's name must not hold on Windows; the other systems bar some of these."""
_LONGEST = 120
"""Bytes of a file's own name in a proposed one: with what stands behind it, a system takes 255."""


def case_name(name: str, task: str) -> str:
    """What the case of that task is to be called on any system, with the name of the file that it is about."""
    kept = "".join(one if one.isprintable() and one not in _BARRED else " " for one in PurePath(name).stem)
    short = " ".join(kept.split()).encode()[:_LONGEST].decode("utf-8", "ignore").strip(" .")
    return f"{short} {task}.zip".lstrip()


def choose(
    parent: QWidget, mode: QFileDialog.FileMode, take: Callable[[list[str]], None], title: str = "", kinds: str = ""
) -> QFileDialog:
    """Open a dialog that blocks nothing; `take` gets the names. `kinds` are the files that it shows, "" = all."""
    dialog = QFileDialog(parent, title or _("Add to the inbox"), "", kinds)
    dialog.setFileMode(mode)
    dialog.filesSelected.connect(take)
    return _opened(dialog)


def save(parent: QWidget, title: str, name: str, take: Callable[[str], None]) -> QFileDialog:
    """Ask where a file is to be written, blocking nothing; a file that is there already is asked about."""
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(Path(name).suffix.removeprefix("."))
    dialog.selectFile(name)
    dialog.fileSelected.connect(take)
    return _opened(dialog)


def _opened(dialog: QFileDialog) -> QFileDialog:
    """It goes for good once it is left: its parent lives as long as the window does."""
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def dropped(data: QMimeData) -> list[Path]:
    """The local files of a drop; addresses of other machines are not followed."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
