"""Erases tasks: what they say is destroyed everywhere in the home, and the log's chain still verifies.

Of each row stays what proves that it was there: its number, and the salted hash of what it said. The salt goes with
the words, so nobody can try out guesses. A row of the log's own (task 0) tells what was erased, when and by whom:
rows that are empty without such a row are a fault.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import log_rows
from engine.cards import Handoff, Problem, Why
from engine.events import fold
from engine.memory import Memory
from engine.store import Store, write_aside

if TYPE_CHECKING:
    from app.cards_table import CardRow
    from app.log import Log

LONG_ENOUGH = 24
"""Characters of a line that is looked for afterwards: shorter ones stand in many letters."""
LINES = 60
PENDING = "erasing.json"
"""Names, while an erasure goes on, its tasks and the hashes of their files."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: tasks, rows of the log, files of the store; and the files in which words of it still stand.

    `cited_by` are tasks that drew on an erased one. Their handoffs still say that it was: its id, day, intent and
    outcome, and no word of it.
    """

    tasks: tuple[str, ...]
    rows: int
    files: int
    traces: tuple[Path, ...]
    cited_by: tuple[str, ...] = ()


def family(log: Log, task: str) -> list[CardRow]:
    """The tasks that hold the same words: the task, its copies, and what came in it.

    Raises Problem("no_task"), and "inside" for a file of an archive, whose words lie in the archive as well.
    """
    row = log.card(task)
    if row is None:
        raise Problem("no_task", f"There is no task {task!r:.40}. `baton log list` names them all.")
    if row.within:
        raise Problem(
            "inside", f"This file came in the archive of task {row.within}. Erase that one: its files go with it."
        )
    found, waiting = {row.id: row}, [row.id]
    while waiting:
        for other in log.of_family(waiting.pop()):
            if other.id not in found:
                found[other.id] = other
                waiting.append(other.id)
    return list(found.values())


def erase(home: Path, log: Log, rows: Sequence[CardRow], by: str) -> Erased:
    """Erase those tasks. Raises Problem("not_ended") while one of them is being worked.

    What is to go is noted first. Then comes the log, all or nothing; what follows is ended by `finish`, if it is cut
    off.
    """
    finish(home, log)
    if busy := [row.id for row in rows if row.state == "queued"]:
        raise Problem("not_ended", f"Task {busy[0]} is still being worked. Stop it first.")
    states = [fold(log.history(row.id)) for row in rows]
    notes = set(_notes(home, log, rows))
    words = set(_words(home, states, notes))
    hashes = {document.sha256 for state in states for document in state.documents} | {row.sha256 for row in rows}
    hashes |= notes
    tasks = [row.id for row in rows]
    write_aside(home / PENDING, json.dumps({"tasks": tasks, "hashes": sorted(hashes)}).encode())
    emptied = log.erase(tasks, by)
    cited = {task: [row.id for row in log.saying(task)] for task in tasks}
    unused, files = _beside_the_log(home, log, tasks, hashes)
    _remove(home / PENDING)
    words |= {task for task in tasks if not cited[task]} | unused
    others = tuple(dict.fromkeys(other for found in cited.values() for other in found))
    return Erased(tuple(tasks), emptied, files, tuple(traces(home, words)), others)


def finish(home: Path, log: Log) -> None:
    """End an erasure that was cut off after the log had let go of its tasks. Raises Problem when it can't be ended."""
    if not (home / PENDING).exists():
        return
    try:
        pending = json.loads((home / PENDING).read_bytes())
        tasks, hashes = list(map(str, pending["tasks"])), list(map(str, pending["hashes"]))
    except (OSError, ValueError, LookupError, TypeError) as error:
        said = f"{PENDING} names an erasure that was cut off, and can't be read ({error}). Delete it, and erase again."
        raise Problem("erasing_unreadable", said) from error
    if not any(log.card(task) for task in tasks):  # else nothing was erased yet: it can be asked for again
        log.scrub()
        _beside_the_log(home, log, tasks, hashes)
    _remove(home / PENDING)


def _beside_the_log(home: Path, log: Log, tasks: Sequence[str], hashes: Iterable[str]) -> tuple[set[str], int]:
    """Destroy what else is known of tasks that the log has let go of: the files nobody else needs, and how many."""
    Memory(home).forget(tasks)
    unused = {sha256 for sha256 in hashes if not log.mentions(sha256) and not _holds(home / "library.db", sha256)}
    files = sum(_remove(path) for sha256 in unused for path in Store(home).files(sha256))
    _forget_lessons(home, tasks)
    _remove(home / "engine.log")
    return unused, files


