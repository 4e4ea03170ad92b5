"""Reads e-books, chapter by chapter in the order of the book."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from engine.cards import Problem
from engine.pages import Part
from engine.readers import _package, html
from engine.readers._file import File
from engine.readers._text import Flow, one_line
from engine.readers._wire import Limits

if TYPE_CHECKING:
    from lxml import etree

KINDS = ("epub",)
IMPORTS = ("lxml.etree", "charset_normalizer")

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_MARK = b"mimetypeapplication/epub+zip"
# How publishers garble fonts; the text is free.
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document")
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*>", re.IGNORECASE)


def recognises(file: File) -> tuple[str, float]:
    """By its first member, which says so; else by the book's directory."""
    if _CONTAINER in file.zip_names and (_MARK in file.head[:100] or any(map(_is_book, file.zip_names))):
        return "epub", 0.95
    return ("epub", 0.3) if file.named(".epub") and file.is_zip else ("", 0.0)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The visible text of each chapter, on pages of its own."""
    with _package.opened(file) as package:
        _check_is_free(package)
        place = _place(package)
        book = _xml(package, place)
        flow = Flow(limits)
        chapters = 0
        for name in _spine(book, place, frozenset(package.namelist())):
            if chapters:
                flow.page_break()
            found = html.look(html.decoded(_package.member(package, name)))
            html.flow_into(flow, found)
            chapters += 1
            if chapters > limits.pages:
                raise Problem("too_large", "There are more chapters than the limit.")
        title = one_line(book.findtext(".//{*}metadata//{*}title") or book.findtext(".//{*}title") or "")
    if not chapters:
        raise Problem("damaged", "The book names no chapters.")
    yield from flow.pages()
    return title


def _check_is_free(package: zipfile.ZipFile) -> None:
    """Refuse a book that only its buyer's reader can open."""
    names = frozenset(package.namelist())
    if _ENCRYPTION not in names:
        return
    methods = {
        method.get("Algorithm", "")
        for data in _xml(package, _ENCRYPTION).iter("{*}EncryptedData")
        for method in data.iterfind("{*}EncryptionMethod")
    }
    if methods - set(_FONTS):
        raise Problem("encrypted", "The book is locked to its buyer.")


def _place(package: zipfile.ZipFile) -> str:
    """Where the book's directory lies."""
    for root in _xml(package, _CONTAINER).iter("{*}rootfile"):
        if name := root.get("full-path"):
            return unquote(name).lstrip("/")
    raise Problem("damaged", "The book has no directory.")


def _spine(book: etree._Element, place: str, names: frozenset[str]) -> Iterator[str]:
    """The chapters' names, in reading order."""
    items = {
        item.get("id", ""): item.get("href", "")
        for item in book.iterfind(".//{*}manifest/{*}item")
        if item.get("media-type", "") in _PAGES
    }
    told = set()
    for entry in book.iterfind(".//{*}spine/{*}itemref"):
        link = items.get(entry.get("idref", ""), "").partition("#")[0]
        name = posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(link)))
        if link and name in names and name not in told:
            told.add(name)
            yield name


def _xml(package: zipfile.ZipFile, name: str) -> etree._Element:
    """A part of the book's directory. Old books name a document type, which is not needed to read it."""
    return _package.xml(_DOCTYPE.sub(b"", _package.member(package, name), count=1))


def _is_book(name: str) -> bool:
    return name.endswith(".opf")
