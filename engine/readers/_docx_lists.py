"""Counts Word's numbered lists, so that a clause is read with the number that people see before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.readers._docx_runs import Looks, W, value

if TYPE_CHECKING:
    from lxml import etree

_LEVELS = 9
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MOST = 4000


class Lists:
    """The document's lists, each with how far it has counted."""

    def __init__(self, numbering: etree._Element | None, looks: Looks) -> None:
        self._looks = looks
        self._lists: dict[str, etree._Element] = {}
        self._abstract: dict[str, str] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        self._counts: dict[str, list[int | None]] = {}
        if numbering is None:
            return
        linked: dict[str, str] = {}
        for entry in numbering.iter(f"{W}abstractNum"):
            key = entry.get(f"{W}abstractNumId", "")
            self._lists[key] = entry
            if name := value(entry.find(f"{W}styleLink")):
                linked[name] = key
        for entry in numbering.iter(f"{W}num"):
            key, abstract = entry.get(f"{W}numId", ""), value(entry.find(f"{W}abstractNumId"))
            elsewhere = self._lists.get(abstract)
            if elsewhere is not None:
                abstract = linked.get(value(elsewhere.find(f"{W}numStyleLink")), abstract)
            self._abstract[key] = abstract
            self._restarts[key] = {
                _number(change.get(f"{W}ilvl", "")): _number(value(change.find(f"{W}startOverride")))
                for change in entry.iter(f"{W}lvlOverride")
                if change.find(f"{W}startOverride") is not None
            }

    def mark(self, paragraph: etree._Element) -> str:
        """What stands before this paragraph: "4.2 ", "a) ", "• ", or "". Each paragraph is to be asked for once."""
        key, level = self._place(paragraph)
        abstract = self._lists.get(self._abstract.get(key, ""))
        if abstract is None:
            return ""
        levels = {_number(entry.get(f"{W}ilvl", "")): entry for entry in abstract.iterchildren(f"{W}lvl")}
        if level not in levels:
            return ""
        counts = self._counts.setdefault(self._abstract[key], [None] * _LEVELS)
        restart = self._restarts[key].pop(level, None)
        before = counts[level]
        if restart is not None:
            counts[level] = restart
        else:
            counts[level] = _start(levels[level]) if before is None else before + 1
        counts[level + 1 :] = [None] * (_LEVELS - level - 1)
        return _shown(level, levels, counts)

    def _place(self, paragraph: etree._Element) -> tuple[str, int]:
        """The list that a paragraph is in, and its level there; ("", 0) for none."""
        style = value(paragraph.find(f"{W}pPr/{W}pStyle"))
        places = [paragraph.find(f"{W}pPr/{W}numPr")]
        places += [entry.find(f"{W}pPr/{W}numPr") for entry in self._looks.chain(style)]
        key, level = "", ""
        for place in places:
            if place is not None:
                key = key or value(place.find(f"{W}numId"))
                level = level or value(place.find(f"{W}ilvl"))
        if key and not level:
            abstract = self._lists.get(self._abstract.get(key, ""))
            for entry in abstract.iterchildren(f"{W}lvl") if abstract is not None else ():
                if value(entry.find(f"{W}pStyle")) == style:
                    level = entry.get(f"{W}ilvl", "")
        return key, min(_number(level), _LEVELS - 1)


def _shown(level: int, levels: dict[int, etree._Element], counts: list[int | None]) -> str:
    pattern = value(levels[level].find(f"{W}lvlText"))
    sort = value(levels[level].find(f"{W}numFmt"))
    if sort == "bullet":
        return "• " if pattern else ""
    legal = levels[level].find(f"{W}isLgl") is not None
    for n in range(level + 1):
        if f"%{n + 1}" in pattern and n in levels:
            count = counts[n]
            form = "decimal" if legal else value(levels[n].find(f"{W}numFmt"))
            pattern = pattern.replace(f"%{n + 1}", counted(_start(levels[n]) if count is None else count, form))
    return f"{pattern} " if pattern.strip() else ""


def _start(level: etree._Element) -> int:
    start = level.find(f"{W}start")
    return _number(value(start)) if start is not None else 0


def counted(number: int, form: str) -> str:
    """The number as a list shows it."""
    if not 0 < number < _MOST:
        return "" if form == "none" else str(number)
    match form:
        case "lowerLetter" | "upperLetter":
            text = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        case "lowerRoman" | "upperRoman":
            text = _roman(number)
        case "decimalZero":
            text = f"{number:02}"
        case "none":
            text = ""
        case _:
            text = str(number)
    return text.upper() if form.startswith("upper") else text


def _roman(number: int) -> str:
    text = ""
    for size, letters in _ROMAN:
        text += letters * (number // size)
        number %= size
    return text


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
