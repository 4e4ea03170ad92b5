"""Measures refusals under a policy: whether what the policy forbids is refused with the clause that forbids it.

    python -m tests.bench.refusals FOLDER [--words reason|all] [--show N]

FOLDER holds policy.md and tasks.jsonl {"reason", "known", "instructions", "decision", "nl_assertions"}. Each task
becomes a mail: what the customer wants, and with `all` (the default) what they know and how they go on, as it is given.
It is worked by the playbook in `airline/`, whose tables were written from the policy: the tool `allowed` says what the
policy says to what is asked for. There are no records, and what a customer claims can rule a thing out and never in:
what rests on a record is not decided here, but goes to a person with the clauses by which they must decide ("verify").
No write is ever done.

A task is to be refused when its decision is no change and an assertion says that something must not be done. Counted
are, of these,

    strictly    no action is proposed, and the draft or the reason why a person must look names a clause on a thing that
                an assertion says must not be done
    own words   also refused: by what the customer says, with no record to look at
    loosely     no action is proposed

and of the tasks with actions, in how many exactly these are proposed or put before a person with the clauses. Whoever
puts everything before a person with every clause refuses strictly, too: read the three together with the table, and
with how many refusals no assertion asks for. Whether the clause is the right one of several on one thing, nothing here
can tell. It prints, and judges nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.bench.decisions import Cells, Worked, worked

TABLES = Path(__file__).parent / "airline"
FILES = ("words.csv", "decisions.csv")
OUTCOMES = ("propose", "verify", "refuse", "nothing")
"""What becomes of a task as a whole: the first of these that one of its things comes to."""
_CHANGES = r"(?:chang|modif|updat|rebook|switch)\w*"
ABOUT: Mapping[str, str] = {
    "book": r"\bbook",
    "change_flight": rf"{_CHANGES}[^.]*?(?:flight|reservation|trip|date)|(?:flight|reservation)[^.]*?{_CHANGES}",
    "change_route": rf"{_CHANGES}[^.]*?(?:destination|origin|trip type)",
    "change_cabin": rf"cabin|(?:{_CHANGES}|(?:up|down)grad\w*)[^.]*?(?:class|business|economy)",
    "remove_bag": r"\bbag|luggage",
    "add_bag": r"\bbag|luggage",
    "add_insurance": r"insurance",
    "refund_insurance": r"insurance",
    "change_count": r"passenger",
    "change_passenger": r"passenger",
    "cancel": r"cancel|refund",
    "refund": r"cancel|refund",
    "refund_elsewhere": r"refund",
    "compensation": r"compensat|certificate|voucher",
    "complaint": r"compensat|certificate|voucher",
    "several_certificates": r"\bpay|charge",
    "new_payment": r"\bpay|charge",
    "human": r"transfer",
}
"""How an assertion speaks of each thing that the table of words knows."""
FORBIDS = re.compile(r"\b(?:not|refuses?|den(?:y|ies)|declines?|cannot|never)\b|n['’]t\b", re.IGNORECASE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--words", choices=("reason", "all"), default="all")
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    tasks = [json.loads(line) for line in (options.folder / "tasks.jsonl").read_text("utf-8").splitlines()]
    files = {name: (TABLES / name).read_text("utf-8") for name in FILES}
    files["policy.md"] = (options.folder / "policy.md").read_text("utf-8")
    mails = {task["id"]: ("guest@air.example", mail(task, options.words)) for task in tasks}
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as scratch:
        playbook = ("flights", (TABLES / "flights.toml").read_text("utf-8"))
        found, seconds = worked(Path(scratch), playbook, files, mails)
    print_refusals(tasks, found, options.show)
    print_actions(tasks, found, options.show)
    statuses = dict(Counter(one.status for one in found.values()))
    print(f"writes done: 0; {1000 * seconds:.0f} ms a task; statuses {statuses}")


def mail(task: Mapping[str, Any], words: str) -> str:
    names = ("reason", "known", "instructions") if words == "all" else ("reason",)
    return "\n\n".join(str(task[name]) for name in names if task[name])


def print_refusals(tasks: list[dict[str, Any]], found: Mapping[str, Worked], show: int) -> None:
    table = Counter((kind(task), outcome(found[task["id"]].cells)) for task in tasks)
    print(f"{'':14}{''.join(f'{name:>10}' for name in OUTCOMES)}")
    for name in dict.fromkeys(name for name, _ in table):
        print(f"{name:14}{''.join(f'{table[name, one]:10}' for one in OUTCOMES)}")
    refusals = [task for task in tasks if kind(task) == "to be refused"]
    loosely = [task for task in refusals if held(found[task["id"]])]
    strictly = [task for task in loosely if named(task, found[task["id"]])]
    own = [task for task in strictly if any(cell["decision"] == "refuse" for cell in named(task, found[task["id"]]))]
    print(
        f"refused strictly {share(len(strictly), len(refusals))}, of these by the customer's own words {len(own)}; ",
        end="",
    )
    print(f"loosely {share(len(loosely), len(refusals))}")
    refused = [(task, cell) for task in tasks for cell in found[task["id"]].cells if cell["decision"] == "refuse"]
    unasked = [pair for pair in refused if not forbidden(*pair)]
    print(f"{len(unasked)} of {len(refused)} refusals of a thing, in all tasks, are such as no assertion asks for")
    shown([task for task, _ in unasked], found, show)
    shown([task for task in refusals if task not in strictly], found, show)


def print_actions(tasks: list[dict[str, Any]], found: Mapping[str, Worked], show: int) -> None:
    asked = [task for task in tasks if actions(task)]
    given = {task["id"]: considered(found[task["id"]].cells) for task in asked}
    right = [task for task in asked if given[task["id"]] == actions(task)]
    some = sum(bool(given[task["id"]] & actions(task)) for task in asked)
    whole = sum(outcome(found[task["id"]].cells) == "refuse" for task in asked)
    invented = sum(len(given[task["id"]] - actions(task)) for task in asked)
    print(f"to be done: exactly right {share(len(right), len(asked))}, some of it {share(some, len(asked))}, ", end="")
    print(f"wholly refused {share(whole, len(asked))}; {invented} actions that the set does not have")
    shown([task for task in asked if task not in right], found, show)


def shown(tasks: list[dict[str, Any]], found: Mapping[str, Worked], most: int) -> None:
    for task in tasks[:most]:
        things = dict.fromkeys(f"{cell['asked']} {cell['decision']}" for cell in found[task["id"]].cells)
        print(f"  {task['id']}: {task['decision']}, but {', '.join(things) or 'nothing'}")


def kind(task: Mapping[str, Any]) -> str:
    if actions(task):
        return "to be done"
    return "to be refused" if any(forbids(task)) else "no change"


def actions(task: Mapping[str, Any]) -> set[str]:
    return set(task["decision"].split("+")) - {"no_change", "transfer_to_human_agents"}


def considered(cells: Cells) -> set[str]:
    """The actions that are proposed, or put before a person."""
    return {cell["action"] for cell in cells if cell["decision"] != "refuse" and cell["action"]}


def outcome(cells: Cells) -> str:
    decisions = {cell["decision"] for cell in cells}
    return next((name for name in OUTCOMES if name in decisions), "nothing")


def held(found: Worked) -> bool:
    """Whether it came to its end, and no action is proposed."""
    return found.status in ("review", "finished") and outcome(found.cells) != "propose"


def named(task: Mapping[str, Any], found: Worked) -> Cells:
    """What is decided on a thing that must not be done, with a clause that a person can read."""
    return [cell for cell in found.cells if cell["clause"] in found.read and forbidden(task, cell)]


def forbidden(task: Mapping[str, Any], cell: Mapping[str, str]) -> bool:
    return any(re.search(ABOUT[cell["asked"]], text, re.IGNORECASE) for text in forbids(task))


def forbids(task: Mapping[str, Any]) -> Iterator[str]:
    """The assertions that say what must not be done."""
    return (text for text in task["nl_assertions"] if FORBIDS.search(text))


def share(some: int, of: int) -> str:
    return f"{some} of {of} ({some / max(1, of):.1%})"


if __name__ == "__main__":
    main()
