"""One team against one model, on sample sets whose outcomes are known: right outcomes, tokens, seconds, escalations.

    python -m tests.bench.one_model [SET ...] [--larger FILE.gguf] [--documents N] [--show]

The team is the desk as it is shipped, worked by `baton eval`'s own code. The one model is its drafter alone, asked to
do every step in one prompt: the policy, the tables and the document go in, and intent, status, fields and draft come
out, bound by a grammar to the playbook's labels and fields. It is judged as the team is, but for flags and reason
codes, which it is not asked for. What is the same for all documents is read once, as it is by the team's drafter.
`--larger` names another file that is asked in the same way (such as one that `tests/bench/shape.py` made) about the
first N documents of each set, for its tokens and seconds alone.
It prints a table, and judges nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app import evaluation
from engine import reading
from engine.cards import Problem
from engine.fleet import Fleet, catalogue, locate
from engine.models import Brief, llama
from engine.playbook import Playbook, find
from engine.store import Store
from tests.engine.scripted import drained

CONTEXT = 8192
DRAFT = 600
"""Characters of a draft, at most; the teams have 300 to 900."""
TOKENS = 1000


@dataclass
class Tally:
    """What one way of working a set has cost, and how often it was right."""

    name: str
    documents: int = 0
    right: int = 0
    unseen: int = 0
    people: int = 0
    seconds: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    notes: list[str] = field(default_factory=list)

    def row(self, judged: bool = True) -> str:
        share = f"{self.right} of {self.documents} | {self.unseen} | {self.people}" if judged else "not judged | |"
        each = self.seconds / max(self.documents, 1)
        return f"| {self.name} | {share} | {self.tokens_in} | {self.tokens_out} | {self.seconds:.1f} | {each:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=["refunds", "contracts", "support-tickets"])
    parser.add_argument("--larger", type=Path)
    parser.add_argument("--documents", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print what the one model answered")
    options = parser.parse_args()
    print("| | right | wrong and unseen | to a person | tokens read | written | seconds | a document |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as scratch:
        home = Path(scratch)
        for name in options.sets:
            samples = evaluation.read(name, "", home)
            print(team(home, samples).row(), flush=True)
            tally = alone(home, samples, None, 0, options.show)
            print(tally.row(), flush=True)
            for note in tally.notes:
                print(f"    {note}", flush=True)
            if options.larger:
                print(alone(home, samples, options.larger, options.documents, False).row(judged=False), flush=True)


def team(home: Path, samples: evaluation.Set) -> Tally:
    (report,) = evaluation.worked(home, [samples])
    totals = report.totals()
    return Tally(
        f"{samples.name}: the team", totals["documents"], totals["right"], totals["wrong_unseen"],
        totals["to_a_person"], totals["seconds"], totals["tokens_in"], totals["tokens_out"],
    )  # fmt: skip


def alone(home: Path, samples: evaluation.Set, file: Path | None, most: int, show: bool) -> Tally:
    """The one model, asked about each document by itself."""
    row = replace(Fleet(catalogue(home)).row("drafter"), context=CONTEXT)
    path = file or locate(row)
    writer = llama.load(row, path)
    playbook, store = find(home, samples.playbook), Store(home)
    tally = Tally(f"{samples.name}: {'the same with ' + path.stem if file else 'one model'}")
    brief, grammar = Brief(instruction(playbook, store)), answers(playbook)
    for name, wanted in list(samples.expected.items())[: most or None]:
        began = time.perf_counter()
        told = asked(writer, brief, grammar, text_of(store, samples.inbox / name), playbook, name, tally)
        tally.seconds += time.perf_counter() - began
        tally.documents += 1
        some = {part: value for part, value in wanted.items() if part not in ("flags", "also", "code", "duplicate_of")}
        (found,) = evaluation.judged({name: some}, [told])
        tally.right += found.right
        tally.unseen += not found.right and found.status == "finished"
        tally.people += found.status == "review"
        if show:
            tally.notes.append(f"{name}: {json.dumps(told['said'], ensure_ascii=False)}; {'; '.join(found.misses)}")
    return tally


def asked(
    writer: llama.LlamaWriter, brief: Brief, grammar: str, text: str, playbook: Playbook, name: str, tally: Tally
) -> dict[str, Any]:
    """What the model says of one document, as `triage --json` would tell it."""
    said: dict[str, Any] = {}
    written, piece = "", None
    try:
        for piece in writer.stream(brief, text, grammar, TOKENS):
            written += piece.text
        said = json.loads(written)
    except Problem as problem:
        said = {"status": "review", "reason": problem.sentence}
    except ValueError:
        said = {"status": "review", "reason": "it did not come to an end"}
    if piece:
        if not tally.tokens_in:
            tally.tokens_in = writer.brief_tokens
        tally.tokens_in += piece.tokens_in
        tally.tokens_out += piece.tokens_out
    label = said.get("intent")
    return {
        "task": name, "source": name, "status": said.get("status", "review"), "code": "", "duplicate_of": "",
        "intent": {"label": None if label == "none" else label, "also": []}, "flags": [],
        "fields": [{"name": key, "value": value} for key, value in said.get("fields", {}).items() if value],
        "draft": {"text": said.get("draft", "")}, "cost": {"seconds": 0.0, "tokens_in": 0, "tokens_out": 0},
        "said": said,
    }  # fmt: skip


def instruction(playbook: Playbook, store: Store) -> str:
    """All that the team is told, for one reader: what is to be decided, the policy and the tables."""
    labels = "\n".join(f"- {intent.label}: {intent.title}" for intent in playbook.intents)
    rules = "\n".join(f"- {row.get('reason') or row}" for row in playbook.rules)
    names = ", ".join(rule.name for rule in playbook.fields)
    files = [playbook.path(file) for name in playbook.collections for file in playbook.documents(name)]
    policy = "\n\n".join(text_of(store, path) for path in files)
    named = dict.fromkeys(
        playbook.path(str(tool.given["file"])) for tool in playbook.tools.values() if "file" in tool.given
    )
    records = "\n\n".join(path.read_text("utf-8") for path in named)
    return (
        f"{playbook.about} Read the document and answer in JSON. `intent` is one of these, or none:\n{labels}\n"
        f"`status` is review, so that a person decides, when one of these holds or you are not sure:\n{rules}\n"
        f"else finished. `fields` are {names}: values from the document, empty where there is none. "
        f"`draft` is the answer, which rests only on this policy and these records.\n\n"
        f"Policy:\n{policy}\n\nRecords:\n{records}"
    )


def answers(playbook: Playbook) -> str:
    """The grammar of an answer."""
    labels = " | ".join(json.dumps(json.dumps(label)) for label in [*(one.label for one in playbook.intents), "none"])
    names = list(dict.fromkeys(rule.name for rule in playbook.fields))
    fields = ' ", " '.join(f"{json.dumps(json.dumps(name) + ': ')} short" for name in names) or '""'
    return (
        'root ::= "{\\"intent\\": " label ", \\"status\\": " status more\n'
        'more ::= ", \\"fields\\": {" fields "}, \\"draft\\": " long "}"\n'
        f"fields ::= {fields}\n"
        f"label ::= {labels}\n"
        'status ::= "\\"finished\\"" | "\\"review\\""\n'
        'short ::= "\\"" [^"\\\\\\n]{0,60} "\\""\n'
        f'long ::= "\\"" [^"\\\\\\n]{{20,{DRAFT}}} "\\""\n'
    )


def text_of(store: Store, path: Path) -> str:
    sha256 = store.put(path.read_bytes())
    try:
        drained(reading.read(store, sha256, path.name))
    except Problem:
        return ""
    found = store.reading(sha256)
    return re.sub(r"\n{3,}", "\n\n", found.text) if found else ""


if __name__ == "__main__":
    main()
