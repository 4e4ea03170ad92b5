"""A worker reads one file: fast, bounded, killed; whatever becomes of it, its host goes on."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

import engine.readers
from tests.engine.readers import test_reader_wire as wire

ENGINE = Path(engine.readers.__file__).parents[1]
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals and resource limits are POSIX")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word on a parent's death is Linux")

# A reader that does what its file says, and one whose pages can be read in slices.
PARROT = """
from engine.readers._text import Flow
from engine.pages import Count, Inner, Page, Words
from engine.cards import Problem
KINDS = ("parrot",)
IMPORTS = ("ctypes", "socket")
def recognises(file):
    return ("parrot", 1.0) if file.data.startswith(b"PARROT") else ("", 0.0)
def read(file, limits):
    scope = globals() | {"file": file, "limits": limits}
    lines = file.data.decode().splitlines()[1:]
    body = "def work():\\n" + "".join(f"    {line}\\n" for line in lines) + "    yield from ()\\n"
    exec(compile(body, "/secret/parrot.py", "exec"), scope)
    return (yield from scope["work"]())
"""
MACAW = PARROT.replace("PARROT", "MACAW").replace("parrot", "macaw") + "SLICED = True\n"
# What a host does, and says of it: one wish a line.
ASKER = """
import json, sys, threading, time
from engine import readers
def answer(wish):
    kept, stop, steps, began = [], readers.Stop(), 0, time.monotonic()
    def put(data):
        kept.append(data.decode("latin-1"))
        return f"{len(kept):064}"
    if wish["stop"]:
        threading.Timer(wish["stop"], stop.now).start()
    data, limits = wish["data"].encode("latin-1"), readers.Limits(**wish["limits"])
    work = readers.read(data, "bird.xyz", put, limits, "secret", stop)
    told = {"code": "", "sentence": "", "kind": "", "kept": kept}
    try:
        while True:
            next(work)
            steps += 1
    except StopIteration as end:
        reading = end.value
        told |= {"kind": reading.kind, "title": reading.title, "pages": [page.text for page in reading.pages],
            "numbers": [page.number for page in reading.pages], "attachments": reading.attachments}
    except readers.Unread as problem:
        told |= {"code": problem.code, "sentence": problem.sentence, "kind": problem.kind}
    return told | {"steps": steps, "seconds": time.monotonic() - began}
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
"""


class Ask(Protocol):
    """Has a bird read by a host of its own: what to do, for which bird, and with which limits."""

    def __call__(self, body: str = "", bird: str = "PARROT", *, stop: float = 0.0, **limits: Any) -> dict[str, Any]: ...


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the engine with the two birds on its shelf, and little else, so that it starts at once."""
    root = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(ENGINE, root / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    for reader in (root / "engine" / "readers").glob("[!_]*.py"):
        if reader.name not in ("__init__.py", "txt.py"):
            reader.unlink()
    (root / "engine" / "readers" / "parrot.py").write_text(PARROT)
    (root / "engine" / "readers" / "macaw.py").write_text(MACAW)
    (root / "precious").write_text("as it was")
    return root


@contextlib.contextmanager
def asker(root: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-P", "-c", ASKER],
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        yield process
        process.stdin.close()


@pytest.fixture(scope="module")
def ask(elsewhere: Path) -> Iterator[Ask]:
    with asker(elsewhere) as process:

        def ask(body: str = "", bird: str = "PARROT", *, stop: float = 0.0, **limits: Any) -> dict[str, Any]:
            assert process.stdin is not None
            assert process.stdout is not None
            limits = {"seconds": 20, "memory_bytes": 300 << 20, **limits}
            wish = {"data": f"{bird}\n{body}", "stop": stop, "limits": limits}
            print(json.dumps(wish), file=process.stdin, flush=True)
            told: dict[str, Any] = json.loads(process.stdout.readline())
            return told

        yield ask


HELLO = "yield Page(1, 'hello')"


def test_a_new_reader_is_one_new_file(ask: Ask) -> None:
    told = ask(f"{HELLO}; return 'A title'")
    assert (told["kind"], told["title"], told["pages"], told["code"]) == ("parrot", "A title", ["hello"], "")


def test_every_page_is_told_as_it_comes(ask: Ask) -> None:
    assert ask("for n in range(1, 8): yield Page(n, str(n))")["steps"] == 7


def test_what_is_inside_a_file_is_handed_out(ask: Ask) -> None:
    told = ask("yield Inner('a.txt', b'abc'); yield Inner('b.txt', file.data[:6])")
    assert told["kept"] == ["abc", "PARROT"]
    assert told["attachments"] == [["a.txt", f"{1:064}"], ["b.txt", f"{2:064}"]]


def test_the_password_reaches_the_reader(ask: Ask) -> None:
    assert ask("yield Page(1, file.password)")["pages"] == ["secret"]


def test_a_reader_that_hangs_is_killed_at_its_limit(ask: Ask) -> None:
    told = ask("while True: pass", seconds=0.3)
    assert told["code"] == "too_slow"
    assert "longer than 0.3 seconds" in told["sentence"]
    assert told["seconds"] < 3


def test_a_page_is_a_sign_of_life(ask: Ask) -> None:
    body = "import time\nfor n in range(1, 5):\n    time.sleep(0.3)\n    yield Page(n, str(n))"
    assert len(ask(body, seconds=0.8)["pages"]) == 4


def test_a_reader_that_never_ends_is_killed_at_last(ask: Ask) -> None:
    body = "import time\nfor n in range(1, 2000):\n    time.sleep(0.1)\n    yield Page(n, str(n))"
    told = ask(body, total_seconds=1.0)
    assert (told["code"], told["kind"]) == ("too_slow", "parrot")
    assert 3 < told["steps"] < 15


def test_a_stop_ends_it_at_once(ask: Ask) -> None:
    told = ask("import time; time.sleep(30)", stop=0.3)
    assert told["code"] == "stopped"
    assert told["seconds"] < 1.5


@posix_only
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("data = bytes(10 << 30)", "out_of_memory"),
        ("data = b''.join(bytes(1 << 20) for _ in range(2000))", "out_of_memory"),
        ("import ctypes; ctypes.string_at(0)", "crashed_parser"),
        ("import os; os._exit(7)", "crashed_parser"),
        ("import os; os._exit(0)", "crashed_parser"),
        ("import sys; sys.exit(0)", "crashed_parser"),
        ("import sys; sys.setrecursionlimit(100); f = lambda: f(); f()", "too_deep"),
        ("raise Problem", "crashed_parser"),
        ("raise KeyboardInterrupt", "crashed_parser"),
        ("raise Problem('encrypted', 'x')", "encrypted"),
        ("raise Problem('out of this world', 'x')", "damaged"),
        ("raise Problem('stopped', 'x')", "damaged"),
        ("yield Page(2, 'two')", "crashed_parser"),
        ("yield Page(1, 'ab', words=Words.of([(0, 9, 0, 0, 1, 1)]))", "crashed_parser"),
        ("yield Page(1, 'ab', width=float('nan'))", "crashed_parser"),
        ("yield Page(1, '\\ud800')", "crashed_parser"),
        ("yield Inner('../x', b'x')", "crashed_parser"),
        ("yield Count(3000)", "too_large"),
        ("yield Page(1, 'x' * 2000)", "too_large"),
        ("for n in range(1, 2002): yield Page(n, '')", "too_large"),
        ("for n in range(1002): yield Inner('a', b'')", "too_large"),
        ("yield Inner('a', bytes(3000))", "too_large"),
        ("yield Page(1, ' \\n')", "empty"),
    ],
)
def test_a_reader_that_falls_costs_one_file(ask: Ask, body: str, code: str) -> None:
    assert ask(body, characters=1000, unpacked=2000)["code"] == code
    assert ask(HELLO)["pages"] == ["hello"]


