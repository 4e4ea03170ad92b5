"""Reads Markdown, as it was typed."""

from __future__ import annotations

import re

from engine.readers._text import Flow, clean, decode, looks_like_text, named, one_line
from engine.readers._wire import Limits
from engine.store import Reading

KIND = "md"

_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)[\s#]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)\s*")
_FENCE = re.compile(r" {0,3}(```|~~~)")


def recognises(head: bytes, name: str) -> float:
    """By name: Markdown has no mark of its own."""
    return 0.7 if looks_like_text(head) and named(name, ".md", ".markdown") else 0.0


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """The text without its comments; headings name the sections below them."""
    text, unseen = clean(decode(data))
    flow = Flow(limits)
    flow.hide(unseen)
    for comment in _COMMENT.findall(text):
        flow.hide(comment)
    title = ""
    lines = _COMMENT.sub("", text).split("\n")
    for line, (level, heading) in zip(lines, _headings(lines), strict=True):
        if level:
            flow.heading(line, level, heading)
            title = title or one_line(heading)
        else:
            flow.add(line)
    return Reading(KIND, title, flow.pages())


def _headings(lines: list[str]) -> list[tuple[int, str]]:
    """For each line its heading level and words; level 0 is no heading. Code blocks have none."""
    found = []
    fence = ""
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        mark = _FENCE.match(line)
        if mark and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        found.append((0, "") if fence or mark else _heading(line, below))
    return found


def _heading(line: str, below: str) -> tuple[int, str]:
    if marked := _HEADING.fullmatch(line):
        return len(marked[1]), marked[2]
    underline = _UNDERLINE.fullmatch(below)
    if underline and line.strip() and not line.lstrip().startswith(("-", "=", "|", ">", "*")):
        return 1 if underline[1].startswith("=") else 2, line.strip()
    return 0, ""
