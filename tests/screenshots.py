"""Takes pictures of the window while it works.

    python tests/screenshots.py OUTDIR [--real] [--intake] [--scheme {light,dark}]
    python tests/screenshots.py OUTDIR --every

With `--every`, each place of the window: empty, at work and full, and each view of a task's handoffs; in English and
German, light and dark, at both sizes and, at the smaller one, with everything twice as large. These are WebP without
loss, a third of the size of PNG; `assets/screenshots/every` holds them.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

SIZES = ((1280, 800), (1920, 1080))
NAMES = (
    "kettle-does-not-close.pdf",
    "invoice-2025-0113-northern-paper-and-print-supplies-with-a-very-long-name-final-v2.pdf",
    "orders-the-machine-about.pdf",
    "damaged-scan.pdf",
    "second-letter-about-the-kettle.pdf",
    "question-about-opening-hours.pdf",
)
INTAKE = (
    "account-statement-locked.pdf",
    "catalogue-huge.pdf",
    "covert-letter-about-a-refund.pdf",
    "mail-with-more-than-it-shows.eml",
    "scan-of-a-letter.tif",
    "partly-readable-thread.eml",
)
PEOPLES = ("several-requests-in-one-mail.eml", "proposed-refund.pdf")
WAITING = ("contract-of-the-year-2019-with-all-annexes-and-the-signed-amendment-final.pdf", "minutes.pdf", "offer.docx")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--real", action="store_true", help="the real desk and models, on the sample inbox")
    parser.add_argument("--intake", action="store_true", help="only what is seen of reading files")
    parser.add_argument("--scheme", choices=("light", "dark"), action="append")
    parser.add_argument("--every", action="store_true", help="each place, in each language, colour and size")
    parser.add_argument("--tour", metavar="LANGUAGE", help="what --every does in one language, at this scale")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.every:
        return every(options.out)
    from PySide6.QtWidgets import QApplication

    from app import language
    from engine import fence
    from ui import spoken

    language.use(os.environ.get("BATON_LANGUAGE", ""))
    fence.no_network()
    gc.disable()
    application = QApplication.instance() or QApplication(["baton"])
    spoken.follow(application)
    for scheme in options.scheme or ("light", "dark"):
        os.environ["BATON_SCHEME"] = scheme
        for size in SIZES:
            with tempfile.TemporaryDirectory() as home:
                place = Path(home) if options.real else None
                if options.tour:
                    if size == SIZES[0] or application.devicePixelRatio() == 1:
                        tour(application, options.out, options.tour, scheme, size, Path(home))
                else:
                    shoot(application, options.out, scheme, size, place, only_intake=options.intake)
    return 0


def every(out: Path) -> int:
    """A process for each: a language is chosen once, and so is Qt's scale."""
    for language, scale in itertools.product(("en", "de"), ("1", "2")):
        env = os.environ | {"BATON_LANGUAGE": language, "QT_SCALE_FACTOR": scale}
        done = subprocess.run([sys.executable, __file__, str(out), "--tour", language], env=env, check=False)
        if done.returncode:
            return done.returncode
    return 0


