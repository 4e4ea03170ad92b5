"""A fenced process reaches no network, and stays within its limits. Each test fences a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from engine import fence, readers
from engine.fence import _linux

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is a part of Linux")


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import socket\nfrom engine import fence\n" + script],
        capture_output=True,
        text=True,
        timeout=30,
    )


TRY = """
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET):
    try:
        socket.socket(family, socket.SOCK_RAW)
        print(family, "is open")
    except PermissionError as error:
        assert error.errno == 13, error
"""


def test_importing_it_fences_nothing():
    assert fence.in_force() == "Not enforced in this process."


def test_only_unix_sockets_can_be_opened():
    done = run("print(fence.no_network())" + TRY + "socket.socket(socket.AF_UNIX).close()\nprint('unix works')")
    assert done.stdout == "Network sockets are blocked by the kernel (seccomp).\nunix works\n"
    assert done.stderr == ""


def test_native_code_is_bound_as_well():
    done = run("fence.no_network()\nimport ctypes\nprint(ctypes.CDLL(None).socket(2, 1, 0))")
    assert done.stdout == "-1\n"


def test_there_is_no_way_around_it():
    """A ring (io_uring) and calls by x86's third set of numbers (x32) could open sockets as well."""
    script = """
import ctypes, errno, platform
fence.no_network()
libc = ctypes.CDLL(None, use_errno=True)
for number in (425, 0x40000000 + 41) if platform.machine() == "x86_64" else (425,):
    print(libc.syscall(number, 2, 1, 0), errno.errorcode[ctypes.get_errno()])
"""
    assert set(run(script).stdout.splitlines()) == {"-1 ENOSYS"}


def test_where_it_can_not_be_enforced_it_says_so(monkeypatch):
    monkeypatch.setattr(_linux, "_state", fence.in_force())
    monkeypatch.setattr(_linux.platform, "machine", lambda: "riscv64")
    assert fence.no_network() == "Not enforced on this system: no seccomp filter for Linux on riscv64."
    assert not fence.no_programs()
    assert not fence.no_writing()


def test_threads_and_children_are_bound_as_well():
    script = """
import subprocess, sys, threading
ready, go = threading.Event(), threading.Event()
def attempt():
    ready.set(); go.wait()
    try:
        socket.socket(); print("a thread got out")
    except PermissionError:
        print("thread bound")
thread = threading.Thread(target=attempt); thread.start(); ready.wait()
fence.no_network(); fence.no_network()
go.set(); thread.join()
done = subprocess.run([sys.executable, "-c", "import socket; socket.socket()"], capture_output=True, text=True)
print("child bound" if "PermissionError" in done.stderr else "a child got out")
"""
    assert run(script).stdout == "thread bound\nchild bound\n"


def test_in_a_test_an_attempt_is_deadly_and_names_its_line():
    done = run("fence.kill_on_network()\ndef guilty():\n    socket.socket()\nguilty()\nprint('survived')")
    assert done.returncode == -signal.SIGSYS
    assert "guilty" in done.stderr
    assert done.stdout == ""


def test_unix_sockets_survive_the_deadly_form():
    assert run("fence.kill_on_network()\nsocket.socketpair()[0].close()\nprint('alive')").stdout == "alive\n"


def test_reading_makes_no_attempt_to_reach_the_network():
    """The filter is inherited: an attempt by a worker or its parser would kill it, and be no reading."""
    script = """
from engine import readers
fence.kill_on_network()
def read(data, name):
    steps = readers.read(data, name, put=lambda inner: "")
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
html = b'<html><img src="http://x.test/a.png"><link rel=stylesheet href="//x.test/b.css"><p>Hello</p></html>'
print(read(html, "a.html").pages[0].text)
print(read(b"From: a@b.c\\nSubject: Hi\\n\\nHello", "a.eml").title)
print({holds for _, holds, _ in readers.barriers()})
"""
    assert run(script).stdout == "Hello\nHi\n{True}\n"


def test_no_program_can_be_started_but_threads_can():
    script = """
import os, subprocess, threading
assert fence.no_programs()
for attempt in (os.fork, lambda: subprocess.run(["true"]), lambda: os.posix_spawn("/bin/true", ["true"], {})):
    try:
        attempt(); print("it started")
    except OSError:
        pass
thread = threading.Thread(target=print, args=("thread ran",)); thread.start(); thread.join()
"""
    assert run(script).stdout == "thread ran\n"


def test_no_file_can_be_changed(tmp_path):
    file = tmp_path / "precious"
    file.write_text("as it was")
    script = f"""
import os, sys
from pathlib import Path
if not fence.no_writing():
    sys.exit(77)
file = Path({str(file)!r})
assert file.read_text() == "as it was"
for attempt in (
    lambda: file.write_text("x"),
    lambda: file.open("a"),
    lambda: os.truncate(file, 0),
    file.unlink,
    lambda: file.with_name("new").touch(),
    lambda: file.rename(file.with_name("moved")),
):
    try:
        attempt(); print("it was changed")
    except OSError:
        pass
"""
    done = run(script)
    if done.returncode == 77:
        pytest.skip("this kernel has no Landlock")
    assert (done.stdout, done.stderr) == ("", "")
    assert file.read_text() == "as it was"


def test_memory_is_capped():
    script = "print(fence.limit(memory_bytes=200 << 20, cpu_seconds=5, open_files=32))\nbytearray(400 << 20)"
    done = run(script)
    assert done.stdout == "True\n"
    assert "MemoryError" in done.stderr


def test_processor_time_is_capped():
    done = run("fence.limit(memory_bytes=1 << 30, cpu_seconds=0, open_files=32)\nwhile True: pass")
    assert done.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_a_reading_worker_finds_every_barrier_in_its_way():
    told = readers.barriers()
    assert [name for name, holds, _ in told if holds] == list(fence.BARRIERS)
    assert all("seccomp" in means or "rlimit" in means for _, _, means in told)
