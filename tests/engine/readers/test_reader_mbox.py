"""Mailboxes: one list, and each mail as a file of its own."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.pages import Inner, Page
from engine.readers import USUAL, Limits, eml, mbox
from engine.readers._file import File
from tests.engine.scripted import drained

TWO = (
    b"From zoe@x.test Mon Nov 02 10:00:00 2026\nFrom: Zoe <zoe@x.test>\nSubject: Lamp/lights\n"
    b"Date: Mon, 2 Nov 2026 10:00:00 +0000\n\nBroken.\n>From here it is far.\n\n"
    b"From bob@x.test Tue Nov 03 11:00:00 2026\nFrom: bob@x.test\n\nFrom now on it works.\n"
)


def read(data: bytes, limits: Limits = USUAL) -> tuple[Page, list[Inner]]:
    parts, _ = drained(mbox.read(File(data, "a.mbox"), limits))
    (page,) = [part for part in parts if isinstance(part, Page)]
    return page, [part for part in parts if isinstance(part, Inner)]


def test_each_mail_is_a_file_and_a_line_in_the_list():
    page, mails = read(TWO)
    assert page.text == (
        "1 | Mon, 2 Nov 2026 10:00:00 +0000 | Zoe <zoe@x.test> | Lamp/lights\n"
        "2 | Tue Nov 03 11:00:00 2026 | bob@x.test | "
    )
    assert page.path(page.text.index("bob")) == "mail 2"
    assert [mail.name for mail in mails] == ["Lamp-lights.eml", "mail-2.eml"]
    assert mails[0].data.endswith(b"Broken.\nFrom here it is far.\n")
    assert mails[1].data.endswith(b"\nFrom now on it works.\n")


def test_what_a_mail_program_wrote_comes_back(tmp_path: Path):
    box = mailbox.mbox(tmp_path / "inbox")
    bodies = ["One\n", "From the start\n\nFrom: a trap\n", "Three\n"]
    for body in bodies:
        message = EmailMessage()
        message["From"], message["Subject"] = "a@b.test", "x"
        message.set_content(body)
        box.add(message)
    box.close()
    _, mails = read((tmp_path / "inbox").read_bytes())
    told = [drained(eml.read(File(mail.data, mail.name), USUAL))[0][0].text for mail in mails]
    assert [text.partition("\n\n")[2] for text in told] == [body.strip() for body in bodies]


def test_a_mail_without_a_header_gets_one_from_the_line_before_it():
    _, (mail,) = read(b"From zoe@x.test Mon Jun 01 10:00:00 2026\n\nJust words.\n")
    text = drained(eml.read(File(mail.data, mail.name), USUAL))[0][0].text
    assert text == "From: zoe@x.test\nDate: Mon Jun 01 10:00:00 2026\n\nJust words."


def test_more_mails_than_the_limit_are_refused():
    with pytest.raises(Problem) as caught:
        read(TWO * 10, Limits(attachments=9))
    assert caught.value.code == "too_large"


def test_no_mail_is_damage():
    with pytest.raises(Problem) as caught:
        read(b"Just words")
    assert caught.value.code == "damaged"


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (TWO, "", "mbox"),
        (TWO.replace(b"\n", b"\r\n"), "inbox", "mbox"),
        (TWO[: TWO.index(b"From bob")], "a.mbox", "mbox"),
        (TWO[: TWO.index(b"From bob")], "a.eml", ""),
        (b"words", "a.mbox", "mbox"),
        (b"From here on,\nall is well.\n\nFrom there on, too.\n", "a.txt", ""),
        (bytes(100), "a.mbox", ""),
    ],
)
def test_a_mailbox_is_known_by_its_second_mail_or_by_name(data, name, kind):
    assert mbox.recognises(File(data, name))[0] == kind


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([b"From a 1:00\n", b"From: x\n", b"\n", b"words\n", b">From y\n", b"\r\n", b"\xff"])))
def test_any_mailbox_keeps_all_its_words(lines):
    data = b"From a Mon Jun 01 10:00:00 2026\nFrom: x\n\n" + b"".join(lines)
    _, mails = read(data)
    assert b"".join(mail.data for mail in mails).count(b"words") == data.count(b"words")
