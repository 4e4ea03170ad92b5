"""A locked worker has its memory, its threads and its pipes, and nothing else. Each test locks a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine import fence
from engine.fence import _calls, _macos

ROOT = Path(__file__).resolve().parents[2]
PROBE = str(ROOT / "tests" / "probe.py")

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="seccomp and Landlock are parts of Linux")

LOCK = "fence.lock_down(memory_bytes=256 << 20, cpu_seconds=20, open_files=32)"

# Whatever the kernel has, these attacks fail, and this is how.
REFUSED = {
    "EACCES": (
        "read a file",
        "read a file, from a thread older than the lock",
        "read a file below an open folder",
        "read a file by openat2",
        "list the root",
        "list an open folder",
        "ask for a file's size",
        "write to its own memory as a file",
        "read the environment of its parent",
        "make a file",
        "make a folder",
        "overwrite a file",
        "truncate a file",
        "rename a file",
        "link a file",
        "change a file's mode",
        "change an open folder's mode",
        "remove a file",
        "watch a folder",
        "TCP",
        "UDP",
        "netlink",
        "a raw packet",
        "a Unix socket",
        "an abstract Unix socket",
        "a pair of sockets",
        "hand on a descriptor",
    ),
    "EPERM": (
        "fork",
        "vfork",
        "become another program",
        "start a program by its open file",
        "signal its parent",
        "signal its process group",
        "signal its parent's thread",
        "have a pipe signal its parent",
        "hold on to its parent",
        "slow its parent down",
        "trace its parent",
        "let itself be traced",
        "read its parent's memory",
        "mount",
        "chroot",
        "a namespace of its own",
        "another namespace",
        "become another user",
        "a program in the kernel (bpf)",
        "count events (perf)",
        "handle its own page faults",
        "keep a key in the kernel",
        "share memory",
        "raise its own limits",
        "leave its memory behind as a core dump",
    ),
    "ENOSYS": ("clone3", "a ring (io_uring)"),
    "ENOTTY": ("type into a terminal",),
    "ENOMEM": ("more memory than the cap",),
    "EMFILE": ("more open files than the cap",),
    "SIGXCPU": ("more processor time than the cap",),
}
WORKS = (
    "a thread starts",
    "a pipe carries",
    "input and output stay open",
    "native code calls back",
    "the clock, the zone and chance",
    "a PDF is read and drawn",
    "HTML is read",
    "a picture is read",
)


def probed(*options: str) -> dict[str, str]:
    done = subprocess.run([sys.executable, PROBE, *options], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    rows = (line.split(": ") for line in done.stdout.splitlines() if not line.startswith("#"))
    return {row[0]: row[1] for row in rows}


@pytest.fixture(scope="module")
def locked() -> dict[str, str]:
    return probed()


@pytest.fixture(scope="module")
def unlocked() -> dict[str, str]:
    return probed("--unlocked")


def run(script: str) -> list[str]:
    """What a fresh process prints; what a locked one may no longer import is imported before."""
    head = "import os, signal, socket, sys, threading, time\nfrom engine import fence\nfence.prepare()\n"
    done = subprocess.run([sys.executable, "-c", head + script], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.stderr == ""
    return done.stdout.splitlines()


@on_linux
@pytest.mark.parametrize(("attack", "how"), [(name, how) for how, names in REFUSED.items() for name in names])
def test_an_attack_from_a_locked_worker_is_refused(locked: dict[str, str], attack: str, how: str) -> None:
    assert locked[attack] == f"blocked ({how})"


@on_linux
@pytest.mark.parametrize("ability", WORKS)
def test_a_locked_worker_can_still_work(locked: dict[str, str], ability: str) -> None:
    assert locked[ability] == "works"


@on_linux
def test_no_outcome_of_the_probe_goes_unjudged(locked: dict[str, str]) -> None:
    assert locked.keys() == {*(name for names in REFUSED.values() for name in names), *WORKS}


@on_linux
def test_the_attacks_get_through_where_there_is_no_lock(unlocked: dict[str, str]) -> None:
    """An attack that fails anyway proves nothing."""
    assert set(unlocked.values()) == {"OPEN", "works"}
    assert len([outcome for outcome in unlocked.values() if outcome == "OPEN"]) > 30


@on_linux
def test_a_locked_worker_says_that_every_barrier_holds_and_by_what() -> None:
    told = run(f"{LOCK}\nfor each in fence.in_force_for_worker(): print(each.name, each.holds, each.means, sep='; ')")
    assert [line.rpartition("; ")[0] for line in told] == [f"{name}; True" for name in fence.BARRIERS]
    assert all("seccomp" in line for line in told[:5])
    assert all(line.endswith("rlimit") for line in told[5:])


@on_linux
def test_a_process_that_is_not_locked_says_so_and_comes_to_no_harm() -> None:
    assert set(run("for each in fence.in_force_for_worker(): print(each.holds, each.means)")) == {
        "False not enforced: this process is not locked"
    }


@on_linux
def test_locking_twice_changes_nothing() -> None:
    assert run(f"print({LOCK} is {LOCK})") == ["True"]


@on_linux
def test_a_forked_worker_is_locked_and_its_maker_is_not() -> None:
    script = f"""
inward, outward = os.pipe()
if os.fork() == 0:
    {LOCK}
    os.write(outward, repr([each.name for each in fence.in_force_for_worker() if not each.holds]).encode())
    os._exit(0)
