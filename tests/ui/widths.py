"""Walks through the window with large letters, and prints how wide each place must be at least, as JSON.

A program of its own: the language is chosen before the modules of the window are imported.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtWidgets import QApplication, QTabWidget, QWidget

from app import language

POINTS = 13
NAMES = ("several.eml", "proposed.pdf", "locked.pdf")


def main(code: str) -> int:
    language.use(code)
    application = QApplication(["baton"])
    font = application.font()
    font.setPointSize(POINTS)
    application.setFont(font)
    gc.disable()
    widest: dict[str, int] = {}
    for place, width in _walk(application):
        widest[place] = max(width, widest.get(place, 0))
    print(json.dumps(widest))
    return 0


def _walk(application: QApplication) -> Iterator[tuple[str, int]]:
    from tests.ui.fake_desk import FakeDesk, told_by
    from ui.window import Window

    desk = FakeDesk()
    with tempfile.TemporaryDirectory() as home:
        desk.home = Path(home)
        for name in NAMES:
            desk.play(desk.add(name, told_by(name)))
        window = Window(lambda: desk, Path("/samples/inbox"))
        window.resize(1280, 800)
        window.show()
        window.start()

        def settle(true: Callable[[], bool] = lambda: False, seconds: float = 0.05) -> None:
            end = time.monotonic() + seconds
            while time.monotonic() < end and not true():
                application.processEvents()
                time.sleep(0.005)

        settle(lambda: window.panes.stack.currentWidget() is window.panes.work, 20)
        for view in window.places.places.places:
            window.places.go(view.key)
            if view.key in ("inbox", "review"):
                for row in desk.tasks():
                    window.go(row.id)
                    settle(lambda row=row: window.case.task == row.id and bool(window.case.history), 5)
                    for _tab in _tabs(window):
                        settle()
                        yield view.key, window.minimumSizeHint().width()
                continue
            settle(seconds=1.0)
            for _tab in _tabs(window):
                _busiest(view.key, window)
                settle()
                yield view.key, window.minimumSizeHint().width()
        window.close()
        window.close_desk()


def _busiest(key: str, window: QWidget) -> None:
    """What asks for most room there: everything is chosen, something is done, something is asked."""
    from ui.all_tasks import AllTasks
    from ui.collection_cards import Collection
    from ui.holdings import Holdings

    if key == "tasks":
        room = next(iter(window.findChildren(AllTasks)))
        room.table.selectAll()
        room.query.setText("status:undecided sort:score")
        room.together.stop.show()
    elif key == "knowledge":
        held = next(iter(window.findChildren(Holdings)))
        held.show_collection(Collection("front-desk", 12, 3400, tuned=True), at_work="front-desk")
        held.confirm.ask("Take this document out of the collection? " * 3, "OK", lambda: None)


def _tabs(window: QWidget) -> Iterator[str]:
    """Turns to each tab that is seen, one after the other."""
    yield ""
    for tabs in [one for one in window.findChildren(QTabWidget) if one.isVisible()]:
        for number in range(tabs.count()):
            tabs.setCurrentIndex(number)
            yield tabs.tabText(number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