def empty(connection: Any, numbers: Sequence[int]) -> int:
    """Put hashes in place of what the tasks' rows say, and take them off the list. Returns how many rows."""
    count = 0
    for task in numbers:
        salt: bytes | None = None
        query = "select id, seq, body, salt from chain where task = ? and body is not null order by seq"
        for row, seq, said, own in connection.execute(query, (task,)).fetchall():
            salt = own or salt
            kept = log_rows.digest(salt, row, task, seq, said) if salt else None
            connection.execute("update chain set body = null, salt = ? where id = ?", (kept, row))
            count += 1
        connection.execute("delete from cards where number = ?", (task,))
    return count


def record(numbers: Sequence[int], rows: int, by: str) -> tuple[Why, dict[str, Any]]:
    """What the log says of an erasure."""
    count = f"{len(numbers)} task{'s' if len(numbers) > 1 else ''} with {rows} handoffs"
    return Why("person", "log", f"Erased by {by}: {count}.", code="erased"), {"erased": list(numbers)}


def traces(home: Path, words: Sequence[str] | set[str]) -> Iterator[Path]:
    """The files of a home in which one of these words stands, byte for byte."""
    needles = [word.encode("utf-8", "replace") for word in words if word]
    for path in sorted(home.rglob("*")):
        if _says(path, needles):
            yield path


def _says(path: Path, needles: Sequence[bytes]) -> bool:
    try:
        if not path.is_file() or path.is_symlink() or not path.stat().st_size:
            return False
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return any(data.find(needle) >= 0 for needle in needles)
    except FileNotFoundError:  # it was put aside, or away, meanwhile
        return False


def _notes(home: Path, log: Log, rows: Sequence[CardRow]) -> Iterator[str]:
    """What tools were told that stands in no file, such as an address's answer: the store keeps it to be cited."""
    store = Store(home)
    for row in rows:
        for event in log.history(row.id):
            for found in event.changes.get("evidence") or ():
                sha256 = found["place"]["document"]
                reading = store.reading(sha256) if found["origin"].startswith("tool:") else None
                if reading is not None and reading.kind == "note":
                    yield sha256


def _words(home: Path, states: Sequence[Handoff], notes: Iterable[str]) -> Iterator[str]:
    """What is looked for afterwards: the name, and the lines that were read or written for these tasks only."""
    store = Store(home)
    for note in filter(None, map(store.reading, notes)):
        yield from [line for line in note.text.splitlines() if len(line) >= LONG_ENOUGH][:LINES]
    for state in states:
        yield Path(state.card.source).name
        for sha256 in {state.card.sha256, *(document.sha256 for document in state.documents)}:
            reading = store.reading(sha256)
            lines = [line.strip() for page in reading.pages for line in page.text.splitlines()] if reading else []
            yield from [line for line in lines if len(line) >= LONG_ENOUGH][:LINES]
        if state.decision and state.decision.verb == "edited":
            yield from [line for line in state.decision.text.splitlines() if len(line) >= LONG_ENOUGH]


def _holds(path: Path, sha256: str) -> bool:
    """Whether a database names that file: a policy document may have been sent in as well."""
    return any(path.with_name(path.name + ending).exists() for ending in ("", "-wal")) and any(
        sha256.encode() in part.read_bytes() for part in path.parent.glob(f"{path.name}*")
    )


def _remove(path: Path) -> int:
    """Take a file away; returns how many that were."""
    if not path.is_file():
        return 0
    path.unlink()
    return 1


def _forget_lessons(home: Path, tasks: Sequence[str]) -> None:
    """What the intent models were told in these tasks. Weights that learned it are made anew with the next lesson."""
    path = home / "intents" / "intents.db"
    if not path.exists():
        return
    connection = log_rows.sqlite().connect(str(path), isolation_level=None)
    try:
        connection.execute("pragma secure_delete = on")
        marks = ", ".join("?" * len(tasks))
        connection.execute("begin immediate")
        taught = f"select playbook, hash from examples where task in ({marks})"
        connection.execute(f"delete from gold where (playbook, hash) in ({taught})", tasks)
        connection.execute(f"delete from examples where task in ({marks})", tasks)
        connection.execute("commit")
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")
    finally:
        connection.close()
