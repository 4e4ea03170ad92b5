"""Shows a cell's number as its spreadsheet would: dates, per cent, decimals, currencies."""

from __future__ import annotations

import datetime
import functools
import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

# Formats that files name by number only. Those with a currency in them depend on the reader's country: it is left out.
BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "#,##0", 6: "#,##0", 7: "#,##0.00", 8: "#,##0.00", 9: "0%",
    10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm", 19: "h:mm:ss", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm",
    37: "#,##0 ;(#,##0)", 38: "#,##0 ;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)",
    41: "#,##0", 42: "#,##0", 43: "#,##0.00", 44: "#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss", 48: "0.0E+0",
    49: "@", **dict.fromkeys((*range(27, 37), *range(50, 59)), "yyyy-mm-dd"),
}  # fmt: skip

_TOKEN = re.compile(
    r'"(?P<text>[^"]*)"?|\\(?P<one>.)|[_*].|\[(?P<bracket>[^\]]*)\]|(?P<general>General|Standard)'
    r"|(?P<power>E[+-][0#?]+)|(?P<half>AM/PM|A/P)|(?P<clock>[yYmMdDhHsS]+(?:\.0+)?)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_SECTION = re.compile(r'"[^"]*"?|\\.|\[[^\]]*\]|;|.', re.DOTALL)
_ELAPSED = re.compile("h+|m+|s+", re.IGNORECASE)
_DIGITS = ("0", "#", "?")
_LAST_DAY = 2_958_465
_MOST_CODE = 300
_WIDEST = Context(prec=1000)
_WORDS = "\\"
"""Stands before what a format wants to be written as it is."""


@dataclass(frozen=True, slots=True)
class _Section:
    """One part of a number format: for positive numbers, for negative ones, for zero, or for text.

    `marks` is what stands in it: "0", "#", "?" for digits, ".", and words.
    """

    marks: tuple[str, ...]
    general: bool = False
    power: bool = False
    fraction: bool = False
    scale: int = 0
    clock: str = ""


def shown(number: float, code: str, *, from_1904: bool = False) -> str:
    """The number in that format; dates and times as ISO writes them. "" where the format shows nothing."""
    if not math.isfinite(number):
        return ""
    section, signed = _chosen(number, code)
    if section is None:
        return ""
    if section.clock:
        moment = _moment(number, section.clock, from_1904)
        return moment or plain(number)
    if section.fraction or section.power:
        return plain(number if signed else abs(number))
    text = _dressed(abs(number), section)
    return f"-{text}" if number < 0 and signed and text.strip("0.") else text


def shows_text(code: str) -> bool:
    """Whether a cell of this format shows a text in it."""
    sections = _sections(code)
    return len(sections) < 4 or bool(sections[3].marks)


def plain(number: float) -> str:
    """The number with as many digits as it has, and no ".0"."""
    if abs(number) < 1e21 and number == int(number):
        return str(int(number))
    return f"{number:.15g}"


def _chosen(number: float, code: str) -> tuple[_Section | None, bool]:
    """The section for that number, or None for an empty one; and whether a minus has to be written before it."""
    sections = _sections(code)
    place = 0
    if number < 0 and len(sections) > 1:
        place = 1
    elif number == 0 and len(sections) > 2:
        place = 2
    section = sections[place]
    empty = not (section.marks or section.general or section.clock or section.power or section.fraction)
    return (None if empty else section), place == 0


@functools.lru_cache(maxsize=2000)
def _sections(code: str) -> tuple[_Section, ...]:
    if not code or len(code) > _MOST_CODE:
        return (_Section(("0",), general=True),)
    parts = [""]
    for found in _SECTION.finditer(code):
        if found[0] == ";":
            parts.append("")
        else:
            parts[-1] += found[0]
    return tuple(map(_section, parts[:4]))


def _section(code: str) -> _Section:
    marks: list[str] = []
    clock, general, power = "", False, False
    for found in _TOKEN.finditer(code):
        match found.lastgroup:
            case "text" | "one":
                marks.append(_WORDS + found[found.lastgroup])
            case "bracket":
                if _ELAPSED.fullmatch(found["bracket"]):
                    clock += f"[{found['bracket'].lower()}]"
                elif found["bracket"].startswith("$"):
                    marks.append(_WORDS + found["bracket"][1:].partition("-")[0])
            case "general":
                general = True
                marks.append("0")
            case "power":
                power = True
            case "clock":
                clock += found["clock"].lower()
            case "other":
                marks.append(found["other"])
    fraction = "/" in marks and any(mark in _DIGITS for mark in marks)
    digits = [n for n, mark in enumerate(marks) if mark in _DIGITS]
    scale = 2 * marks.count("%")
    while digits and digits[-1] + 1 < len(marks) and marks[digits[-1] + 1] == ",":
        del marks[digits[-1] + 1]
        scale -= 3
    return _Section(
        tuple(mark for mark in marks if mark not in ("", _WORDS, ",")), general, power, fraction, scale, clock
    )


def _dressed(number: float, section: _Section) -> str:
    """The digits in their places, with the words of the format around them."""
    marks = section.marks
    if section.general:
        return "".join(plain(number) if mark == "0" else mark.removeprefix(_WORDS) for mark in marks).strip()
    point = marks.index(".") if "." in marks else len(marks)
    decimals = sum(mark in _DIGITS for mark in marks[point:])
    exact = Decimal(repr(number)).scaleb(section.scale)
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDEST)
    whole, _, part = f"{rounded:f}".partition(".")
    return (_whole(whole.lstrip("0"), marks[:point]) + _part(part, marks[point:])).strip()


