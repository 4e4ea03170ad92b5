"""Counts the numbered lists and headings of OpenDocument texts, so that a clause is read with its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.readers._docx_lists import counted
from engine.readers._odf_text import attribute

if TYPE_CHECKING:
    from lxml import etree

_LEVELS = 10
_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


class Lists:
    """The document's lists, each with how far it has counted."""

    def __init__(self) -> None:
        self._levels: dict[tuple[str, int], etree._Element] = {}
        self._counts: dict[etree._Element, int] = {}
        self._last: dict[tuple[str, int], int] = {}
        self._headings = [0] * _LEVELS

    def learn(self, root: etree._Element) -> None:
        """Add the list styles in a part of the document; headings have a style without a name."""
        for style in root.iter("{*}list-style", "{*}outline-style"):
            name = "" if style.tag.endswith("}outline-style") else attribute(style, "name")
            for level in style:
                self._levels[name, _number(attribute(level, "level"))] = level

    def mark(self, paragraph: etree._Element) -> str:
        """What stands before this paragraph in a list: "2. ", "a) ", "• ", or ""."""
        item = paragraph.getparent()
        if item is None or not item.tag.endswith("}list-item") or item.find("{*}p") is not paragraph:
            return ""
        lists = list(paragraph.iterancestors("{*}list", "{*}ordered-list", "{*}unordered-list"))[:_LEVELS]
        name = next((found for entry in lists if (found := attribute(entry, "style-name"))), "")
        level = self._levels.get((name, len(lists))) if lists and name else None
        if level is None:
            return ""
        numbers = [self._count(lists[0], item, name, len(lists), level)]
        numbers = [*(self._counts.get(around, 1) for around in reversed(lists[1:])), *numbers]
        return self._shown(name, numbers)

    def heading(self, level: int) -> str:
        """The number that stands before the next heading of that level, or "". Each is to be asked for once."""
        if not 0 < level <= _LEVELS:
            return ""
        self._headings[level - 1] += 1
        self._headings[level:] = [0] * (_LEVELS - level)
        return self._shown("", self._headings[:level]) if ("", level) in self._levels else ""

    def _count(self, entry: etree._Element, item: etree._Element, name: str, depth: int, level: etree._Element) -> int:
        """The item's number."""
        given = attribute(item, "start-value")
        if given:
            number = _number(given)
        elif entry in self._counts:
            number = self._counts[entry] + 1
        elif attribute(entry, "continue-numbering") == "true" and (name, depth) in self._last:
            number = self._last[name, depth] + 1
        else:
            number = _number(attribute(level, "start-value")) or 1
        self._counts[entry] = self._last[name, depth] = number
        return number

    def _shown(self, name: str, numbers: list[int]) -> str:
        level = self._levels[name, len(numbers)]
        if level.tag.endswith("}list-level-style-bullet"):
            return "• "
        form = attribute(level, "num-format")
        if form not in _FORMS:
            return ""
        shown = max(1, _number(attribute(level, "display-levels")))
        first = max(0, len(numbers) - shown)
        parts = []
        for depth, number in enumerate(numbers[first:], start=first + 1):
            outer = self._levels.get((name, depth))
            own = attribute(outer, "num-format")
            if own in _FORMS:
                parts.append(counted(number, _FORMS[own]))
        text = f"{attribute(level, 'num-prefix')}{'.'.join(parts)}{attribute(level, 'num-suffix')}".strip()
        return f"{text} " if text else ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0
