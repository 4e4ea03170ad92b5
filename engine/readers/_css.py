"""Knows how text looks on a web page, as far as it takes to tell whether a person sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lxml import etree

_Colour = tuple[int, int, int]

_NO_TEXT = frozenset("script style template head title svg math object iframe noscript".split())
_COLOUR_HEX = re.compile(r"#(?:([0-9a-f]{6})|([0-9a-f]{3}))(?![0-9a-f])")
_COLOUR_RGB = re.compile(r"rgba?\((\d{1,4})[, ]+(\d{1,4})[, ]+(\d{1,4})")
_CLEAR = re.compile(r"transparent|rgba\([^)]*[,/] *0?\.?0*%?\)|#[0-9a-f]{6}00|#[0-9a-f]{3}0")
_WHITES = frozenset(("white", "snow", "ivory", "whitesmoke", "ghostwhite", "floralwhite"))
_ALIKE = 24  # shades of 255 that a person can hardly tell apart
_NUMBER = re.compile(r"-?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})")
_NOTHING_LEFT = re.compile(
    r"rect\( *0[a-z]*[ ,]+0[a-z]*[ ,]+0[a-z]*[ ,]+0|rect\( *1px[ ,]+1px[ ,]+1px|inset\( *(?:50|100)%"
)
_FAR = -100
_LONGEST_VALUE = 300
_OF_DRAWINGS = ("display", "visibility", "opacity", "font-size")

# Style sheets: only what is simple. Blocks with conditions (@media) are left out: phones have other rules.
_SHEETS = 256 * 1024
_SHEET_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_SHEET_PART = re.compile(r"([^{}]*)([{}]|\Z)")
_SIMPLE = re.compile(r"[.#]?[\w-]{1,80}")


_USUAL = ((0, 0, 0), (255, 255, 255))


class Look(NamedTuple):
    """How text looks at some place of the page. A colour is None where it can't be told.

    `hidden` is the reason (a key of HIDDEN) why nothing there is seen, or "".
    """

    hidden: str = ""
    colour: _Colour | None = (0, 0, 0)
    background: _Colour | None = (255, 255, 255)
    typed: bool = False
    skipped: bool = False

    @property
    def unseen(self) -> str:
        """Why text that looks so is not seen, or ""."""
        if self.hidden or self.colour is None or self.background is None or self[1:3] == _USUAL:
            return self.hidden
        alike = all(abs(a - b) <= _ALIKE for a, b in zip(self.colour, self.background, strict=True))
        return "white" if alike else ""


def looks(outer: Look, element: etree._Element, tag: str, sheet: Mapping[str, str]) -> Look:
    """How text in this element looks, inside one that looks so."""
    rules = [sheet.get(name, "") for name in _selectors(element, tag)] if sheet else []
    if not rules and not element.attrib:
        if tag not in _NO_TEXT and tag not in ("pre", "textarea"):
            return outer
        style: Mapping[str, str] = {}
    else:
        style = _declarations(";".join([*rules, element.get("style", "")[:_SHEETS]]).lower())
    background = style.get("background-color") or style.get("background") or element.get("bgcolor", "").lower()
    colour = style.get("color") or element.get("color" if tag != "body" else "text", "").lower()
    background, colour = background[:_LONGEST_VALUE], colour[:_LONGEST_VALUE]
    unpainted = "unpainted" if _CLEAR.fullmatch(colour) else ""
    return Look(
        outer.hidden or ("concealed" if "hidden" in element.attrib else "") or _invisible(style) or unpainted,
        _colour(colour) if colour and colour not in ("inherit", "initial") else outer.colour,
        _colour(background) if background and not _see_through(background) else outer.background,
        outer.typed or tag in ("pre", "textarea"),
        outer.skipped or tag in _NO_TEXT,
    )


def sheet(texts: Iterable[str]) -> dict[str, str]:
    """The declarations of simple selectors in style sheets: a tag, a class or an id alone."""
    found: dict[str, str] = {}
    left = _SHEETS
    for text in texts:
        depth = 0
        conditional = False
        selectors = ""
        for before, brace in _SHEET_PART.findall(_SHEET_COMMENT.sub("", text[:left])):
            if brace == "{":
                depth += 1
                selectors = before.rpartition(";")[2]
                conditional = conditional if depth > 1 else selectors.lstrip().startswith("@")
            elif brace == "}":
                if depth == 1 and not conditional:
                    _add(found, selectors, before)
                depth = max(0, depth - 1)
        left = max(0, left - len(text))
    return found


def _add(found: dict[str, str], selectors: str, declarations: str) -> None:
    for selector in selectors.split(",")[:200]:
        if _SIMPLE.fullmatch(name := selector.strip()):
            found[name] = f"{found.get(name, '')};{declarations[:2000]}"[-8000:]


def _invisible(style: Mapping[str, str]) -> str:
    """Why text in this style is not seen, whatever its colours, or ""."""
    if not style:
        return ""

    def number(name: str, otherwise: float) -> float:
        found = _NUMBER.match(style.get(name, ""))
        return float(found[0]) if found else otherwise

    size = style.get("font-size", "")
    smallest = 0.1 if size.endswith("em") else 15 if size.endswith("%") else 1.5
    clipped = style.get("overflow", "") in ("hidden", "clip") and min(number("height", 9), number("width", 9)) <= 1
    if (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or style.get("mso-hide") == "all"
        or style.get("content-visibility") == "hidden"
        or number("max-height", 9) < 1
        or clipped
        or _NOTHING_LEFT.match(style.get("clip", "")[:_LONGEST_VALUE] or style.get("clip-path", "")[:_LONGEST_VALUE])
    ):
        return "concealed"
    if number("opacity", 1) < 0.1:
        return "unpainted"
    if number("font-size", 12) < smallest or style.get("transform", "").startswith("scale(0)"):
        return "tiny"
    aside = ("text-indent", "margin-left", "margin-top")
    placed = ("left", "top") if "position" in style else ()
    return "outside" if min(number(name, 0) for name in (*aside, *placed)) < _FAR else ""


@lru_cache(4096)
def _declarations(style: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in style.replace("!important", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if value}


def _selectors(element: etree._Element, tag: str) -> list[str]:
    classes = [f".{name}" for name in element.get("class", "").split()[:20]]
    return [tag, *classes, f"#{element.get('id', '')}"]


def _see_through(background: str) -> bool:
    return background in ("none", "inherit", "initial") or bool(_CLEAR.fullmatch(background))


def _colour(words: str) -> _Colour | None:
    """The colour in a declaration, or None: a picture, or a name that is not of a kind of white."""
    if found := _COLOUR_HEX.search(words):
        digits = found[1] or "".join(digit * 2 for digit in found[2])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found := _COLOUR_RGB.search(words):
        return min(int(found[1]), 255), min(int(found[2]), 255), min(int(found[3]), 255)
    if words.strip() == "black":
        return 0, 0, 0
    return (255, 255, 255) if words.strip() in _WHITES else None


def undrawn(element: etree._Element) -> str:
    """Why the words of an element of an SVG drawing are not seen, or "". Colours are not compared: what lies
    below them is unknown."""
    style = {
        **{name: value.lower() for name, value in element.items()},
        **_declarations(element.get("style", "").lower()),
    }
    if style.get("fill") in ("none", "transparent") and style.get("stroke", "none") == "none":
        return "unpainted"
    if style.get("fill-opacity", "1").strip() in ("0", "0.0", "0%"):
        return "unpainted"
    return _invisible({name: style[name] for name in _OF_DRAWINGS if name in style})
