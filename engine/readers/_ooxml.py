"""Finds the parts of a modern Office file, whatever they are called, and the files that lie in it."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.pages import Inner
from engine.readers import _locked, _ole, _package
from engine.readers._file import File
from engine.readers._numbers import plain
from engine.readers._text import file_name, one_line
from engine.readers._wire import MIB, Limits

if TYPE_CHECKING:
    from lxml import etree

IMPORTS = ("lxml.etree", "bz2", "lzma", *_ole.IMPORTS, *_locked.IMPORTS)

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
XML = 64 * MIB
"""The most that one part may unpack to: its tree takes about ten times as much memory."""

RASTER = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp", ".heic")

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_CONTENTS = "[content_types].xml"
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
_LOOSE = rb"http://schemas.openxmlformats.org/\1/2006/"
_MAIN = re.compile(rb"application/vnd\.(?:openxmlformats-officedocument\.)?([\w.-]+?)\.main(?:\+xml)?[\"']")
_KINDS = {
    b"wordprocessingml.document": "docx",
    b"wordprocessingml.template": "dotx",
    b"ms-word.document.macroEnabled": "docm",
    b"ms-word.template.macroEnabledTemplate": "dotm",
    b"spreadsheetml.sheet": "xlsx",
    b"spreadsheetml.template": "xltx",
    b"ms-excel.sheet.macroEnabled": "xlsm",
    b"ms-excel.template.macroEnabled": "xltm",
    b"ms-excel.addin.macroEnabled": "xlam",
    b"ms-excel.sheet.binary.macroEnabled": "xlsb",
    b"presentationml.presentation": "pptx",
    b"presentationml.slideshow": "ppsx",
    b"presentationml.template": "potx",
    b"ms-powerpoint.presentation.macroEnabled": "pptm",
    b"ms-powerpoint.slideshow.macroEnabled": "ppsm",
    b"ms-powerpoint.template.macroEnabled": "potm",
}
_USUAL = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_USUAL_MAIN = ("word/document.xml", "xl/workbook.xml", "xl/workbook.bin", "ppt/presentation.xml")
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, OSError, RuntimeError, ValueError)


def recognised(file: File, kinds: tuple[str, ...]) -> tuple[str, float]:
    """What a reader of these kinds answers: by the list of contents; for a locked or a cut file, by its name."""
    found = kind(_locked.peeled(file))
    if found:
        return (found, 0.9) if found in kinds else ("", 0.0)
    named = next((word for word in kinds if file.named(f".{word}")), "")
    if _locked.wrapped(file):
        return (named, 0.9) if named else (kinds[0], 0.8 if kinds[0] == "docx" else 0.0)
    if file.is_zip and not file.zip_names and _CONTENTS in file.head.lower().decode("latin-1"):
        return named, 0.9 if named else 0.0
    return named, 0.3 if named else 0.0


def kind(file: File) -> str:
    """The kind of Office file by its list of contents, else by the names of its parts; "" if it is none."""
    if not file.is_zip:
        return ""
    if not file.zip_names:  # cut off: its beginning may still tell
        begun = b"[Content_Types].xml" in file.head or b"_rels/.rels" in file.head
        return next((word for folder, word in _USUAL.items() if begun and folder.encode() in file.head), "")
    listed = next((name for name in file.zip_names if name.lower() == _CONTENTS), "")
    if listed:
        try:
            with zipfile.ZipFile(io.BytesIO(file.data)) as package:
                found = _MAIN.findall(_package.member(package, listed, MIB))
        except (*BROKEN, Problem):
            found = []
        for word in found:
            if word in _KINDS:
                return _KINDS[word]
    names = {name.lower() for name in file.zip_names}
    return next((_USUAL[main.partition("/")[0] + "/"] for main in _USUAL_MAIN if main in names), "")


@dataclass(frozen=True, slots=True)
class Relation:
    """How a part refers to another one: `kind` is the last word of the relation's type ("header", "image")."""

    id: str
    kind: str
    target: str


