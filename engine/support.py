"""Says how well a sentence rests on a source: numbers, names and negation by rule, words by share.

A conservative rule set, measured on this project's own drafts; it knows English only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from engine.chunks import sentences

_WORD = re.compile(r"[^\W\d_]+(?:['’][a-z]+)?")
_NUMBER = re.compile(r"[€$£]?\d+(?:[.,:/-]\d+)*(?: ?%)?")
# Words that a small change of turns into another promise: each must stand as often as in the source.
_WEIGHTY = re.compile(
    r"\b(?:minutes?|hours?|days?|weeks?|months?|years?|working|before|after|until|since|least|most|more|less|must|may|all|any|if"
    r"|EUR|USD|GBP|CHF|euros?|dollars?|pounds?)\b",
    re.I,
)
_UN = re.compile(r"\b(?:un|non-?)(?!der|til|less|it|ite|ion|iv|iq|if|cle|ce\b|e\b)[a-z]{4,}", re.I)
"""A word that denies by how it begins: unused, unpaid, non-refundable."""
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nor|neither|without|cannot|can't|won't|don't|doesn't|isn't|aren't|unless|except|only)\b",
    re.I,
)
_NUMBER_WORDS = dict(
    zip("one two three four five six seven eight nine ten eleven twelve".split(), map(str, range(1, 13)), strict=True)
)
_OWNED = re.compile(
    r"\byour (?:staff|customers?|buyers?|managers?|directors?|suppliers?|owners?|shop|workshop|company|colleagues?)\b",
    re.I,
)
ORDERED = 0.85
"""The share of words that must keep the source's order: a small model garbles what it reshuffles."""
# Words that say nothing on the matter, and the change of person a reply makes.
EMPTY = frozenset(
    """a an and are as at be been being but by can could do does for from had has have i if in is it its may me might
    must my of on or our ours please shall should so some such than that the their them then there these they this
    those to under up us was we were what when which who will with within would you your yours also any all each both
    same into per once here thank customer customers buyer buyers person people""".split()
)


def against(sentence: str, source: str, known: str, threshold: float) -> tuple[float, str]:
    """How well `sentence` rests on `source`, 0..1, and the first objection ("" = supported).

    `known` holds further values that may be named (extracted fields). The score is the share of
    the sentence's content words that stand in the source. The objections are, in this order: an
    invented number or name, a lost number, a changed negation or other word of weight, another
    order, too few words of the source's.
    """
    if _stands_whole(sentence, source):
        return 1.0, ""
    words, grounds = set(content(sentence)), set(content(f"{source} {known}"))
    score = round(len(words & grounds) / len(words), 4) if words else 0.0
    return score, next(_objections(sentence, source, known, score, threshold), "")


def invented(sentence: str, source: str) -> str:
    """The objection to a number or name in the sentence that does not stand in the source, or ""."""
    if numbers := _numbers(sentence) - _numbers(source):
        return f"the number {min(numbers)} does not stand in the source"
    if names := [name for name in _names(sentence) if not re.search(rf"\b{re.escape(name)}\b", source, re.I)]:
        return f"the name {names[0]} does not stand in the source"
    return ""


def beyond(sentence: str, source: str) -> list[str]:
    """The stems of all words of meaning in a sentence that the source does not have."""
    known = set(content(source))
    return [word for word in content(sentence) if word not in known]


def _objections(sentence: str, source: str, known: str, score: float, threshold: float) -> Iterator[str]:
    if objection := invented(sentence, f"{source} {known}"):
        yield objection
    if lost := _numbers(source) - _numbers(sentence):
        yield f"it leaves out the number {min(lost)}"
    if denied := Counter(map(str.lower, _UN.findall(source))) - Counter(map(str.lower, _UN.findall(sentence))):
        yield f"it leaves out “{min(denied)}”"
    if negated(sentence) != negated(source):
        yield "it says “not”, “only” or “unless” otherwise than the source"
    if changed := _weighty(sentence) ^ _weighty(source):
        yield f"it says “{min(changed)[0]}” otherwise than the source"
    if (actor := _OWNED.search(sentence)) and actor[0].lower() not in source.lower():
        yield f"“{actor[0]}” makes the reader somebody else"
    if _in_order(sentence, source) < ORDERED:
        yield "its words stand in another order than in the source"
    if score < threshold:
        yield f"only {score:.0%} of its words rest on the source, {threshold:.0%} are needed"
    kept = set(content(source))
    if kept and len(kept & set(content(sentence))) / len(kept) < threshold:
        yield "it leaves out too much of the source"


def _stands_whole(sentence: str, source: str) -> bool:
    """Whether it is the source, or one whole sentence of it: a part alone may mean something else."""
    wanted = " ".join(sentence.split())
    parts = [source, *(source[start:end] for start, end in sentences(source))]
    return bool(wanted) and wanted in (" ".join(part.split()) for part in parts)


def negated(text: str) -> list[tuple[str, str]]:
    """Each negation with the next word that carries meaning: a moved “not” denies something else."""
    words = ((match[0].lower(), next(content(text[match.end() :]), "")) for match in _NEGATION.finditer(text))
    return sorted(words)


def _weighty(text: str) -> set[tuple[str, int]]:
    counts = Counter(word.lower().rstrip("s") for word in _WEIGHTY.findall(text))
    return set(counts.items())


def _in_order(sentence: str, source: str) -> float:
    """The share of the shared content words that keep the source's order (longest common subsequence)."""
    words, grounds = list(content(sentence)), list(content(source))
    shared = [word for word in words if word in grounds]
    if not shared:
        return 1.0
    best = [0] * (len(grounds) + 1)
    for word in shared:
        previous = 0
        for i, ground in enumerate(grounds, 1):
            previous, best[i] = best[i], max(best[i], best[i - 1], previous + 1 if word == ground else 0)
    return best[-1] / len(shared)


def content(text: str) -> Iterator[str]:
    """The words that carry meaning, cut to their stem's first letters: refund, refunds, refunded are one."""
    for word in _WORD.findall(text.lower()):
        if word not in EMPTY and word not in _NUMBER_WORDS:
            yield _stem(word)


def _stem(word: str) -> str:
    for ending in (
        "ingly",
        "edly",
        "ments",
        "ment",
        "ings",
        "ing",
        "ions",
        "ion",
        "ies",
        "ed",
        "es",
        "ly",
        "s",
        "y",
        "e",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def _numbers(text: str) -> set[str]:
    """Numbers with their signs as they stand; small number words count as digits."""
    spelled = {digit for word, digit in _NUMBER_WORDS.items() if re.search(rf"\b{word}\b", text, re.I)}
    return {number.replace(" ", "") for number in _NUMBER.findall(text)} | spelled


def _names(sentence: str) -> list[str]:
    """Capitalised words inside the sentence: likely names."""
    inside = re.findall(r"(?<=[\w,;:)] )[A-Z][\w-]+", sentence)
    return [word for word in inside if word not in ("I", "We", "You", "Your", "Our")]