def test_a_refusal_names_the_kind_of_file(ask: Ask) -> None:
    assert ask("raise Problem('damaged', 'x')")["kind"] == "parrot"


def test_a_crash_names_the_place_but_no_word_of_the_document(ask: Ask) -> None:
    told = ask("raise KeyError('PARROT says hello')")
    assert told["sentence"].endswith("(KeyError, parrot.py:2.)")
    assert "hello" not in told["sentence"]


def test_a_reader_that_prints_does_not_disturb_its_answer(ask: Ask) -> None:
    assert ask(f"print('noise'); import os; os.write(1, b'noise'); {HELLO}")["pages"] == ["hello"]


@linux_only
@pytest.mark.parametrize(
    "body",
    [
        "import socket; socket.socket()",
        "import os; os.fork()",
        "import os; os.execv('/bin/true', ['true'])",
        "import os; os.write(os.open('precious', os.O_WRONLY), b'x')",
        "open('precious')",
        "import colorsys",
    ],
)
def test_a_reader_reaches_no_network_starts_no_program_and_opens_no_file(ask: Ask, elsewhere: Path, body: str) -> None:
    told = ask(body)
    assert told["code"] == "crashed_parser"
    assert re.search(r"\((PermissionError|OSError|ModuleNotFoundError|BlockingIOError), ", told["sentence"]), told
    assert (elsewhere / "precious").read_text() == "as it was"


