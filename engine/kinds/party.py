"""The parties to an agreement."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.kinds import Match, Where
from engine.kinds._patterns import bounded

SENTENCE = "The parties to an agreement, as its first lines name them."
WHERE = Where(least=0.35, several=True, opening=3)

HEAD, REGION = 5000, 1800
"""Characters at an agreement's beginning in which its parties are named, and from "between" on at most."""
LONGEST = 110

_ANY_CASE = re.IGNORECASE | re.DOTALL
_BEGINS = bounded(
    r"\b(?:by\s+and\s+between|by\s+and\s+among(?:st)?|between|among(?:st)?|entered\s+into\s+by|made\s+by"
    r"|parties\s+(?:hereto\s+)?are|is\s+by)\b:?",
    re.IGNORECASE,
)
_ENDS = bounded(
    r"\bWITNESS|\bRECITALS?\b|\bWHEREAS\b|\bBACKGROUND\b|\bNOW,?\s+THEREFORE\b|\bW\s+I\s+T\s+N\s+E\s+S\s+S|\bPREAMBLE\b"
    r"|\bagrees?\s+as\s+follows\b|\bfollowing\s+terms\b|\bARTICLE\s+[I1]\b|\bSECTION\s+1\b|\bDEFINITIONS\b"
    r"|\bINTRODUCTION\b|\n\s*1\.",
    re.IGNORECASE,
)
# A defined term behind a name: (the "Company"), hereinafter referred to as "Licensor".
_QUOTED = r"[\"“”]\s*[^\"“”]{1,60}[\"”“]"
_TERM = bounded(
    rf"\s*,?\s*(?:\([^()]{{0,80}}?{_QUOTED}[^()]{{0,160}}\)"
    rf"|(?:,\s*)?(?:herein\w*|\(?the)\s[^.\"“”]{{0,40}}{_QUOTED}\)?)",
    re.IGNORECASE,
)
# What is said of a party behind its name: its form, its seat, its role.
_FORMS = (
    "corporation|company|partnership|association|bank|institution|trust|individual|organi[sz]ation|entity|university"
    "|resident|citizen|sole|division|subsidiary|firm|corp|person|venture|agency|body|proprietorship|state"
)
_SAID = (
    r"with\s+(?:its|a|an|offices?|principal|address|registered|business)|having|whose|located|organi[sz]ed"
    r"|incorporated\s+(?:under|in|and)|existing|residing|duly|together\s+with|on\s+behalf|on\s+its|for\s+itself|acting"
    r"|as\s+[a-z]|of\s+\d|at\s+\d|registered|established|doing\s+business|in\s+its|collectively|individually"
    r"|hereinafter|herein|which|who|\d+\s+\w"
)
_CUT = bounded(
    rf",?\s+(?:an?|the)\s+(?:[\w.&,'’()-]+\s+){{0,7}}?(?:{_FORMS})\b.*$|,?\s+(?:{_SAID})\b.*$|,?\s*[(\[].*$", _ANY_CASE
)
_NUMBERED = r"\(?(?:i{1,3}|iv|v|[a-e1-9])[).]"
_LEAD = bounded(
    rf"(?:[\s,;:.)\"”*_-]+|(?:and|or|between|by|among|amongst|the\s+following\s+parties|the\s+undersigned|{_NUMBERED})(?=\s))+",
    re.IGNORECASE,
)
_ASIDE = bounded(r"[a-z][a-z ]{2,40},\s+(?=[A-Z])")
# A joint between two parties: behind a comma, a bracket or a number; a bare "and" may stand within a name.
_JOINT = bounded(rf"(?:[,;.)]\s*and\s+|;\s*(?:and\s+)?|[\s(]{_NUMBERED}\s+)(?=[A-Z\d])")
_AND = bounded(r"\s+and\s+(?=[A-Z])")
_FORM = bounded(
    r"\b(?:Inc|LLC|L\.L\.C|Ltd|Limited|Corp|Corporation|Company|Co|L\.P|LP|LLP|GmbH|AG|S\.A|N\.V|B\.V|plc|PLC|Trust|Bank"
    r"|N\.A)\b"
)
_BY = bounded(r"\bBy\s*:")
_LINE_ENDS = bounded(r"\n\s*|\.\s+(?=[A-Z])(?<!Inc\. )(?<!Co\. )(?<!Corp\. )|:\s+|\d{4}\.?\s+|_{3,}|-{3,}")
_DOMAIN = bounded(r"[a-z][\w-]*\.(?:com|org|net)\b")
_SENTENCE_ENDS = bounded(r"\.\s+(?=[A-Z][a-z]+\s+[a-z])")
_PARAGRAPH_ENDS = bounded(r"\.\s*\n|\n\s*\n")


