"""Reads XML of any kind, a line for each value, and the words in SVG drawings."""

from __future__ import annotations

import re
from collections.abc import Generator
from html.entities import html5
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.pages import Part
from engine.readers import _css
from engine.readers._file import File
from engine.readers._markup import check_size, opening
from engine.readers._text import Flow, clean, decode, one_line
from engine.readers._wire import Limits

if TYPE_CHECKING:
    from lxml import etree

KINDS = ("xml", "svg")
IMPORTS = ("lxml.etree", "html.entities")

_ENDINGS = (
    ".xml",
    ".xsd",
    ".xsl",
    ".xslt",
    ".rss",
    ".atom",
    ".gpx",
    ".kml",
    ".opml",
    ".xliff",
    ".xlf",
    ".dita",
    ".docbook",
)
_DECLARED = re.compile(rb"\s*<\?xml[^>]{1,80}encoding\s*=\s*[\"']([\w-]{1,40})")
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_SUBSET = re.compile(r"<!DOCTYPE[^\[<>]*\[")
_NESTED = re.compile(r"<!ENTITY\s+\S+\s+[\"'][^\"']*[&%][\w.-]+;")
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30};)")
# Words in a sentence, not values: their own lines would tear it apart.
_PARAGRAPHS = frozenset("p para simpara h head subtitle caption".split())
_ROWS = frozenset("tr row table-row".split())
_BREAKS = frozenset("br tab cr lb line-break noBreakHyphen".split())
_NO_TEXT = frozenset("binData binaryData instrText script style Fallback positionH positionV sizeRelH sizeRelV".split())
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]{2000,}")
_LONGEST_PARAGRAPH = 5000
_PACKAGE_NAME = "{http://schemas.microsoft.com/office/2006/xmlPackage}name"
_WORDS = re.compile(r"/(?:document|header\d*|footer\d*|footnotes|endnotes|comments|slide\d+|sheet\d+|core)\.xml$")
_DRAWN = {"title": "concealed", "desc": "concealed", "metadata": "concealed", "style": "", "script": ""}


def recognises(file: File) -> tuple[str, float]:
    """By its first element, and by its declaration or its name."""
    start = opening(file)
    if not start.root or start.root == "html":
        return "", 0.0
    if start.root == "svg":
        return "svg", 0.95
    if start.declared:
        return "xml", 0.8
    if file.named(*_ENDINGS):
        return "xml", 0.7
    return "xml", 0.6 if "xmlns" in start.attributes or start.doctype else 0.25


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """A line for each value, after its name, labelled with the names of the elements around it."""
    root, unseen = _tree(file.data)
    flow = Flow(limits)
    flow.hide(unseen, "characters")
    title = ""
    if _name(root) == "svg":
        _draw(root, flow, "")
        title = one_line(root.findtext("{*}title") or "")
    else:
        _tell(root, flow, ())
    yield from flow.pages()
    return title


def _tree(data: bytes) -> tuple[etree._Element, str]:
    """The root element. Nothing is fetched, and documents with entities of their own are refused."""
    from lxml import etree

    declared = _DECLARED.match(data)
    text, unseen = clean(decode(data, declared[1].decode() if declared else ""))
    text = _DECLARATION.sub("", text, count=1).strip()
    _check(text)
    if "&" in text:
        text = _NAMED.sub(
            lambda entity: html5.get(entity[1], entity[0]).replace("&", "&amp;").replace("<", "&lt;"), text
        )
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, remove_pis=True, huge_tree=False
    )
    try:
        return etree.fromstring(text.encode(), parser), unseen
    except etree.XMLSyntaxError as error:
        words = str(error).lower()
        code = "too_deep" if "depth" in words else "too_large" if "huge" in words else "damaged"
        raise Problem(code, "The XML is broken.") from error


def _check(text: str) -> None:
    """Refuse what is made to choke or to fetch, before a parser sees it."""
    check_size(text)
    if begin := _SUBSET.search(text, 0, 100_000):
        end = text.find("]>", begin.end())
        entities = text[begin.end() : end if end > 0 else None]
        if _NESTED.search(entities):
            raise Problem("bomb", "Its entities hold entities.")
        if "<!ENTITY" in entities:
            raise Problem("damaged", "It has entities of its own, or asks for other files.")