@linux_only
def test_a_worker_that_speaks_past_its_reader_is_heard_as_an_attacker(ask: Ask) -> None:
    """Its answers come from a real process here: frames that were tampered with, noise, half a frame."""
    chance = random.Random(2026)
    codes = set()
    for _ in range(60):
        frames = [frame for frame, _ in zip(wire.hostile(chance), range(6), strict=False)][1:]
        noise = wire.stream(*frames).getvalue() + chance.randbytes(chance.randrange(9))
        codes.add(ask(f"import os; os.write(3, {noise!r}); os._exit(0)")["code"])
    assert codes <= {"", "crashed_parser", "damaged", "empty"}
    assert "crashed_parser" in codes


@linux_only
def test_a_worker_that_closes_its_answer_and_lives_on_is_killed(ask: Ask) -> None:
    told = ask("import os, time; os.close(3); time.sleep(30)", seconds=0.5)
    assert told["code"] in ("too_slow", "crashed_parser")
    assert told["seconds"] < 5


# -- in slices ------------------------------------------------------------------------------------

SLICES = """
yield Count({count})
for n in range(file.first, (file.last or {count}) + 1):
    {each}
    yield Page(n, str(n))
"""


def test_a_long_document_is_read_in_slices_and_comes_out_whole(ask: Ask) -> None:
    told = ask(SLICES.format(count=600, each="pass"), "MACAW")
    assert told["numbers"] == list(range(1, 601))
    assert told["pages"] == [str(n) for n in range(1, 601)]
    assert told["steps"] == 600


@pytest.mark.parametrize(
    ("each", "code"),
    [
        ("if n == 599: raise Problem('damaged', 'x')", "damaged"),
        ("if n == 599: return", "crashed_parser"),
        ("if n == 599: raise KeyError", "crashed_parser"),
        ("if n > 140: yield Page(n, 'x' * 900); continue", "too_large"),
    ],
)
def test_what_happens_in_one_slice_is_said_of_the_document(ask: Ask, each: str, code: str) -> None:
    told = ask(SLICES.format(count=600, each=each), "MACAW", characters=200_000)
    assert (told["code"], told["kind"]) == (code, "macaw")


def test_a_document_of_too_many_pages_is_refused_before_they_are_read(ask: Ask) -> None:
    told = ask(SLICES.format(count=2001, each="pass"), "MACAW")
    assert (told["code"], told["steps"]) == ("too_large", 0)


def test_a_stop_ends_all_slices(ask: Ask) -> None:
    told = ask(SLICES.format(count=600, each="import time; time.sleep(0.05 if n > 4 else 0)"), "MACAW", stop=0.5)
    assert told["code"] == "stopped"
    assert told["seconds"] < 2


# -- ends with its host ---------------------------------------------------------------------------


@linux_only
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_worker_ends_with_its_host(elsewhere: Path, number: signal.Signals) -> None:
    limits = {"seconds": 60, "memory_bytes": 300 << 20}
    wish = {"data": "PARROT\nimport time; time.sleep(60)", "stop": 0, "limits": limits}
    with asker(elsewhere) as host:
        print(json.dumps(wish), file=host.stdin, flush=True)
        server = wait_for(lambda: children(host.pid))[0]
        worker = wait_for(lambda: children(server))[0]
        wait_for(lambda: threads(worker) > 1)  # it is at its work
        host.send_signal(number)
        wait_for(lambda: not running(worker) and not running(server))


@linux_only
def test_no_worker_outlives_its_reading(elsewhere: Path) -> None:
    limits = {"seconds": 60, "memory_bytes": 300 << 20}
    with asker(elsewhere) as host:
        assert host.stdout is not None
        for body in (HELLO, "raise Problem('damaged', 'x')", "import os; os._exit(0)"):
            print(json.dumps({"data": f"PARROT\n{body}", "stop": 0, "limits": limits}), file=host.stdin, flush=True)
            host.stdout.readline()
            (server,) = children(host.pid)
            assert [worker for worker in children(server) if running(worker)] == []


@linux_only
def test_a_fork_server_that_died_is_started_again(elsewhere: Path) -> None:
    wish = {"data": f"PARROT\n{HELLO}", "stop": 0, "limits": {"seconds": 20}}
    with asker(elsewhere) as host:
        assert host.stdout is not None
        for _ in range(2):
            print(json.dumps(wish), file=host.stdin, flush=True)
            assert json.loads(host.stdout.readline())["pages"] == ["hello"]
            (server,) = children(host.pid)
            os.kill(server, signal.SIGKILL)
            wait_for(lambda: not running(server))  # noqa: B023


def wait_for(look: Callable[[], Any]) -> Any:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen within ten seconds")


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(number) for number in task.read_text().split()]
    return found


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
