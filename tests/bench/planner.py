"""How well messages with several requests are split: is every request answered or escalated, is none invented?

    python -m tests.bench.planner                     thirty messages of ours, with the sample playbook's intents
    python -m tests.bench.planner banking.jsonl       a set of {"text","intents":[...],"fold"}, in five parts

Of the set, each part is planned by a model trained on the others. Its texts carry facets ("request_info",
"business", "account") rather than requests, several a text; each facet counts as a request here. A request is
*answered* when a step has its label and the router would take it (as sure as `request`: learned, unless given),
*escalated* when a person gets the message: because a step is less sure, there are more than the plan may have, or
there is none (then the message goes on whole, and the router, which asks the same model, abstains).
It is *lost* when neither holds. A step that would be answered without being asked for is *invented*.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from engine import planner
from engine.bench import Bench
from engine.cards import Step
from engine.fleet import Fleet, catalogue
from engine.intents.model import Intents
from engine.playbook import Thresholds
from tests.engine.scripted import drained

OURS = Path(__file__).resolve().parents[1] / "data" / "several-requests.jsonl"
STEPS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", default=OURS)
    parser.add_argument("--parts", type=int, default=5)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--request", type=float, help="as [thresholds] has it")
    parser.add_argument("--doubt", type=float, help="as [thresholds] has it")
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.file.read_text("utf-8").split("\n") if line]
    at = Thresholds(request=options.request, doubt=options.doubt)
    if options.file == OURS:
        plans = list(ours(rows, at, options.steps))
        truth = [[label or "" for label in row["requests"]] for row in rows]
    else:
        plans = list(theirs(rows, options.parts, at, options.steps))
        truth = [list(row.get("intents", ())) for row in rows]
    report(plans, truth, options.steps)


Plan = tuple[tuple[Step, ...], float]
"""The steps, and how sure one must be to be answered."""


def ours(rows: Sequence[dict], at: Thresholds, most: int) -> Iterator[Plan]:
    with tempfile.TemporaryDirectory() as home:
        bench = Bench(Path(home))
        request, doubt = planner.bars(at, drained(bench.intents.head("front-desk"))[1])
        for row in rows:
            parts = planner.parts(row["text"])
            told = drained(bench.intents.predict("front-desk", [part.text for part in parts]))[1]
            yield planner.steps(list(zip(parts, told, strict=True)), request, doubt, most), request
        bench.close()


def theirs(rows: Sequence[dict], parts: int, at: Thresholds, most: int) -> Iterator[Plan]:
    fleet = Fleet(catalogue(Path("no-home")))
    folds = np.array([row["fold"] for row in rows]) % parts
    found: dict[int, Plan] = {}
    for part in range(parts):
        with tempfile.TemporaryDirectory() as home:
            intents = Intents(Path(home), fleet, lambda playbook: None)
            kept = [
                (row["text"], tuple(row.get("intents", ())))
                for row, fold in zip(rows, folds, strict=True)
                if fold != part
            ]
            drained(intents.train("messages", kept))
            request, doubt = planner.bars(at, drained(intents.head("messages"))[1])
            print(f"part {part}: sure from {request:.3f}, a person is told from {doubt:.3f}", flush=True)
            away = np.flatnonzero(folds == part)
            told = drained(intents.predict("messages", [rows[i]["text"] for i in away], doubt))[1]
            for i, said in zip(away, told, strict=True):
                found[int(i)] = planner.steps_of_facets(said, rows[i]["text"], doubt, most), request
            intents.close()
    return (found[i] for i in range(len(rows)))


def report(plans: Sequence[Plan], truth: Sequence[Sequence[str]], most: int) -> None:
    counts: Counter[str] = Counter()
    for (plan, request), asked in zip(plans, truth, strict=True):
        sure = [step.label for step in plan if step.label and step.outcome == "open" and step.score >= request]
        to_person = not plan or len(sure) < len(plan)
        answered = Counter(sure) & Counter(asked)
        missing = Counter(asked) - answered
        counts["requests"] += len(asked)
        counts["answered"] += answered.total()
        counts["escalated" if to_person else "lost"] += missing.total()
        counts["invented"] += (Counter(sure) - Counter(asked)).total()
        counts["to a person"] += to_person
        counts["exactly"] += Counter(step.label for step in plan) == Counter(asked)
        counts["longest"] = max(counts["longest"], sum(step.outcome == "open" for step in plan))
    print(f"{len(plans)} messages, {counts['requests']} requests; {most} steps at most")
    for name in ("answered", "escalated", "lost"):
        print(f"  {name:<10} {counts[name]:>5}  {counts[name] / max(1, counts['requests']):.1%} of the requests")
    print(f"  invented   {counts['invented']:>5}  beside {counts['answered']} answered rightly")
    print(f"  messages that a person gets {counts['to a person']}, split exactly {counts['exactly']}")
    print(f"  steps worked in the longest plan: {counts['longest']}")


if __name__ == "__main__":
    main()
