"""Damages small files in every way that comes to mind, and sees that reading them harms nobody.

    python tests/mutate.py [--pdf 20000] [--docx 5000] [--eml 5000] [--images 10000] [--seed N] [--keep FOLDER]

The files are made here; the damage is flipped bytes, cut, doubled and shuffled pieces, and changed words of
PDF and XML, inside the zip of a Word file too. Each goes through a worker of its own, several at a time. It
counts how they ended: read, or by code; and where in our code a parser fell over. Wrong is what raises anything
but a Problem here, and a worker that outlives its reading. Ends with 1 if anything was wrong. `--keep` writes
the files that a worker did not survive, to look at. The same seed makes the same files.
"""

from __future__ import annotations

import argparse
import copy
import functools
import io
import random
import re
import sys
import threading
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine import readers  # noqa: E402
from engine.readers import KILLING, Limits, Unread, _worker  # noqa: E402
from tests import made, traps  # noqa: E402

LIMITS = Limits(seconds=20.0, pages=200)
KINDS = ("pdf", "docx", "eml", "images")
DEFAULTS = {"pdf": 20_000, "docx": 5_000, "eml": 5_000, "images": 10_000}
KEPT = 50
TEXT = "The order LF-20417 was not delivered. Grüße, Hanna 漢字 \u202e."

PDF_WORDS = (
    b"/Length /Filter/FlateDecode /Kids /Parent /Count /Type/Page /Contents /Font /XObject /Resources /MediaBox "
    b"obj endobj stream endstream xref trailer startxref 0 -1 1 2 3 4 5 6 0 R 99999999999 2147483648 0.0000001 "
    b"1e99 [ ] << >> ( ) null true BT ET Tj TJ Tf Td Tm Do q Q cm re f /Encrypt /ObjStm /Prev /W[1 2 1] "
    b"/DecodeParms /ASCII85Decode <FEFF> /LZWDecode /JBIG2Decode /DCTDecode"
).split()
XML_WORDS = (
    b"<w:p> </w:p> <w:tbl> <w:tr> <w:tc> <w:r> <w:t> </w:t> <w:ins> <w:del> <w:vanish/> <w:numPr> <!-- --> "
    b"<![CDATA[ ]]> &amp; &#0; &#xD800; &#x10FFFF; <?xml <!DOCTYPE <w:commentRangeStart/> <w:hyperlink> <a "
    b"w:val='-1' w:val='99999999999'"
).split()
MAIL_WORDS = (
    b"Content-Type: multipart/mixed; boundary=b message/rfc822 text/html charset=utf-7 charset=x-no Date: 99 -- "
    b"--b-- \r\n Content-Transfer-Encoding: base64 quoted-printable uuencode =?utf-8?B?//8=?= =?x?Q?=FF?= "
    b"Content-Disposition: attachment; filename*=utf-8''%FF name="
).split()
NUMBERS = (b"0", b"-1", b"1", b"2147483647", b"4294967296", b"99999999999999999999", b"1e400")
ODD = ("", "-1", "0", "99999999999", "x", "rId1", "\u202e")
FORMS = {"PNG": "png", "JPEG": "jpg", "TIFF": "tif", "BMP": "bmp", "WEBP": "webp", "GIF": "gif"}
Seed = tuple[str, bytes]


@dataclass
class Tally:
    """How the files of one kind ended."""

    ended: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    """Where a parser fell over, and how often; "" for a worker that died without a word."""
    wrong: list[str] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)
    """Seconds, and the number of the file; waiting for a slot counts."""
    seconds: float = 0.0

    @property
    def files(self) -> int:
        return sum(self.ended.values())


# -- the files ------------------------------------------------------------------------------------


@functools.cache
def seeds(kind: str) -> tuple[Seed, ...]:
    """Small sound files of a kind, by name."""
    return tuple({"pdf": _pdfs, "docx": _docxs, "eml": _mails, "images": _pictures}[kind]())


def _pdfs() -> Iterator[Seed]:
    from fpdf import FPDF

    yield "plain.pdf", made.pdf(3)
    for name in ("packed", "open", "locked"):
        paper = FPDF()
        paper.set_title("An invoice")
        paper.set_compression(name != "open")
        if name == "locked":
            paper.set_encryption(owner_password="owner", user_password="")
        for number in range(2):
            paper.add_page()
            paper.set_font("Helvetica", size=12)
            paper.multi_cell(0, 6, f"Page {number}. The order LF-20417 was not delivered. " * 5)
            paper.image(_picture("PNG"), w=20)
            with paper.table() as table:
                for row in (("order", "item"), ("LF-20417", "Ridge tent")):
                    table.row(row)
        paper.embed_file(bytes=b"order,item\nLF-1,Tent\n", basename="orders.csv")
        yield f"{name}.pdf", bytes(paper.output())


