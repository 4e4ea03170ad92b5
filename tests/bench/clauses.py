"""Measures how often the shipped contract desk finds ten clauses, with its own rows of fields.

    python -m tests.bench.clauses FOLDER [--from {pdfs,texts}] [--home DIR] [--show N]

FOLDER holds, as the set comes: clauses.jsonl {"id", "clauses": {NAME: {"spans"}}}, and pdf_manifest.jsonl {"id",
"file"} with the PDFs, or contracts.jsonl {"id", "text"}. A clause that was found is right when it and one of the set's
spans share half of the shorter one's words, in order and at least three at a time. Per clause: how many of the
contracts that have it got a right one (recall), how many of the found ones are right (precision); and how many quotes
stand where they say, with a box. It prints, and judges nothing.
"""

from __future__ import annotations

import argparse
import difflib
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from engine import finding
from engine.cards import Document
from engine.pages import Page, Reading
from engine.playbook import find
from engine.store import Store
from tests.bench.extraction import literal, read, rows

CLAUSES = {
    "Renewal Term": "renewal", "Notice Period to Terminate Renewal": "renewal_notice", "License Grant": "licence",
    "Termination for Convenience": "convenience", "Anti-Assignment": "assignment", "Cap on Liability": "liability_cap",
    "Audit Rights": "audit", "Insurance": "insurance", "Exclusivity": "exclusivity", "Non-Compete": "non_compete",
}  # fmt: skip
PAGE = 4000
"""Characters of a page, where only the text of a contract is there."""
TOGETHER = 3
Pages = list[tuple[Document, Reading]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--from", dest="source", choices=["pdfs", "texts"], default="pdfs")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as fresh:
        home = options.home or Path(fresh)
        rules = {rule.name: rule for rule in find(home, "contracts").fields}
        truths = {row["id"]: row["clauses"] for row in rows(options.folder / "clauses.jsonl")}
        given = pdfs(options.folder, Store(home)) if options.source == "pdfs" else texts(options.folder)
        count, shown, documents = Counter[tuple[str, str]](), Counter[str](), 0
        for key, pages in given:
            documents += 1
            for name, field in CLAUSES.items():
                spans = truths[key][name]["spans"]
                found = next(finding.found(rules[field], pages), None)
                right = found is not None and any(same(found.quote, span) for span in spans)
                count[name, "there"] += bool(spans)
                count[name, "found"] += found is not None
                count[name, "right"] += right
                if found is not None:
                    count["", "literal"] += literal(found, pages)
                    count["", "boxed"] += found.place.box is not None
                if not right and (spans or found) and shown[name] < options.show:
                    shown[name] += 1
                    wanted, got = [span[:120] for span in spans[:1]], found and found.quote[:160]
                    print(f"  {name}: {key[:40]}: {wanted} but {got!r}")
    total = Counter[str]()
    for name in CLAUSES:
        there, said, right = (count[name, part] for part in ("there", "found", "right"))
        total.update(there=there, said=said, right=right)
        print(f"{name:<36} {line(there, said, right)}")
    print(f"{'all ten':<36} {line(total['there'], total['said'], total['right'])}")
    literally, boxed = count["", "literal"], count["", "boxed"]
    print(f"{literally} of {total['said']} quotes stand where they say, {boxed} with a box; {documents} files")


def line(there: int, said: int, right: int) -> str:
    return (
        f"recall {right}/{there} ({right / max(there, 1):.1%}), precision {right}/{said} ({right / max(said, 1):.1%})"
    )


def same(quote: str, span: str) -> bool:
    one, other = quote.lower().split(), span.lower().split()
    blocks = difflib.SequenceMatcher(None, one, other, False).get_matching_blocks()
    shared = sum(block.size for block in blocks if block.size >= TOGETHER)
    return 2 * shared >= max(min(len(one), len(other)), 1)


def pdfs(folder: Path, store: Store) -> Iterator[tuple[str, Pages]]:
    for row in rows(folder / "pdf_manifest.jsonl"):
        yield row["id"], read(store, folder.parent / row["file"])


def texts(folder: Path) -> Iterator[tuple[str, Pages]]:
    for row in rows(folder / "contracts.jsonl"):
        text = row["text"]
        pages = tuple(Page(n, text[at : at + PAGE]) for n, at in enumerate(range(0, len(text), PAGE), 1))
        yield (
            row["id"],
            [(Document("0" * 64, row["id"], "txt", len(pages), len(text.split())), Reading("txt", "", pages))],
        )


if __name__ == "__main__":
    main()