os.wait()
print(os.read(inward, 100).decode())
print(open(sys.executable, "rb").read(4) == b"\\x7fELF", socket.socketpair()[0].fileno() > 0)
"""
    assert run(script) == ["[]", "True True"]


@on_linux
def test_memory_is_counted_from_the_lock_on() -> None:
    script = """
before = bytearray(100 << 20)
fence.lock_down(memory_bytes=80 << 20, cpu_seconds=20, open_files=32)
print(len(bytearray(40 << 20)) >> 20)
try:
    bytearray(90 << 20)
except MemoryError:
    print("no more")
"""
    assert run(script) == ["40", "no more"]


@on_linux
def test_a_locked_worker_can_still_end_itself_by_a_signal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import os\nfrom engine import fence\n{LOCK}\nos.abort()"], cwd=ROOT, timeout=30
    )
    assert done.returncode == -signal.SIGABRT


@on_linux
def test_a_locked_worker_still_ends_with_its_maker() -> None:
    script = f"""
inward, outward = os.pipe()
if os.fork() == 0:
    here = os.getpid()
    if os.fork() == 0:
        fence.die_with_parent(here)
        {LOCK}
        os.write(outward, b"locked")
        time.sleep(20)
        os._exit(0)
    os.read(inward, 6)
    os._exit(0)
os.wait()
os.close(outward)
print(os.read(inward, 1))  # the end of the pipe: nobody holds it any longer
"""
    assert run(script) == ["b''"]


@on_linux
def test_nothing_can_be_imported_behind_the_lock() -> None:
    script = f"{LOCK}\ntry:\n    import wave\nexcept ModuleNotFoundError as error:\n    print(error)"
    assert run(script) == ["No module named 'wave'"]


# A kernel without a call, as a filter makes one.
WITHOUT = """
from engine.fence import _linux
calls = {{**_linux._numbers(), "landlock": 444}}
assert _linux._install(calls, _linux._never(calls, {call!r}, _linux._ERRNO | 38), _linux._ALLOW) == ""
done = {lock}
print(done.means, done.missing)
for each in fence.in_force_for_worker(): print(each.name, each.holds, each.means, sep="; ")
"""


@on_linux
def test_without_landlock_seccomp_alone_holds_and_the_lack_is_told() -> None:
    told = run(WITHOUT.format(call="landlock", lock=LOCK))
    assert told[0] == "('seccomp', 'rlimit') ('this kernel has no Landlock',)"
    assert [line.split("; ")[1] for line in told[1:]] == ["True"] * len(fence.BARRIERS)


@on_linux
def test_without_seccomp_it_is_told_what_does_not_hold() -> None:
    told = run(WITHOUT.format(call="seccomp", lock=LOCK))
    assert "the kernel refused the seccomp filter (ENOSYS)" in told[0]
    rows = dict(line.split("; ", 1) for line in told[1:])
    assert rows["programs"] == rows["network"]
    assert rows["network"] == "False; not enforced: the kernel refused the seccomp filter (ENOSYS)"
    assert rows["memory"] == "True; rlimit"
    if "Landlock" in told[0].partition(")")[0]:
        assert rows["files"].startswith("True; Landlock ABI ")


@on_linux
def test_a_thread_older_than_the_lock_is_named_where_landlock_does_not_hold_it() -> None:
    script = f"threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\nprint({LOCK}.means)"
    (told,) = run(script)
    known = re.search(r"Landlock ABI (\d+)( \(not over threads that were there before\))?", told)
    assert known is None or (known[2] is None) == (int(known[1]) >= 8)


@pytest.mark.parametrize(
    ("column", "header"),
    [(0, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), (1, "/usr/include/asm-generic/unistd.h")],
)
def test_the_numbers_are_the_kernels_own(column: int, header: str) -> None:
    if not Path(header).exists():
        pytest.skip("no kernel headers here")
    text = Path(header).read_text()
    theirs = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", text)}
    theirs.setdefault("newfstatat", theirs.get("fstatat", -1))
    assert {name: theirs[name] for name in _calls.numbers(column)} == _calls.numbers(column)


def test_no_call_stands_in_two_tables() -> None:
    tables = (_calls.ALLOWED, _calls.JUDGED, _calls.NO_ACCESS, _calls.NOT_PERMITTED, _calls.ABSENT)
    assert len({name for table in tables for name in table}) == sum(map(len, tables))
    for column in (0, 1):
        assert len(set(_calls.numbers(column).values())) == len(_calls.numbers(column))


def test_elsewhere_than_on_macos_a_worker_is_started_as_it_is() -> None:
    command = [sys.executable, "-c", "pass"]
    if sys.platform == "darwin":
        assert fence.wrapped(command)[3:] == command
    else:
        assert fence.wrapped(command) == command


@pytest.mark.skipif(sys.platform == "win32", reason="there the worker is held in a Job object")
def test_elsewhere_than_on_windows_nothing_is_done_from_outside() -> None:
    with fence.contained(1, memory_bytes=1, cpu_seconds=1):
        pass


def test_the_rules_for_macos_deny_what_they_do_not_name_and_quote_every_path() -> None:
    rules = _macos.profile('/opt/a "b"/python', ["/home/it's\\here"])
    assert rules.splitlines()[:2] == ["(version 1)", "(deny default)"]
    assert '(literal "/opt/a \\"b\\"/python")' in rules
    assert '(subpath "/home/it\'s\\\\here")' in rules
    assert not re.search(r"allow (network|process-fork|mach|file-write\*|default)", rules)
    bare = re.sub(r'"(\\.|[^"\\])*"', "", rules)
    assert bare.count("(") == bare.count(")")
