"""The law by which an agreement is governed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.kinds import Match, Where
from engine.kinds._patterns import bounded
from engine.kinds._places import COUNTRIES, STATES

SENTENCE = "The country or state whose law governs an agreement."
WHERE = Where()

BEFORE, CLOSE, BEHIND = 300, 70, 40
"""Characters before a place in which it is said what its law governs, and in which the law is named; and behind it."""

_SPELLED = (
    re.escape(name).replace("\\ ", r"\s+").replace("'", "['’]")
    for name in sorted((*STATES, *COUNTRIES), key=len, reverse=True)
)
_PLACE = rf"(?<![\w.])(?:{'|'.join(_SPELLED)})(?!\w)"
_PLACES = bounded(
    rf"{_PLACE}(?:(?:\s*,\s*|\s*,?\s+(?:and|or)\s+)(?:the\s+)?(?:(?:State|Province|Commonwealth)\s+of\s+)?{_PLACE})*",
    re.IGNORECASE,
)
_GOVERNED = bounded(
    r"\b(?:governed|governs?|construed|interpreted|enforced|determined|(?:governing|applicable|choice\s+of)\s+law)\b",
    re.IGNORECASE,
)
_PAPER = bounded(
    r"\b(?:agreement|contract|lease|license|guaranty|note|amendment|warrant|plan|instrument|document|terms?|provisions)\b",
    re.IGNORECASE,
)
_LAW = bounded(r"\blaws?\b", re.IGNORECASE)
_LAW_BEHIND = bounded(r"(?:\s+state)?\s+laws?\b", re.IGNORECASE)
_OTHERWISE = bounded(
    r"\b(?:organi[sz]ed|incorporated|existing|formed|venue|courts?|jurisdiction|arbitrat\w+|offices?|resident)\b",
    re.IGNORECASE,
)
_GOVERNS = bounded(r"[^.;]{0,60}\b(?:shall|will|to)\s+(?:govern|apply)\b", re.IGNORECASE)
# "English law": the adjective says whose law it is as well as a place does.
_PEOPLE = {
    "English": "England", "Scottish": "Scotland", "Irish": "Ireland", "German": "Germany", "French": "France",
    "Swiss": "Switzerland", "Austrian": "Austria", "Dutch": "Netherlands", "Belgian": "Belgium", "Italian": "Italy",
    "Spanish": "Spain", "Portuguese": "Portugal", "Danish": "Denmark", "Swedish": "Sweden", "Norwegian": "Norway",
    "Finnish": "Finland", "Polish": "Poland", "Israeli": "Israel", "Japanese": "Japan", "Chinese": "China",
    "Indian": "India", "Canadian": "Canada", "Australian": "Australia",
}  # fmt: skip
_THEIR_LAW = bounded(rf"\b({'|'.join(_PEOPLE)})\s+(?:substantive\s+)?law\b")
_CLAUSE_ENDS = bounded(r"(?<=[a-z)])[.;](?=\s+[A-Z(])")


def find(text: str) -> Iterator[Match]:
    """Places whose law is spoken of: surest where the same clause says that it governs this paper."""
    yield from sorted((*_of_places(text), *_of_peoples(text)), key=lambda match: match.start)


def _of_places(text: str) -> Iterator[Match]:
    for match in _PLACES.finditer(text):
        clause = _CLAUSE_ENDS.split(text[max(0, match.start() - BEFORE) : match.start()])[-1]
        close, behind = clause[-CLOSE:], text[match.end() : match.end() + BEHIND]
        if not _LAW.search(close) and not _LAW_BEHIND.match(behind):
            continue
        looks = 0.15
        if _GOVERNED.search(clause) or _GOVERNS.match(text, match.end()):
            looks = 0.95 if _PAPER.search(clause) else 0.6
        if _OTHERWISE.search(close):
            looks *= 0.5
        value = " ".join(match[0].split())
        spelled = value.title() if value.isupper() and len(value) > len("U.S.") else value
        yield Match(match.start(), match.end(), spelled, round(looks, 2))


def _of_peoples(text: str) -> Iterator[Match]:
    for match in _THEIR_LAW.finditer(text):
        clause = _CLAUSE_ENDS.split(text[max(0, match.start() - BEFORE) : match.start()])[-1]
        if _GOVERNED.search(clause) or _GOVERNS.match(text, match.end()):
            yield Match(match.start(1), match.end(1), _PEOPLE[match[1]], 0.9)
