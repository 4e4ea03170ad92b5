"""Writes the sample papers: all of the front desk, and of the other desks what is no plain text.

Run again, it writes the same bytes. `NAME/source/FILE.pdf.md` becomes `NAME/inbox/FILE.pdf`, and `FILE.docx.md` a
Word file: "# " begins its title, "## " a heading, "| a | b |" is a row of a table, all else a paragraph.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from pathlib import Path

from docx import Document
from docx.document import Document as WordFile
from docx.shared import Pt
from fpdf import FPDF
from sample_expected import EXPECTED
from sample_handbook import HANDBOOK, ORDER_COLUMNS, ORDERS
from sample_inbox import (
    BROKEN,
    COMPLAINT,
    CONTRACT,
    DUPLICATE,
    INVOICES,
    KYC,
    LOG,
    MAILS,
    NOTES,
    RETURNS_LIST,
    WARRANTY_PAGE,
    Invoice,
    Mail,
)

HERE = Path(__file__).parent
FIRM = "Larkfield Outdoor"
MADE = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
GREEN = (31, 92, 58)
GREY = (110, 110, 110)


class Paper(FPDF):
    """An A4 page of the firm. It is written uncompressed, so that every zlib makes the same bytes."""

    def __init__(self, title: str, running_head: str = "") -> None:
        super().__init__(format="A4", unit="mm")
        self.running_head = running_head
        self.set_compression(False)
        self.set_creation_date(MADE)
        self.set_producer("Larkfield sample desk")
        self.set_title(title)
        self.set_margins(25, 24, 25)
        self.set_auto_page_break(True, margin=24)
        self.add_page()

    def header(self) -> None:
        if self.running_head and self.page_no() > 1:
            self.set_xy(25, 11)
            self._small()
            self.cell(0, 4, self.running_head)
            self.set_draw_color(*GREEN)
            self.line(25, 16.5, 185, 16.5)
            self.set_xy(25, 24)

    def footer(self) -> None:
        self.set_xy(25, -15)
        self._small()
        self.cell(0, 4, f"Page {self.page_no()} of {{nb}}", align="R")

    def headline(self, text: str, size: float, *, above: float, below: float) -> None:
        self.ln(above)
        self.set_font("Helvetica", "B", size)
        self.set_text_color(*GREEN)
        self.multi_cell(0, size * 0.46, text, align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(below)

    def paragraph(self, text: str, *, size: float = 10.5, leading: float = 4.9) -> None:
        self.set_font("Helvetica", "", size)
        self.set_text_color(30, 30, 30)
        self.multi_cell(0, leading, text, align="L", new_x="LMARGIN", new_y="NEXT")

    def bytes(self) -> bytes:
        return bytes(self.output())

    def _small(self) -> None:
        self.set_font("Helvetica", "", 8.5)
        self.set_text_color(*GREY)


def handbook() -> bytes:
    """Numbered sections; a clause is never torn over two pages."""
    paper = Paper("Policy handbook", f"{FIRM}  |  Policy handbook")
    paper.headline(FIRM, 13, above=6, below=2)
    paper.headline("Policy handbook", 26, above=0, below=4)
    paper.paragraph("Edition of October 2026. For the front desk, accounts, purchasing and the workshop.", size=11)
    paper.set_draw_color(*GREEN)
    paper.line(25, paper.get_y() + 5, 185, paper.get_y() + 5)
    paper.ln(8)
    for number, (title, clauses) in enumerate(HANDBOOK, 1):
        _section(paper, number, title, clauses)
    return paper.bytes()


def _section(paper: Paper, number: int, title: str, clauses: Iterable[tuple[str, str]]) -> None:
    for place, (heading, text) in enumerate(clauses, 1):
        first = place == 1
        if paper.will_page_break(_height(paper, text) + (18 if first else 0)):
            paper.add_page()
        if first:
            paper.headline(f"{number} {title}", 15, above=6, below=1)
        paper.headline(f"{number}.{place} {heading}", 11.5, above=3, below=2.6)
        paper.paragraph(text)


def _height(paper: Paper, text: str) -> float:
    """A clause's height in millimetres, with its heading."""
    paper.set_font("Helvetica", "", 10.5)
    height = paper.multi_cell(0, 4.9, text, dry_run=True, output="HEIGHT")
    assert isinstance(height, float)
    return 12 + height


