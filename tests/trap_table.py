"""The traps, and what must become of each."""

from __future__ import annotations

import contextlib
import os
import random
import struct
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests import bombs, made
from tests.traps import READ, REFUSED, Outcome, Trap

BOMB = frozenset(("bomb", "too_large"))
ANY = REFUSED | {READ}
KILLED = frozenset(("out_of_memory", "too_slow", "crashed_parser"))
"""For the few that no parser notices in time: the worker's limits end it."""
GIB = 1024


def _codes(*codes: str) -> frozenset[str]:
    return frozenset(codes)


OK = _codes(READ)


def traps(secret: Path) -> Iterator[Trap]:
    """All of them. `secret` is a file that must not be read."""
    yield from _bombs()
    yield from _pdfs()
    yield from _disguises()
    yield from _names()
    yield from _links(secret)
    yield from _charsets()
    yield from _outside(secret)
    yield from _deep()


def _bombs() -> Iterator[Trap]:
    yield Trap("I3", "overlap.zip", bombs.overlapping, BOMB)
    yield Trap("I3", "ratio.zip", lambda: bombs.raw_zip([_grown(4 * GIB)]), BOMB, seconds=2)
    lying = bombs.Member(b"a.txt", bombs.deflated(bombs.ZEROS, GIB), 1000)
    yield Trap("I3", "lying.zip", lambda: bombs.raw_zip([lying]), ANY - OK, seconds=2)
    yield Trap("I3", "many.zip", lambda: made.zipped({str(n): b"" for n in range(70_000)}), BOMB, seconds=2)
    forty_two = _codes("bomb", "too_large", "too_deep")
    yield Trap("I3", "42.zip", lambda: bombs.nest(5, 16, bytes(100 << 20)), ANY, forty_two, seconds=30)
    yield Trap("I3", "wide.zip", lambda: bombs.nest(2, 60, b"x" * 100_000), ANY, forty_two, seconds=30)
    yield Trap("I3", "droste.zip", lambda: bombs.nest(30, 1, b"at the bottom"), OK, _codes("too_deep"))
    yield Trap("I3", "zeros.gz", lambda: bombs.gzipped(bombs.ZEROS, 4 * GIB), BOMB, seconds=2)
    yield Trap("I3", "zeros.bz2", bombs.bzipped, BOMB, seconds=10)
    yield Trap("I3", "zeros.xz", bombs.xzipped, BOMB, seconds=5)
    yield Trap(
        "I3",
        "zeros.tar.gz",
        lambda: bombs.gzipped(bombs.tar(("a", b"0", "", bytes(bombs.MIB))), 4 * GIB),
        BOMB,
        seconds=2,
    )
    yield Trap("I3", "lying.tar", bombs.tar_that_lies, ANY)
    yield Trap("I3", "rows.xlsx", lambda: bombs.rows_without_end(27 * 10**9 % 2**32), BOMB)
    yield Trap("I3", "rows_lying.xlsx", lambda: bombs.rows_without_end(5000), BOMB | {"damaged"}, seconds=5)
    far = '<row r="1048576"><c r="XFD1048576"><v>7</v></c></row>'
    one = '<row r="1"><c r="A1"><v>42</v></c></row>'
    yield Trap(
        "I3", "dimension.xlsx", lambda: bombs.sheet(one, '<dimension ref="A1:XFD1048576"/>'), OK, check=_says("42")
    )
    yield Trap("I3", "far.xlsx", lambda: bombs.sheet(one + far), OK, check=_says("7"))
    yield Trap("I3", "row_numbers.xlsx", lambda: bombs.sheet(far.replace("1048576", "4294967295")), ANY)
    repeated = (
        '<table:table table:name="S"><table:table-row table:number-rows-repeated="1000000000"><table:table-cell '
        'table:number-columns-repeated="1000000000"><text:p>42</text:p></table:table-cell></table:table-row></table:table>'
    )
    yield Trap("I3", "repeated.ods", lambda: bombs.opendocument(repeated, "spreadsheet"), BOMB | OK)
    spaces = '<text:p>a<text:s text:c="1000000000"/>b</text:p>'
    yield Trap("I3", "spaces.odt", lambda: bombs.opendocument(spaces, "text"), ANY)
    picture = BOMB | {"damaged"}
    yield Trap("I3", "50k.png", lambda: bombs.png(50_000, 50_000), picture)
    yield Trap("I3", "50k_whole.png", lambda: bombs.whole_png(50_000, 50_000), BOMB)
    yield Trap("I3", "4g.png", lambda: bombs.png(2**31 - 1, 2**31 - 1), picture)
    yield Trap("I3", "50k.tif", lambda: bombs.tiff(50_000, 50_000), picture)
    yield Trap("I3", "loop.tif", bombs.tiff_loop, ANY)
    yield Trap("I3", "50k.bmp", lambda: bombs.bmp(50_000, 50_000), picture)
    yield Trap("I3", "2g.bmp", lambda: bombs.bmp(2**31 - 1, -(2**31)), picture)
    yield Trap("I3", "65k.jpg", lambda: bombs.jpeg(65_500, 65_500), picture)
    head, asks = bombs.laughs()
    yield Trap("I3", "laughs.xml", f"{head}<lolz>{asks}</lolz>".encode, ANY, check=_short)
    yield Trap("I3", "laughs.svg", f"{head}<svg><text>{asks}</text></svg>".encode, ANY, check=_short)
    yield Trap("I3", "laughs.html", f"{head}<p>{asks}</p>".encode, ANY, check=_short)
    yield Trap("I3", "laughs.docx", lambda: made.docx(made.paragraph(asks), head), ANY - OK)
    yield Trap(
        "I3", "laughs.odt", lambda: bombs.opendocument(f"<text:p>{asks}</text:p>", "text", head), ANY, check=_short
    )
    yield Trap("I3", "quadratic.xml", bombs.quadratic, ANY, check=_short)


