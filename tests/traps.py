"""Sets traps, and sees that each one ends as it must: refused with its code, or read without harm.

    python tests/traps.py [--folder FOLDER] [--patience 1.0] [NAME...]

Each trap is a file that is made into a folder, and goes through the real intake into a store of its own:
bombs (I3), what is broken or disguised (I4), names (I5), links and devices (I6), charsets (I7), and things
that are deep, endless or reach outside (I8). One line each: PASS or FAIL, the group, the file, its code
(`read` if there is none), seconds, and the most memory that one of its workers took (Linux only). A trap
has a second, or as many as its line in the table says; `--patience` stretches that on a slow machine. In
the end: was anything written outside, and how much memory did this process take itself. Ends with 1 if
anything was not as it must be.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path, PurePath

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import intake  # noqa: E402
from engine import reading  # noqa: E402
from engine.cards import Document, Problem  # noqa: E402
from engine.readers import _worker  # noqa: E402
from engine.store import Store  # noqa: E402

SECRET = "canary-7f3a-that-must-not-be-read"
WORKERS_MOST = 1400
"""MiB: the limit of a worker on top of an idle one."""
HOST_MOST = 600
READ = ""
REFUSED = frozenset(("bomb", "too_large", "too_deep", "damaged", "unsupported", "empty", "encrypted"))
"""Any reason that says what is wrong with the file, and cost no worker its life."""


@dataclass(frozen=True)
class Outcome:
    """What became of a trap."""

    code: str
    documents: tuple[Document, ...]
    text: str
    seconds: float
    memory: int

    @property
    def inside(self) -> set[str]:
        return {document.code for document in self.documents if document.parent}


@dataclass(frozen=True)
class Trap:
    """A file, and what must become of it. `codes` may hold READ; one of `inside` must befall a file in it."""

    group: str
    name: str
    make: Callable[[], bytes]
    codes: frozenset[str]
    inside: frozenset[str] = frozenset()
    seconds: float = 1.0
    check: Callable[[Outcome], str] = lambda outcome: ""
    """What is wrong with that outcome, or nothing."""
    during: Callable[[Path], AbstractContextManager[None]] = lambda path: nullcontext()
    """What happens while it is taken in."""
    place: Callable[[Path], None] | None = None
    """What to do instead of writing the bytes that `make` makes."""


@dataclass
class Result:
    """A trap and its outcome; `complaint` is empty if it ended as it must."""

    trap: Trap
    outcome: Outcome
    complaint: str = field(default="")

    def line(self) -> str:
        what, inside = self.outcome.code or "read", self.outcome.inside - {READ}
        told = f"{what} ({', '.join(sorted(inside))} inside)" if inside else what
        name = intake.shown(Path(self.trap.name))
        return (
            f"{'FAIL' if self.complaint else 'PASS'}  {self.trap.group}  {name:<34.34} {told:<34.34} "
            f"{self.outcome.seconds:7.3f} s {self.outcome.memory:5} MiB  {self.complaint}"
        ).rstrip()


def spring(trap: Trap, folder: Path, store: Store, patience: float = 1.0) -> Result:
    """Make a trap, walk into it, and judge."""
    path = folder / trap.name
    if trap.place:
        trap.place(path)
    else:
        path.write_bytes(trap.make())
    with _Scales() as scales, trap.during(path):
        began = time.monotonic()
        code, documents = _taken_in(path, store)
        seconds = time.monotonic() - began
    found = [store.reading(document.sha256) for document in documents if not document.code]
    text = "\n".join(one.text for one in found if one is not None)
    outcome = Outcome(code, documents, text, seconds, scales.most)
    return Result(trap, outcome, _complaint(trap, outcome, patience))


def _taken_in(path: Path, store: Store) -> tuple[str, tuple[Document, ...]]:
    taken = intake.take(path)
    if taken.problem is not None:
        return taken.problem.code, ()
    found: list[Document] = []
    try:
        told = reading.read(store, store.put(taken.data), PurePath(taken.source).name)
        found.extend(at for at in told if isinstance(at, Document))
    except Problem as problem:
        return problem.code, ()
    return READ, tuple(found)


def _complaint(trap: Trap, outcome: Outcome, patience: float) -> str:
    if outcome.code not in trap.codes:
        return f"expected {', '.join(sorted(code or 'read' for code in trap.codes))}"
    if trap.inside and not outcome.inside & trap.inside:
        return f"expected {', '.join(sorted(trap.inside))} inside"
    if SECRET in outcome.text:
        return "it read a file that is none of its business"
    bad = [document.name for document in outcome.documents if document.parent and not plain(document.name)]
    if bad:
        return f"a name that is none: {bad[0]!r}"
    if outcome.seconds > trap.seconds * patience:
        return f"it took longer than {trap.seconds * patience:g} seconds"
    if outcome.memory > WORKERS_MOST:
        return "it took too much memory"
    return trap.check(outcome)


def plain(name: str) -> bool:
    """Whether that is a name without a path, a control character or a trick."""
    unseen = re.compile(r"[\x00-\x1f\x7f-\x9f/\\\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
    return bool(name.strip(". ")) and len(name) <= 255 and unseen.search(name) is None


class _Scales:
    """Weighs the workers while it is open; `most` is the most that one of them took, in MiB."""

    def __init__(self) -> None:
        self.most = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._weigh, daemon=True)

    def __enter__(self) -> _Scales:
        if sys.platform == "linux":
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _weigh(self) -> None:
        while not self._over.wait(0.005):
            for pid in workers():
                with contextlib.suppress(OSError):
                    status = Path(f"/proc/{pid}/status").read_text()
                    peak = re.search(r"VmHWM:\s+(\d+)", status)
                    self.most = max(self.most, int(peak.group(1)) >> 10 if peak else 0)


def workers() -> list[int]:
    """The ids of this process's workers."""
    found = []
    server = _worker._server._process
    for children in Path(f"/proc/{server.pid}/task").glob("*/children") if server else ():
        with contextlib.suppress(OSError):
            found += [int(number) for number in children.read_text().split()]
    return found


