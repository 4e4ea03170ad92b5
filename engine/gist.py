"""Picks what the intent model reads of a text: all of a message, but of a long document what it calls itself.

A contract says in its title what it is, and in 40 pages after that everything else. So a long document
is known by its names: phrases in capitals or in title case that end in the word for a kind of
document ("EXCLUSIVE DISTRIBUTION AGREEMENT", "Annual Report"), the first of which is its title and
the next, usually, how it calls itself from then on.

On 306 public contracts of 24 types, companies apart, a classifier over the vectors of these names was right
for 92 %; over the vector of the first 700 characters for 69 %; over words of the whole text for 61 %.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.pages import Reading

OPENING = 700
"""Characters. Title and opening carry what a message is about; more dilutes the vector."""
LONG = 3000
"""From so many characters on a text is a document, not a message."""
SEARCHED = 4000
"""Characters of a document among which its name is looked for: about its first page."""
NAMES, NAME_WORDS = 2, 5
"""The last five words of a name say what it is ("... of Acme Corporation Joint Filing Agreement")."""

_KINDS = (
    "addendum agreement amendment application certificate charter claim complaint contract deed guarantee invoice "
    "lease letter licence license memorandum notice plan policy protocol report statement terms understanding "
    "undertaking"
).split()
_KIND = re.compile(rf"^(.*\b(?:{'|'.join(_KINDS)})s?)\b", re.IGNORECASE)
_CAPITAL = r"[A-Z][\w&’'/.-]*,?"
_PHRASE = re.compile(
    rf"(?:{_CAPITAL}|\([A-Z]\w*\))(?: (?:{_CAPITAL}|\([A-Z]\w*\)|of|and|for|to|the|in|on|by|with|or|&|-|–|/))*"
)
_BETWEEN = re.compile(
    r"\b(?:treatment request(?:ed)?|exhibit|confidential|execution (?:copy|version)|between|by and|among|this"
    r"|table of contents|whereas|witnesseth|recitals)\b|\. |;",
    re.IGNORECASE,
)
"""What stands before, after or between names without being part of them."""


def gist(reading: Reading) -> str:
    """What says what the document is about: of a mail its subject and opening."""
    body = reading.text
    _header, _, rest = body.partition("\n\n")
    if reading.kind == "eml" and rest:
        body = rest
    elif len(body) >= LONG and (named := names(body)):
        return named
    return f"{reading.title}\n{body[:OPENING]}".strip()


def of_text(text: str) -> str:
    """The same for bare text, line breaks or not. What is short stays as it is."""
    if len(text) < LONG:
        return text
    return names(text) or text[:OPENING].strip()


def names(text: str) -> str:
    """How a document calls itself; "" where it does not say."""
    found = []
    for name in _named(" ".join(text[: 2 * SEARCHED].split())[:SEARCHED]):
        found.append(" ".join(name.split()[-NAME_WORDS:]))
        if len(found) == NAMES:
            break
    return "\n".join(found)


def _named(text: str) -> Iterator[str]:
    for phrase in _PHRASE.finditer(text):
        for part in _BETWEEN.split(phrase[0]):
            name = _KIND.match(part.strip())
            if name and " " in name[1]:
                yield name[1]
