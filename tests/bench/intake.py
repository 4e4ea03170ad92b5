"""Measures how fast a drop of small files is taken in, and whether memory grows with their number. It judges nothing.

    python tests/bench/intake.py [--files 5000] [--times 3] [--few 500]

It makes so many small files (text, mail, Word, CSV, HTML, a fifth each), and measures `baton read` over them:
files a second, and the most memory that the host, its fork server and a worker held, for all of them and for
the first few. Then the same files as a drop into a watched folder, through the desk, the log and the journal,
with an engine that ends each task at once, so that no model counts. Resident memory, Linux only.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests import made  # noqa: E402

WORDS = "the order {n} was not delivered and the customer asks when the money comes back to the card".split()

# An engine that ends every task at once.
ENGINE = """
import json, sys
for line in sys.stdin:
    baton = json.loads(line)["handoff"]
    card, seq, leg = baton["card"]["id"], baton["seq"], baton["why"]["receiver"]
    why = {"sender": leg, "receiver": "desk", "reason": "Nothing is to be done."}
    print(json.dumps({"is": "Handed", "card": card, "seq": seq + 1, "why": why, "changes": {"ending": "finished"}}))
    print(json.dumps({"is": "Finished", "card": card}), flush=True)
"""
WATCH = """
import sys
from pathlib import Path
from app import engine_process
from app.desk import Desk
from app.watch import Watch
home, inbox, wanted, engine = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
engine_process._code = lambda: engine
desk = Desk(home)
watch, told = Watch(desk, inbox, None), 0
for found in watch.rounds():
    told += len(found)
    if told >= wanted:
        break
watch.close()
desk.close()
"""
Memory = dict[str, int]


def text(number: int) -> str:
    """A hundred words or so, no two files alike."""
    return " ".join(WORDS[(number * 7 + n) % len(WORDS)].format(n=number) for n in range(100)) + ".\n"


def mail(number: int) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = f"Customer {number} <c{number}@example.com>", f"Order {number}"
    message.set_content(text(number))
    return bytes(message)


MAKERS: dict[str, Callable[[int], bytes]] = {
    "txt": lambda number: text(number).encode(),
    "eml": mail,
    "docx": lambda number: made.docx(made.paragraph(text(number)) * 3),
    "csv": lambda number: "".join(f"{number},{n},item {n},{n}.50\n" for n in range(20)).encode(),
    "html": lambda number: f"<!DOCTYPE html><title>Order {number}</title><p>{text(number)}".encode(),
}


def make(folder: Path, count: int) -> None:
    """So many files, the kinds in turn, a hundred a folder."""
    kinds = list(MAKERS.items())
    for number in range(count):
        ending, maker = kinds[number % len(kinds)]
        place = folder / f"{number // 100:03}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06}.{ending}").write_bytes(maker(number))


def measured(command: Sequence[str], scratch: Path) -> tuple[float, int, Memory]:
    """Seconds, lines on standard output, and the most MiB that each process of it held."""
    peaks: Memory = {}
    began = time.monotonic()
    places = {"BATON_HOME": str(scratch / "home"), "PYTHONPATH": str(ROOT)}
    with (scratch / "out").open("wb") as out:
        child = subprocess.Popen(command, env=os.environ | places, stdout=out, stderr=subprocess.DEVNULL)
        weighing = threading.Thread(target=_weigh, args=(child, peaks))
        weighing.start()
        if child.wait():
            raise SystemExit(f"{' '.join(command[:6])} ended with {child.returncode}")
        weighing.join()
    return time.monotonic() - began, (scratch / "out").read_bytes().count(b"\n"), peaks


def _weigh(child: subprocess.Popen[bytes], peaks: Memory) -> None:
    while child.poll() is None:
        _note(child.pid, "host", peaks)
        for server in _children(child.pid):
            fork_server = "_forkserver" in _read(f"/proc/{server}/cmdline")
            _note(server, "fork server" if fork_server else "engine", peaks)
            for worker in _children(server) if fork_server else ():
                _note(worker, "worker", peaks)
        time.sleep(0.02)


def _note(pid: int, name: str, peaks: Memory) -> None:
    found = re.search(r"VmRSS:\s+(\d+)", _read(f"/proc/{pid}/status"))
    peaks[name] = max(peaks.get(name, 0), int(found.group(1)) >> 10 if found else 0)


def _children(pid: int) -> list[int]:
    return [int(number) for task in Path(f"/proc/{pid}/task").glob("*/children") for number in _read(task).split()]


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def say(what: str, count: int, times: int, run: Callable[[Path], tuple[float, int, Memory]]) -> None:
    taken, memory = [], Memory()
    for _ in range(times):
        with tempfile.TemporaryDirectory(prefix="baton-bench-") as scratch:
            seconds, _, peaks = run(Path(scratch))
        taken.append(seconds)
        memory = {name: max(peaks[name], memory.get(name, 0)) for name in peaks}
    middle = statistics.median(taken)
    told = ", ".join(f"{name} {mib} MiB" for name, mib in memory.items())
    spread = f"{min(taken):.1f} to {max(taken):.1f} s, {times} times"
    print(
        f"{what:<26} {count:>6} files {middle:8.1f} s {count / middle:8.1f} files/s   ({spread})   {told}", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--few", type=int, default=500)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="baton-drop-") as name:
        root = Path(name)
        (root / "engine" / "engine").mkdir(parents=True)
        (root / "engine" / "engine" / "__init__.py").touch()
        (root / "engine" / "engine" / "__main__.py").write_text(ENGINE)
        for count in dict.fromkeys((given.few, given.files)):
            drop = root / str(count)
            make(drop, count)
            read = [sys.executable, "-P", "-m", "app", "read", "--json", str(drop)]
            say("baton read", count, given.times, lambda scratch, read=read: measured(read, scratch))  # type: ignore[misc]
        for count in dict.fromkeys((given.few, given.files)):

            def watched(scratch: Path, count: int = count) -> tuple[float, int, Memory]:
                wish = [str(scratch / "home"), str(root / str(count)), str(count), str(root / "engine")]
                return measured([sys.executable, "-P", "-c", WATCH, *wish], scratch)

            say("a watched folder", count, given.times, watched)


if __name__ == "__main__":
    main()
