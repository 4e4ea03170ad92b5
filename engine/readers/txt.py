"""Reads plain text, logs, and the formats of data that people read as text."""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Generator, Iterator

from engine.cards import Problem
from engine.pages import Part
from engine.readers._file import HEAD, File
from engine.readers._text import Flow, decode, looks_like_text, one_line
from engine.readers._wire import Limits

KINDS = ("txt", "json", "jsonl", "ics", "vcf", "yaml", "log")
IMPORTS = ("charset_normalizer",)

_OTHERS = (b"{\\rtf", b"%!PS", b"%PDF-", b"\x1f\x8b", b"PK\x03\x04")
_CARDS = {"BEGIN:VCALENDAR": "ics", "BEGIN:VCARD": "vcf"}
_BY_NAME = {".txt": "txt", ".text": "txt", ".log": "log", ".yaml": "yaml", ".yml": "yaml"}
_STRING = r'"(?:[^"\\\x00-\x1f]|\\.)*"'
_JSON_OBJECT = re.compile(rf"\s*\{{\s*(?:\}}|{_STRING}\s*:\s*[\[{{\"\d\-tfn])")
_JSON_LIST = re.compile(rf"\s*\[\s*(?:\]|[\[{{]|{_STRING}\s*[,\]]|-?\d[\d.eE+-]*\s*[,\]]|(?:true|false|null)\s*[,\]])")
_ESCAPED = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u(?:d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|(?!00[0-9a-f]{2}|d[89a-f])[0-9a-f]{4})",
    re.IGNORECASE,
)
_COLOURS = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")

# Calendars and address cards: a property's name, its parameters, its value; pictures and keys are long and no text.
_FOLD = re.compile(r"\r?\n[ \t]|=\r?\n(?==)")
_PROPERTY = re.compile(r"(?:[\w-]{1,60}\.)?([\w-]{1,60})((?:;(?:[^:\"]|\"[^\"]*\")*+)?+):(.*)")
_QUOTED = re.compile(r"ENCODING=QUOTED-PRINTABLE|;QUOTED-PRINTABLE", re.IGNORECASE)
_CHARSET = re.compile(r"CHARSET=([\w-]{1,40})", re.IGNORECASE)
_MOST_PROPERTIES = 300_000
_BINARY = re.compile(r"ENCODING=(?:B|BASE64)\b|;BASE64", re.IGNORECASE)
_BACKSLASHED = re.compile(r"\\([nN,;:\\])")


def recognises(file: File) -> tuple[str, float]:
    """By its first words, else by name; anything that looks like text is the last resort of the shelf."""
    if not looks_like_text(file.head) or file.head.lstrip().startswith(_OTHERS):
        return "", 0.0
    head = decode(file.head).lstrip("\ufeff \t\r\n")
    for mark, kind in _CARDS.items():
        if head[: len(mark)].upper() == mark:
            return kind, 1.0
    if kind := _json(file, head):
        return kind, 0.8
    for ending, kind in _BY_NAME.items():
        if file.named(ending):
            return kind, 0.7
    return "txt", 0.2


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The text as it stands; in calendars and address cards property by property."""
    kind, _ = recognises(file)
    text = decode(file.data)
    if text.count("\x00") * 100 > len(text):
        raise Problem("unsupported", "This is not text.")
    flow = Flow(limits)
    title = ""
    if kind in _CARDS.values():
        for number, (name, value) in enumerate(_properties(text)):
            if number > _MOST_PROPERTIES:
                raise Problem("too_large", "There are too many entries.")
            title = title or (one_line(value) if name in ("SUMMARY", "FN") else "")
            flow.add(f"{name}: {value}", name)
    elif kind in ("json", "jsonl"):
        flow.add(_ESCAPED.sub(_spelled, text))
    else:
        flow.add(_COLOURS.sub("", text))
    yield from flow.pages()
    return title


def _json(file: File, head: str) -> str:
    """ "json", "jsonl" where each line is a value of its own, or ""."""
    if not head.startswith(("{", "[")):
        return ""
    if not _JSON_OBJECT.match(head) and not _JSON_LIST.match(head):
        return "json" if file.named(".json", ".jsonl", ".geojson", ".ipynb") else ""
    lines = [line for line in head.split("\n", 3)[:3] if line.strip()]
    if len(lines) > 1 and all(map(_is_json, lines[: 2 if len(file.data) > HEAD else 3])):
        return "jsonl"
    if len(file.data) > HEAD or file.named(".json"):
        return "json"
    return "json" if _is_json(head) else ""


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _spelled(escaped: re.Match[str]) -> str:
    """The character that was written as its number."""
    return escaped[1] + escaped[0].removeprefix(escaped[1]).encode("ascii").decode("unicode_escape").encode(
        "utf-16", "surrogatepass"
    ).decode("utf-16")


def _properties(text: str) -> Iterator[tuple[str, str]]:
    """Each property's name and value, its folded lines joined; lines that mark a beginning or an end have none."""
    for line in _FOLD.sub("", text).splitlines():
        found = _PROPERTY.fullmatch(line)
        name = found[1].upper() if found else ""
        if not found:
            yield "NOTE", line
        elif name not in ("BEGIN", "END") and found[3] and not (_BINARY.search(found[2]) or len(found[3]) > 100_000):
            value = _unquoted(found[3], found[2]) if _QUOTED.search(found[2]) else found[3]
            yield name, _BACKSLASHED.sub(lambda mark: "\n" if mark[1] in "nN" else mark[1], value)


def _unquoted(value: str, parameters: str) -> str:
    """A value that old telephones wrote as quoted-printable."""
    charset = _CHARSET.search(parameters)
    return decode(binascii.a2b_qp(value.encode("utf-8", "replace")), charset[1] if charset else "")