def _tell(element: etree._Element, flow: Flow, path: tuple[str, ...]) -> None:
    """All that an element says, in lines of its own."""
    name = _name(element)
    if not name:
        flow.hide(element.text or "", "comment")
        return
    path = (*path, name)
    if name in _NO_TEXT or (name == "part" and _PACKAGE_NAME in element.attrib and not _has_words(element)):
        return
    if why := _hidden_by_word(element, name):
        flow.hide(_inline(element, flow) if name != "comments" else " ".join(element.itertext()), why)
        return
    label = " > ".join(path[-8:])
    children = len(element)
    if name.lower() in _ROWS and children > 1:
        cells = [_inline(child, flow) for child in element if _name(child)]
        if any(map(str.strip, cells)):
            flow.row(cells, label)
    elif name.lower() in _PARAGRAPHS or (children and _is_sentence(element)):
        if text := " ".join(_inline(element, flow).split()):
            flow.add(text, label)
    elif not children:
        _value(element, flow, name, label)
    else:
        if told := _attributes(element):
            flow.add(f"{name}: {told}", label)
        _loose(element.text, flow, label)
        for child in element:
            _tell(child, flow, path)
            _loose(child.tail, flow, label)


def _value(element: etree._Element, flow: Flow, name: str, label: str) -> None:
    text = (element.text or "").strip()
    told = _attributes(element)
    if len(text) > 2000 and _BASE64.fullmatch(text):
        text = ""
    if text or told:
        flow.add(f"{name} ({told}): {text}" if text and told else f"{name}: {text or told}", label)


def _loose(text: str | None, flow: Flow, label: str) -> None:
    """Words that stand between elements."""
    if text and (words := " ".join(text.split())):
        flow.add(words, label)


def _attributes(element: etree._Element) -> str:
    """An element's attributes, but for those of other namespaces: they say how, not what."""
    return ", ".join(f"{name} {one_line(value)}" for name, value in element.items() if value and "}" not in name)


def _is_sentence(element: etree._Element) -> bool:
    """Whether words stand between its elements, and not too many of them."""
    loose = any((child.tail or "").strip() for child in element) or (element.text or "").strip()
    if not loose:
        return False
    length = 0
    for piece in element.itertext():
        length += len(piece)
        if length > _LONGEST_PARAGRAPH:
            return False
    return True


def _inline(element: etree._Element, flow: Flow) -> str:
    """The words of an element and of all inside it, as one piece. What is deleted or hidden there is told apart."""
    name = _name(element)
    if not name:
        flow.hide(element.text or "", "comment")
        return ""
    if name in _NO_TEXT:
        return ""
    if name in _BREAKS:
        return " "
    pieces = [element.text or ""]
    for child in element:
        pieces += [_inline(child, flow), child.tail or ""]
    text = "".join(pieces)
    if why := _hidden_by_word(element, name):
        flow.hide(text, why)
        return ""
    return f"{text} " if name.lower() in _PARAGRAPHS else text


def _hidden_by_word(element: etree._Element, name: str) -> str:
    """Why Word, in its own XML, does not show an element as text, or ""."""
    if name in ("delText", "moveFrom"):
        return "deleted"
    if name == "r" and element.find("{*}rPr/{*}vanish") is not None:
        return "concealed"
    remark = name == "annotation" and "Word.Comment" in element.attrib.values()
    return "comment" if remark or (name == "comments" and "wordprocessingml" in str(element.tag)) else ""


def _has_words(part: etree._Element) -> bool:
    """Whether this part of an Office package in one XML file is one that people read."""
    return _WORDS.search(part.get(_PACKAGE_NAME, "")) is not None


def _draw(element: etree._Element, flow: Flow, hidden: str) -> None:
    """The words of a drawing, and apart from them those that are not drawn."""
    name = _name(element)
    if not name:
        flow.hide(element.text or "", "comment")
        return
    if name in _DRAWN:
        if _DRAWN[name]:
            flow.hide(" ".join(" ".join(element.itertext()).split()), _DRAWN[name])
        return
    hidden = hidden or _css.undrawn(element)
    if name in ("text", "foreignObject"):
        text = " ".join("".join(_drawn(element, flow, hidden)).split())
        if hidden:
            flow.hide(text, hidden)
        elif text:
            flow.add(text, "text")
        return
    for child in element:
        _draw(child, flow, hidden)


def _drawn(element: etree._Element, flow: Flow, hidden: str) -> list[str]:
    """The pieces of one text that are drawn like it; others go to the hidden ones."""
    pieces = [element.text or ""]
    for child in element:
        if _name(child) and _name(child) not in _DRAWN:
            why = _css.undrawn(child)
            inner = _drawn(child, flow, hidden or why)
            if why and not hidden:
                flow.hide("".join(inner), why)
            else:
                pieces += [" " if _name(child) != "tspan" or child.get("y") or child.get("dy") else "", *inner]
        pieces.append(child.tail or "")
    return pieces


def _name(element: etree._Element) -> str:
    """An element's name without its namespace; "" for a comment."""
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""
