"""What the tools' tests hand to a tool: files in a folder of the test's own, and values as documents bring them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine import reading
from engine.cards import Origin, Place, Problem
from engine.pages import Page, Reading
from engine.shelf import modules
from engine.store import Store
from engine.tools import Earlier, Finding, NoResult, Result, TableFile, Value, Values


class ScriptedTray:
    """A tray on a folder; no address answers."""

    name = "orders"

    def __init__(self, folder: Path, seconds: float = 60.0) -> None:
        self.folder = folder
        self.store = Store(folder / "home")
        self._late = time.monotonic() + seconds

    def file(self, name: str) -> TableFile:
        own = self.folder / name
        data = own.read_bytes()
        sha256 = self.store.put(data)
        return TableFile(own.name, data, sha256, self.store.kept(sha256), own)

    def reading(self, file: TableFile) -> Reading:
        for _ in reading.read(self.store, file.sha256, file.name):
            continue
        found = self.store.reading(file.sha256)
        assert found is not None
        return found

    def note(self, title: str, text: str) -> tuple[Place, str]:
        return self.store.note(title, text), text

    def ask(self, values: Mapping[str, str]) -> str:
        raise NoResult("no_answer", "Nobody is there")

    def earlier(self, values: Values, most: int) -> tuple[list[Earlier], int]:
        return [], 0

    def in_time(self) -> None:
        if time.monotonic() > self._late:
            raise NoResult("too_slow", "It took too long")


def value(text: str, origin: Origin = "document") -> Value:
    """A field as it was read from a letter."""
    return Value(text, origin, text, Place("a" * 64, "letter.txt", 1, 0, len(text)))


def whole(*texts: str) -> Value:
    """All of a document with these pages."""
    pages = tuple(Page(number, text) for number, text in enumerate(texts, 1))
    return Value("\n".join(texts), "document", "\n".join(texts), Place("a" * 64, "letter.txt", 1, 0, 0), pages)


def called(tool: str, tray: ScriptedTray, given: Mapping[str, Any], **values: Value) -> Result:
    from engine import tools

    result = modules(tools)[tool].call(given, values, tray)
    assert isinstance(result, Result)
    return result


def standing(finding: Finding, store: Store) -> str:
    """The words at the finding's place."""
    read = store.reading(finding.place.document)
    assert read is not None
    return read.pages[finding.place.page - 1].text[finding.place.start : finding.place.end]


def looked_up(tray: ScriptedTray, file: str, key: str, wanted: str, **given: Any) -> Finding | None:
    """The row of a table. What is quoted must stand at its place."""
    result = called("lookup", tray, {"file": file, "key": key, **given}, value=value(wanted))
    if not result.findings:
        assert "is not in orders" in result.sentence
        return None
    (finding,) = result.findings
    assert finding.quote == standing(finding, tray.store)
    return finding


def code_of(tool: str, tray: ScriptedTray, given: Mapping[str, Any], **values: Value) -> str:
    """The code of the Problem that the call raises."""
    try:
        called(tool, tray, given, **values)
    except Problem as problem:
        return problem.code
    return ""
