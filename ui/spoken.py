"""Chooses the language of the window at start: its words, Qt's own, and the side from which it is read."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtWidgets import QApplication

from app import language


def choose(home: Path) -> None:
    """As the environment says, else as it is set in that home, else as the system says. Only now, and only once."""
    asked = os.environ.get("BATON_LANGUAGE", "") or _set(home)
    language.use(asked or language.best(QLocale.system().uiLanguages()))


def follow(application: QApplication) -> None:
    """Qt's own words, as on the buttons of its dialogs, and the side where reading begins."""
    code = language.code()
    application.setLayoutDirection(direction(code))
    if code == "en":
        return
    translator = QTranslator(application)
    if translator.load(f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(translator)


def direction(code: str) -> Qt.LayoutDirection:
    right = code in language.RIGHT_TO_LEFT
    return Qt.LayoutDirection.RightToLeft if right else Qt.LayoutDirection.LeftToRight


def _set(home: Path) -> str:
    """What is wrong with the settings the desk says when it opens them."""
    from app import settings
    from engine.cards import Problem

    try:
        return settings.read(home).language
    except Problem:
        return ""