def invoice(bill: Invoice) -> bytes:
    paper = Paper(f"Invoice {bill.details['Invoice number']}")
    paper.headline("INVOICE", 22, above=0, below=5)
    for label, value in bill.details.items():
        paper.paragraph(f"{label}: {value}", leading=5.6)
    paper.ln(7)
    _row(paper, ("Description", "Quantity", "Unit price", "Amount"), style="B", border="B")
    for row in bill.rows:
        _row(paper, row)
    paper.ln(4)
    for label, amount in zip(("Net amount", "VAT 19%", "Total due"), bill.totals, strict=True):
        _row(paper, ("", "", f"{label}:", amount), style="B" if label == "Total due" else "")
    paper.ln(9)
    paper.paragraph(bill.small_print)
    return paper.bytes()


def _row(paper: Paper, cells: tuple[str, ...], *, style: str = "", border: str = "") -> None:
    paper.set_font("Helvetica", style, 10)
    paper.set_text_color(30, 30, 30)
    for text, width, align in zip(cells, (82, 22, 28, 28), "LRRR", strict=True):
        paper.cell(width, 7, text, border=border, align=align)
    paper.ln(7)


def contract() -> bytes:
    _, title, clauses = CONTRACT
    paper = Paper(title, title)
    paper.headline(title, 19, above=0, below=6)
    for heading, text in clauses:
        if heading:
            if paper.will_page_break(35):
                paper.add_page()
            paper.headline(heading, 11.5, above=8, below=3)
        paper.paragraph(text, size=11, leading=6.2)
    return paper.bytes()


def form(title: str, text: str) -> bytes:
    paper = Paper(title)
    paper.headline(title, 18, above=0, below=6)
    for line in text.strip().splitlines():
        paper.paragraph(line, leading=8)
    return paper.bytes()


