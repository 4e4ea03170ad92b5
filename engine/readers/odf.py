"""Reads the OpenDocument files of LibreOffice and others: texts, spreadsheets and slides."""

from __future__ import annotations

import base64
import binascii
import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.pages import Inner, Part
from engine.readers import _odf_locked, _odf_sheets, _ole, _ooxml, _package
from engine.readers._file import File
from engine.readers._odf_lists import Lists
from engine.readers._odf_text import Looks, attribute, pieces, short
from engine.readers._sheets import COLUMNS
from engine.readers._text import Flow, file_name, one_line
from engine.readers._wire import MIB, Limits

if TYPE_CHECKING:
    from lxml import etree

KINDS = (
    "odt", "ott", "odm", "oth", "ods", "ots", "odp", "otp", "odg", "otg", "fodt", "fods", "fodp", "fodg", "sxw",
    "sxc", "sxi",
)  # fmt: skip
IMPORTS = (*_ooxml.IMPORTS, *_odf_locked.IMPORTS)

_TYPES = {
    "text": "odt", "text-template": "ott", "text-master": "odm", "text-web": "oth", "spreadsheet": "ods",
    "spreadsheet-template": "ots", "presentation": "odp", "presentation-template": "otp", "graphics": "odg",
    "graphics-template": "otg",
}  # fmt: skip
_OLD_TYPES = {"writer": "sxw", "calc": "sxc", "impress": "sxi"}
_TYPE = re.compile(
    rb"application/vnd\.(?:oasis\.opendocument\.((?:text|spreadsheet|presentation|graphics)(?:-template|-master|-web)?)"
    rb"|sun\.xml\.(writer|calc|impress))(?![a-z-])"
)
_FLAT = re.compile(rb"<office:document[\s>]")
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*>")
_MOST = 64 * MIB
_MANIFEST = "META-INF/manifest.xml"
_LISTS = {"text:list", "text:ordered-list", "text:unordered-list", "text:list-item", "text:list-header"}
_GROUPS = {
    *_LISTS, "text:section", "text:index-body", "text:table-of-content", "text:alphabetical-index", "text:index-title",
    "text:illustration-index", "text:table-index", "text:object-index", "text:user-index", "text:bibliography",
    "draw:g", "draw:a", "text:numbered-paragraph", "office:forms", "office:event-listeners", "table:shapes",
}  # fmt: skip


Finder = Callable[[str], "etree._Element | None"]


def recognises(file: File) -> tuple[str, float]:
    """A zip that begins with its type, or says it in its manifest; or one flat file of XML."""
    if file.is_zip:
        kind = _kind(_declared(file))
        return (kind, 0.9) if kind else ("", 0.0)
    if _FLAT.search(file.head):
        kind = _kind(file.head)
        return (f"f{kind}", 0.9) if f"f{kind}" in KINDS else ("", 0.0)
    named = next((kind for kind in KINDS if file.named(f".{kind}")), "")
    return named, 0.3 if named else 0.0


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The text in order, then the files that lie in it; deletions and comments are hidden."""
    if not file.is_zip:
        document = _Document(Looks(), limits)
        document.read(_tree(file.data))
        yield from document.flow.pages()
        yield from _ooxml.within(_flat_pictures(document), limits)
        return document.title
    with _package.opened(File(file.data, file.name)) as zipped:
        package = _Package(zipped, file.password)
        document = _Document(Looks(), limits, package.object)
        for name in ("meta.xml", "styles.xml"):
            if name in package.names:
                document.prepare(_tree(package.data(name, _MOST)))
        document.read(_tree(package.data("content.xml", _MOST)))
        yield from document.flow.pages()
        yield from _ooxml.within(_files(package, document, limits), limits)
        return document.title


class _Package:
    """The parts of an open package, locked or not."""

    def __init__(self, package: zipfile.ZipFile, password: str) -> None:
        self._package = package
        self._password = password
        self.names = set(package.namelist())
        self._locks: dict[str, _odf_locked.Lock] = {}
        if "encrypted-package" in self.names:
            raise Problem("encrypted", "The document is locked in a way that is not known here.")
        if _MANIFEST in self.names:
            manifest = _package.member(package, _MANIFEST, MIB)
            self._locks = _odf_locked.locks(_tree(manifest)) if b"encryption-data" in manifest else {}

    def size(self, name: str) -> int:
        return self._package.getinfo(name).file_size

    def object(self, reference: str) -> etree._Element | None:
        """The document inside the document that a frame refers to, or None."""
        name = posixpath.join(posixpath.normpath(reference.replace("\\", "/")), "content.xml")
        return _tree(self.data(name, _MOST)) if name in self.names else None

    def data(self, name: str, most: int) -> bytes:
        data = _package.member(self._package, name, most)
        lock = self._locks.get(name)
        return data if lock is None else _odf_locked.unlocked(data, lock, self._password, most)


def _declared(file: File) -> bytes:
    """Where a package says what it is."""
    if file.data[30:38] == b"mimetype":
        return file.data[38:200]
    if not file.zip_names >= {"content.xml", _MANIFEST}:
        return b""
    try:
        with zipfile.ZipFile(io.BytesIO(file.data)) as package:
            return _package.member(package, _MANIFEST, MIB)
    except (*_ooxml.BROKEN, Problem):
        return b""


def _kind(declared: bytes) -> str:
    found = _TYPE.search(declared)
    if found is None:
        return ""
    return _TYPES.get((found[1] or b"").decode(), "") or _OLD_TYPES.get((found[2] or b"").decode(), "")


def _tree(data: bytes) -> etree._Element:
    """A part's XML. What is older than the standard names a document type, which is not looked at."""
    return _package.xml(_DOCTYPE.sub(b"", data[:4096], count=1) + data[4096:])