def _whole(whole: str, marks: tuple[str, ...]) -> str:
    """The digits before the point, filled in from the right; the leftmost place takes all that are left."""
    before: list[str] = []
    places = sum(mark in _DIGITS for mark in marks)
    for mark in reversed(marks):
        if mark not in _DIGITS:
            before.append(mark.removeprefix(_WORDS))
            continue
        places -= 1
        if places == 0:
            before.append(whole or ("0" if mark == "0" else ""))
        elif whole:
            before.append(whole[-1])
            whole = whole[:-1]
        elif mark == "0":
            before.append("0")
    return "".join(reversed(before))


def _part(part: str, marks: tuple[str, ...]) -> str:
    """The point and the digits after it, without zeros that nobody asked for."""
    after, at = [], 0
    for mark in marks:
        if mark in _DIGITS:
            rest = part[at:]
            after.append(rest[0] if mark == "0" or rest.strip("0") else "")
            at += 1
        else:
            after.append(mark.removeprefix(_WORDS))
    if after and not any(char.isdecimal() for char in "".join(after)):
        after = [mark for mark in after if mark != "."]
    return "".join(after)


def _moment(number: float, clock: str, from_1904: bool) -> str:
    """The date, the time or the span of time that a number stands for; "" where it is out of all range."""
    if clock.startswith("["):
        seconds = round(abs(number) * 86_400)
        sign = "-" if number < 0 else ""
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}" if abs(number) < 1e9 else ""
    if not 0 <= number <= _LAST_DAY - (1462 if from_1904 else 0):
        return ""
    days, seconds = divmod(round(number * 86_400), 86_400)
    timed = "h" in clock or "s" in clock
    dated = "y" in clock or "d" in clock or not timed
    # Excel takes 1900 for a leap year.
    first = datetime.date(1904, 1, 1) if from_1904 else datetime.date(1899, 12, 31 if days < 60 else 30)
    try:
        day = (first + datetime.timedelta(days=days)).isoformat()
    except OverflowError:
        return ""
    time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    if "s" in clock:
        time += f":{seconds % 60:02}"
    if dated and timed:
        return f"{day} {time}"
    return day if dated else time