class Parts:
    """The parts of one open package, by their names in any case."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        self._names = {name.lower().replace("\\", "/").lstrip("/"): name for name in package.namelist()}

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._names

    def size(self, part: str) -> int:
        return self._package.getinfo(self._names[part.lower()]).file_size

    def data(self, part: str, most: int = XML) -> bytes:
        """A part's bytes; Strict Office files are translated into the usual dialect."""
        if part not in self:
            raise Problem("damaged", "A part of the document is missing.")
        return _package.member(self._package, self._names[part.lower()], most)

    def open(self, part: str) -> zipfile.ZipExtFile:
        """A part's bytes as a stream: whoever reads it keeps count."""
        return self._package.open(self._names[part.lower()])  # type: ignore[return-value]  # for reading it is that

    def xml(self, part: str) -> etree._Element:
        """The root of a part. Raises Problem("damaged") where there is no such part."""
        return _package.xml(loose(self.data(part)))

    def main(self, *otherwise: str) -> str:
        """The document itself, as the package's own relations say; else the first of these names that is there."""
        for relation in self.related(""):
            if relation.kind == "officeDocument" and relation.target in self:
                return relation.target
        for part in otherwise:
            if part in self:
                return part
        raise Problem("damaged", "There is no document in the package.")

    def related(self, part: str) -> list[Relation]:
        """What a part refers to inside the package. A broken list is an empty one."""
        folder, name = posixpath.split(part)
        listing = posixpath.join(folder, "_rels", f"{name}.rels")
        if listing not in self:
            return []
        try:
            root = self.xml(listing)
        except Problem:
            return []
        found = []
        for entry in root.iter("{*}Relationship"):
            target = entry.get("Target", "").replace("\\", "/")
            if entry.get("TargetMode", "") != "External" and target:
                target = posixpath.normpath(posixpath.join("/", folder, target.partition("#")[0])).lstrip("/")
                found.append(Relation(entry.get("Id", ""), entry.get("Type", "").rpartition("/")[2], target))
        return found

    def title(self) -> str:
        """The title in the document's properties, or ""."""
        for relation in self.related(""):
            if relation.kind == "core-properties" and relation.target in self:
                try:
                    return one_line(self.xml(relation.target).findtext(_TITLE) or "")
                except Problem:
                    return ""
        return ""


def loose(data: bytes) -> bytes:
    """XML of the Strict dialect in the words of the usual one."""
    return _STRICT.sub(_LOOSE, data) if b"http://purl.oclc.org/ooxml/" in data else data


def inner_files(parts: Parts, owners: Iterable[str], limits: Limits) -> Iterator[Inner]:
    """The files that these parts hold: embedded ones, then pictures big enough to hold words."""
    yield from within(_inner_files(parts, owners, limits), limits)


def _inner_files(parts: Parts, owners: Iterable[str], limits: Limits) -> Iterator[Inner]:
    relations = {relation.target: relation.kind for owner in owners for relation in parts.related(owner)}
    pictures = []
    for part, sort in relations.items():
        if part not in parts:
            continue
        if sort in ("package", "oleObject", "aFChunk"):
            inner = _ole.unwrapped(Inner(file_name(part, "attachment"), parts.data(part, limits.unpacked)))
            if inner.data:
                yield inner
        elif sort == "image" and part.lower().endswith(RASTER) and parts.size(part) >= _ole.PICTURE:
            pictures.append(part)
    for part in pictures[: _ole.PICTURES]:
        yield Inner(file_name(part, "picture"), parts.data(part, limits.unpacked))


def within(found: Iterable[Inner], limits: Limits) -> Iterator[Inner]:
    """The same files, as long as they stay within the limits. Raises Problem("too_large")."""
    left = limits.unpacked
    for number, inner in enumerate(found, start=1):
        left -= len(inner.data)
        if left < 0 or number > limits.attachments:
            raise Problem("too_large", "There are more or larger files inside than the limits let through.")
        yield inner


def paragraphs(element: etree._Element) -> Iterator[str]:
    """The paragraphs of text inside a drawing."""
    for paragraph in element.iter(f"{A}p"):
        yield "".join(
            "\n" if piece.tag == f"{A}br" else piece.text or "" for piece in paragraph.iter(f"{A}t", f"{A}br")
        )


def chart_rows(chart: etree._Element) -> Iterator[list[str]]:
    """What a chart says: its titles, a row each, then one row a series: its name and its values."""
    for title in chart.iter(f"{_CHART}title"):
        if text := " ".join(paragraphs(title)).strip():
            yield [text]
    for series in chart.iter(f"{_CHART}ser"):
        name = _points(series.find(f"{_CHART}tx"))
        values = [_plain(point) for point in _points(series.find(f"{_CHART}val"))]
        names = _points(series.find(f"{_CHART}cat"))
        if names and len(names) == len(values):
            values = [f"{left}: {right}" for left, right in zip(names, values, strict=True)]
        else:
            values = names + values
        if name or values:
            yield [" ".join(name), *values]


def _points(holder: etree._Element | None) -> list[str]:
    return [] if holder is None else [value.text or "" for value in holder.iter(f"{_CHART}v")]


def _plain(text: str) -> str:
    try:
        return plain(float(text))
    except (ValueError, OverflowError):
        return text
