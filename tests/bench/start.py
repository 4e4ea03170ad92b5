"""Measures how long Baton takes to answer, and how much memory it holds. It prints, and judges nothing.

    python tests/bench/start.py [--times 5] [--file FILE] [--window-only]

The window: from starting `python -m ui` to its first painted frame, and to the desk being open behind it, in turns with
a PySide6 window that has nothing in it; on the offscreen platform unless QT_QPA_PLATFORM says otherwise. Memory
(resident, Linux only) is read while a file is worked, at its highest.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "assets" / "samples" / "front-desk" / "inbox" / "01-refund-tent.eml"

WINDOW = """
import sys
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

class First(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and watched.isWidgetType() and watched.window().isVisible():
            print("painted", flush=True)
            QApplication.instance().removeEventFilter(self)
        return False

def look():
    for window in QApplication.topLevelWidgets():
        if getattr(window, "desk", None) is not None and window.tools.files.isEnabled():
            print("usable", flush=True)
            timer.stop()

begun = QApplication.exec
first = First()
def watched(*arguments):
    global timer
    QApplication.instance().installEventFilter(first)
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(5)
    for window in QApplication.topLevelWidgets():
        window.update()
    return begun()
QApplication.exec = watched
sys.argv = ["baton-desktop"]
import runpy
"""
OURS = WINDOW + 'runpy.run_module("ui", run_name="__main__")'
BARE = (
    WINDOW
    + """
application = QApplication([])
from PySide6.QtWidgets import QMainWindow
window = QMainWindow()
window.show()
QApplication.exec()
"""
)


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"BATON_HOME": str(home), "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}


def help_text(home: Path) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "app", "--help"], cwd=ROOT, env=environment(home), capture_output=True)
    return time.monotonic() - began


def first_window(home: Path, script: str, words: tuple[str, ...]) -> list[float]:
    """Seconds until the window says each of the words; not a number from the first that it does not say."""
    began, told = time.monotonic(), [float("nan")] * len(words)
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env=environment(home), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        for place, word in enumerate(words):
            if child.stdout.readline().strip() != word:
                break
            told[place] = time.monotonic() - began
        child.terminate()
    return told


def windows(times: int, home: Path) -> None:
    """Ours and a bare one in turns; what was imported once is in the system's memory by then."""
    first_window(home, OURS, ("painted", "usable"))
    ours, bare = [], []
    for _ in range(times):
        bare += first_window(home, BARE, ("painted",))
        ours.append(first_window(home, OURS, ("painted", "usable")))
    told("a bare PySide6 window, painted", bare)
    told("ours, painted", [one for one, _ in ours])
    told("ours, usable (the desk is open)", [one for _, one in ours])


def one_file(file: Path, home: Path, largest: dict[str, int]) -> float:
    """Seconds from the start of the command to the task's line; notes the most memory each program held."""
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "app", "triage", "--again", "--json", str(file)],
        cwd=ROOT,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdout is not None
        os.set_blocking(child.stdout.fileno(), False)
        while not child.stdout.read(1) and child.poll() is None:
            for name, number in {"app": child.pid, **dict(_children(child.pid))}.items():
                largest[name] = max(largest.get(name, 0), _resident(number))
            time.sleep(0.01)
        took = time.monotonic() - began
        os.set_blocking(child.stdout.fileno(), True)
        child.stdout.read()
    return took


def _children(parent: int) -> Iterator[tuple[str, int]]:
    """The engine of that process, by name and id."""
    for listed in Path(f"/proc/{parent}/task").glob("*/children"):
        try:
            numbers = listed.read_text().split()
        except OSError:
            continue
        yield from (("engine", int(number)) for number in numbers)


def _resident(number: int) -> int:
    """Kilobytes in memory, 0 where that can't be asked."""
    try:
        status = Path(f"/proc/{number}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)


def say(what: str, times: int, measure: Callable[[], float]) -> None:
    told(what, [measure() for _ in range(times)])


def told(what: str, taken: list[float]) -> None:
    low, high = min(taken), max(taken)
    print(f"{what:<44} {statistics.median(taken):7.2f} s   ({low:.2f} to {high:.2f}, {len(taken)} times)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--file", type=Path, default=SAMPLE)
    parser.add_argument("--window-only", action="store_true")
    given = parser.parse_args()
    largest: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        homes = (Path(folder, f"home-{number}") for number in range(10**6))
        say("help text", given.times, lambda: help_text(next(homes)))
        windows(given.times, next(homes))
        if given.window_only:
            return
        few = min(3, given.times)
        say("one file, empty home (learns everything)", few, lambda: one_file(given.file, next(homes), largest))
        warm = next(homes)
        one_file(given.file, warm, largest)
        say("one file, warm home", given.times, lambda: one_file(given.file, warm, largest))
    for name, kilobytes in largest.items():
        print(f"memory of the {name:<30} {kilobytes / 1024:7.0f} MiB at most")


if __name__ == "__main__":
    main()
