"""Measures what the desk knows of financial statements, on FinanceBench: right answers told from wrong, and answering.

    python -m tests.bench.finance judge DATA
    python -m tests.bench.finance answer DATA [--quotes]
    python -m tests.bench.finance pages DATA

DATA holds the set's questions.jsonl {"financebench_id", "question", "answer", "company", "doc_name", "evidence"},
model_answers.jsonl {"fid", "question", "answer", "label"} and pdfs/. `judge`: the area under the curve by which
`reckoned.weighed` tells answers that people called correct from incorrect ones, given the evidence and never the gold
answer; how many wrong ones pass where 80 of 100 right ones do; milliseconds a sentence. Refusals are left out.
`answer`: each question about one of the PDFs is worked by a desk that has the tool `reported`, with the default models;
`--quotes` lets it search the PDFs for passages, too. Each answer is printed beside the gold one, with what the rules
below make of it: what goes to a person is refused. It judges nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from app import triage
from app.desk import Desk
from engine.cards import Place
from engine.chunks import sentences
from engine.library import passage_reading
from engine.pages import Reading
from engine.reckoned import WEIGHTS, Figure, figures, source, weighed
from engine.support import content
from engine.tools import Earlier, NoResult, TableFile, Value, Values, reported

PLAYBOOK = """
name = "filings"
version = 1
title = "Filings desk"
about = "Answers questions on the figures of filings; what they do not say plainly goes to a person."
legs = [LEGS]
COLLECTION
[[rules]]
check = "words"
any = ["what", "how", "which", "is", "are", "does", "did", "has", "have", "was", "were"]
then = "intent:figures"
reason = "A question."

[tools.statements]
tool = "reported"
given = { files = FILES }
fields = { question = "document" }
NEEDED
sentence = "{answer}"

[[intents]]
label = "figures"
title = "Figures of a filing"
frame = "note"
SEARCH
examples = ["How high was the revenue in 2019?", "Did the margin improve in 2020?"]

