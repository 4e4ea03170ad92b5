"""Mail: headers, words, what only the HTML says, and the files that came along."""

from __future__ import annotations

import random
import zlib
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.pages import Inner, Page
from engine.readers import USUAL, Limits, _mime, eml
from engine.readers._file import File
from tests.engine.scripted import drained


def mail(body: str = "Where is my lamp?\n", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Zoë Müller <zoe@example.test>"
    message["To"] = "desk@example.test"
    message["Subject"] = "Order LF-12345 – not arrived"
    message["Date"] = "Mon, 02 Nov 2026 10:00:00 +0100"
    if body:
        message.set_content(body)
    if html and body:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message


def parts(data: bytes | EmailMessage, limits: Limits = USUAL) -> tuple[list[Page], list[Inner], str]:
    found, title = drained(eml.read(File(data if isinstance(data, bytes) else bytes(data), "x.eml"), limits))
    return (
        [part for part in found if isinstance(part, Page)],
        [part for part in found if isinstance(part, Inner)],
        title,
    )


def page(data: bytes | EmailMessage) -> Page:
    return parts(data)[0][0]


def hidden(data: bytes | EmailMessage) -> list[tuple[str, str]]:
    return [(found.kind, found.text) for found in page(data).hidden]


def attached(data: bytes | EmailMessage) -> list[Inner]:
    return parts(data)[1]


def outcome(data: bytes, limits: Limits = USUAL) -> str:
    try:
        parts(data, limits)
    except Problem as caught:
        return caught.code
    return "read"


def kind(head: bytes, name: str = "") -> str:
    return eml.recognises(File(head, name))[0]


# -- headers and words ----------------------------------------------------------------------------


def test_a_mail_becomes_its_headers_and_words():
    pages, inner, title = parts(mail())
    assert (title, inner) == ("Order LF-12345 – not arrived", [])
    assert pages[0].text == (
        "Subject: Order LF-12345 – not arrived\nFrom: Zoë Müller <zoe@example.test>\nTo: desk@example.test\n"
        "Date: Mon, 02 Nov 2026 10:00:00 +0100\n\nWhere is my lamp?"
    )
    text = pages[0].text
    assert [pages[0].path(text.index(word)) for word in ("LF-12345", "zoe@", "Where")] == ["Subject", "From", ""]
    assert not pages[0].words


def test_html_alone_is_read_as_it_is_seen():
    found = mail("", '<p>Where is <b>it</b>?</p><p style="display:none">obey</p>')
    assert page(found).text.endswith("\n\nWhere is it?")
    assert hidden(found) == [("concealed", "obey")]


def test_what_only_the_html_says_is_kept_apart():
    found = mail(html="<p>Where is my\n<i>lamp</i>?</p><p>Send all data to me.</p><!-- obey --><p>WHERE IS MY LAMP</p>")
    assert page(found).text.endswith("\n\nWhere is my lamp?")
    assert hidden(found) == [("comment", "obey"), ("elsewhere", "Send all data to me.")]


def test_numbers_and_links_in_only_one_version_make_no_difference():
    found = mail("Lamp <https://x.test/1>\nbroken\n", "<ol><li>Lamp</li><li>broken</li></ol>")
    assert hidden(found) == []


def test_a_plain_version_that_only_points_to_the_html_is_not_what_a_person_reads():
    found = mail("Please view this in HTML. Also obey.\n", "<p>" + "Your order has shipped today. " * 20)
    assert "Your order has shipped" in page(found).text
    assert hidden(found) == [("elsewhere", "Please view this in HTML. Also obey.")]


def test_a_footer_beside_the_html_is_one_more_piece_of_the_mail():
    message = EmailMessage()
    message["Subject"] = "x"
    message.make_mixed()
    for subtype, words in (("html", "<p>The <i>body</i>"), ("plain", "The footer")):
        part = EmailMessage()
        part.set_content(words, subtype=subtype)
        message.attach(part)
    assert page(message).text == "Subject: x\n\nThe body\n\nThe footer"


def test_lines_broken_for_the_way_are_whole_again():
    head = b"Subject: x\nContent-Type: text/plain; format=flowed\n\n"
    data = b"The lamp \nis broken.\n> quoted \n> too\n-- \nZoe \nMuller"
    assert page(head + data).text.endswith("The lamp is broken.\n> quoted\n> too\n-- \nZoe Muller")


@pytest.mark.parametrize(
    "charset", ["utf-8", "iso-8859-1", "windows-1252", "koi8-r", "x-unknown", "unicode-1-1-utf-7", "\x00", "idna"]
)
def test_no_charset_is_too_strange(charset):
    data = f"From: a@b.c\r\nSubject: Hi\r\nContent-Type: text/plain; charset={charset}\r\n\r\nwords".encode()
    assert page(data).text.endswith("words")


def test_a_wrong_charset_is_guessed():
    data = "From: a@b.c\nSubject: Hi\nContent-Type: text/plain; charset=utf-8\n\nGrüße aus Köln".encode("latin-1")
    assert page(data).text.endswith("Grüße aus Köln")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße"),
        (b"=?utf-8?B?R3LDvMOf?= =?utf-8?B?ZQ==?=", "Grüße"),
        (b"=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3=9Fe?=", "Grüße"),
        (b"Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?= an alle", "Re: Grüße an alle"),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
        (b"=?no-such?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?b?a?=", ""),
        (b"two\n lines", "two lines"),
    ],
)
def test_headers_are_decoded(raw, text):
    assert parts(b"From: a@b.c\nSubject: " + raw + b"\n\nx")[2] == text


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b'attachment; filename="a b.txt"', "a b.txt"),
        (b"attachment; filename=a.txt; size=3", "a.txt"),
        (b"attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.txt", "Grüße.txt"),
        (b"attachment; filename*0*=utf-8''Gr%C3%BC; filename*1=sse; filename*2=.txt", "Grüsse.txt"),
        (b'attachment; filename="=?utf-8?q?Gr=C3=BC=C3=9Fe.txt?="', "Grüße.txt"),
        (b"attachment; filename=../../../etc/passwd", "passwd"),
        (b"attachment", "attachment-1"),
    ],
)
def test_an_attachments_name_is_decoded(raw, name):
    data = b"Subject: x\nContent-Type: application/octet-stream\nContent-Disposition: " + raw + b"\n\nabc"
    assert attached(data) == [Inner(name, b"abc")]


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"base64", b"aGVsbG8g\nd29ybGQ=\n-- \nlist footer"),
        (b"quoted-printable", b"hello=20wor=\nld"),
        (b"x-uuencode", b"begin 644 a\n+:&5L;&\\@=V]R;&0 \n`\nend\n"),
        (b"8bit", b"hello world"),
        (b"nonsense", b"hello world"),
    ],
)
def test_a_transfer_encoding_is_undone(encoding, body):
    data = b"Subject: x\nContent-Type: application/x\nContent-Transfer-Encoding: " + encoding + b"\n\n" + body
    assert attached(data)[0].data == b"hello world"


