"""XML: values and their places, Word's own XML, drawings, and what is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.pages import Page
from engine.readers import Limits, xml
from engine.readers._file import File
from tests.engine.scripted import drained


def read(data: bytes | str) -> tuple[Page, str]:
    (page,), title = drained(xml.read(File(data if isinstance(data, bytes) else data.encode(), "a.xml"), Limits()))
    return page, title


def hidden(page: Page) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in page.hidden]


def refused(data: bytes | str) -> str:
    with pytest.raises(Problem) as caught:
        read(data)
    return caught.value.code


def test_each_value_is_a_line_after_its_name():
    page, _ = read(
        '<Invoice><Id>R-7</Id><Total currency="EUR">12.50</Total><Line no="1"><Item>Lamp</Item></Line><Empty/>'
        "</Invoice>"
    )
    assert page.text == "Id: R-7\nTotal (currency EUR): 12.50\nLine: no 1\nItem: Lamp"
    assert page.path(page.text.index("Lamp")) == "Invoice > Line > Item"


def test_sentences_and_paragraphs_are_not_torn_apart():
    page, _ = read("<doc><para>One <b>big</b> lamp</para><p><t>sp</t><t>lit</t></p><x>loose <y>words</y></x></doc>")
    assert page.text == "One big lamp\nsplit\nloose words"


def test_a_row_is_one_line():
    page, _ = read("<Table><Row><Cell><Data>a</Data></Cell><Cell>b</Cell></Row><Row><Cell/><Cell/></Row></Table>")
    assert page.text == "a | b"


def test_comments_and_what_word_hides_are_kept_apart():
    page, _ = read(
        '<w:doc xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><!-- note -->'
        "<w:p><w:r><w:t>Seen </w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>vanished</w:t></w:r>"
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
        "<w:comments><w:comment><w:p>remark</w:p></w:comment></w:comments></w:doc>"
    )
    assert page.text == "Seen"
    assert hidden(page) == [("comment", "note"), ("concealed", "vanished"), ("deleted", "gone"), ("comment", "remark")]


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "iso-8859-1", "utf-8-sig"])
def test_the_encoding_is_found(charset):
    assert read(f'<?xml version="1.0" encoding="{charset}"?>\n<a>Grüße</a>'.encode(charset))[0].text == "a: Grüße"


def test_names_of_characters_that_only_html_has_are_understood():
    assert read("<a>5&nbsp;&euro; &amp; more&lt;</a>")[0].text == "a: 5\xa0€ & more<"


def test_the_words_of_a_drawing_are_read_but_not_what_is_not_drawn():
    page, title = read(
        '<svg xmlns="http://www.w3.org/2000/svg"><title>A plan</title><script>x()</script><text y="20">Policy '
        '<tspan font-weight="bold">no. 5512</tspan><tspan dy="9">next</tspan></text>'
        '<g display="none"><text>a</text></g><text opacity="0">b</text><text font-size="1">c</text>'
        '<text style="fill:none">d</text></svg>'
    )
    assert (page.text, title) == ("Policy no. 5512 next", "A plan")
    assert hidden(page) == [
        ("concealed", "A plan"), ("concealed", "a"), ("unpainted", "b"), ("tiny", "c"), ("unpainted", "d"),
    ]  # fmt: skip


# -- what is refused ------------------------------------------------------------------------------


def test_entities_in_entities_are_a_bomb():
    entities = '<!ENTITY a "ha">' + "".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 30))
    laughs = f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><x>&a29;</x>'
    assert refused(laughs) == "bomb"
    assert refused(laughs.encode("utf-16")) == "bomb"


@pytest.mark.parametrize(
    "entity",
    ['<!ENTITY f SYSTEM "file:///etc/passwd">', '<!ENTITY % p SYSTEM "http://x.test/x.dtd"> %p;', '<!ENTITY f "own">'],
)
def test_no_entity_of_the_document_is_expanded(entity):
    assert refused(f"<!DOCTYPE x [{entity}]><x>a&f;b</x>") == "damaged"


def test_a_document_type_elsewhere_is_not_fetched():
    assert read('<!DOCTYPE x PUBLIC "-//X" "file:///etc/passwd"><x>words</x>')[0].text == "x: words"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("<a><b></a>", "damaged"),
        ("<a>cut o", "damaged"),
        ("<a>" * 10_000, "too_deep"),
        ("<r>" + "<a/>" * 600_000 + "</r>", "too_large"),
        ("<r " + "".join(f'a{n}="1" ' for n in range(100_000)) + "/>", "bomb"),
    ],
)
def test_broken_and_endless_xml_is_refused(data, code):
    assert refused(data) == code


# -- what it is known by --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b'<?xml version="1.0"?><a/>', "", "xml"),
        ('<?xml version="1.0"?><a/>'.encode("utf-16"), "", "xml"),
        (b"<a xmlns='x'>", "", "xml"),
        (b"<invoice>1</invoice>", "a.xml", "xml"),
        (b"<invoice>1</invoice>", "", "xml"),
        (b"<!-- c --><svg>", "", "svg"),
        (b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "x" "y"><svg:svg xmlns:svg="z">', "a.txt", "svg"),
        (b'<?xml version="1.0"?><html>', "a.xml", ""),
        (b"words < words", "a.xml", ""),
        (b"<3 you", "", ""),
        (b"", "a.xml", ""),
    ],
)
def test_it_is_known_by_its_first_element(data, name, kind):
    assert xml.recognises(File(data, name))[0] == kind


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["<a>", "</a>", "<p>", "</p>", "<tr>", "</tr>", "x ", "<!--", "-->", "&lt;", "&", "<svg>"])
    )
)
def test_any_xml_ends_in_a_reading_or_a_problem(parts):
    with contextlib.suppress(Problem):
        read("".join(parts))