def tour(application: Any, out: Path, language: str, scheme: str, size: tuple[int, int], home: Path) -> None:
    """Each place of the window with nothing in it, while files are worked, and when they are."""
    from ui import tones
    from ui.window import Window

    tones.follow_scheme()
    desk = desk_of(None)
    desk.home, held = home, desk.library.collections
    desk.library.collections = {}
    window = Window(lambda: desk, Path("/inbox"))
    window.resize(*size)
    window.show()
    settle = settling(application)

    def save(name: str) -> None:
        settle(1.6)
        times = "" if window.devicePixelRatio() == 1 else f"@{window.devicePixelRatio():.0f}x"
        # At 100 Qt writes WebP without loss.
        window.grab().save(str(out / f"{name}-{language}-{scheme}-{size[0]}x{size[1]}{times}.webp"), quality=100)

    def visit(state: str) -> None:
        for view in window.places.places.places:
            window.places.go(view.key)
            save(f"{view.key}-{state}")

    window.start()
    settle(30, lambda: window.panes.stack.currentWidget() is not window.panes.opening)
    settle(1.0)
    visit("empty")
    window.places.go("inbox")
    desk.library.collections = held
    desk.pace = 0.4
    window.submit([Path("/inbox") / name for name in NAMES])
    long, short, _offer = (desk.add(name) for name in WAITING)
    desk.read_ahead(long, 12, 300)
    settle(120, lambda: bool(window.case.typed) and len(window.case.typed) > 20)
    visit("working")
    desk.pace = 0.0
    settle(60, lambda: desk.status().queued <= len(WAITING) and not desk.status().running)
    desk.play_all((long, short, *(desk.add(name, told_by(name)) for name in (*INTAKE, *PEOPLES))))
    window.tools.follow.setChecked(False)
    window.standing.ask()
    settle(1.0)
    visit("full")
    window.places.go("inbox")
    handoffs(window, next(row.id for row in desk.tasks() if row.name == NAMES[0]), settle, save)
    put_away(application, window)


def handoffs(window: Any, task: str, settle: Callable[..., None], save: Callable[[str], None]) -> None:
    """Each view of what happened to one task, why it is this intent, a card's changes, and what the keys do."""
    panel = window.panes.handoffs
    settle(5, lambda: window.inbox.tasks.row(task) is not None)
    window.go(task)
    settle(1.0)
    for name, view in (
        ("list", panel.list),
        ("tree", panel.tree),
        ("graph", panel.graph),
        ("timeline", panel.timeline),
    ):
        panel.ways.setCurrentWidget(view)
        if view is panel.timeline:
            view.slider.setValue(6)
        save(f"handoffs-{name}")
    panel.ways.setCurrentWidget(panel.list)
    window.centre.look_why()
    save("handoffs-why")
    window.centre.tabs.setCurrentIndex(0)
    panel.open(8)
    save("handoffs-card")
    panel.card.hide()
    window.finder.toggle()
    window.finder.field.setText("re")
    save("palette")
    window.finder.leave()
    window.help.toggle()
    save("keys")
    window.help.hide()


def settling(application: Any) -> Callable[..., None]:
    """What lets the window work for so many seconds, or until it is ready."""

    def settle(seconds: float, ready: Callable[[], bool] = lambda: False) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not ready():
            application.processEvents()
            time.sleep(0.01)

    return settle


def put_away(application: Any, window: Any) -> None:
    """Qt takes a window apart in the right order; Python's collector, on what is left of it, may not."""
    from PySide6.QtCore import QEvent

    window.close()
    window.close_desk()
    window.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


def shoot(
    application: Any, out: Path, scheme: str, size: tuple[int, int], home: Path | None, *, only_intake: bool
) -> None:
    from app.paths import SAMPLE_INBOX
    from ui import tones
    from ui.window import Window

    tones.follow_scheme()
    window = Window(lambda: desk_of(home), SAMPLE_INBOX)
    window.resize(*size)
    window.show()
    settle = settling(application)

    def save(name: str) -> None:
        settle(0.4)
        window.grab().save(str(out / f"{name}-{scheme}-{size[0]}x{size[1]}.png"))

    window.start()
    settle(30, lambda: window.panes.stack.currentWidget() is not window.panes.opening)
    if not only_intake:
        save("1-empty")
        work(window, home, settle, save)
    if home is None:
        intake(window, settle, save)
        peoples(window, settle, save)
        views(window, settle, save)
    if not only_intake:
        with tempfile.TemporaryDirectory() as folder:
            if home is None:
                window.desk.home = Path(folder)
            places(window, settle, save)
    put_away(application, window)