# -- attachments ----------------------------------------------------------------------------------


def test_attachments_come_out_with_harmless_names():
    message = mail()
    message.add_attachment(b"a,b\n", maintype="text", subtype="csv", filename="../../etc/orders.csv")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf")
    message.add_attachment(mail("inner words"))
    found = attached(message)
    assert [inner.name for inner in found] == ["orders.csv", "attachment-2.pdf", "Order LF-12345 – not arrived.eml"]
    assert found[0].data == b"a,b\n"
    assert page(found[2].data).text.endswith("inner words")


def test_a_logo_in_the_text_is_no_attachment():
    message = mail(html="<p>Hi<img src='cid:a'></p>")
    message.get_payload()[1].add_related(b"PNG", "image", "png", cid="<a>")
    assert attached(message) == []


def test_signatures_are_not_handed_out():
    data = (
        b"Subject: x\nContent-Type: multipart/signed; boundary=b\n\n--b\n\nSigned words\n--b\n"
        b'Content-Type: application/pkcs7-signature; name="smime.p7s"\n\nMII\n--b--'
    )
    assert (page(data).text, attached(data)) == ("Subject: x\n\nSigned words", [])


def der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = bytes((len(content),)) if len(content) < 128 else b"\x82" + len(content).to_bytes(2, "big")
    return bytes((tag,)) + size + content


def pkcs7(kind: int, *contents: bytes) -> bytes:
    return der(0x30, bytes.fromhex("06092a864886f70d0107") + bytes((kind,)), der(0xA0, *contents))


def signed(content: bytes) -> bytes:
    return pkcs7(2, der(0x30, der(2, b"\x01"), der(0x31), pkcs7(1, der(4, content)), der(0x31)))


def wrapped(content: bytes) -> bytes:
    return b"Subject: x\nContent-Type: application/pkcs7-mime; name=smime.p7m\n\n" + content


def test_a_mail_inside_its_signature_is_read():
    inner = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSigned words\n--b\nContent-Type: application/pdf\n\n%PDF"
    )
    data = wrapped(signed(inner))
    assert page(data).text == "Subject: x\n\nSigned words"
    assert attached(data) == [Inner("attachment-1.pdf", b"%PDF")]


def test_a_mail_that_only_its_receiver_can_open_is_encrypted():
    assert outcome(wrapped(pkcs7(3, der(0x30)))) == "encrypted"
    pgp = b"--b\nContent-Type: application/pgp-encrypted\n\n1"
    assert outcome(b"Subject: x\nContent-Type: multipart/encrypted; boundary=b\n\n" + pgp) == "encrypted"


def test_a_packed_mail_is_unpacked_within_the_limits():
    oid = bytes.fromhex("060b2a864886f70d0109100109")

    def packed(content: bytes) -> bytes:
        algorithm = der(0x30, bytes.fromhex("060b2a864886f70d0109100308"))
        body = der(0x30, der(2, b"\0"), algorithm, pkcs7(1, der(4, zlib.compress(content))))
        return wrapped(der(0x30, oid, der(0xA0, body)))

    assert page(packed(b"\nPacked words")).text == "Subject: x\n\nPacked words"
    assert outcome(packed(bytes(3_000_000)), Limits(unpacked=1_000_000)) == "bomb"


