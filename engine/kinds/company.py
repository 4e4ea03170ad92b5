"""The name of a firm."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.kinds import Match, Where
from engine.kinds._patterns import bounded

SENTENCE = "The name of the firm that a paper comes from: with a legal form, or the first words at its head."
WHERE = Where(least=0.0, early=True)

HEAD = 6
"""Lines at the top of a paper in which its sender stands."""
LONGEST = 70

_FORM = bounded(
    r"\b(?:sdn\.?\s*bhd|s/b|bhd|gmbh(?:\s*&\s*co\.?\s*kg)?|ag|kg|ohg|ug|e\.?v|ltd|limited|llc|llp|l\.p|inc|incorporated"
    r"|corp|corporation|co|company|plc|pte\.?\s*ltd|pty\.?\s*ltd|s\.?a\.?r\.?l|s\.a\.s|s\.a|s\.p\.a|s\.r\.l|b\.v|n\.v"
    r"|oy|aps|a/s|enterprise)\b\.?(?!\s*(?:reg\b|no\b|\.?\s*no\b))",
    re.IGNORECASE,
)
_REGISTERED = bounded(
    r"\s*[\[(<{]?(?:co(?:mpany)?\.?\s*(?:reg\.?)?\s*no\.?\s*:?\s*)?[\[(]?\s*"
    r"[A-Z]{0,3}\s?\d[\d\s]{3,}\s*[-–]?\s*[A-Z]{0,2}[\])>}]?\s*$",
    re.IGNORECASE,
)
_LINE = bounded(r"[^\n]+")
_NO_NAME = bounded(
    r"\b(?:invoice|receipt|tel|fax|gst|reg|jalan|jln|lot|taman|date|cashier|bill|tax|street|road|page|e-?mail|www|http"
    r"|thank|welcome|cash|tq)\b|\d{4,}|:",
    re.IGNORECASE,
)


def find(text: str) -> Iterator[Match]:
    """Lines that look like a firm's name, without its registered number. A legal form that begins a line belongs to
    the line before."""
    before: tuple[int, str] | None = None
    place = 0
    for line in _LINE.finditer(text):
        said = line[0].strip()
        if sum(map(str.isalpha, said)) < 3 or len(said) > LONGEST:
            continue
        own = start = line.start() + len(line[0]) - len(line[0].lstrip())
        end = start + len(said)
        form = _FORM.search(said)
        if form and form.start() <= 2 and before and place <= HEAD and not _NO_NAME.search(before[1]):
            start = before[0]
        if (number := _REGISTERED.search(text, start, end)) and number.start() > start + 3:
            end = number.start()
        value = " ".join(text[start:end].split())
        looks = 1.0 if form and not value.startswith("(") else 0.4
        if _NO_NAME.search(value):
            looks *= 0.3
        yield Match(start, end, value, looks * max(0.3, 1 - 0.1 * place))
        place += 1
        before = own, said