def _docxs() -> Iterator[Seed]:
    import docx

    yield "plain.docx", made.docx(made.paragraph(TEXT) * 3)
    letter = docx.Document()
    letter.core_properties.title = "A letter"
    letter.add_heading("A letter", 1)
    letter.add_paragraph(TEXT, style="List Number")
    table = letter.add_table(2, 2)
    table.cell(0, 0).text, table.cell(1, 1).text = "order", "Ridge tent"
    hidden = letter.add_paragraph().add_run("hidden words")
    hidden.font.hidden = True
    letter.add_picture(io.BytesIO(_picture("PNG")))
    letter.sections[0].header.paragraphs[0].text = "Lantern & Fox"
    out = io.BytesIO()
    letter.save(out)
    yield "rich.docx", out.getvalue()


def _mails() -> Iterator[Seed]:
    plain = EmailMessage()
    plain["From"], plain["Subject"] = "Hanna <hanna@example.com>", "Grüße 漢字"
    plain.set_content(TEXT)
    yield "plain.eml", bytes(plain)
    rich = EmailMessage()
    rich["From"], rich["To"], rich["Subject"] = "a@example.com", "b@example.com, c@example.com", "An order"
    rich["Date"] = "Mon, 01 Jan 2024 10:00:00 +0100"
    rich.set_content(TEXT)
    rich.add_alternative(f"<p>{TEXT}</p><div style='display:none'>hidden</div>", subtype="html")
    rich.add_attachment(b"order,item\nLF-1,Tent\n", maintype="text", subtype="csv", filename="orders.csv")
    rich.add_attachment(_picture("PNG"), maintype="image", subtype="png", filename="täst.png")
    rich.add_attachment(plain)
    yield "rich.eml", bytes(rich)


def _pictures() -> Iterator[Seed]:
    for form, ending in FORMS.items():
        yield f"picture.{ending}", _picture(form)
    for form, ending in {"PNG": "png", "TIFF": "tif"}.items():
        yield f"grey.{ending}", _picture(form, "L")


def _picture(form: str, mode: str = "RGB") -> bytes:
    from PIL import Image, ImageDraw

    picture = Image.new(mode, (64, 32), "white")
    ImageDraw.Draw(picture).text((4, 8), "LF-20417", fill="black")
    out, more = io.BytesIO(), {"save_all": True, "append_images": [picture]} if form == "TIFF" and mode == "RGB" else {}
    picture.save(out, form, **more)
    return out.getvalue()


# -- the damage -----------------------------------------------------------------------------------


def damaged(kind: str, number: int, seed: int) -> Seed:
    """The file of that number: always the same one."""
    chance = random.Random(f"{seed} {kind} {number}")
    name, data = chance.choice(seeds(kind))
    if kind == "docx" and chance.random() < 0.7:
        return name, _inside(data, chance)
    words = {"pdf": PDF_WORDS, "eml": MAIL_WORDS, "docx": XML_WORDS}.get(kind, ())
    return name, _hurt(data, chance, words)


