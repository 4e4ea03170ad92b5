"""Offline is enforced: under a filter that kills on any socket to the outside, Baton does its work."""

from __future__ import annotations

import json
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
INBOX = ROOT / "assets" / "samples" / "front-desk" / "inbox"
AIRGAP = [sys.executable, str(ROOT / "tests" / "airgap.py"), "--"]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="seccomp filters exist on Linux only, and this one knows two processor families",
)


def without_network(*command: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*AIRGAP, *command], cwd=ROOT, capture_output=True, text=True, timeout=seconds)


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_NETLINK"])
def test_a_process_that_opens_a_socket_to_the_outside_dies(family: str) -> None:
    done = without_network(sys.executable, "-c", f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)")
    assert done.returncode == -signal.SIGSYS


def test_its_children_die_too() -> None:
    child = "import socket; socket.socket()"
    parent = f"import subprocess, sys; print(subprocess.run([sys.executable, '-c', {child!r}]).returncode)"
    assert without_network(sys.executable, "-c", parent).stdout.strip() == str(-signal.SIGSYS)


def test_unix_sockets_work() -> None:
    code = "import socket; socket.socket(socket.AF_UNIX).close(); socket.socketpair(); print('open')"
    assert without_network(sys.executable, "-c", code).stdout.strip() == "open"


def test_documents_are_triaged_without_a_network() -> None:
    chosen = [str(path) for path in sorted(INBOX.iterdir()) if path.suffix in (".eml", ".txt")][:2]
    done = without_network(sys.executable, "-m", "app", "triage", *chosen, "--json", seconds=300)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 2
    assert not [row for row in rows if row["status"] == "failed"]


OPEN_AND_CLOSE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

run = QApplication.exec
shown = []

def look_and_leave():
    shown.extend(window for window in QApplication.topLevelWidgets() if window.isVisible())
    QApplication.closeAllWindows()

def run_for_two_seconds(*_):
    QTimer.singleShot(2000, look_and_leave)
    return run()

QApplication.exec = run_for_two_seconds
sys.argv = ["baton-desktop"]
import ui.main
ended = ui.main.main()
assert shown, "no window was open"
sys.exit(ended)
"""


def test_the_window_opens_and_closes_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    done = without_network(sys.executable, "-c", OPEN_AND_CLOSE)
    assert done.returncode == 0, done.stderr