def find(text: str) -> Iterator[Match]:
    """Before each defined term in the words that follow "between" or the like."""
    head = text[:HEAD]
    best: list[Match] = []
    for begins in _BEGINS.finditer(head):
        ends = _ENDS.search(head, begins.end())
        found = list(_named(head, begins.end(), min(ends.start() if ends else len(head), begins.end() + REGION)))
        best = max(best, found, key=len)
        if len(best) > 1:
            break
    if not best:  # they may stand before the words that say so
        ends = _ENDS.search(head, 200)
        best = [match for match in _named(head, 0, ends.start() if ends else REGION) if _FORM.search(match.value)]
    yield from best


def at_end(text: str) -> Iterator[Match]:
    """Who signs: the name of a firm right before "By:"."""
    for by in _BY.finditer(text):
        before = text[max(0, by.start() - LONGEST) : by.start()]
        said = _LINE_ENDS.split(before.rstrip())[-1].strip()
        if (form := _FORM.search(said[-12:])) and form.end() >= len(said[-12:]) - 1 and said[:1].isupper():
            start = by.start() - len(before) + before.rindex(said)
            yield Match(start, start + len(said), " ".join(said.split()), 0.8)


def _named(text: str, start: int, stop: int) -> Iterator[Match]:
    """What stands before each defined term; where there are none, what "and" parts."""
    terms = list(_TERM.finditer(text, start, stop))
    for term in terms:
        yield from _names(text, start, term.start(), 0.9)
        start = term.end()
    if not terms:
        ends = _PARAGRAPH_ENDS.search(text, start + 20, stop)
        yield from _names(text, start, ends.start() if ends else min(stop, start + 300), 0.5)


def _names(text: str, start: int, end: int, looks: float) -> Iterator[Match]:
    """The names in a stretch of text: each part between joints that begins like one."""
    joints = [(joint.start() + 1, joint.end()) for joint in _JOINT.finditer(text, start, end)]
    for joint in _AND.finditer(text, start, end):
        before = max([behind for _, behind in joints if behind <= joint.start()], default=start)
        if _FORM.search(text, before, joint.start()) and _FORM.search(text, joint.end(), end):
            joints.append(joint.span())
    for stop, behind in [*sorted(joints), (end, end)]:
        yield from _name(text, start, stop, looks)
        start = behind


def _name(text: str, start: int, end: int, looks: float) -> Iterator[Match]:
    for leading in (_LEAD, _ASIDE):  # "and (b)", then "professional golfer, "
        if lead := leading.match(text, start, end):
            start = lead.end()
    said = text[start:end]
    if (ends := _SENTENCE_ENDS.search(said)) and not _FORM.search(said[: ends.start()][-5:]):
        said = said[: ends.start()]
    said = _CUT.sub("", said, 1).rstrip(" ,;:\n-")
    words = [word for word in re.findall(r"[^\W\d_]+", _DOMAIN.sub("", said)) if len(word) > 3]
    capitals = sum(1 for word in words if word[0].isupper())
    begins = said[:1].isupper() or said[:1].isdigit() or _DOMAIN.match(said)
    if not 2 < len(said) <= LONGEST or not begins or not any(map(str.isalpha, said)):
        return
    if capitals * 3 >= len(words) * 2:
        yield Match(start, start + len(said), " ".join(said.split()), looks if _FORM.search(said) else looks * 0.8)
