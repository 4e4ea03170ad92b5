"""Every quote stands word for word on the page and in the box it names, judged by another reading of the PDF."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.store import Store
from tests.app.conftest import Worked


def words(text: str) -> str:
    return " ".join(text.replace("\x02", "").replace("\ufffe", "").split())


def in_box(data: bytes, number: int, box: list[float]) -> str:
    """The words inside a box that is measured from the page's top left corner."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        page = document[number - 1]
        height = page.get_height()
        x0, y0, x1, y1 = box
        text = page.get_textpage()
        return str(text.get_text_bounded(left=x0 - 1, bottom=height - y1 - 1, right=x1 + 1, top=height - y0 + 1))
    finally:
        document.close()


def quoted(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from task["draft"]["citations"]
    yield from task["fields"]


def misplaced(home: Path, told: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """How many quotes in PDF files were looked at, and those that do not stand where they say."""
    store, looked, wrong = Store(home), 0, []
    for task in told:
        for cited in quoted(task):
            data = store.original(cited["sha256"])
            assert hashlib.sha256(data).hexdigest() == cited["sha256"]
            reading = store.reading(cited["sha256"])
            page = next(page for page in reading.pages if page.number == cited["page"]) if reading else None
            if page and words(cited["quote"]) not in words(page.text):
                wrong.append(f"not on the page: {cited}")
            if data.startswith(b"%PDF"):
                looked += 1
                if cited["bbox"] is None or words(cited["quote"]) not in words(
                    in_box(data, cited["page"], cited["bbox"])
                ):
                    wrong.append(f"not in the box: {cited}")
    return looked, wrong


def test_every_quote_stands_where_it_says(kept: Path, worked: Worked) -> None:
    looked, wrong = misplaced(kept, list(worked.told.values()))
    assert wrong == []
    assert looked >= 40


def test_citations_of_policies_come_from_the_handbook_and_have_boxes(worked: Worked) -> None:
    cited = worked.told["01-refund-tent.eml"]["draft"]["citations"]
    policies = [one for one in cited if one["origin"] == "front-desk"]
    assert policies
    assert all(one["document"] == "handbook.pdf" and one["bbox"] for one in policies)
    numbers = {one["n"] for one in cited}
    assert {
        n for sentence in worked.told["01-refund-tent.eml"]["draft"]["sentences"] for n in sentence["citations"]
    } == (numbers)


def test_fields_of_an_invoice_name_their_place_on_the_paper(worked: Worked) -> None:
    fields = worked.told["08-invoice-brightwater.pdf"]["fields"]
    assert fields
    assert all(field["bbox"] and field["page"] >= 1 for field in fields)