@contextlib.contextmanager
def arena(parent: Path | None = None) -> Iterator[tuple[Path, Path, Store]]:
    """A folder for the traps, a secret beside it that none may read, and a store."""
    with tempfile.TemporaryDirectory(prefix="baton-traps-", dir=parent) as name:
        root = Path(name)
        secret = root / "secret.txt"
        secret.write_text(SECRET)
        (root / "traps").mkdir()
        yield root / "traps", secret, Store(root / "home", flush=lambda descriptor: None)


def strays(root: Path) -> list[str]:
    """What lies beside the traps, the store and the secret, where nothing should."""
    return sorted(path.name for path in root.iterdir() if path.name not in ("traps", "home", "secret.txt"))


def main() -> None:
    from tests.trap_table import traps

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only traps whose name or group begins so")
    parser.add_argument("--folder", type=Path, help="make the traps here, and leave them")
    parser.add_argument("--patience", type=float, default=1.0)
    given = parser.parse_args()
    _worker.warm_up()
    good, count, began = True, 0, time.monotonic()
    with arena() as (folder, secret, store):
        if given.folder:
            given.folder.mkdir(parents=True, exist_ok=True)
            folder = given.folder
        outside = set(os.listdir(ROOT))
        for trap in traps(secret):
            if given.names and not trap.name.startswith(tuple(given.names)) and trap.group not in given.names:
                continue
            result = spring(trap, folder, store, given.patience)
            good &= not result.complaint
            count += 1
            print(result.line(), flush=True)
        left = strays(secret.parent) + sorted(set(os.listdir(ROOT)) - outside)
    host = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{count} traps in {time.monotonic() - began:.0f} s; this process took {host} MiB at most.")
    print(f"Written outside: {', '.join(left) or 'nothing'}.")
    sys.exit(0 if good and not left and host <= HOST_MOST else 1)


if __name__ == "__main__":
    main()
