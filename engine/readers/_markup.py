"""Tells by its first lines which language of angle brackets a text is written in."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.cards import Problem
from engine.readers._file import File
from engine.readers._text import decode, looks_like_text

_REACH = 128 * 1024
_MOST_TAGS = 500_000
_MOST_ATTRIBUTES = 2000
_LONG_TAG = re.compile(r"<[A-Za-z](?:[^<>\"']|\"[^\"]*\"?|'[^']*'?){4000,}+")
_VALUE = re.compile(r"\"[^\"]*\"?|'[^']*'?")
# What may stand before the first element: instructions, comments, the document's type.
_BEFORE = re.compile(
    r"\s+|<\?[^>]*>|<!--.*?-->|<!doctype(?P<type>[^\[>]*)(?:\[[^\]]*\]\s*)?>", re.IGNORECASE | re.DOTALL
)
_ELEMENT = re.compile(r"<([A-Za-z_][\w.-]{0,60}:)?([A-Za-z_][\w.-]{0,60})(?=[\s/>])([^>]{0,4000})")


class Opening(NamedTuple):
    """How marked-up text begins. All in lower case, and empty where it is not there."""

    doctype: str = ""
    root: str = ""
    attributes: str = ""
    declared: bool = False
    """Whether it says that it is XML."""


def check_size(text: str) -> None:
    """Refuse markup that a parser would spend minutes on: too many elements, or too many attributes of one."""
    if text.count("<") > _MOST_TAGS:
        raise Problem("too_large", "There are too many elements.")
    for tag in _LONG_TAG.finditer(text):
        if len(_VALUE.sub("", tag[0]).split()) + tag[0].count("=") > _MOST_ATTRIBUTES:
            raise Problem("bomb", "An element has too many attributes.")


def opening(file: File) -> Opening:
    """The first element, without its prefix, and what stands before it."""
    if not looks_like_text(file.head):
        return Opening()
    start = file.head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    if not start.startswith(b"<"):
        return Opening()
    text = decode(file.data[:_REACH]).lstrip("\ufeff").lower()
    declared = text.lstrip().startswith("<?xml")
    at, doctype = 0, ""
    while found := _BEFORE.match(text, at):
        at = found.end()
        doctype = doctype or (found["type"] or "").strip()
    element = _ELEMENT.match(text, at)
    return Opening(doctype, element[2] if element else "", element[3] if element else "", declared)
