"""The desk with the real team: stop and go on, a person's correction, and an answer to a question."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import log
from app.desk import Desk
from engine.events import Finished, Started, Typed
from engine.orders import Search
from tests.app.conftest import INBOX
from tests.app.ear import Ear


@pytest.fixture
def desk(warm: Path) -> Iterator[Desk]:
    opened = Desk(warm)
    yield opened
    opened.close()
    db = log.read(warm / "log.db")
    assert list(log.verify(db)) == []
    db.close()


def test_a_day_at_the_desk(desk: Desk, warm: Path, tmp_path: Path) -> None:
    """One engine for all of it: loading the models takes longer than the work."""
    ear = Ear(desk)
    mail = tmp_path / "refund.eml"
    shutil.copy(INBOX / "02-refund-cancelled-filter.eml", mail)

    # Stopped while the model writes, it ends in review at once, and goes on where it was.
    (task,) = desk.submit([mail])
    ear.wait(lambda event: isinstance(event, Typed))
    began = time.monotonic()
    desk.stop(task)
    ear.last_word(task)
    assert time.monotonic() - began < 1.0
    stopped = desk.handoff(task)
    assert (stopped.ending, stopped.why.sender, stopped.why.code) == ("review", "drafter", "stopped")
    while desk.status().running:
        time.sleep(0.01)
    desk.resume(task)
    assert ear.last_word(task) == Finished(task)
    assert desk.history(task)[: stopped.seq + 1][-1].why.code == "stopped"
    finished = desk.handoff(task)
    assert finished.route is not None
    assert (finished.route.label, bool(finished.draft)) == ("refund_request", True)
    assert any(event.why.tokens_out for event in desk.history(task))

    # The same file is the same task; a copy ends as its original did.
    assert desk.submit([mail]) == [task]
    copy = tmp_path / "copy.eml"
    shutil.copy(mail, copy)
    (duplicate,) = desk.submit([copy])
    ear.last_word(duplicate)
    same = desk.handoff(duplicate)
    assert same.card.duplicate_of == task
    assert (same.ending, same.route, same.fields, same.evidence, same.draft, same.verdict) == (
        finished.ending, finished.route, finished.fields, finished.evidence, finished.draft, finished.verdict,
    )  # fmt: skip

    # A person's intent stands above the router's, and the draft is made again for it.
    while desk.status().running:
        time.sleep(0.01)
    heard_before = len(ear.heard)
    desk.correct(task, "return_request")
    heard = ear.last_word(task)
    corrected = desk.handoff(task)
    assert heard == Finished(task)
    assert corrected.route is not None
    assert corrected.route.label == "return_request"
    assert corrected.draft not in (None, finished.draft)
    assert [event.why.sender for event in desk.history(task) if event.why.code == "corrected"] == ["person"]
    since = ear.heard[heard_before:]
    assert "reader" not in [event.agent for event in since if isinstance(event, Started)]

    # Questions go to an engine of their own; what is cited can be looked at.
    (row,) = desk.ask(Search(("front-desk",), ("When are refunds paid?",), 3))
    assert row["hits"][0]["document"] == "handbook.pdf"
    place = finished.evidence[-1].place
    page = desk.page(place.document, place.page)
    assert page is not None
    assert page.text[place.start : place.end] == finished.evidence[-1].quote
    picture = desk.picture(place.document, place.page, 1.0)
    assert picture is not None
    assert len(picture.rgb) == picture.width * picture.height * 3
    assert desk.pages(place.document) > 1
    assert desk.picture(desk.handoff(task).card.sha256, 1, 1.0) is None
    desk.approve(task, note="sent")
    assert desk.tasks()[0].decision == "approved"
