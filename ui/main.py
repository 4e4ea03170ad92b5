"""Starts the window: `baton-desktop [--home DIR] [--sample] [FILE...]`.

The modules of the window say `_("…")` while they are imported, so they are imported after the language is chosen.
"""

from __future__ import annotations

import argparse
import gc
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app.language import _
from ui import spoken

if TYPE_CHECKING:
    from app.desk import Desk
    from ui.window import Window

SWITCH_S = 0.0005
"""A thread that wants Python's lock gets it after so long (Python's own: 0.005): the window takes it for every row that
it paints, and must not wait for the desk's threads each time."""
_ICON = Path(__file__).parent.parent / "assets" / "icons" / "baton.png"


def main(argv: Sequence[str] | None = None, open_desk: Callable[[Path], Desk] | None = None) -> int:
    """Show the window, then open the desk behind it; returns the exit code when the window is closed."""
    gc.disable()  # what is imported stays: nothing of it needs looking through, which took a third of its time
    options = _options(argv)
    from app import paths
    from engine import courier, fence
    from ui.door import Door, knock

    home = options.home.expanduser().resolve() if options.home else paths.home()
    files = [*options.files, *([paths.SAMPLE_INBOX] if options.sample else [])]
    if knock(home, files):
        print("Baton is open already: its window has come forward.")
        return 0
    courier.start(home)
    # Before Qt starts a thread: from here on nothing in this process, or below it, reaches a network.
    fence.no_network()
    application = QApplication.instance() or QApplication(["baton"])
    assert isinstance(application, QApplication)
    application.setApplicationDisplayName("Baton")
    application.setDesktopFileName("baton")
    application.setWindowIcon(QIcon(str(_ICON)))
    spoken.choose(home)
    spoken.follow(application)
    from ui import tones
    from ui.garbage import Garbage
    from ui.shape import Shape
    from ui.window import Window

    tones.follow_scheme()
    window = Window(lambda: (open_desk or _desk)(home), paths.SAMPLE_INBOX, begin=files)
    shape = Shape(home)
    shape.give(window, window.shell.stack)
    door = Door(home, window.come_forward)
    _report_bugs(window)
    woken = _quit_on_signals(application)
    Garbage(application)
    sys.setswitchinterval(SWITCH_S)
    window.show()
    # After the first paint: a person sees the window while the desk opens.
    QTimer.singleShot(0, window.start)
    code = application.exec()
    shape.keep(window)
    signal.set_wakeup_fd(-1)
    for end in woken:
        end.close()
    door.close()
    window.close_desk()
    courier.stop()
    return code


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="baton-desktop", description="Document triage on this computer alone.")
    parser.add_argument("--home", type=Path, help="the folder that holds everything (default: BATON_HOME, or yours)")
    parser.add_argument("--sample", action="store_true", help="begin with the sample inbox")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files or folders to begin with")
    return parser.parse_args(argv)


def _desk(home: Path) -> Desk:
    from app.desk import Desk

    desk = Desk(home)
    desk.look_after()
    return desk


def _report_bugs(window: Window) -> None:
    """Bugs are loud: on the error output in full, in the window in one sentence."""

    def report(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, error, trace, file=sys.stderr)
        if not issubclass(kind, KeyboardInterrupt):
            window.told.emit(
                _("Something unexpected went wrong; the details are on the error output. The task log is safe.")
            )

    sys.excepthook = report
    threading.excepthook = lambda args: report(args.exc_type, args.exc_value, args.exc_traceback)


def _quit_on_signals(application: QApplication) -> tuple[socket.socket, socket.socket]:
    """SIGINT and SIGTERM close the window properly. Qt's loop must be woken for Python to notice a signal."""
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    signal.set_wakeup_fd(far.fileno())
    notifier = QSocketNotifier(near.fileno(), QSocketNotifier.Type.Read, application)
    notifier.activated.connect(lambda: near.recv(64))

    def leave(_number: int, _frame: FrameType | None) -> None:
        application.exit()  # `quit` would ask the window, and it a person

    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)
    return near, far