def _pdfs() -> Iterator[Trap]:
    yield Trap("I3", "flate_chain.pdf", bombs.flate_chain, ANY - OK | KILLED, seconds=30)
    yield Trap("I3", "picture.pdf", bombs.picture_bomb, REFUSED, seconds=30)
    yield Trap("I4", "10000_pages.pdf", lambda: made.pdf(10_000), _codes("too_large"))
    yield Trap("I3", "circle.pdf", bombs.page_tree_in_a_circle, ANY)
    yield Trap("I3", "lying_count.pdf", bombs.page_tree_that_lies, ANY, seconds=5)
    yield Trap("I3", "deep_tree.pdf", bombs.deep_page_tree, ANY)
    yield Trap("I3", "previous.pdf", bombs.table_that_follows_itself, ANY)
    yield Trap("I3", "deep_array.pdf", bombs.deep_pdf_array, ANY)
    yield Trap("I3", "form.pdf", bombs.form_that_draws_itself, ANY | KILLED, seconds=30)
    yield Trap("I3", "immense.pdf", bombs.immense_page, ANY)


def _disguises() -> Iterator[Trap]:
    page, letter = made.pdf(1), made.docx(made.paragraph("Four words stand here."))
    hello, four = _says("Page 1 says hello"), _says("Four words")
    yield Trap("I4", "nothing.pdf", lambda: b"", _codes("empty"))
    yield Trap("I4", "blanks.txt", lambda: b" \n" * 1000, _codes("empty"))
    yield Trap("I4", "sparse.pdf", bytes, _codes("too_large"), place=_sparse)
    yield Trap("I4", "a_pdf.docx", lambda: page, OK, check=hello)
    yield Trap("I4", "a_pdf.jpg", lambda: page, OK, check=hello)
    yield Trap("I4", "a_docx.pdf", lambda: letter, OK, check=four)
    yield Trap("I4", "a_docx.zip", lambda: letter, OK, check=four)
    yield Trap("I4", "a_page.docx", lambda: b"<!DOCTYPE html><p>Four words stand here.", OK, check=four)
    yield Trap("I4", "a_program.pdf", lambda: b"\x7fELF" + bytes(2000), _codes("damaged", "unsupported"))
    yield Trap("I4", "a_program.txt", lambda: b"MZ\x90" + bytes(2000), ANY - OK)
    yield Trap("I4", "noise", lambda: random.Random(7).randbytes(100_000), ANY - OK)
    yield Trap("I4", "after_noise.pdf", lambda: b"\n" * 900 + page, OK | {"damaged"})
    yield Trap("I4", "pdf_and_zip.pdf", lambda: page + made.zipped({"a.txt": b"text"}), OK, check=hello)
    yield Trap("I4", "gif_and_html.gif", lambda: b"GIF89a=1;/*<html><p>text</p></html>*/", ANY)
    for part in (1, 10, 50, 90, 99):
        yield Trap("I4", f"{part}_percent.pdf", lambda part=part: page[: len(page) * part // 100], ANY, seconds=2)
        yield Trap("I4", f"{part}_percent.docx", lambda part=part: letter[: len(letter) * part // 100], ANY, seconds=2)
    locked = bombs.Member(b"a.txt", bytes(20), 5, flags=1)
    yield Trap("I4", "locked.zip", lambda: bombs.raw_zip([locked]), _codes("encrypted"))
    crossed = bombs.Member(b"a.txt", bytes(20), 5, method=99)
    yield Trap(
        "I4", "unknown_packing.zip", lambda: bombs.raw_zip([crossed]), _codes("unsupported", "encrypted", "damaged")
    )
    yield Trap("I4", "locked.pdf", lambda: page.replace(b"/Root 1 0 R", _LOCK), ANY - OK)


_LOCK = b"/Root 1 0 R/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -1/O<%s>/U<%s>>>" % (b"00" * 32, b"11" * 32)

NAMES = [
    "../x", "..\\x", "../../../../../../tmp/x", "/etc/passwd", "/", "//server/share/x", "\\\\server\\share\\x",
    "C:\\x", "C:x", "C:/Windows/x", "file:///etc/passwd", "http://x.test/x", "CON", "con.txt", "NUL", "aux.pdf",
    "COM1", "lpt1.txt", "a\0b", "a\nb", "a\rb", "a\tb", "a\x1b[31mb", "a\x7fb", "a\x85b", "a\u2028b",
    "ä\u202egpj.exe", "\u200bx", "\ufeffx", "x\u2066y", ".", "..", "...", " ", "  . ", "x.", "x ", " x", "caf\u00e9",
    "cafe\u0301", "~", "~root/x", "$HOME", "%TEMP%\\x", "`id`", "$(id)", "-rf", "--help", "x;y", "x|y", "x>y", 'x"y',
    "x'y", "x*y", "x?y", "x:y:$DATA", ".hidden", ".git/config", "a/../../b", "./../a", "a//b", "a/./b", "desk.lock",
    "log.db", "originals", "x" * 300, "ü" * 200, "\U0001f600" * 100, "a/" * 200 + "b", "<b>x</b>", "{x}", "%s%n",
]  # fmt: skip


def hostile_names() -> list[str]:
    """Two hundred of them."""
    return [before + name + after for before, after in (("", ""), ("in/", ".txt"), ("../", ".pdf")) for name in NAMES][
        :200
    ]


def _names() -> Iterator[Trap]:
    texts = {name: b"text %d" % n for n, name in enumerate(hostile_names())}
    members = [_member(name.encode(), text) for name, text in texts.items()]
    yield Trap("I5", "names.zip", lambda: bombs.raw_zip(members), OK, seconds=30, check=_files_inside)
    rows = [(name.replace("\0", "_"), tarfile.REGTYPE, "", text) for name, text in texts.items()]
    yield Trap("I5", "names.tar", lambda: bombs.tar(*rows), OK, seconds=30, check=_files_inside)
    for n, name in enumerate(name for name in hostile_names()[:80] if _possible(name)):
        yield Trap("I5", name, lambda n=n: b"text %d" % n, OK)


def _member(name: bytes, text: bytes) -> bombs.Member:
    """A member of a zip as it is, with its name in UTF-8."""
    return bombs.Member(name, text, len(text), method=0, flags=0x800, crc=zlib.crc32(text))


def _possible(name: str) -> bool:
    """Whether a file here can have that name."""
    return not {"/", "\0"} & set(name) and name not in (".", "..") and len(name.encode()) < 256


def _files_inside(outcome: Outcome) -> str:
    found = sum(1 for document in outcome.documents if document.parent)
    return "" if found >= 150 else f"only {found} files inside"


def _links(secret: Path) -> Iterator[Trap]:
    refused = _codes("not_a_file", "unreadable")
    for name, place, codes in (
        ("link.txt", lambda path: path.symlink_to(secret), refused),
        ("broken_link.txt", lambda path: path.symlink_to(secret.with_name("nowhere")), refused),
        ("pipe.txt", os.mkfifo, refused),
        ("folder.txt", Path.mkdir, refused),
        ("device.txt", lambda path: path.symlink_to("/dev/zero"), refused),
        ("hard_link.txt", _hard_link, OK),
    ):
        yield Trap("I6", name, bytes, codes, place=place)
    yield Trap("I6", "swapped.txt", lambda: b"safe " * 1000, OK | refused, during=lambda path: _swapping(path, secret))


def _hard_link(path: Path) -> None:
    path.with_name("other.txt").write_text("text")
    path.hardlink_to(path.with_name("other.txt"))


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(5 << 30)


@contextlib.contextmanager
def _swapping(path: Path, secret: Path) -> Iterator[None]:
    """That file is a link to the secret every other moment."""
    over, link = threading.Event(), path.with_name("swap")

    def swap() -> None:
        while not over.is_set():
            link.symlink_to(secret)
            link.replace(path)
            link.write_bytes(b"safe " * 1000)
            link.replace(path)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


CHARSETS = {
    "Grüße aus Köln, für fünf Öfen und ein süßes Weißbrot: 12 Stück.": (
        "utf-8 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be utf-7 cp1252 latin-1 iso8859-15 "
        "mac-roman cp437 cp850"
    ),
    "Příliš žluťoučký kůň úpěl ďábelské ódy, a to se stalo včera večer.": "cp1250 iso8859-2 cp852 mac-latin2",
    "Добрый день, прошу вернуть деньги за заказ номер двадцать.": "cp1251 koi8-r iso8859-5 cp866 mac-cyrillic koi8-u",
    "Καλημέρα σας, θα ήθελα την επιστροφή των χρημάτων μου.": "cp1253 iso8859-7",
    "İyi günler, siparişimin parasını geri istiyorum, çünkü bozuk çıktı.": "cp1254 iso8859-9",
    "שלום רב, אני מבקש החזר כספי עבור ההזמנה שלי.": "cp1255 iso8859-8",
    "مرحبا، أريد استرداد المبلغ الخاص بطلبي من فضلكم.": "cp1256 iso8859-6",
    "Sveiki, noriu susigrąžinti pinigus už užsakymą, ačiū labai.": "cp1257 iso8859-13",
    "お世話になっております。注文の返金をお願いいたします。": "shift_jis euc_jp iso2022_jp",
    "您好，我想退货，请把钱退给我，谢谢您的帮助。": "gb2312 gbk gb18030 hz",
    "您好，我想退貨，請把錢退給我，謝謝您的幫助。": "big5",
    "안녕하세요, 주문한 상품의 환불을 부탁드립니다.": "euc_kr cp949",
    "สวัสดีครับ ผมต้องการขอเงินคืนสำหรับคำสั่งซื้อ": "tis_620",
}
BROKEN_TEXTS = {
    "utf16_odd": b"\xff\xfeh\x00i\x00!", "utf16_lone": b"\xff\xfe\x00\xd8h\x00i\x00",
    "utf16_crossed": b"\xfe\xffh\x00i\x00!\x00", "utf16_only_mark": b"\xff\xfe",
    "utf32_high": b"\xff\xfe\x00\x00\xff\xff\xff\x7fh\x00\x00\x00", "utf8_mark_and_latin": b"\xef\xbb\xbfGr\xfc\xdfe",
    "utf8_two_marks": b"\xef\xbb\xbf\xef\xbb\xbfhi", "utf8_surrogates": b"hi \xed\xa0\x80\xed\xb0\x80 there",
    "utf8_overlong": b"hi \xc0\xaf\xe0\x80\xaf", "utf8_cut": "Grüße".encode()[:3],
    "mixed": "Grüße ".encode() + "Grüße ".encode("cp1252") + "Grüße".encode("utf-16"), "nuls": b"a\x00b\x00\x00c hi",
    "utf7": b"+/v8 hi +AAA-", "all_bytes": bytes(range(256)), "controls": bytes(range(1, 32)) * 3 + b"hi",
}  # fmt: skip
BAD_CHARSETS = (
    "x-unknown utf-7 base64 rot13 idna punycode unicode_escape raw_unicode_escape zlib hex uu bz2 mbcs oem undefined "
    "utf-8\x00 ../../etc/passwd None 0 utf-99 charmap ascii utf-16 utf-32 %s"
).split(" ")


def _charsets() -> Iterator[Trap]:
    for text, names in CHARSETS.items():
        for name in names.split():
            exact = _says(text[:20]) if name.startswith("utf") and name != "utf-7" else lambda outcome: ""
            yield Trap(
                "I7", f"{name}.txt", lambda text=text, name=name: f"{text}\n{text}\n".encode(name), OK, check=exact
            )
    for name, data in BROKEN_TEXTS.items():
        yield Trap("I7", f"{name}.txt", lambda data=data: data, ANY)
        yield Trap("I7", f"{name}.html", lambda data=data: b"<!DOCTYPE html><p>" + data, ANY)
        yield Trap("I7", f"{name}.csv", lambda data=data: b"a,b\n" + data + b",2\n", ANY)
    for n, charset in enumerate(BAD_CHARSETS):
        codes = ANY if "\0" in charset else OK
        yield Trap("I7", f"charset_{n}.eml", lambda charset=charset: _mail(charset), codes)
        page = f'<!DOCTYPE html><meta charset="{charset}"><p>Gr\u00fc\u00dfe'
        yield Trap("I7", f"charset_{n}.html", lambda page=page: page.encode("latin-1"), ANY)


def _mail(charset: str) -> bytes:
    head = f"From: =?{charset}?B?R3L8339l?= <a@b.c>\nSubject: =?{charset}?Q?Gr=FC=DFe_=80_=FF?=\n"
    return (
        f'{head}Content-Type: text/plain; charset="{charset}"\n\n'.encode("latin-1")
        + b"Gr\xfc\xdfe \x80\xff and hello\n"
    )


def _outside(secret: Path) -> Iterator[Trap]:
    head = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    outer = f'<!DOCTYPE a [<!ENTITY % d SYSTEM "{secret.as_uri()}"> %d;]>'
    include = f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{secret.as_uri()}" parse="text"/>hi</a>'
    yield Trap("I8", "entity.xml", f"{head}<a>&x; hi</a>".encode, ANY)
    yield Trap("I8", "parameter.xml", f"{outer}<a>hi</a>".encode, ANY)
    yield Trap("I8", "include.xml", include.encode, ANY)
    yield Trap("I8", "entity.svg", f"{head}<svg><text>&x; hi</text></svg>".encode, ANY)
    yield Trap("I8", "entity.html", f"{head}<p>&x; hi<iframe src='{secret.as_uri()}'>".encode, ANY)
    yield Trap("I8", "entity.docx", lambda: made.docx(made.paragraph("&x;"), head), ANY - OK)
    yield Trap("I8", "entity.odt", lambda: bombs.opendocument("<text:p>&x;</text:p>", "text", head), ANY)
    yield Trap("I8", "image.md", f"![x]({secret.as_uri()})\n\n[x]: {secret}\n\nhi".encode, OK)
    away = str(secret.parent / "written")
    escapes = {"../written": b"a", "../../written": b"b", away: b"c", "..\\written": b"d", "ok.txt": b"text"}
    yield Trap("I8", "escape.zip", lambda: made.zipped(escapes), OK)
    link = _member(b"link.txt", str(secret).encode())._replace(mode=0o120777)
    yield Trap("I8", "link.zip", lambda: bombs.raw_zip([link]), ANY)
    regular, text = tarfile.REGTYPE, b"text"
    rows = [(name, regular, "", text) for name in escapes]
    rows += [
        ("link", tarfile.SYMTYPE, str(secret), b""),
        ("link/under", regular, "", text),
        ("hard", tarfile.LNKTYPE, str(secret), b""),
    ]
    rows += [
        ("pipe", tarfile.FIFOTYPE, "", b""),
        ("null", tarfile.CHRTYPE, "", b""),
        ("disk", tarfile.BLKTYPE, "", b""),
    ]
    yield Trap("I8", "escape.tar", lambda: bombs.tar(*rows), OK)


def _deep() -> Iterator[Trap]:
    many, deep = bombs.DEEP, ANY
    yield Trap("I8", "deep.json", lambda: b"[" * many + b"]" * many, deep)
    yield Trap("I8", "deep.html", lambda: b"<!DOCTYPE html>" + b"<div>" * many + b"hi", deep, seconds=5)
    yield Trap("I8", "deep_lists.html", lambda: b"<!DOCTYPE html>" + b"<ul><li>" * 20_000 + b"hi", deep, seconds=5)
    yield Trap("I8", "deep.xml", lambda: b"<a>" * many + b"hi" + b"</a>" * many, deep)
    yield Trap("I8", "deep.svg", lambda: b"<svg>" + b"<g>" * many + b"<text>hi</text>", deep)
    yield Trap("I8", "deep.rtf", lambda: b"{\\rtf1 " + b"{" * many + b"hi" + b"}" * many + b"}", deep)
    yield Trap("I8", "deep.md", lambda: b"> " * many + b"hi\n", deep)
    yield Trap("I8", "deep_lists.md", lambda: b"".join(b"  " * n + b"- x\n" for n in range(2000)), deep)
    yield Trap("I8", "deep_parts.eml", lambda: _nested_parts(2000), deep, seconds=5)
    yield Trap("I8", "deep_mails.eml", lambda: _nested_mails(200), deep, seconds=5)
    many_parts = b"".join(b"--b\nContent-Disposition: attachment; filename=%d.txt\n\nhi\n" % n for n in range(5000))
    mail = b"From: a@b.c\nSubject: Hi\nContent-Type: multipart/mixed; boundary=b\n\n" + many_parts + b"--b--\n"
    yield Trap("I8", "many_parts.eml", lambda: mail, ANY, seconds=30)
    tables = "<w:tbl><w:tr><w:tc>" * 5000 + made.paragraph("hi") + "</w:tc></w:tr></w:tbl>" * 5000
    yield Trap("I8", "deep_tables.docx", lambda: made.docx(tables), deep)
    runs = "<w:p>" + "<w:ins>" * 200 + "<w:r><w:t>hi</w:t></w:r>" + "</w:ins>" * 200 + "</w:p>"
    yield Trap("I8", "deep_changes.docx", lambda: made.docx(runs), deep)
    yield Trap(
        "I8", "deep_spans.odt", lambda: bombs.opendocument("<text:span>" * 5000 + "</text:span>" * 5000, "text"), deep
    )
    yield Trap("I8", "one_line.txt", lambda: b"word " * 600_000, OK, seconds=3)
    yield Trap("I8", "one_word.txt", lambda: b"x" * 3_000_000, OK, seconds=3)
    yield Trap("I8", "one_cell.csv", lambda: b'a,b\n"' + b"x" * 3_000_000, ANY, seconds=3)
    yield Trap("I8", "many_columns.csv", lambda: b",".join([b"a"] * 300_000) + b"\n1\n", ANY, seconds=5)
    yield Trap("I8", "many_lines.csv", lambda: b"a,b\n" * 300_000, OK, seconds=10)
    offsets = struct.pack("<I", 8) * 1000
    yield Trap("I8", "offsets.doc", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + offsets, deep)


def _nested_parts(levels: int) -> bytes:
    parts = [f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(levels)]
    return ("From: a@b.c\nSubject: Hi\n" + "".join(parts) + "Content-Type: text/plain\n\nhi\n").encode()


def _nested_mails(levels: int) -> bytes:
    return (b"From: a@b.c\nSubject: Hi\nContent-Type: message/rfc822\n\n" * levels) + b"Subject: inmost\n\nhi\n"


def _grown(times: int) -> bombs.Member:
    return bombs.Member(b"a.txt", bombs.deflated(bombs.ZEROS, times), times * bombs.MIB - 1)


def _says(words: str) -> Callable[[Outcome], str]:
    return lambda outcome: "" if words in outcome.text else f"the words {words!r} are missing"


def _short(outcome: Outcome) -> str:
    return "" if len(outcome.text) < 1_000_000 else "the entities were expanded"
