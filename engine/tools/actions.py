"""Finds what somebody is to do: promises, requests and items of a list of actions, with who and by when."""

from __future__ import annotations

import re
from collections.abc import Collection

from engine.months import NAMES
from engine.tools import Finding, Given, NoResult, Result, Tray, Values
from engine.tools._prose import Said, said

SENTENCE = "Finds what somebody is to do, with who and by when."
ACTION = "compute"
PARAMETERS: dict[str, type] = {}
OPTIONAL: dict[str, type] = {}
VALUES = ("text",)

MOST = 10
_LISTED = re.compile(r"\b(?:actions?|to[ -]?dos?|next steps?|follow[ -]?ups?|agreed|tasks?)\b", re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:actions?|to[ -]?do|next steps?|follow[ -]?up)[ \t]*(?:\(([^)]{1,40})\))?:[ \t]*(?=\S)", re.IGNORECASE
)
_PERSON = r"(?:(?:Mr|Mrs|Ms|Dr)\.? )?[A-Z][\w'’-]{1,30}(?: [A-Z][\w'’-]{1,30})?"
_VERB = (
    r"(?:call|ring|phone|send|email|mail|write|check|visit|come|book|order|arrange|ask|tell|inform|contact|return|bring|"
    r"repair|fix|replace|pay|transfer|confirm|forward|collect|deliver|prepare|draft|update|look|find|get|let|pass|order|"
    r"meet|read|sign|cancel|schedule|organi[sz]e|report|provide|post|change|reset|test|speak|talk|follow|clear|chase)"
)
_PROMISED = re.compile(
    rf"\b(?P<who>I|we|you|he|she|they|{_PERSON}|(?:the|our) [a-z]{{3,20}})"
    rf"(?:(?:['’]ll| will| shall| must| needs? to| has to| have to| is to| are to| is going to| promised to| agreed to)"
    rf" (?:also |then |now |please )?(?!be\b|not\b|have been\b)[a-z]+)"
)
_ASKED = re.compile(
    rf"(?:^|[,;] |\b(?:and|then) )(?:please |kindly |could you |can you |would you ){_VERB}\b", re.IGNORECASE
)
_BIDDEN = re.compile(rf"^{_VERB}\b", re.IGNORECASE)
_OWNER = re.compile(rf"^(?P<who>{_PERSON})[ \t]?(?::|–|-)[ \t]")
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_PART = r"(?: (?:morning|noon|afternoon|evening))?"
_DUE = re.compile(
    rf"\b(?:by|before|until|on|at|from|not later than)\s(?P<by>(?:the end of (?:the )?(?:day|week|month)"
    rf"|(?:this |next )?{_DAY}{_PART}|tomorrow|noon|tonight|\d{{1,2}} (?:{NAMES})(?: \d{{4}})?"
    rf"|\d{{4}}-\d\d-\d\d|\d{{1,2}}[.:]\d\d(?: ?[ap]m)?|\d{{1,2}} ?[ap]m))\b"
    rf"|\b(?P<soon>today|tomorrow{_PART}|this (?:morning|afternoon|evening|week)|next week"
    rf"|within (?:\d{{1,3}}|two|three|an|one) (?:hours?|days?|working days?|weeks?))\b",
    re.IGNORECASE,
)


def call(given: Given, values: Values, tray: Tray) -> Result:
    """Each of them, in the text's order, at most 10: `text`, `who` and `due`, as far as they are said."""
    value = values["text"]
    found: list[Finding] = []
    for one in said(value.quote):
        tray.in_time()
        if len(found) < MOST and (cells := _action(one)):
            found.append(Finding(cells, value.quote[one.start : one.end], value.at(one.start, one.end), one.heading))
    if not found:
        raise NoResult("no_result", f"{tray.name}: nothing is to be done")
    return Result(tuple(found), f"{tray.name}: {len(found)} thing{'' if len(found) == 1 else 's'} to be done")


def gives(values: Collection[str]) -> tuple[str, ...]:
    """The columns of a finding."""
    return "text", "who", "due"


def _action(one: Said) -> tuple[tuple[str, str], ...]:
    """What is to be done, or nothing."""
    label = _LABEL.match(one.text)
    text = one.text[label.end() :] if label else one.text
    owner, promised = _OWNER.match(text), _PROMISED.search(text)
    listed = one.item and bool(_LISTED.search(one.heading))
    if not (label or listed or promised or _ASKED.search(text) or (one.item and _BIDDEN.match(text))):
        return ()
    who = (label and label[1]) or (owner and owner["who"]) or (promised and promised["who"]) or ""
    due = _DUE.search(text)
    return ("text", text), ("who", str(who)), ("due", (due["by"] or due["soon"]) if due else "")
