"""Ten playbooks as people break them, each with the sentence that says where and what to write instead.

Who can't program must be able to act on it: the line is the one to change, and the sentence names the remedy.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cards import Problem
from engine.playbook import examined, read

SOUND = """name = "library"
title = "Library desk"

[[fields]]
name = "card"
pattern = 'L-\\d{4}'

[[rules]]
check = "words"
any = ["lawyer"]
then = "person"

[[intents]]
label = "renewal"
title = "Renewal"
opening = "You asked to keep your book longer."
examples = ["Can I keep the book longer?", "Please extend my loan by a week."]

[[intents]]
label = "lost_card"
title = "Lost card"
examples = ["I have lost my library card.", "My card was stolen, please block it."]

[collections.rules]
"""
TEN = {
    "no quotation marks": (
        'title = "Library desk"', "title = Library desk",
        2, "text needs quotation marks around it",
    ),
    "a bracket is not closed": (
        'any = ["lawyer"]', 'any = ["lawyer"',
        11, "commas between its items",
    ),
    "a misspelt name": (
        'title = "Library desk"', 'titel = "Library desk"',
        2, "there is no `titel`; did you mean `title`?",
    ),
    "a leg that nobody is": (
        'title = "Library desk"', 'title = "Library desk"\nlegs = ["reader", "extractor", "rooter"]',
        3, 'the leg \'rooter\' does not exist; did you mean "router"?',
    ),
    "a rule without its words": (
        'any = ["lawyer"]\n', "",
        8, 'rule 1 (words) needs any, a list: write any = ["...", "..."].',
    ),
    "a rule that sends it nowhere": (
        'then = "person"', 'then = "boss"',
        11, "says then = 'boss'; choose from person, flag, intent:renewal, intent:lost_card.",
    ),
    "a number in quotation marks": (
        'title = "Library desk"', 'title = "Library desk"\n[budget]\nrounds = "2"',
        4, "`rounds` in [budget] must be a whole number without quotation marks, such as 2; it is \"2\".",
    ),
    "a slot that no field fills": (
        "You asked to keep your book longer.", "You asked about card {crad}.",
        16, "{crad} names the field 'crad', which does not exist; did you mean \"card\"?",
    ),
    "an example in two intents": (
        '"I have lost my library card."', '"Can I keep the book longer?"',
        22, "is an example of 'renewal' and of 'lost_card'; keep it in one.",
    ),
    "a document that is not there": (
        "[collections.rules]", '[collections.rules]\ndocuments = ["house-rules.pdf"]',
        25, "the file 'house-rules.pdf' does not exist",
    ),
}  # fmt: skip


def kept(folder: Path, text: str) -> Path:
    file = folder / "library.toml"
    file.write_text(text, "utf-8")
    return file


def test_the_playbook_is_sound_before_it_is_broken(tmp_path: Path) -> None:
    assert examined(kept(tmp_path, SOUND))[1] == ()


@pytest.mark.parametrize(("sound", "broken", "line", "sentence"), TEN.values(), ids=TEN)
def test_a_broken_playbook_is_told_by_line_and_remedy(
    tmp_path: Path, sound: str, broken: str, line: int, sentence: str
) -> None:
    assert SOUND.count(sound) == 1
    file = kept(tmp_path, SOUND.replace(sound, broken))
    first = examined(file)[1][0]
    assert first.line == line
    assert sentence in first.sentence
    assert first.sentence.endswith((".", "?"))
    with pytest.raises(Problem) as caught:
        read(file)
    assert caught.value.sentence.startswith(f"library.toml, line {line}: ")


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(L-\\d{4}", "at its character 1, a round bracket ( is opened and not closed: add )"),
        ("L-\\d{4})", "at its character 8, a round bracket ) closes none"),
        ("L-[0-9", "a square bracket [ is opened and not closed: add ]"),
        ("*-L", "before *, + or ? stands nothing to repeat"),
        ("L**", "follow each other"),
        ("[9-0]", "runs backwards: write it upwards"),
        ("L{4,2}", "write the smaller one first"),
        ("L\\y", "a backslash stands before a letter"),
        ("(?P<1>L)", "bad character in group name"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_told_in_plain_words(tmp_path: Path, pattern: str, told: str) -> None:
    (complaint,) = examined(kept(tmp_path, SOUND.replace("L-\\d{4}", pattern)))[1]
    assert complaint.line == 6
    assert told in complaint.sentence


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            'kind = "invoice_totl"',
            "there is no kind 'invoice_totl' of field, in 'card'; did you mean \"invoice_total\"?",
        ),
        ('kind = "date"\npattern = "x"', "the field 'card' has both a pattern and a kind; remove one."),
        ("", "the field 'card' has neither pattern nor kind; add pattern = \"...\"."),
        ('pattern = "x"\nnear = ["card"]', "`near` goes with a kind, and the field 'card' has a pattern. Remove it."),
        ('kind = "date"\npick = "largest"', "`pick` goes with a pattern, and the field 'card' has a kind. Remove it."),
        ('kind = "clause"', "the field 'card' needs `near`, the words that stand in it: near = [\"insur maintain\"]."),
        (
            'pattern = "x"\nchoices = { a = ["b"], c = [] }',
            "the field 'card' has both a pattern and choices; remove one.",
        ),
        ('choices = { a = ["b"] }', "the field 'card' has one choice only; add another, or use a pattern."),
        (
            'choices = { a = [], c = ["b"] }',
            "the choice 'a' of 'card' has no words, so it holds otherwise: put it last.",
        ),
        ('choices = { a = [" "], c = [] }', "the field 'card' has a choice without a name, or an empty word."),
        (
            'choices = { a = ["b"], c = [] }\nnear = ["x"]',
            "`near` goes with a kind, and the field 'card' has choices. Remove it.",
        ),
        ('kind = "date"\nsure = 1.5', "`sure` of the field 'card' must lie between 0 and 1."),
    ],
)
def test_what_is_wrong_with_a_kind_of_field_is_told(tmp_path: Path, lines: str, told: str) -> None:
    (complaint,) = examined(kept(tmp_path, SOUND.replace("pattern = 'L-\\d{4}'", lines)))[1]
    assert complaint.sentence.startswith(told)
    assert complaint.line in (5, 6, 7)


@pytest.mark.parametrize(
    ("kind", "told"), [("pfd", 'did you mean "pdf"?'), (".PDF", 'did you mean "pdf"?'), ("letter", "as in pdf, docx")]
)
def test_a_kind_of_file_that_is_none_is_told(tmp_path: Path, kind: str, told: str) -> None:
    (complaint,) = examined(kept(tmp_path, f'{SOUND}[only.clerk]\nkinds = ["eml", "{kind}"]\n'))[1]
    assert f"names the kind of file '{kind}', which is none" in complaint.sentence
    assert told in complaint.sentence


@pytest.mark.parametrize(
    ("sound", "broken", "told"),
    [
        (
            'title = "Library desk"',
            "[budget]\ntask_seconds = inf",
            "`task_seconds` in [budget] must be a number",
        ),
        ('title = "Library desk"', "[budget]\ntokens = 0", "`tokens` in [budget] must be a number above 0; write 6000"),
        ("'L-\\d{4}'", "'L{4294967296}'", "repeats something more often than can be counted"),
        ('name = "card"', 'name = "opened"', "the field 'opened' needs another name"),
        ("[collections.rules]", '[collections.rules]\ndocuments = ["a\\u0000b.md"]', "does not exist"),
        ("[collections.rules]", '[only.planner]\nintents = ["renewal"]\n[collections.rules]', "only after the router"),
    ],
)
def test_values_that_no_task_could_be_worked_with_are_told(tmp_path: Path, sound: str, broken: str, told: str) -> None:
    assert SOUND.count(sound) == 1
    found = examined(kept(tmp_path, SOUND.replace(sound, broken)))[1]
    assert told in " ".join(one.sentence for one in found)


def test_no_sentence_takes_its_sample_from_another_desk(tmp_path: Path) -> None:
    text = SOUND.replace(', "My card was stolen, please block it."', "").replace('"renewal"', '""')
    told = " ".join(one.sentence for one in examined(kept(tmp_path, text))[1])
    assert 'examples = ["...", "..."]' in told
    assert "refund" not in told


def test_all_that_is_wrong_is_told_from_top_to_bottom(tmp_path: Path) -> None:
    text = SOUND.replace('then = "person"', 'then = "boss"').replace('any = ["lawyer"]', "any = []")
    complaints = examined(kept(tmp_path, text))[1]
    assert [one.line for one in complaints] == [10, 11]