def work(window: Any, home: Path | None, settle: Callable[..., None], save: Callable[[str], None]) -> None:
    """What is seen of a run."""
    if home:
        window.open_sample()
    else:
        window.submit([Path("/inbox") / name for name in NAMES])
    case = lambda: window.case  # noqa: E731 - the newest one each time
    settle(120, lambda: bool(case().typed) and len(case().typed) > 20)
    save("2-writing")
    settle(120, lambda: bool(case().handoff and case().handoff.verdict))
    save("3-sent-back")
    settle(300, lambda: any(row.state == "finished" for row in window.desk.tasks()))
    window.tools.follow.setChecked(False)
    first = next((row.id for row in window.desk.tasks() if row.state == "finished"), "")
    window.go(first)
    settle(0.6)
    show_source(window)
    settle(1.5)
    save("4-sentence-and-source")
    window.panes.handoffs.open(min(5, len(window.case.states) - 1))
    save("5-card-open")
    window.centre.tabs.setCurrentIndex(1)
    window.centre.fields.table.selectRow(0)
    settle(0.8)
    save("6-fields")
    window.centre.tabs.setCurrentIndex(0)
    window.deciding.edit()
    window.help.toggle()
    save("7-edit-and-keys")
    window.help.hide()
    window.deciding.leave_edit()
    settle(60, lambda: any(row.flags for row in window.desk.tasks() if row.state == "review"))
    window.go(next((row.id for row in window.desk.tasks() if row.flags and row.state == "review"), first))
    settle(1.0)
    save("8-warning")
    window.go(first)
    settle(0.6)
    show_source(window)
    settle(1.5)
    save("9-at-work")


def intake(window: Any, settle: Callable[..., None], save: Callable[[str], None]) -> None:
    """What is seen of files that are read, can't be read, or say more than they show."""
    desk = window.desk
    locked, huge, covert, mail, scan, partly = (desk.add(name, told_by(name)) for name in INTAKE)
    desk.play_all((locked, huge, covert, mail, scan, partly))
    window.tools.follow.setChecked(False)
    window.standing.ask()
    unseen = window.centre.page.unseen

    def show(task: str) -> None:
        settle(5, lambda: window.inbox.tasks.row(task) is not None)
        window.go(task)
        settle(1.0)

    show(locked)
    window.centre.quarantine.retry.password.setText("not this one")
    save("10-locked")
    desk.pace = 0.02
    window.centre.quarantine.retry.unlock_button.click()
    settle(1.2)
    save("11-wrong-password")
    show(huge)
    save("12-too-large")
    show(covert)
    unseen.toggle.setChecked(True)
    unseen.list.setCurrentIndex(unseen.list.model().index(0, 0))
    save("13-hidden-on-paper")
    show(mail)
    save("14-hidden-in-a-mail")
    unseen.toggle.setChecked(False)
    show(scan)
    window.centre.fields.table.clearSelection()
    save("15-scan")
    window.centre.page.as_text.setChecked(True)
    save("16-scan-as-text")
    window.centre.page.as_text.setChecked(False)
    show(partly)
    save("17-partly-read")
    long, short, _offer = (desk.add(name) for name in WAITING)
    desk.read_ahead(long, 12, 300)
    desk.read_ahead(short, 0, 0)
    desk.unread, desk.pages_per_second = 118, 34.2
    window.standing.ask()
    show(long)
    save("18-reading")


def places(window: Any, settle: Callable[..., None], save: Callable[[str], None]) -> None:
    """Every place of the window, its timeline and its palette."""
    ways = window.panes.handoffs.ways
    ways.setCurrentIndex(1)
    window.panes.handoffs.timeline.slider.setValue(6)
    save("30-timeline")
    ways.setCurrentIndex(0)
    window.finder.toggle()
    window.finder.field.setText("re")
    save("31-palette")
    window.finder.leave()
    for number, view in enumerate(window.places.places.places, 32):
        window.places.go(view.key)
        settle(1.5)
        if view.key == "review":
            settle(5, lambda: bool(window.centre.draft.sentences.rows.rows))
            show_source(window)
        if view.key == "knowledge":
            ask_knowledge(window, settle)
        if view.key == "settings":
            window.rooms["settings"].check.click()
            settle(30, window.rooms["settings"].check.isEnabled)
        settle(1.5)
        save(f"{number}-{view.key}")


