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
        found, seconds = worked(Path(scratch), database, tasks)
    right, shown, invented, statuses = 0, 0, 0, Counter[str]()
    for task in tasks:
        actions, status = found[task["id"]]
        wanted = {name for name in task["decision"].split("+") if name not in ("no_change", "transfer_to_human_agents")}
        right += actions == wanted
        invented += len(actions - wanted)
        statuses[status] += 1
        if actions != wanted and shown < options.show:
            shown += 1
            print(f"  {task['id']}: {sorted(wanted)} but {sorted(actions)}: {task['reason'][:200]!r}")
    print(f"{right} of {len(tasks)} decisions exactly right ({right / len(tasks):.1%}); {seconds:.2f} s a task")
    print(f"{invented} proposals that the set does not have; writes done: 0; statuses {dict(statuses)}")


def worked(home: Path, database: dict[str, Any], tasks: list[dict[str, Any]]) -> tuple[dict[str, Any], float]:
    """For each task the actions that were proposed, and its status; and the seconds a task."""
    inbox, books = home / "inbox", home / "playbooks"
    inbox.mkdir()
    books.mkdir()
    (books / "orders.toml").write_text(PLAYBOOK, "utf-8")
    (books / "actions.csv").write_text(ACTIONS, "utf-8")
    (books / "records.csv").write_text(records(database), "utf-8")
    for task in tasks:
        mail = f"From: {sender(database, task)}\nTo: desk@shop.example\nSubject: customer-words\n\n{task['reason']}\n"
        (inbox / f"{task['id']}.eml").write_text(mail, "utf-8")
    desk = Desk(home)
    found: dict[str, Any] = {}
    spent = 0.0

    def ended(told: dict[str, Any]) -> str:
        nonlocal spent
        state = fold(desk.history(told["task"]))
        spent += told["cost"]["seconds"]
        cells = [dict(one.cells) for one in state.evidence if one.from_tool]
        found[Path(told["source"]).stem] = ({cell["action"] for cell in cells}, told["status"])
        return ""

    try:
        triage.work(desk, lambda: desk.submit([inbox], "orders"), ended, show=False)
    finally:
        desk.close()
    return found, spent / len(tasks)


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