def _files(package: _Package, document: _Document, limits: Limits) -> Iterator[Inner]:
    """Embedded files, then the pictures that are big enough to hold words."""
    pictures = []
    for reference, picture in document.references:
        name = posixpath.normpath(reference.replace("\\", "/"))
        if name not in package.names:
            continue
        if not picture:
            data = package.data(name, limits.unpacked)
            inner = _ole.unwrapped(Inner(file_name(name, "attachment"), data))
            if inner.data:
                yield inner
        elif name.lower().endswith(_ooxml.RASTER) and package.size(name) >= _ole.PICTURE:
            pictures.append(name)
    for name in pictures[: _ole.PICTURES]:
        yield Inner(file_name(name, "picture"), package.data(name, limits.unpacked))


def _flat_pictures(document: _Document) -> Iterator[Inner]:
    for number, coded in enumerate(document.pictures[: _ole.PICTURES], start=1):
        try:
            data = base64.b64decode(coded)
        except (binascii.Error, ValueError):
            continue
        if len(data) >= _ole.PICTURE:
            yield Inner(f"picture {number}", data)


class _Document:
    """One document while it is read."""

    def __init__(
        self, looks: Looks, limits: Limits, find: Callable[[str], etree._Element | None] | None = None
    ) -> None:
        self.flow = Flow(limits)
        self._find = find
        self.title = ""
        self.references: dict[tuple[str, bool], None] = {}
        """The files of the package that the text refers to, each with whether it is a picture."""
        self.pictures: list[str] = []
        self._limits = limits
        self._looks = looks
        self._lists = Lists()
        self._sides: dict[tuple[str, str], None] = {}
        self._paragraphs = self._tables = self._notes = self._slide = 0
        self._painted = False
        self._place = ""

    def prepare(self, root: etree._Element) -> None:
        """Take the title, the styles, the headers and the footers from a part."""
        self._looks.learn(root)
        self._lists.learn(root)
        for title in root.iter("{http://purl.org/dc/elements/1.1/}title"):
            self.title = self.title or one_line("".join(title.itertext()))
        for page in root.iter("{*}master-page"):
            for side in page:
                name = short(side)
                if name in ("style:header", "style:footer"):
                    for paragraph in side.iter("{*}p", "{*}h"):
                        self._sides[name.partition(":")[2], self._text(paragraph)] = None

    def read(self, root: etree._Element) -> None:
        """The document itself."""
        self.prepare(root)
        body = next((child for child in root.iter("{*}body") if short(child) == "office:body"), None)
        if body is None:
            raise Problem("damaged", "There is no body.")
        content = body[0] if len(body) and short(body[0]).startswith("office:") else body
        sort = short(content).partition(":")[2]
        if sort == "spreadsheet" or (body.find("{*}table") is not None and body.find("{*}p") is None):
            self._spreadsheet(content)
        elif sort in ("presentation", "drawing") or content.find("{*}page") is not None:
            self._painted = True
            self._show(content)
        else:
            self._say_sides("header")
            self._blocks(content)
            self._say_sides("footer")

    def _say_sides(self, name: str) -> None:
        texts = [text for side, text in self._sides if side == name and text.strip()]
        if texts and name == "footer":
            self.flow.heading("", 1)  # it is in no section
        for text in texts:
            self.flow.add(text, name)

    def _spreadsheet(self, content: etree._Element) -> None:
        for table in content.iterchildren("{*}table"):
            _odf_sheets.write(table, self.flow, self._limits, self._looks, self._beside)

    def _show(self, content: etree._Element) -> None:
        for slide in content.iterchildren("{*}page"):
            self._slide += 1
            self._place = f"slide {self._slide}"
            self.flow.page_break()
            style = attribute(slide, "style-name")
            concealed = self._looks.property("drawing-page", style, "visibility") == "hidden"
            shapes = sorted(slide, key=lambda shape: attribute(shape, "class") != "title")
            for shape in shapes:
                name = short(shape)
                if concealed:
                    self.flow.hide(self._all_text(shape), "concealed")
                elif name == "presentation:notes":
                    for frame in shape.iter("{*}frame"):
                        if attribute(frame, "class") == "notes":
                            self._paragraph_lines(frame, self._within("notes"))
                elif attribute(shape, "class") == "title" and (title := one_line(self._all_text(shape))):
                    self.title = self.title or title
                    self.flow.heading(title, 1, f"slide {self._slide}: {title}")
                    self._place = ""
                else:
                    self._block(shape)

    def _within(self, label: str) -> str:
        return f"{self._place} > {label}" if self._place else label

    def _paragraph_lines(self, parent: etree._Element, label: str) -> None:
        for paragraph in parent.iter("{*}p", "{*}h"):
            text = self._text(paragraph)
            if text.strip():
                self.flow.add(text, label)

    def _blocks(self, parent: etree._Element) -> None:
        for child in parent:
            self._block(child)

    def _block(self, block: etree._Element) -> None:
        """A heading, a paragraph, a table, a list, a section, a frame."""
        name = short(block)
        if name == "text:h":
            self._heading(block)
        elif name == "text:p":
            self._paragraph(block)
        elif name == "table:table":
            self._table(block)
        elif name == "text:tracked-changes":
            for deletion in block.iter("{*}deletion"):
                self.flow.hide(self._all_text(deletion), "deleted")
        elif name == "office:annotation":
            self._comment(block)
        elif name == "text:section" and attribute(block, "display") in ("none", "condition"):
            self.flow.hide(self._all_text(block), "concealed")
        elif name in _GROUPS:
            self._blocks(block)
        elif name.startswith("draw:"):
            self._drawing(block)

    def _heading(self, heading: etree._Element) -> None:
        text = self._text(heading)
        given = attribute(heading, "outline-level") or attribute(heading, "level")
        level = int(given) if given.isdecimal() and 0 < len(given) < 3 else 1
        if text.strip():
            self._paragraphs += 1
            self.title = self.title or one_line(text)
            self.flow.heading(self._lists.heading(level) + text, level)
        self._hanging(heading)

    def _paragraph(self, paragraph: etree._Element) -> None:
        text = self._text(paragraph)
        if not text.strip():
            self.flow.add("")
        elif self._slide:
            self.flow.add(text, self._place)
        else:
            self._paragraphs += 1
            self.flow.add(text, f"paragraph {self._paragraphs}")
        self._hanging(paragraph)

    def _hanging(self, paragraph: etree._Element) -> None:
        """What hangs in a paragraph: frames, notes, comments."""
        for child in paragraph:
            name = short(child)
            if name == "text:note":
                self._notes += 1
                kind = attribute(child, "note-class") or "footnote"
                texts = [self._text(line) for body in child.iter("{*}note-body") for line in body.iter("{*}p", "{*}h")]
                self.flow.add(" ".join(texts), f"{kind} {self._notes}")
            elif name == "office:annotation":
                self._comment(child)
            elif name.startswith("draw:"):
                self._drawing(child)
            elif len(child):
                self._hanging(child)

    def _beside(self, found: etree._Element) -> None:
        """What lies on a sheet. Its charts only repeat its cells."""
        self._find = None
        if short(found) == "office:annotation":
            self._comment(found)
        elif not any(short(around).startswith("draw:") for around in found.iterancestors()):
            self._drawing(found)

    def _drawing(self, drawing: etree._Element) -> None:
        """A frame with a text, a table, a picture or a file in it, or a shape with a text."""
        for part in drawing.iter("{*}image", "{*}object", "{*}object-ole"):
            href, picture = attribute(part, "href"), short(part) == "draw:image"
            if href and (href, picture) not in self.references:
                self.references[href, picture] = None
                if not picture and self._find is not None and (root := self._find(href)) is not None:
                    self._object(root)
            for binary in part.iterchildren("{*}binary-data"):
                self.pictures.append(binary.text or "")
        for child in drawing:
            if short(child) == "draw:text-box":
                self._blocks(child)
            else:
                self._block(child)

    def _object(self, root: etree._Element) -> None:
        """A chart or a table that is a document of its own, as rows."""
        number = 0
        if root.tag.endswith("}math"):
            signs = root.iter("{*}mi", "{*}mn", "{*}mo", "{*}mtext")
            self.flow.add("".join(sign.text or "" for sign in signs), self._within("formula"))
        for title in root.iter("{*}title", "{*}subtitle"):
            if short(title).startswith("chart:"):
                number += 1
                self.flow.row([self._all_text(title)], self._within(f"chart > row {number}"))
        for row in root.iter("{*}table-row"):
            cells = [_odf_sheets.shown(cell, self._looks) for cell in row.iterchildren("{*}table-cell")]
            number += 1
            if any(cells):
                self.flow.row(cells[:COLUMNS], self._within(f"chart > row {number}"))

    def _comment(self, comment: etree._Element) -> None:
        lines = ["".join(paragraph.itertext()) for paragraph in comment.iter("{*}p")]
        self.flow.hide("\n".join(lines), "comment")

    def _table(self, table: etree._Element) -> None:
        self._tables += 1
        number = 0
        for row in table.iter("{*}table-row"):
            if next(row.iterancestors("{*}table")) is not table:
                continue
            number += 1
            cells = [self._all_text(cell) for cell in row.iterchildren("{*}table-cell", "{*}covered-table-cell")]
            if any(cell.strip() for cell in cells):
                self.flow.row(cells, self._within(f"table {self._tables} > row {number}"))
            for cell in row.iterchildren("{*}table-cell"):
                for paragraph in cell.iterchildren("{*}p", "{*}h"):
                    self._hanging(paragraph)

    def _all_text(self, element: etree._Element) -> str:
        """All visible paragraphs below that element, as one text."""
        found = (self._text(paragraph) for paragraph in element.iter("{*}p", "{*}h") if not _in_comment(paragraph))
        return "\n".join(text for text in found if text.strip())

    def _text(self, paragraph: etree._Element) -> str:
        """The paragraph's visible text, with its number in a list; the rest of it is hidden on the way."""
        mark = self._lists.mark(paragraph)
        seen: list[str] = []
        unseen: dict[str, list[str]] = {}
        around = tuple(
            ("table-cell", attribute(cell, "style-name")) for cell in paragraph.iterancestors("{*}table-cell")
        )
        for text, why in pieces(paragraph, self._looks, around, painted=self._painted):
            if why:
                unseen.setdefault(why, []).append(text)
            else:
                seen.append(text)
        for why, texts in unseen.items():
            self.flow.hide("".join(texts), why)
        text = "".join(seen)
        return mark + text if text.strip() else text


def _in_comment(paragraph: etree._Element) -> bool:
    return any(short(around) in ("office:annotation", "text:note") for around in paragraph.iterancestors())
