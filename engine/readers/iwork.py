"""Reads the texts and slides of Apple's office programs, and hands over the PDF that lies in some of their files."""

from __future__ import annotations

import contextlib
import re
import zipfile
from collections.abc import Generator, Iterator

from engine.cards import Problem
from engine.pages import Inner, Part
from engine.readers import _iwa, _ooxml, _package
from engine.readers._file import File
from engine.readers._text import Flow
from engine.readers._wire import MIB, Limits

KINDS = ("pages", "key", "numbers")
IMPORTS = _ooxml.IMPORTS

_PREVIEW = re.compile(r"(?:.*/)?(?:QuickLook/Preview|preview)\.pdf", re.IGNORECASE)
_OLD = {"index.apxl": "key", "index.apxl.gz": "key", "presentation.apxl": "key"}
_SLIDE = re.compile(r"(?:.*/)?(?:Slide|MasterSlide|TemplateSlide)(?:-\d+)?\.iwa")
_MASTER = re.compile(r"(?:.*/)?(?:MasterSlide|TemplateSlide)[^/]*\.iwa")
_MOST = 32 * MIB
# Types of messages.
_SHOW, _NODE, _PAGES, _TABLE_WORDS = 2, 4, 10000, 6005
_TEXTS = (2001, 2005)
_WORDS = 1
_ANCHOR = "\ufffc"


def recognises(file: File) -> tuple[str, float]:
    """A zip with Apple's archives or its older index in it; which program's, the name says, or the archives do."""
    names = {name.rpartition("/")[2]: name for name in file.zip_names}
    old = next((kind for name, kind in _OLD.items() if name in names), "")
    archives = any(name.endswith(".iwa") for name in names) or "Index.zip" in names
    if not archives and not old and not {"index.xml", "buildVersionHistory.plist"} <= names.keys():
        return "", 0.0
    named = next((kind for kind in KINDS if file.named(f".{kind}")), "")
    return named or old or _guess(file), 0.9


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The text, slide by slide where there are slides; then the program's own picture of it, if that is a PDF."""
    kind, _ = recognises(file)
    with _package.opened(file) as package:
        preview = next((name for name in package.namelist() if _PREVIEW.fullmatch(name)), "")
        flow = Flow(limits)
        with _archives(package) as inner:
            found: dict[str, bytes] = {}
            left = _MOST
            for name in inner.namelist():
                if name.endswith(".iwa"):
                    found[name] = _iwa.unpacked(_package.member(inner, name, left), left)
                    left -= len(found[name])
        if not found or kind == "numbers":
            if not preview:
                raise Problem("unsupported", "There is no text that we can get at.")
        elif kind == "key":
            _show(found, flow)
        else:
            _text(found, flow)
        yield from flow.pages()
        if preview:
            yield from _ooxml.within([Inner("Preview.pdf", _package.member(package, preview, limits.unpacked))], limits)
        return ""


def _guess(file: File) -> str:
    """The program, by its archives."""
    with contextlib.suppress(Problem, *_ooxml.BROKEN), _package.opened(file) as package, _archives(package) as inner:
        for name in inner.namelist():
            if _SLIDE.fullmatch(name):
                return "key"
            if name.endswith("Document.iwa"):
                data = _iwa.unpacked(_package.member(inner, name, _MOST), _MOST)
                types = {sort for _, sort, _ in _iwa.messages(data)}
                if _PAGES in types:
                    return "pages"
        return "numbers"
    return "pages"


@contextlib.contextmanager
def _archives(package: zipfile.ZipFile) -> Iterator[zipfile.ZipFile]:
    """Where the archives lie: in the file itself, or in another zip inside it."""
    inner = next((name for name in package.namelist() if name.endswith("Index.zip")), "")
    if not inner:
        yield package
        return
    with _package.opened(File(_package.member(package, inner), inner)) as archives:
        yield archives


def _text(found: dict[str, bytes], flow: Flow) -> None:
    number = 0
    for data in found.values():
        for text in _texts(data):
            for line in text.split("\n"):
                number += bool(line.strip())
                flow.add(line, f"paragraph {number}")
    _tables(found, flow)


def _show(found: dict[str, bytes], flow: Flow) -> None:
    slides = {name: data for name, data in found.items() if _SLIDE.fullmatch(name) and not _MASTER.fullmatch(name)}
    for number, name in enumerate(_ordered(found, slides), start=1):
        flow.page_break()
        for text in _texts(slides[name]):
            for line in text.split("\n"):
                flow.add(line, f"slide {number}")
    _tables(found, flow)


def _ordered(found: dict[str, bytes], slides: dict[str, bytes]) -> list[str]:
    """The slides' names in the order of the show, and after those any that it does not mention."""
    owners = {own: name for name, data in slides.items() for own, _, _ in _iwa.messages(data)}
    nodes: dict[int, int] = {}
    shown: list[int] = []
    for name, data in found.items():
        if not name.endswith("Document.iwa"):
            continue
        for own, sort, content in _iwa.messages(data):
            if sort == _NODE:
                nodes[own] = next(_references(content, 2), 0)
            elif sort == _SHOW:
                trees = (value for field, value in _iwa.fields(content) if field == 3 and isinstance(value, bytes))
                shown += [node for tree in trees for node in _references(tree, 2)]
    order = [owners[slide] for node in shown if (slide := nodes.get(node, 0)) in owners]
    return list(dict.fromkeys([*order, *sorted(slides)]))


def _references(content: bytes, wanted: int) -> Iterator[int]:
    """The numbers of the messages that a field refers to."""
    for field, value in _iwa.fields(content):
        if field == wanted and isinstance(value, bytes):
            number = dict(_iwa.fields(value)).get(1, 0)
            if isinstance(number, int):
                yield number


def _texts(data: bytes) -> Iterator[str]:
    for _, sort, content in _iwa.messages(data):
        if sort in _TEXTS:
            parts = [value for field, value in _iwa.fields(content) if field == 3 and isinstance(value, bytes)]
            text = b"".join(parts).decode("utf-8", "replace").replace(_ANCHOR, "").replace("\u2029", "\n")
            if text.strip():
                yield text


def _tables(found: dict[str, bytes], flow: Flow) -> None:
    """The words in tables. Their numbers, and which cell each word stands in, are packed in ways of Apple's own."""
    number = 0
    for data in found.values():
        for _, sort, content in _iwa.messages(data):
            listed = list(_iwa.fields(content)) if sort == _TABLE_WORDS else []
            if (1, _WORDS) not in listed:
                continue
            entries = (dict(_iwa.fields(value)) for field, value in listed if field == 3 and isinstance(value, bytes))
            words = [word.decode("utf-8", "replace") for entry in entries if isinstance(word := entry.get(3), bytes)]
            if words:
                number += 1
                flow.row(words[::-1], f"words of table {number}")
