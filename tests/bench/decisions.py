"""Measures decisions on requests for changes to orders: what is asked for, of which order, by the desk as it stands.

    python -m tests.bench.decisions FOLDER [--show N]

FOLDER holds db.json (users and orders), tasks.jsonl {"reason", "known", "decision"} and the actions' names as the set
has them. Each task becomes a mail from the customer's own address, with the customer's words as they are given, and is
worked by a playbook that this script writes: the customer's records are looked up by the address, and the tool
`requested` says what is asked for. A decision is right when exactly the set's actions are proposed. No write is ever
done here: each is a proposal, and each task goes to a person; what is counted as wrong is a proposal that is none of
the set's. It prints, and judges nothing.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import triage
from app.desk import Desk
from engine.events import fold

ACTIONS = """action,words,unless,state,instead_of
exchange_delivered_order_items,exchang|swap|replac,,delivered,swap
modify_pending_order_items,exchang|swap|replac,,pending,swap
modify_pending_order_items,modif|chang|switch|upgrad|adjust,address|exchang|return|cancel,pending,swap
exchange_delivered_order_items,modif|chang|switch|upgrad|adjust,address|exchang|return|cancel,delivered,swap
return_delivered_order_items,return,exchang,delivered,back
cancel_pending_order,return,exchang,pending,back
cancel_pending_order,cancel,undo|cancelling partial,pending,cancel
return_delivered_order_items,cancel,undo|cancelling partial,delivered,cancel
modify_user_address,chang user address|modif user address|updat user address|chang profile address,to default,,address
modify_pending_order_address,address order|address package|address item,,pending,order
"""
PLAYBOOK = """
name = "orders"
legs = ["reader", "extractor", "router", "clerk", "librarian", "drafter", "verifier"]
[[fields]]
name = "email"
pattern = '\\b[\\w.+-]{1,64}@[\\w.-]{1,120}\\.[a-z]{2,10}\\b'
[[rules]]
check = "words"
any = ["customer-words"]
then = "intent:change"
[tools.requested]
tool = "requested"
given = { file = "records.csv", owner = "email", thing = "item", state = "status", actions = "actions.csv" }
fields = { customer = "email", text = "document" }
sentence = "Proposed: {action}."
[[intents]]
label = "change"
examples = ["Please change my order.", "I want to return the boots."]
[[intents]]
label = "other"
examples = ["Thank you for your help.", "When do you open?"]
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    tasks = [json.loads(line) for line in (options.folder / "tasks.jsonl").read_text("utf-8").splitlines()]
    database = json.loads((options.folder / "db.json").read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as scratch:
        files = {"actions.csv": ACTIONS, "records.csv": records(database)}
        mails = {task["id"]: (sender(database, task), task["reason"]) for task in tasks}
        found, seconds = worked(Path(scratch), ("orders", PLAYBOOK), files, mails)
    right, shown, invented, statuses = 0, 0, 0, Counter[str]()
    for task in tasks:
        actions, status = {cell["action"] for cell in found[task["id"]].cells}, found[task["id"]].status
        wanted = {name for name in task["decision"].split("+") if name not in ("no_change", "transfer_to_human_agents")}
        right += actions == wanted
        invented += len(actions - wanted)
        statuses[status] += 1
        if actions != wanted and shown < options.show:
            shown += 1
            print(f"  {task['id']}: {sorted(wanted)} but {sorted(actions)}: {task['reason'][:200]!r}")
    print(f"{right} of {len(tasks)} decisions exactly right ({right / len(tasks):.1%}); {1000 * seconds:.0f} ms a task")
    print(f"{invented} proposals that the set does not have; writes done: 0; statuses {dict(statuses)}")


Cells = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Worked:
    """What became of a mail: the cells of each thing that a tool found, its status, and all that a person reads of it:
    the draft, the flags and the reasons of the handoffs."""

    cells: Cells
    status: str
    read: str


def worked(
    home: Path, playbook: tuple[str, str], files: Mapping[str, str], mails: Mapping[str, tuple[str, str]]
) -> tuple[dict[str, Worked], float]:
    """What became of each mail (its sender and text, by its id); and the seconds a task.

    The playbook is a name and its text; the files lie beside it.
    """
    inbox, books = home / "inbox", home / "playbooks"
    inbox.mkdir()
    books.mkdir()
    for name, text in {f"{playbook[0]}.toml": playbook[1], **files}.items():
        (books / name).write_text(text, "utf-8")
    for key, (sender, text) in mails.items():
        mail = f"From: {sender}\nTo: desk@shop.example\nSubject: customer-words\n\n{text}\n"
        (inbox / f"{key}.eml").write_text(mail, "utf-8")
    desk = Desk(home)
    found: dict[str, Worked] = {}
    spent = 0.0

    def ended(told: dict[str, Any]) -> str:
        nonlocal spent
        state = fold(desk.history(told["task"]))
        spent += told["cost"]["seconds"]
        cells = [dict(one.cells) for one in state.evidence if one.from_tool]
        reasons = [
            one[part] for part, some in (("sentence", told["flags"]), ("reason", told["handoffs"])) for one in some
        ]
        found[Path(told["source"]).stem] = Worked(cells, told["status"], "\n".join([told["draft"]["text"], *reasons]))
        return ""

    try:
        triage.work(desk, lambda: desk.submit([inbox], playbook[0]), ended, show=False)
    finally:
        desk.close()
    return found, spent / len(mails)


def records(database: dict[str, Any]) -> str:
    """A row for each thing that was ordered."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["email", "order", "item", "item_id", "status"])
    for order in database["orders"].values():
        email, number, status = database["users"][order["user_id"]]["email"], order["order_id"], order["status"]
        writer.writerows([email, number, one["name"], one["item_id"], status] for one in order["items"])
    return text.getvalue()


def sender(database: dict[str, Any], task: dict[str, Any]) -> str:
    """The customer's own address: who it is stands in what the customer knows."""
    known = f"{task['known']} {task['reason']}".lower()
    users = database["users"]
    for key, user in users.items():
        if key in known or user["email"].lower() in known:
            return str(user["email"])
    for both in (True, False):
        for user in users.values():
            name = f"{user['name']['first_name']} {user['name']['last_name']}".lower()
            if name in known and (not both or user["address"]["zip"] in known):
                return str(user["email"])
    return "nobody@shop.example"


if __name__ == "__main__":
    main()
