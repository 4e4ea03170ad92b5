"""What the control words of Rich Text Format mean: characters, encodings, and which groups hold no text."""

from __future__ import annotations

import re

TOKEN = re.compile(
    rb"\\([A-Za-z]{1,32})(-?[0-9]{1,10})? ?"  # a control word, its number, and the space that ends it
    rb"|\\'([0-9A-Fa-f]{2})"  # a byte
    rb"|\\(.)"  # a control symbol
    rb"|([{}])"  # a group
    rb"|[\r\n]+"  # line ends mean nothing
    rb"|([^\\{}\r\n]+)",
    re.DOTALL,
)
WORD, NUMBER, BYTE, SIGN, BRACE, TEXT = range(1, 7)
"""The groups of a token; the last one that took part says what it is."""

BRACES = re.compile(rb"[{}]|\\bin([0-9]{1,10}) ?|\\.", re.DOTALL)

CHARACTERS = {
    b"tab": "\t",
    b"line": "\n",
    b"lbr": "\n",
    b"emdash": "\u2014",
    b"endash": "\u2013",
    b"emspace": " ",
    b"enspace": " ",
    b"qmspace": " ",
    b"bullet": "\u2022",
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "\u201c",
    b"rdblquote": "\u201d",
    b"nestcell": " ",
    b"nestrow": " ",
    b"column": "\n",
    b"softline": "\n",
}
SYMBOLS = {b"~": "\xa0", b"_": "\u2011", b"\\": "\\", b"{": "{", b"}": "}", b"\r": "\n", b"\n": "\n", b"\t": "\t"}
"""A hyphen that shows only at a line's end (\\-) is none of them."""

CODE_PAGES = {
    437: "cp437", 708: "iso8859_6", 709: "cp1256", 711: "cp1256", 720: "cp720", 819: "cp1252", 850: "cp850",
    852: "cp852", 860: "cp860", 862: "cp862", 863: "cp863", 864: "cp864", 865: "cp865", 866: "cp866", 874: "cp874",
    932: "cp932", 936: "gb18030", 949: "cp949", 950: "cp950", 1250: "cp1250", 1251: "cp1251", 1252: "cp1252",
    1253: "cp1253", 1254: "cp1254", 1255: "cp1255", 1256: "cp1256", 1257: "cp1257", 1258: "cp1258", 1361: "johab",
    10000: "mac_roman", 10007: "mac_cyrillic", 10029: "mac_latin2", 65001: "utf-8",
}  # fmt: skip
"""Python's names for Windows' code pages."""

SYMBOL = "symbol"
FONT_CHARSETS = {
    2: SYMBOL, 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
"""The encoding of a font's text; fonts of other charsets use the document's."""

FONT_ENDINGS = {" CE": "cp1250", " Cyr": "cp1251", " Greek": "cp1253", " Tur": "cp1254", " Baltic": "cp1257"}
DOCUMENT_CHARSETS = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}

# Groups by their first control word. "text" is what a person reads; "note" too, but apart from the
# line it is anchored in; "quiet" has no text itself, but groups inside it may; "twice" holds the same text
# in bytes and in Unicode, of which the latter is wanted.
GROUPS = {
    **dict.fromkeys((b"fldrslt", b"pntext", b"listtext", b"result", b"ud"), "text"),
    **dict.fromkeys((b"footnote", b"shptxt", b"dptxbxtext"), "note"),
    **dict.fromkeys(
        (b"header", b"headerl", b"headerr", b"headerf", b"footer", b"footerl", b"footerr", b"footerf"), "apart"
    ),
    **dict.fromkeys((b"shp", b"shpinst", b"do", b"dpgroup", b"info", b"object", b"field", b"shpgrp"), "quiet"),
    b"upr": "twice",
    b"annotation": "comment",
    b"fonttbl": "fonts",
    b"colortbl": "colours",
    b"stylesheet": "styles",
    b"title": "title",
    b"htmltag": "htmltag",
    **dict.fromkeys(
        b"pict nonshppict shprslt fldinst objdata objclass objname sn sv tc tcn xe rxe txe filetbl listtable "
        b"listoverridetable revtbl rsidtbl generator themedata colorschememapping datastore latentstyles xmlnstbl "
        b"mmathPr bkmkstart bkmkend private template author operator keywords doccomm subject company category "
        b"manager hlinkbase pntxta pntxtb ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn mhtmltag".split(),
        "skip",
    ),
}

_PRIVATE = {
    0xA7: "\u25aa",
    0xA8: "\u25a1",
    0xB7: "\u2022",
    0xD8: "\u27a2",
    0xFC: "\u2713",
    0xE0: "\u2192",
    0xDE: "\u21d2",
}
_GREEK = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"


def picture_letters(data: bytes) -> str:
    """What the letters of a symbol font show, as far as it matters for reading."""
    return "".join(_shown(byte) for byte in data)


def character(number: int) -> str:
    """A character by its number; those of symbol fonts lie where Unicode has none."""
    number &= 0xFFFF
    return _PRIVATE.get(number & 0xFF, "\u25aa") if 0xF000 <= number <= 0xF0FF else chr(number)


def _shown(byte: int) -> str:
    letter = chr(byte)
    if "A" <= letter <= "Z":
        return _GREEK[byte - 65]
    if "a" <= letter <= "z":
        return _GREEK[byte - 97].lower()
    return letter if byte < 128 else _PRIVATE.get(byte, "\u25aa")