def damaged() -> bytes:
    """A PDF that was cut off half-way: its page tree and catalogue are missing."""
    _, title, text = BROKEN
    whole = form(title, text)
    return whole[: len(whole) // 3]


def rendered(name: str, text: str) -> bytes:
    """A paper of another desk, from its plain source."""
    return _as_pdf(text) if name.endswith(".pdf") else _as_word(text)


def _parts(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each part of a source and what it says: "#", "##", "|" (the cells of a row) or "" (a paragraph)."""
    for part in text.strip().split("\n\n"):
        if part.startswith("|"):
            for line in part.splitlines():
                yield "|", [cell.strip() for cell in line.strip().strip("|").split("|")]
        else:
            mark, _, rest = part.partition(" ")
            heading = mark in ("#", "##")
            yield (mark, [rest]) if heading else ("", [" ".join(part.split())])


def _as_pdf(text: str) -> bytes:
    title = next(said[0] for mark, said in _parts(text) if mark == "#")
    paper = Paper(title, title)
    for mark, said in _parts(text):
        if mark == "#":
            paper.headline(said[0], 19, above=0, below=6)
        elif mark == "##":
            if paper.will_page_break(35):
                paper.add_page()
            paper.headline(said[0], 11.5, above=6, below=3)
        elif mark == "|":
            _cells(paper, said)
        else:
            paper.paragraph(said[0], size=11, leading=6)
            paper.ln(2)
    return paper.bytes()


def _cells(paper: Paper, cells: list[str]) -> None:
    """A row of the width of the page; the first cell, a label, is at most a third of it."""
    paper.set_font("Helvetica", "", 10)
    paper.set_text_color(30, 30, 30)
    rest = len(cells) - 1
    widths = [55.0 if rest else 160.0, *([105.0 / rest] * rest if rest else [])]
    for text, width in zip(cells, widths, strict=True):
        paper.cell(width, 7.5, text)
    paper.ln(7.5)


def _as_word(text: str) -> bytes:
    title = next(said[0] for mark, said in _parts(text) if mark == "#")
    word = _word_file(title)
    table = None
    for mark, said in _parts(text):
        if mark == "|":
            table = table or word.add_table(rows=0, cols=len(said), style="Table Grid")
            for cell, value in zip(table.add_row().cells, said, strict=True):
                cell.text = value
            continue
        table = None
        if mark:
            word.add_heading(said[0], len(mark))
        else:
            word.add_paragraph(said[0])
    return _packed(word)


def letter() -> bytes:
    _, title, paragraphs = COMPLAINT
    word = _word_file(title)
    word.add_heading(title, 1)
    for paragraph in paragraphs:
        word.add_paragraph(paragraph)
    return _packed(word)


def kyc_form() -> bytes:
    _, title, lead, rows = KYC
    word = _word_file(title)
    word.add_heading(title, 1)
    word.add_paragraph(lead)
    table = word.add_table(rows=0, cols=2, style="Table Grid")
    for label, value in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, value
    return _packed(word)


def _word_file(title: str) -> WordFile:
    word = Document()
    about = word.core_properties
    about.title, about.author, about.comments, about.last_modified_by = title, "Sample desk", "", "Sample desk"
    about.created = about.modified = MADE.replace(tzinfo=None)
    word.styles["Normal"].font.size = Pt(11)
    return word


def _packed(word: WordFile) -> bytes:
    """The file with fixed times, and without the template's preview picture."""
    written, packed = io.BytesIO(), io.BytesIO()
    word.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, (2026, 10, 1, 9, 0, 0))
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            target.writestr(entry, source.read(name))
    return packed.getvalue()


def mail(letter: Mail) -> bytes:
    message = EmailMessage(policy=SMTP)
    key = letter.file.removesuffix(".eml")
    message["From"] = f"{letter.name} <{letter.address}>"
    message["To"] = f"{FIRM} front desk <frontdesk@larkfield.example>"
    message["Subject"] = letter.subject
    message["Date"] = letter.date
    message["Message-ID"] = f"<{key}@{letter.address.partition('@')[2]}>"
    message.set_content(letter.body)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    if letter.form:
        data = form("Return form", letter.form)
        message.add_attachment(data, maintype="application", subtype="pdf", filename="return-form.pdf")
    _fix_boundaries(message, key)
    return message.as_bytes()


def _fix_boundaries(message: MIMEPart, key: str) -> None:
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=={key}-{number}==")


def inbox() -> dict[str, bytes]:
    files = {letter.file: mail(letter) for letter in MAILS}
    files |= {bill.file: invoice(bill) for bill in INVOICES}
    files |= {COMPLAINT[0]: letter(), KYC[0]: kyc_form(), CONTRACT[0]: contract(), BROKEN[0]: damaged()}
    texts = {
        "11-warranty-lantern.html": WARRANTY_PAGE,
        "12-checkout-errors.log": LOG,
        "13-call-notes.md": NOTES,
        "19-returns-list.csv": RETURNS_LIST,
    }
    files |= {name: text.encode() for name, text in texts.items()}
    copy, original = DUPLICATE
    return files | {copy: files[original]}


def main() -> None:
    orders = f"{ORDER_COLUMNS}\n{ORDERS}"
    assert all(len(row) == 8 for row in csv.reader(io.StringIO(orders)))
    files = {f"front-desk/inbox/{name}": data for name, data in inbox().items()}
    files |= {"front-desk/knowledge/handbook.pdf": handbook(), "front-desk/knowledge/orders.csv": orders.encode()}
    files["front-desk/expected.json"] = (json.dumps(EXPECTED, indent=2, ensure_ascii=False) + "\n").encode()
    for source in sorted(HERE.glob("*/source/*.md")):
        name = source.name.removesuffix(".md")
        files[f"{source.parts[-3]}/inbox/{name}"] = rendered(name, source.read_text("utf-8"))
    for name, data in files.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
