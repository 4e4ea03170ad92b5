"""Measures how often fields are extracted right, from the files themselves, by the product's own reader and finder.

    python -m tests.bench.extraction FOLDER --set {zugferd,sroie,cuad} [--home DIR] [--show N] [--second]

FOLDER holds, as these sets come:
    zugferd   invoices.jsonl {"file", "truth": {"number", "date", "total"}} and the PDFs, not the XML in them
    sroie     receipts.jsonl {"image", "fields": {"company", "date", "total"}} and the pictures
    cuad      clauses.jsonl {"id", "clauses": {NAME: {"answer"}}}, pdf_manifest.jsonl {"id", "file"} and the PDFs
What was read is kept in --home between runs. A value counts as right when it is the truth's, as numbers, dates and
letters go (sroie's company: letters and digits only; a law: one names the other; parties: the share of those named that
were found, and of those found that are named). Truths that stand nowhere on the pages are counted apart. Also printed:
how many quotes stand word for word where they say, and have a box; seconds a file for finding, reading not included.
With --second, the drafter's model reads each field as well (`engine/agents/second_reader.py`), and it is printed how
often the first reading is right where the two agree, and where they do not.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine import finding, reading
from engine.agents import second_reader
from engine.bench import Bench
from engine.cards import Document, Field, Problem
from engine.kinds import date
from engine.pages import Reading
from engine.playbook import FieldRule
from engine.store import Store
from tests.engine.scripted import drained

KINDS = {
    "zugferd": {"number": "invoice_number", "date": "invoice_date", "total": "invoice_total"},
    "sroie": {"company": "company", "date": "receipt_date", "total": "receipt_total"},
    "cuad": {"Governing Law": "governing_law", "Agreement Date": "agreement_date", "Parties": "party"},
}
TOGETHER = re.compile(r"\b(?:each|party|parties|individually|collectively|together|and)\b", re.IGNORECASE)
"""In what the set lists as a party, but is a name for several of them."""
Case = tuple[Path, dict[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", choices=KINDS, required=True)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--show", type=int, default=0, help="print so many wrong ones of each field")
    parser.add_argument("--second", action="store_true", help="have the drafter's model read each field, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as fresh:
        home = options.home or Path(fresh)
        given = cases(options.set, options.folder)
        if options.second:
            measure_second(options.set, given, home)
        else:
            measure(options.set, given, Store(home), options.show)


def cases(form: str, folder: Path) -> Iterator[Case]:
    """Each file with its true fields, as text."""
    if form == "cuad":
        clauses = {row["id"]: row["clauses"] for row in rows(folder / "clauses.jsonl")}
        for row in rows(folder / "pdf_manifest.jsonl"):
            answers = {name: clauses[row["id"]][name]["answer"] for name in KINDS[form]}
            yield folder.parent / row["file"], answers
        return
    for row in rows(folder / ("invoices.jsonl" if form == "zugferd" else "receipts.jsonl")):
        file, truth = (row["file"], row["truth"]) if form == "zugferd" else (row.get("image"), row["fields"])
        if file and truth:
            yield folder / file, {name: truth.get(name) or "" for name in KINDS[form]}


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def measure(form: str, given: Iterator[Case], store: Store, show: int) -> None:
    share: dict[str, list[float]] = {name: [] for name in KINDS[form]}
    count, shown, spent = Counter[tuple[str, str]](), Counter[str](), 0.0
    for file, truth in given:
        pages = read(store, file)
        for name, kind in KINDS[form].items():
            rule = FieldRule(name, kind=kind)
            began = time.perf_counter()
            found = list(finding.found(rule, pages))
            spent += time.perf_counter() - began
            wanted = wants(form, name, truth[name])
            if not wanted:
                count[name, "none"] += 1
                count[name, "invented"] += bool(found)
                continue
            said = found if finding.several(rule) else found[:1]
            for field in said:
                count["", "quotes"] += 1
                count["", "literal"] += literal(field, pages)
                count["", "boxed"] += field.place.box is not None
            right = [one for one in wanted if any(same(form, name, field.value, one) for field in said)]
            count[name, "asked"] += len(wanted)
            count[name, "right"] += len(right)
            share[name].append(len(right) / len(wanted))
            count[name, "said"] += len(said)
            count[name, "true"] += sum(any(same(form, name, field.value, one) for one in wanted) for field in said)
            if len(right) < len(wanted):
                on_page = any(same(form, name, field.value, one) for field in found for one in wanted)
                count[name, "elsewhere"] += not on_page and not stands(form, name, wanted[0], pages)
                if shown[name] < show:
                    shown[name] += 1
                    print(f"  {name}: {file.name[:50]}: {wanted} but {[field.value for field in said][:4]}")
        count["", "files"] += 1
    for name in KINDS[form]:
        asked, right = count[name, "asked"], count[name, "right"]
        print(
            f"{name:<16} {right}/{asked} right ({right / max(1, asked):.1%}; mean of the files "
            f"{statistics.fmean(share[name] or [0]):.1%}); {count[name, 'true']} of "
            f"{count[name, 'said']} said are true; {count[name, 'elsewhere']} truths are not on the page; "
            f"{count[name, 'invented']} of {count[name, 'none']} without one got one"
        )
    files = count["", "files"]
    print(
        f"{count['', 'literal']}/{count['', 'quotes']} quotes stand where they say, {count['', 'boxed']} with a box; "
        f"{spent / max(1, files):.3f} s a file, {files} files"
    )


ASKED = {
    "number": "What is the number of the invoice?", "total": "What is the total to pay?", "date": "What is the date?",
    "company": "Which company issued it?", "Governing Law": "Which law governs the contract?",
    "Agreement Date": "What is the date of the agreement?",
}  # fmt: skip


def measure_second(form: str, given: Iterator[Case], home: Path) -> None:
    """How often the first reading is right where the model agrees with it, and where it does not."""
    right = Counter[tuple[str, bool]]()
    both = Counter[tuple[str, bool]]()
    by_model, began = Counter[str](), time.perf_counter()
    bench = Bench(home)
    for file, truth in given:
        pages = read(bench.store, file)
        for name, kind in KINDS[form].items():
            rule = FieldRule(name, kind=kind, ask=ASKED.get(name, ""))
            wanted = wants(form, name, truth[name])
            first = next(finding.found(rule, pages), None) if rule.ask and wanted else None
            if first is None:
                continue
            second, _ = drained(
                second_reader.asked(bench.fleet.writer(), rule, pages, (first,), "bench", time.monotonic() + 300)
            )[1]
            agree = second is not None and second.value.casefold() == first.value.casefold()
            both[name, agree] += 1
            right[name, agree] += any(same(form, name, first.value, one) for one in wanted)
            by_model[name] += second is not None and any(same(form, name, second.value, one) for one in wanted)
    seconds = time.perf_counter() - began
    for name in dict.fromkeys(name for name, _ in both):
        asked = both[name, True] + both[name, False]
        print(
            f"{name:<16} the model is right in {by_model[name]} of {asked}; the rules are where it agrees in "
            f"{right[name, True]} of {both[name, True]}, else in {right[name, False]} of {both[name, False]}"
        )
    print(f"{seconds / max(1, sum(both.values())):.2f} s a field, reading included")


def read(store: Store, file: Path) -> list[tuple[Document, Reading]]:
    """The document itself: what is attached to it, such as the XML of an invoice, is not looked at."""
    sha256 = store.put(file.read_bytes())
    try:
        documents = drained(reading.read(store, sha256, file.name))[1]
    except Problem as problem:
        print(f"  {file.name}: {problem.sentence}")
        return []
    kept = store.reading(sha256)
    return [(documents[0], kept)] if kept else []


def wants(form: str, name: str, answer: str) -> list[str]:
    """What is asked for; nothing where the set knows no answer."""
    if name == "Parties":
        names = {
            letters(name): name for part in answer.split(";") if (name := re.split(r"[\"“(]", part.strip(" ("))[0])
        }
        return [name.strip() for word, name in names.items() if word and not TOGETHER.search(name)]
    if not answer or "[" in answer:
        return []
    if name == "Agreement Date":
        month, day, year = answer.split("/")
        return [f"{year}-{int(month):02}-{int(day):02}"]
    if name == "date":
        compact = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", answer) if form == "zugferd" else None
        if compact:
            return ["-".join(compact.groups())]
        return [next((match.value for match in date.find(answer)), answer)]
    if name == "total":
        try:
            return [f"{float(re.sub(r'[^0-9.-]', '', answer)):.2f}"]
        except ValueError:
            return []
    return [answer]


def same(form: str, name: str, value: str, truth: str) -> bool:
    if name == "company":
        return letters(value) == letters(truth)
    if name == "Governing Law":
        parts = [letters(part) for part in re.split(r"[;,]", truth)]
        return letters(value) in letters(truth) or any(part and part in letters(value) for part in parts)
    if name == "Parties":
        return letters(value) in letters(truth) or letters(truth) in letters(value)
    return value == truth


def letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def stands(form: str, name: str, truth: str, pages: list[tuple[Document, Reading]]) -> bool:
    """Whether the truth can be read from the pages at all."""
    text = "\n".join(page.text for _, one in pages for page in one.pages)
    if name in ("date", "Agreement Date"):
        return truth in {match.value for match in date.find(text)}
    if name == "total":
        digits = letters(truth)
        return digits in letters(text)
    return letters(truth) in letters(text)


def literal(field: Field, pages: list[tuple[Document, Reading]]) -> bool:
    """Whether the quote stands word for word at its place."""
    for document, one in pages:
        if document.sha256 == field.place.document:
            page = next(page for page in one.pages if page.number == field.place.page)
            return page.text[field.place.start : field.place.end] == field.quote
    return False


if __name__ == "__main__":
    main()
