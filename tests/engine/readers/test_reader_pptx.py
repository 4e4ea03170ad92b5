"""Slides of PowerPoint: order, titles, tables, notes, what is not shown, and what lies inside."""

from __future__ import annotations

from engine.readers import pptx
from engine.readers._file import File
from tests.engine.readers import office
from tests.engine.readers.office import CHART, NAMES, code, hidden, only_page, path, read

SLIDES = "openxmlformats-officedocument.presentationml.presentation"


def shape(said: str, kind: str = "", more: str = "", look: str = "", facts: str = "") -> str:
    """A shape that says that."""
    place = f'<p:nvPr><p:ph type="{kind}"/></p:nvPr>' if kind else ""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="x" {facts}/>{place}</p:nvSpPr><p:spPr>{more}</p:spPr>'
        f"<p:txBody><a:p><a:r>{look}<a:t>{said}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def slide(shapes: str, more: str = "") -> str:
    return f"<p:sld {NAMES} {more}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"


def show(*slides: str, order=None, extra=None, related=None, title: str = "") -> bytes:
    """A presentation of these slides."""
    numbers = order or range(len(slides))
    listed = "".join(f'<p:sldId r:id="s{n}"/>' for n in numbers)
    main = f'<p:presentation {NAMES}><p:sldIdLst>{listed}</p:sldIdLst><p:sldSz cx="100" cy="100"/></p:presentation>'
    parts = {"ppt/presentation.xml": main}
    parts.update({f"ppt/slides/{n}.xml": xml for n, xml in enumerate(slides)})
    lists = {"ppt/presentation.xml": [(f"s{n}", "slide", f"slides/{n}.xml") for n in range(len(slides))]}
    lists.update(related or {})
    return office.ooxml("ppt/presentation.xml", SLIDES, {**parts, **(extra or {})}, lists, title)


OFFER = slide(shape("First words") + shape("Our offer", "title"))


def test_slides_are_pages_in_the_order_of_the_show_with_their_titles_first():
    data = show(slide(shape("Last")), OFFER, order=[1, 0])
    pages, _, title = read(pptx, data)
    assert pptx.recognises(File(data, "")) == ("pptx", 0.9)
    assert [page.text for page in pages] == ["Our offer\nFirst words", "Last"]
    assert title == "Our offer"
    assert path(pages[0], "First") == "slide 1: Our offer"
    assert path(pages[1], "Last") == "slide 2"


def test_tables_and_charts_are_rows_and_notes_are_labelled():
    def cells(*texts: str) -> str:
        return "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>" for text in texts)

    frame = "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id='2' name='x'/></p:nvGraphicFramePr>{}</p:graphicFrame>"
    table = frame.format(f"<a:tbl><a:tr>{cells('Item', 'Price')}</a:tr><a:tr>{cells('Lamp', '12')}</a:tr></a:tbl>")
    chart = frame.format('<c:chart r:id="c"/>')
    spoken = shape("Speak up", "body") + shape("7", "sldNum")
    notes = f"<p:notes {NAMES}><p:cSld><p:spTree>{spoken}</p:spTree></p:cSld></p:notes>"
    related = {"ppt/slides/0.xml": [("c", "chart", "../charts/c.xml"), ("n", "notesSlide", "../notes/n.xml")]}
    data = show(slide(table + chart), extra={"ppt/charts/c.xml": CHART, "ppt/notes/n.xml": notes}, related=related)
    page = only_page(pptx, data)
    assert page.text == "Item | Price\nLamp | 12\nDucks\nLake | 2023: 4.4 | 2024: 5\nSpeak up"
    assert path(page, "Lamp") == "slide 1 > table 1 > row 2"
    assert path(page, "4.4") == "slide 1 > chart > row 2"
    assert path(page, "Speak") == "slide 1 > notes"


def test_what_is_not_shown_is_kept_apart():
    far = '<a:xfrm><a:off x="200" y="0"/><a:ext cx="10" cy="10"/></a:xfrm>'
    group = f"<p:grpSp><p:nvGrpSpPr><p:cNvPr id='1' name='g' hidden='1'/></p:nvGrpSpPr>{shape('grouped')}</p:grpSp>"
    clear = '<a:rPr><a:solidFill><a:srgbClr val="000000"><a:alpha val="0"/></a:srgbClr></a:solidFill></a:rPr>'
    shapes = (
        shape("Seen") + shape("far away", more=far) + shape("dust", look='<a:rPr sz="100"/>')
        + shape("glass", look=clear) + shape("switched off", facts='hidden="1"') + group
    )  # fmt: skip
    comment = f"<p:cmLst {NAMES}><p:cm><p:text>Why?</p:text></p:cm></p:cmLst>"
    related = {"ppt/slides/0.xml": [("c", "comments", "../comments/c.xml")]}
    data = show(
        slide(shapes), slide(shape("Secret"), 'show="0"'), extra={"ppt/comments/c.xml": comment}, related=related
    )
    pages = read(pptx, data)[0]
    assert [page.text for page in pages] == ["Seen"]
    assert sorted(one for page in pages for one in hidden(page)) == [
        ("comment", "Why?"), ("concealed", "Secret"), ("concealed", "grouped"), ("concealed", "switched off"),
        ("outside", "far away"), ("tiny", "dust"), ("unpainted", "glass"),
    ]  # fmt: skip


def test_files_on_slides_are_handed_over():
    related = {"ppt/slides/0.xml": [("p", "image", "../media/a.png"), ("e", "package", "../embeddings/b.xlsx")]}
    extra = {"ppt/media/a.png": office.picture(), "ppt/embeddings/b.xlsx": b"PK\x03\x04", "ppt/media/logo.png": b"x"}
    assert [file.name for file in read(pptx, show(OFFER, extra=extra, related=related))[1]] == ["b.xlsx", "a.png"]


def test_a_password_opens_a_presentation():
    data = office.locked(show(OFFER, extra={"ppt/media/a.png": office.picture()}), "lamp")
    assert pptx.recognises(File(data, "x.pptx")) == ("pptx", 0.9)
    assert code(pptx, data) == "encrypted"
    assert read(pptx, data, password="lamp")[0][0].text == "Our offer\nFirst words"


def test_a_presentation_without_a_show_is_damaged():
    assert code(pptx, office.zipped({"ppt/x.xml": "<x/>"})) == "damaged"


def test_mutants_end_in_a_reading_or_a_problem():
    office.mutants_end_well(pptx, show(OFFER, OFFER))