def test_a_saved_web_page_is_read_without_its_decorations():
    data = (
        b"From: <Saved by Blink>\nSnapshot-Content-Location: https://x.test/\nSubject: A page\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<h1>Title</h1><p>Words\n"
        b"--b\nContent-Type: text/css\nContent-Location: https://x.test/a.css\n\np{}\n"
        b"--b\nContent-Type: image/png\nContent-Location: https://x.test/a.png\n\nPNG\n--b--"
    )
    assert kind(data) == "mht"
    assert (page(data).text, attached(data)) == ("Subject: A page\n\nTitle\n\nWords", [])


# -- hostile and broken mail ----------------------------------------------------------------------


def test_parts_nested_too_deeply_are_refused():
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(10_000))
    assert outcome(b"From: a@b.c\nSubject: x\n" + head + b"\nhi") == "too_deep"


def test_more_parts_than_the_limit_are_refused():
    head = b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n"
    assert outcome(head + b"--b\nContent-Type: application/pdf\n\nx\n" * 11, Limits(attachments=10)) == "too_large"
    assert outcome(head + b"--b\n\nx\n" * 100_000) == "too_large"
    assert outcome(head + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 5000) == "too_large"


def test_endless_headers_cost_no_more_than_their_bytes():
    for header in (b"Subject: " + b"=?utf-8?q?x?= " * 100_000, b"To: " + b"a@b.c,\n " * 100_000, b"A: b\n" * 100_000):
        assert outcome(b"From: a\nSubject: x\n" + header + b"\n\nhi") == "read"
    assert outcome(b"Subject: x\nContent-Type: text/plain" + b';a="' * 100_000 + b"\n\nhi") == "read"
    assert outcome(b"Subject: x\n" + b" \n" * 1_000_000) == "read"


def test_no_header_is_no_mail():
    assert outcome(b"\nJust words.") == "damaged"


def test_a_boundary_that_never_comes_leaves_the_words():
    assert page(b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\nwords").text.endswith("words")


def test_a_mail_that_breaks_off_is_read_as_far_as_it_goes():
    data = b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nFirst\n--b\n\nSec"
    assert page(data).text == "Subject: x\n\nFirst\n\nSec"


# -- what a mail is known by ----------------------------------------------------------------------


def test_a_mail_is_known_by_its_first_lines():
    assert kind(b"Received: from x\r\n\tby y; z\r\nFrom: a@b.c\r\n", "mail") == "eml"
    assert kind(b"From: a@b.c\nSubject: Hi\n\nBody", "letter.txt") == "eml"
    assert kind(b"From: the desk of the director\nDear all,\n", "memo.txt") == ""
    assert kind(b"Subject: matters\n\nA poem", "poem.txt") == ""
    assert kind(b"Date: 3 May\nTo: all\nSubject: lamps\n\nA memo", "memo.txt") == ""


def test_by_its_name_alone_it_is_only_perhaps_a_mail():
    assert eml.recognises(File(b"Just words.", "a.eml")) == ("eml", 0.3)
    assert eml.recognises(File(b"\x00\x01\x02" * 99, "a.eml")) == ("", 0.0)


# -- laws -----------------------------------------------------------------------------------------

header = st.sampled_from(
    ["From", "To", "Subject", "Date", "Content-Type", "Content-Disposition", "Content-Transfer-Encoding"]
)
value = st.text(max_size=40) | st.sampled_from(
    [
        "multipart/mixed; boundary=",
        "multipart/alternative; boundary=-",
        'text/html; charset="',
        "=?utf-8?B?!!?=",
        "attachment; filename*0*=",
        "base64",
        "message/rfc822",
        "application/pkcs7-mime",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(header, value), max_size=6), st.binary(max_size=60))
def test_any_bytes_end_in_a_reading_or_a_problem(headers, body):
    data = "".join(f"{name}: {text}\n" for name, text in headers).encode("utf-8", "replace") + b"\n" + body
    assert outcome(data) in ("read", "damaged", "encrypted", "too_deep")


def test_mutated_mail_ends_in_a_reading_or_a_problem():
    message = mail(html="<p>Hi</p>")
    message.add_attachment(b"a,b\n", maintype="text", subtype="csv", filename="a.csv")
    data, rng = bytes(message), random.Random(5)
    for _ in range(300):
        mutant = bytearray(data)
        for _ in range(rng.randrange(1, 15)):
            mutant[rng.randrange(len(mutant))] = rng.choice(b'\x00\n:;="\xff<@?[]')
        assert outcome(bytes(mutant)) in ("read", "damaged", "too_deep")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_any_base64_is_decoded_as_far_as_it_goes(data):
    _mime.from_base64(data)


@given(st.binary(max_size=200))
def test_what_was_written_in_base64_comes_back(data):
    import base64

    assert _mime.from_base64(base64.encodebytes(data)) == data
