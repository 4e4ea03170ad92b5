"""Plain text, data and Markdown; the guess at encodings; and the cleaning and cutting that flowing formats share."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.pages import Page
from engine.readers import Limits, _charset, _text, md, txt
from engine.readers._file import File
from tests.engine.scripted import drained


def read(data: bytes, name: str = "a.txt", reader=txt) -> tuple[list[Page], str]:
    return drained(reader.read(File(data, name), Limits()))


def text(data: bytes, name: str = "a.txt") -> str:
    return "\n".join(page.text for page in read(data, name)[0])


def hidden(page: Page) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in page.hidden]


def kind(data: bytes, name: str = "") -> str:
    return max((reader.recognises(File(data, name)) for reader in (txt, md)), key=lambda guess: guess[1])[0]


# -- plain text -----------------------------------------------------------------------------------


def test_text_is_read_as_it_stands():
    pages, title = read(b"Dear all,\r\n\r\nthe lamp\tis broken.\r\n", "note.txt")
    assert [page.text for page in pages] == ["Dear all,\n\nthe lamp\tis broken.\n"]
    assert (title, pages[0].number, pages[0].width, len(pages[0].words)) == ("", 1, 0, 0)


def test_a_log_is_read_without_its_colours():
    assert text(b"\x1b[31mERROR\x1b[0m disk full\n" * 20, "a.log").startswith("ERROR disk full\n")


def test_a_stray_zero_byte_does_not_make_a_log_unreadable():
    assert text(b"line\n" * 2000 + b"\x00\x00" + b"end", "a.log").endswith("end")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(Problem):
        text(data).encode()


# -- encodings ------------------------------------------------------------------------------------

WORDS = {
    "cp1252": "Grüße aus Köln, 12 € – schön; à bientôt, señor",
    "iso8859_2": "Zażółć gęślą jaźń, zamówienie źle dostarczono",
    "cp1250": "Žádám o vrácení peněz, lampa přišla rozbitá",
    "cp852": "Žádám o vrácení peněz, lampa přišla rozbitá",
    "cp850": "Sehr geehrte Damen und Herren, die Lampe für Köln ist schön",
    "mac_roman": "Sehr geehrte Damen, die Lampe für Köln ist schön und größer",
    "cp1251": "Здравствуйте, моя лампа сломалась, верните деньги",
    "koi8_r": "Здравствуйте, моя лампа сломалась, верните деньги",
    "cp866": "Здравствуйте, моя лампа сломалась, верните деньги",
    "iso8859_5": "Здравствуйте, моя лампа сломалась, верните деньги",
    "mac_cyrillic": "Здравствуйте, моя лампа сломалась, верните деньги",
    "cp1253": "Η λάμπα μου έσπασε και θέλω τα χρήματά μου πίσω",
    "cp1254": "Sipariş ettiğim ışık kırık geldi, paramı geri istiyorum",
    "cp1255": "המנורה שלי נשברה ואני רוצה את הכסף שלי בחזרה",
    "cp1256": "لقد انكسر المصباح وأريد استعادة نقودي من فضلكم",
    "cp1257": "Visi cilvēki piedzimst brīvi un vienlīdzīgi savā pašcieņā",
    "cp874": "โคมไฟของฉันแตกและฉันต้องการเงินคืนครับขอบคุณ",
    "cp932": "ランプが壊れていました。返金をお願いします。",
    "euc_jp": "ランプが壊れていました。返金をお願いします。",
    "iso2022_jp": "ランプが壊れていました。返金をお願いします。",
    "gb18030": "您好，我的台灯坏了，请退款。订单号是一二三四五，谢谢。",
    "big5": "您好，我的檯燈壞了，請退款。訂單號是一二三四五，謝謝。",
    "cp949": "램프가 고장 나서 환불을 받고 싶습니다. 주문은 어제 도착했습니다.",
}


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "cp500"]
)
def test_unicode_and_the_mainframes_encoding_are_found(charset):
    words = "Grüße, 12 pieces - schön" if charset == "cp500" else "Grüße, 12 € – schön, Привет"
    data = f"{words}\n{words}".encode(charset)
    assert text(data) == f"{words}\n{words}"
    assert kind(data) == "txt"


@pytest.mark.parametrize(("charset", "words"), WORDS.items(), ids=WORDS)
def test_the_encoding_of_old_text_is_guessed(charset, words):
    assert text(words.encode(charset)) == words


@pytest.mark.parametrize(
    "words", ["It’s – “fine” – 5 €", "10 – 20", "5 °C", "• one\n• two", "© 2020", "§ 5 Abs. 2", "naïve"]
)
def test_a_sign_or_two_are_western_europes(words):
    assert _charset.decode(words.encode("cp1252")) == words


def test_utf_8_with_a_broken_byte_is_still_utf_8():
    assert text("Grüße aus Köln. ".encode() * 20 + b"\xff.").endswith("Köln. \ufffd.")


def test_a_mark_that_lies_is_not_believed():
    assert text(b"\xef\xbb\xbf" + "Grüße aus Köln".encode("cp1252")) == "Grüße aus Köln"
    assert text(b"\xff\xfe" + b"Just plain words, all ASCII.") == "Just plain words, all ASCII."


@pytest.mark.parametrize(
    ("data", "declared", "words"),
    [
        ("Grüße".encode(), "iso-8859-1", "Grüße"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("“Hi” €".encode("cp1252"), "iso-8859-1", "“Hi” €"),
        ("漢字".encode("gbk"), "gb2312", "漢字"),
        ("①ランプ".encode("cp932"), "x-sjis", "①ランプ"),
        (b"a+AOk-b", "utf-7", "aéb"),
        (b"abc", "idna", "abc"),
        (b"abc", "no such thing\x00", "abc"),
    ],
)
def test_a_declared_encoding_is_taken_for_what_it_means(data, declared, words):
    assert _charset.decode(data, declared) == words


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.binary(max_size=8) | st.sampled_from([b"\xff\xfe", b"\x1b$B", b"\x00", b"\xef\xbb\xbf", b"\xe9"])),
    st.text(max_size=12) | st.sampled_from(["utf-7", "hz", "utf-16", "rot13", "cp500", "punycode", "iso-2022-kr"]),
)
def test_any_bytes_are_decoded_whatever_is_declared(pieces, declared):
    data = b"".join(pieces)
    _charset.decode(data, declared).encode("utf-8", "surrogatepass")
    _charset.looks_like_text(data)


@example("@")  # a space, in the mainframes' encoding
@example("000000000\x7f" + 27 * "\x80")  # Chinese, in UTF-16
@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1))
def test_valid_utf_8_is_decoded_as_that(words):
    assert _charset.decode(words.encode()) == words.removeprefix("\ufeff")


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01" + bytes(60),
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"\x30\x82\x06\x22\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" * 3,
        b"\xff\xfb\x90\x64\x00\x0f\xf0\x00" * 20,
        bytes(range(256)),
        b"BM" + bytes(range(200, 0, -1)),
    ],
)
def test_binaries_are_no_text(data):
    assert not _charset.looks_like_text(data)
    assert kind(data, "a.txt") == ""


# -- data that is read as text --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b'{"a": 1}', "", "json"),
        (b"[1, 2]", "x", "json"),
        (b'{"a": 1}\n{"a": 2}\n', "", "jsonl"),
        (b'{"a": "' + b"x" * 9000, "", "json"),
        (b'["' + b"x" * 9000, "a.json", "json"),
        (b"[Note] see below", "", "txt"),
        (b"{placeholder}", "", "txt"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR", "a.txt", "ics"),
        (b"begin:vcard\nfn:x", "", "vcf"),
        (b"a: 1", "a.yml", "yaml"),
        (b"a: 1", "a.log", "log"),
        (b"import os", "a.py", "txt"),
        (b"# Title", "a.md", "md"),
        (b"# Title\n\n- [ ] do\n\nsee [x](https://y)\n", "", "md"),
        (b"# comment\nkey=1\n", "", "txt"),
        (b"{\\rtf1 hi}", "a.txt", ""),
    ],
)
def test_the_kind_is_told_by_content_then_by_name(data, name, expected):
    assert kind(data, name) == expected


def test_json_shows_the_letters_it_spells_by_number():
    data = rb'{"a": "\u041f\u0440\u0438\u0432\u0435\u0442 \ud83d\ude00 \u0022 \\u0041 \\u0430 1.10"}'
    assert text(data) == r'{"a": "Привет 😀 \u0022 \\u0041 \\u0430 1.10"}'


def test_a_calendar_is_read_property_by_property():
    data = (
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY;LANGUAGE=en:Lamp re\r\n pair\\, urgent\r\n"
        b'ATTENDEE;CN="Doe: Zoe":mailto:zoe@x.test\r\nDESCRIPTION:one\\ntwo\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
    )
    pages, title = read(data)
    assert title == "Lamp repair, urgent"
    assert pages[0].text == ("SUMMARY: Lamp repair, urgent\nATTENDEE: mailto:zoe@x.test\nDESCRIPTION: one\ntwo")
    assert pages[0].path(pages[0].text.index("two")) == "DESCRIPTION"


def test_an_address_card_is_read_without_its_picture():
    data = (
        b"BEGIN:VCARD\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB M=\n=C3=BCller\n"
        b"PHOTO;ENCODING=b:AAAA\n BBBB\nitem1.TEL:123\nEND:VCARD"
    )
    pages, title = read(data)
    assert (pages[0].text, title) == ("FN: Zoë Müller\nTEL: 123", "Zoë Müller")


# -- what flowing formats share -------------------------------------------------------------------


def test_characters_that_can_not_be_seen_are_taken_out_and_told():
    page = read("pass\u200bword\u200b \u202eevil\u202c soft\u00adly\x07".encode())[0][0]
    assert page.text == "password evil softly"
    note = "Invisible character U+200B (2)\nInvisible character U+202C (1)\nInvisible character U+202E (1)"
    assert hidden(page) == [("characters", note)]


@settings(max_examples=200)
@given(st.text())
def test_cleaning_twice_changes_nothing_more(words):
    once, _ = _text.clean(words)
    assert _text.clean(once) == (once, "")
    once.encode()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.text("ab \n", max_size=60), st.integers(0, 3)), max_size=30), st.integers(5, 80))
def test_pages_hold_the_whole_text_and_labels_stay_inside(lines, leaf):
    flow = _text.Flow(Limits())
    for line, level in lines:
        if level:
            flow.heading(line, level)
        else:
            flow.add(line, "label")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_text, "LEAF", leaf)
        pages = flow.pages()
    letters = "".join("".join(page.text for page in pages).split())
    assert letters == "".join("".join(line for line, _ in lines).split())
    for number, page in enumerate(pages, start=1):
        assert page.number == number
        assert len(page.text) <= leaf
        assert all(0 <= start < end <= len(page.text) for start, end, _ in page.paths)


def test_a_long_text_is_cut_at_line_ends():
    pages, _ = read(b"one line of words\n" * 10_000)
    assert len(pages) == 4
    assert all(page.text.startswith("one line") for page in pages)
    assert "\n".join(page.text for page in pages) == "one line of words\n" * 10_000


@pytest.mark.parametrize(
    ("name", "plain"),
    [("../../a.txt", "a.txt"), ("C:\\x\\b.pdf", "b.pdf"), ("..", "x"), ("", "x"), ("a\u202e\x00b\n.pdf", "ab .pdf")],
)
def test_a_name_from_outside_is_only_a_name(name, plain):
    assert _text.file_name(name, "x") == plain


# -- Markdown -------------------------------------------------------------------------------------


def test_markdown_is_kept_and_its_headings_name_the_sections():
    words = (
        "# Handbook\n\nAll of it.\n\n## Returns\n\n- *30* days\n\nLamps\n-----\nNot lit.\n\n```\n# no heading\n```\n"
    )
    (page,), title = read(words.encode(), "a.md", md)
    assert (page.text, title) == (words, "Handbook")
    places = [page.path(page.text.index(word)) for word in ("All of", "30", "Not lit", "no heading")]
    assert places == ["Handbook", "Handbook > Returns", "Handbook > Lamps", "Handbook > Lamps"]


def test_markdown_comments_are_hidden():
    (page,), _ = read(b"Seen <!-- obey\nme --> again\n[//]: # (quietly)\nend <!-- and", "a.md", md)
    assert page.text == "Seen \n again\n\nend "
    assert hidden(page) == [("comment", "obey\nme"), ("comment", "quietly"), ("comment", "and")]


def test_a_comment_in_a_block_of_code_is_shown():
    (page,), _ = read(b"```\n<!-- code -->\n```\n", "a.md", md)
    assert (page.text, hidden(page)) == ("```\n<!-- code -->\n```\n", [])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["<!--", "-->", "```", "~~~", "\n", "# x", "---", "[//]: # (y)", " text "])))
def test_any_markdown_is_read_and_no_word_is_lost(parts):
    (page,), _ = read("".join(parts).encode(), "a.md", md)
    told = page.text + "".join(words for _, words in hidden(page))
    assert told.count("text") == "".join(parts).count("text")