[[intents]]
label = "other"
title = "Something else"
frame = "note"
examples = ["Please send me a printed copy of the report.", "Where will the annual meeting take place?"]
"""
ROUNDED = 0.005
LEGS = ("reader", "extractor", "router", "clerk", "drafter", "verifier")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("judge", "answer", "pages"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--quotes", action="store_true")
    options = parser.parse_args()
    questions = rows(options.data / "questions.jsonl")
    if options.what == "judge":
        judge({row["financebench_id"]: row for row in questions}, rows(options.data / "model_answers.jsonl"))
    elif options.what == "pages":
        pages(questions)
    else:
        answer(questions, sorted((options.data / "pdfs").glob("*.pdf")), options.quotes)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def judge(questions: dict[str, dict[str, Any]], answers: list[dict[str, Any]]) -> None:
    kept = [row for row in answers if row["label"] != "Refusal"]
    read, spent, found = {}, [], []
    for row in kept:
        if row["fid"] not in read:
            read[row["fid"]] = source(*(one["evidence_text"] for one in questions[row["fid"]]["evidence"]))
        began = time.perf_counter()
        found.append(weighed(row["answer"], row["question"], read[row["fid"]]))
        spent.append((time.perf_counter() - began) / max(1, len(sentences(" ".join(row["answer"].split())))))
    right = np.array([row["label"] == "Correct Answer" for row in kept])
    scores = np.array([one.chance for one in found])
    metrics = np.array([questions[row["fid"]]["question_type"].startswith("metrics") for row in kept])
    print(f"{len(kept)} answers, {right.sum()} of them right; {len(answers) - len(kept)} refusals left out")
    for name, some in (("all", right | True), ("asked for a metric", metrics), ("other questions", ~metrics)):
        through = (scores[some & ~right] >= np.quantile(scores[some & right], 0.2)).mean()
        area = roc_auc_score(right[some], scores[some])
        print(f"{name:<20} {some.sum():4}: area {area:.3f}; ", end="")
        print(f"{through:.1%} of the wrong ones pass where 80 % of the right ones do")
    for name in WEIGHTS:
        print(f"  {name} alone: area {roc_auc_score(right, [getattr(one, name) for one in found]):.3f}")
    low, high = spread([row["company"] for row in kept], right, scores)
    print(f"companies drawn again and again: 9 of 10 areas between {low:.3f} and {high:.3f}")
    print(f"{1000 * statistics.median(spent):.1f} ms a sentence; 9 of 10 under {1000 * np.quantile(spent, 0.9):.1f} ms")


def spread(companies: list[str], right: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """Between which areas other companies may lie: drawn with replacement, 500 times."""
    names, rng = np.array(companies), np.random.default_rng(7)
    different = np.unique(names)
    members = {name: np.flatnonzero(names == name) for name in different}
    areas = []
    for _ in range(500):
        some = np.concatenate([members[name] for name in rng.choice(different, len(different))])
        areas.append(roc_auc_score(right[some], scores[some]))
    return float(np.quantile(areas, 0.05)), float(np.quantile(areas, 0.95))


def answer(questions: list[dict[str, Any]], files: list[Path], quotes: bool) -> None:
    asked = [row for row in questions if row["doc_name"] in {file.stem for file in files}]
    began, tasks = time.perf_counter(), worked(asked, files, quotes)
    told = {name: task["draft"]["text"] if task["status"] == "finished" else "" for name, task in tasks.items()}
    print(f"{(time.perf_counter() - began) / max(1, len(asked)):.1f} s a question, reading included")
    shown(asked, told)


def pages(questions: list[dict[str, Any]]) -> None:
    tray = Pages(questions)
    told: dict[str, str] = {}
    for row in questions:
        place = Place("", "question", 1, 0, 0)
        value = Value(row["question"], "document", row["question"], place)
        try:
            found = reported.call({"files": list(tray.texts)}, {"question": value}, tray).findings
            told[row["financebench_id"]] = dict(found[0].cells)["answer"]
        except NoResult:
            told[row["financebench_id"]] = ""
    shown(questions, told)


class Pages:
    """A tray with a document for each filing, of the pages that hold evidence."""

    name = "pages"

    def __init__(self, questions: list[dict[str, Any]]) -> None:
        self.texts: dict[str, str] = {}
        for row in questions:
            for one in row["evidence"]:
                before = self.texts.get(row["doc_name"], "")
                self.texts[row["doc_name"]] = f"{before}\n{one['evidence_text_full_page']}"

    def file(self, name: str) -> TableFile:
        return TableFile(name, b"", name, Path(), Path())

    def reading(self, file: TableFile) -> Reading:
        return passage_reading(file.name, self.texts[file.name])

    def note(self, title: str, text: str) -> tuple[Place, str]:
        raise NotImplementedError

    def ask(self, values: Mapping[str, str]) -> str:
        raise NotImplementedError

    def earlier(self, values: Values, most: int) -> tuple[list[Earlier], int]:
        raise NotImplementedError

    def in_time(self) -> None:
        return


def shown(asked: list[dict[str, Any]], told: dict[str, str]) -> None:
    counts: Counter[str] = Counter()
    for row in asked:
        said = told[row["financebench_id"]]
        verdict = verdict_on(said, row["answer"], row["question"]) if said else "refused"
        counts[verdict] += 1
        if said:
            print(f"{verdict:<8} {row['financebench_id']} {row['question'][:120]!r}")
            print(f"         says {said!r}\n         gold {row['answer'][:160]!r}")
    answered = counts["correct"] + counts["wrong"]
    told_counts = ", ".join(f"{counts[one]} {one}" for one in ("correct", "refused", "wrong"))
    print(f"{len(asked)} questions: {told_counts} ({counts['wrong'] / max(1, answered):.0%} of {answered} answered)")


def worked(asked: list[dict[str, Any]], files: list[Path], quotes: bool) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {}

    def ended(task: dict[str, Any]) -> str:
        told[Path(task["source"]).stem] = task
        return ""

    with tempfile.TemporaryDirectory(prefix="baton-bench-") as scratch:
        home = Path(scratch)
        (home / "playbooks").mkdir()
        (home / "playbooks" / "filings.toml").write_text(playbook(files, quotes), "utf-8")
        (home / "inbox").mkdir()
        inbox = [home / "inbox" / f"{row['financebench_id']}.txt" for row in asked]
        for path, row in zip(inbox, asked, strict=True):
            path.write_text(row["question"], "utf-8")
        desk = Desk(home)
        try:
            triage.work(desk, lambda: desk.submit(inbox, "filings"), ended, show=False)
        finally:
            desk.close()
    return told


def playbook(files: list[Path], quotes: bool) -> str:
    names = json.dumps([str(file.resolve()) for file in files])
    legs = [*LEGS[:4], "librarian", *LEGS[4:]] if quotes else LEGS
    parts = {
        "LEGS": json.dumps(list(legs))[1:-1],
        "COLLECTION": f"\n[thresholds]\nevidence = 0.4\n\n[collections.filings]\ndocuments = {names}\n"
        if quotes
        else "",
        "FILES": names,
        "NEEDED": "" if quotes else "needed = true",
        "SEARCH": 'search = "{request}"\nquotes = 2' if quotes else "",
    }
    text = PLAYBOOK
    for slot, value in parts.items():
        text = re.sub(rf"\b{slot}\b", lambda _, value=value: value, text)
    return text


def verdict_on(said: str, gold: str, question: str) -> str:
    """Correct: it says yes or no as the gold answer does; has its first figure, whatever the unit; or most of its words
    that the question does not have."""
    if yes := re.match(r"\W*(yes|no)\b", gold, re.I):
        return "correct" if re.match(rf"\W*{yes[1]}\b", said, re.I) else "wrong"
    wanted = [one for one in figures(gold) if not one.is_year(gold)]
    if wanted:
        return "correct" if any(fits(one, wanted[0]) for one in figures(said) if not one.is_year(said)) else "wrong"
    words = set(content(gold)) - set(content(question)) or set(content(gold))
    return "correct" if len(words & set(content(said))) >= 0.8 * len(words) else "wrong"


def fits(said: Figure, gold: Figure) -> bool:
    """Whether they are the same but for rounding, in whatever thousands: gold answers have $8.70 for 8,738 million."""
    powers = (0, 3, 6, 9, -3, -6, -9)
    return any(abs(said.value * 10.0**power - gold.value) <= ROUNDED * gold.value for power in powers)


if __name__ == "__main__":
    main()