def _inside(data: bytes, chance: random.Random) -> bytes:
    """A zip with one of its members hurt, packed again."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {member.filename: package.read(member) for member in package.infolist()}
    name = chance.choice([name for name in parts if name.endswith("document.xml")] * 4 + list(parts))
    hurt = _regrown if name.endswith(".xml") and chance.random() < 0.5 else _hurt
    parts[name] = hurt(parts[name], chance, XML_WORDS)
    return made.zipped(parts, zipfile.ZIP_DEFLATED)


def _hurt(data: bytes, chance: random.Random, words: tuple[bytes, ...] | list[bytes]) -> bytes:
    hurt = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        if not hurt:
            break
        _WAYS[chance.randrange(len(_WAYS))](hurt, chance, words)
    return bytes(hurt)


def _regrown(data: bytes, chance: random.Random, words: object) -> bytes:
    """XML that is still well formed: with elements doubled, moved, dropped and nested, and attributes changed."""
    from lxml import etree

    root = etree.fromstring(data)
    for _ in range(chance.choice((1, 2, 5, 20))):
        elements = [one for one in root.iter() if isinstance(one.tag, str)]
        one, other = chance.choice(elements), chance.choice(elements)
        within = one is other or other in set(one.iterdescendants())
        match chance.randrange(5):
            case 0 if one is not root:
                one.getparent().remove(one)
            case 1 if not within and len(elements) < 5000:
                other.append(copy.deepcopy(one))
            case 2 if not within and one is not root:
                other.insert(chance.randrange(3), one)
            case 3 if one.attrib:
                one.set(chance.choice(list(one.attrib)), chance.choice(ODD))
            case _:
                one.text = chance.choice(("", "\n", "x" * 1000, TEXT, "9" * 400))
    return bytes(etree.tostring(root))


def _flip(data: bytearray, chance: random.Random, words: object) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _replace(data: bytearray, chance: random.Random, words: object) -> None:
    at = chance.randrange(len(data))
    byte = chance.choice((b"\x00", b"\xff", b"\x7f", b"\x80"))
    data[at : at + chance.randrange(1, 9)] = byte * chance.randrange(1, 9)


def _cut(data: bytearray, chance: random.Random, words: object) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randrange(1, max(2, len(data) // 4))]


def _end(data: bytearray, chance: random.Random, words: object) -> None:
    if chance.random() < 0.3:
        del data[chance.randrange(len(data)) :]


def _double(data: bytearray, chance: random.Random, words: object) -> None:
    at, size = chance.randrange(len(data)), chance.randrange(1, max(2, len(data) // 4))
    data[at:at] = data[at : at + size] * chance.choice((1, 1, 1, 30))


def _move(data: bytearray, chance: random.Random, words: object) -> None:
    at, size = chance.randrange(len(data)), chance.randrange(1, 200)
    piece = data[at : at + size]
    del data[at : at + size]
    to = chance.randrange(len(data) + 1)
    data[to:to] = piece


def _number(data: bytearray, chance: random.Random, words: object) -> None:
    """One of its numbers becomes another."""
    found = list(re.finditer(rb"\d+", data[:200_000]))
    if found:
        start, end = chance.choice(found).span()
        data[start:end] = chance.choice(NUMBERS)


def _word(data: bytearray, chance: random.Random, words: tuple[bytes, ...]) -> None:
    """One of its words becomes another, or gets one beside it."""
    if not words:
        return
    found = list(re.finditer(rb"</?[\w:]+/?>?|/?[A-Za-z-]+|[\[\]<>()]+", data[:200_000]))
    if found:
        start, end = chance.choice(found).span()
        data[start : end if chance.random() < 0.6 else start] = chance.choice(words) + b" "


_WAYS: tuple[Callable[..., None], ...] = (_flip, _flip, _replace, _cut, _end, _double, _move, _number, _word, _word)


# -- reading them ---------------------------------------------------------------------------------


def run(kind: str, count: int, seed: int, keep: Path | None = None) -> Tally:
    """Read so many damaged files of a kind."""
    tally, lock, began = Tally(), threading.Lock(), time.monotonic()
    numbers = iter(range(count))

    def work() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            name, data = damaged(kind, number, seed)
            start = time.monotonic()
            code, sentence, wrong = _outcome(name, data)
            seconds = time.monotonic() - start
            with lock:
                if seconds > tally.slowest[0]:
                    tally.slowest = seconds, number
                tally.ended[code] += 1
                if code in KILLING:
                    place = re.search(r"\(([^()]*)\.\)$", sentence)
                    tally.places[f"{code}: {place.group(1) if place else 'the worker died'}"] += 1
                if wrong:
                    tally.wrong.append(f"{kind} {number}: {wrong}")
                if keep and (wrong or code in KILLING) and sum(tally.places.values()) <= KEPT:
                    (keep / f"{kind}-{number}-{code or 'wrong'}-{name}").write_bytes(data)

    most = 2 * _worker.most_at_once()
    with ThreadPoolExecutor(most) as pool:
        for future in [pool.submit(work) for _ in range(most)]:
            future.result()
    tally.seconds = time.monotonic() - began
    if left := traps.workers():
        tally.wrong.append(f"{len(left)} workers outlived their reading")
    return tally


def _outcome(name: str, data: bytes) -> tuple[str, str, str]:
    """The code, the sentence, and what was wrong with this host."""
    try:
        for _ in readers.read(data, name, lambda inner: "0" * 64, LIMITS):
            continue
    except Unread as problem:
        return problem.code, problem.sentence, "" if problem.code in readers.SENTENCES else "an unknown code"
    except Exception:
        return "raised", "", traceback.format_exc()
    return "read", "", ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=int, default=DEFAULTS[kind], metavar="N")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    _worker.warm_up()
    good = True
    for kind in KINDS:
        if not (count := getattr(given, kind)):
            continue
        tally = run(kind, count, given.seed, given.keep)
        good &= not tally.wrong
        ended = ", ".join(f"{code} {number}" for code, number in tally.ended.most_common())
        pace = (
            f"{tally.files / tally.seconds:6.1f} a second, slowest {tally.slowest[0]:.1f} s (number {tally.slowest[1]})"
        )
        print(f"{kind:<7} {tally.files:>6} files, {pace}: {ended}", flush=True)
        for place, number in tally.places.most_common(20):
            print(f"    {number:>6}  {place}")
        for wrong in tally.wrong:
            print(f"    WRONG  {wrong}")
    print("As it must be." if good else "Something is wrong.")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
