"""Reads Markdown, as it was typed."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from engine.pages import Part
from engine.readers._file import File
from engine.readers._text import Flow, clean, decode, looks_like_text, one_line
from engine.readers._wire import Limits

KINDS = ("md",)
IMPORTS = ("charset_normalizer",)

_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)[\s#]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)\s*")
_MOST_LINES = 200_000  # beyond them nobody looks for a section
_COMMENT_MARK = re.compile("<!--|-->")
_FENCE = re.compile(r" {0,3}(```|~~~)")
# A link that nothing points to is the usual way to say what readers of the page shall not see.
_UNUSED_LINK = re.compile(r" {0,3}\[(?://|_|comment)\]:\s*(?:#|<>)\s*[\"'(](.*)[\"')]\s*", re.IGNORECASE)
_MARKS = re.compile(
    rb"^#{1,6} \S|^ {0,3}(?:```|~~~)|^[*+-] \[[ x]\] |\]\(https?://|\*\*\w[^*\n]{0,200}\*\*", re.MULTILINE
)


def recognises(file: File) -> tuple[str, float]:
    """By name; without a telling one, by a heading and other marks that only Markdown has."""
    if not looks_like_text(file.head):
        return "", 0.0
    if file.named(".md", ".markdown", ".mdown", ".mkd"):
        return "md", 0.7
    kinds = {mark.strip()[:2] for mark in _MARKS.findall(file.head)}
    return ("md", 0.25) if len(kinds) > 2 and b"#" in {kind[:1] for kind in kinds} else ("", 0.0)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The text without its comments; headings name the sections below them."""
    text, unseen = clean(decode(file.data))
    flow = Flow(limits)
    flow.hide(unseen, "characters")
    title = ""
    lines = list(_without_comments(text.split("\n"), flow))
    for number, (line, (level, heading)) in enumerate(zip(lines, _headings(lines), strict=True)):
        if level and number < _MOST_LINES:
            flow.heading(line, level, heading)
            title = title or one_line(heading)
        else:
            flow.add(line)
    yield from flow.pages()
    return title


def _without_comments(lines: list[str], flow: Flow) -> Iterator[str]:
    """The lines without what is commented out; in a block of code nothing is."""
    fence = ""
    comment: list[str] | None = None
    for line in lines:
        mark = _FENCE.match(line)
        if comment is None and mark and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        elif not fence:
            line, comment = _uncommented(line, comment, flow)
        if comment is None or line:
            yield line
    if comment is not None:
        flow.hide("\n".join(comment), "comment")


def _uncommented(line: str, comment: list[str] | None, flow: Flow) -> tuple[str, list[str] | None]:
    """What of a line is seen; and the lines of the comment that is open after it, or None."""
    if comment is None and (unused := _UNUSED_LINK.fullmatch(line)):
        flow.hide(unused[1], "comment")
        return "", None
    seen: list[str] = []
    ended: list[str] = []
    at = 0
    for mark in _COMMENT_MARK.finditer(line):
        piece = line[at : mark.start()]
        if comment is None and mark[0] == "<!--":
            seen.append(piece)
            comment = []
        elif comment is not None and mark[0] == "-->":
            ended.append("\n".join((*comment, piece)).strip())
            comment = None
        else:
            continue
        at = mark.end()
    flow.hide("\n".join(ended), "comment")
    if comment is None:
        seen.append(line[at:])
    else:
        comment.append(line[at:])
    return "".join(seen), comment


def _headings(lines: list[str]) -> list[tuple[int, str]]:
    """For each line its heading level and words; level 0 is no heading. Code blocks have none."""
    found = []
    fence = ""
    for line, below in zip(lines, [*lines[1:], ""], strict=False):
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