def ask_knowledge(window: Any, settle: Callable[..., None]) -> None:
    """Search the first collection, and choose the first passage."""
    room = window.rooms["knowledge"]
    settle(30, lambda: room.list.current is not None)
    room.passages.query.setText("When is my refund paid?")
    room.passages.go.click()
    settle(30, lambda: room.passages.hits.rows.rowCount() > 0)
    room.passages.hits.setCurrentIndex(room.passages.hits.rows.index(0))
    settle(2.0)


def peoples(window: Any, settle: Callable[..., None], save: Callable[[str], None]) -> None:
    """What is seen of a message with several requests, and of a write that waits for a person."""
    desk = window.desk
    several, proposed = (desk.add(name, told_by(name)) for name in PEOPLES)
    desk.pace = None
    desk.play_all((several, proposed))
    window.standing.ask()
    settle(5, lambda: window.inbox.tasks.row(proposed) is not None)
    window.go(several)
    settle(1.0)
    panel = window.panes.handoffs
    place = next(n for n, leg in enumerate(panel.legs.legs) if leg.request and leg.request.number == 2)
    panel.list.clicked.emit(panel.legs.index(place))
    save("19-requests")
    window.go(proposed)
    settle(1.0)
    save("20-proposed")
    window.deciding.look()
    save("21-second-look")
    window.allowing.leave()
    desk.roles = ("front desk",)
    window.deciding.show()
    save("22-for-another-role")
    desk.roles = ()


def views(window: Any, settle: Callable[..., None], save: Callable[[str], None]) -> None:
    """Why it is this intent, the handoffs as tree and graph, a card's changes, and the trays of the inbox."""
    desk, panel, inbox = window.desk, window.panes.handoffs, window.inbox
    letter, several = (desk.add(name, told_by(name)) for name in (NAMES[0], PEOPLES[0]))
    desk.play_all((letter, several, desk.add("the-letter-once-more.pdf", told_by(NAMES[0]), duplicate_of=letter)))
    window.standing.ask()
    settle(5, lambda: inbox.tasks.row(several) is not None)
    for task, end in ((letter, ""), (several, "-of-several")):
        window.go(task)
        settle(1.0)
        window.centre.look_why()
        save(f"23-why{end}")
        for number, view in ((24, panel.tree), (25, panel.graph)):
            panel.ways.setCurrentWidget(view)
            save(f"{number}-{panel.ways.tabText(panel.ways.currentIndex()).lower()}{end}")
    panel.ways.setCurrentWidget(panel.list)
    window.go(letter)
    settle(1.0)
    panel.open(8)
    save("26-changes")
    panel.card.hide()
    window.centre.tabs.setCurrentIndex(0)
    for tray in ("quarantine", "duplicates"):
        inbox.trays.go(tray)
        save(f"27-{tray}")
    inbox.show_all()


def told_by(name: str) -> Any:
    from tests.ui import fake_desk

    return fake_desk.told_by(name)


def show_source(window: Any) -> None:
    """Choose the first sentence that a model wrote: its source is a page of the handbook."""
    sentences = window.centre.draft.sentences
    cited = [n for n, one in enumerate(sentences.rows.rows) if one.value is not None]
    sentences.setCurrentIndex(sentences.rows.index(cited[1] if len(cited) > 1 else cited[0] if cited else 0))


def desk_of(home: Path | None) -> Any:
    if home is None:
        from tests.ui.fake_desk import FakeDesk

        return FakeDesk(pace=0.25)
    from app.desk import Desk

    return Desk(home)


if __name__ == "__main__":
    sys.exit(main())
