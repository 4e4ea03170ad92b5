"""Says what a policy's clauses say to what a letter asks for, by a table of words and a table of decisions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.cards import Place, Problem
from engine.tools import Finding, Given, NoResult, Result, TableFile, Tray, Value, Values
from engine.tools._csv import rows
from engine.tools._prose import Said, parts, said
from engine.wording import holds

SENTENCE = "Says what your policy says to what is asked for, by a table of words and a table of decisions."
ACTION = "read"
PARAMETERS = {"file": str, "words": str, "decisions": str}
OPTIONAL: dict[str, type] = {}
VALUES = ("text",)
FILES = ("file", "words", "decisions")

WORDS = ("name", "words", "unless")
DECISIONS = ("asked", "action", "when", "unless", "then", "clause", "answer")
THEN = {"verify": "to be verified by", "propose": "proposed by", "refuse": "refused by"}
"""What a row may decide, in the order in which it is told, and the words for it."""
MOST_ROWS = 200
GROUP = "@"
"""What the name of a row begins with that only lists words for the others."""
BETWEEN = 4
"""Words that may stand between two of a phrase: "change my two upcoming return flights"."""
_TOKEN = re.compile(r"[\w'-]+")

Beginnings = tuple[str, ...]
"""What one word may begin with; a whole word ends with a full stop ("book.")."""
Phrase = tuple[Beginnings, ...]
"""Words in their order, few others between them."""


@dataclass(frozen=True, slots=True)
class Naming:
    """A row of the table of words: a part of a sentence says `name` where it has a phrase of `words` and none of
    `unless`. Of several rows with one name, one is enough."""

    name: str
    words: tuple[Phrase, ...]
    unless: tuple[Phrase, ...]

    def said(self, tokens: Sequence[str]) -> bool:
        return any(_stand(one, tokens) for one in self.words) and not any(_stand(one, tokens) for one in self.unless)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table of decisions: it holds where `asked` is said, and all of `when`, and none of `unless`.

    `clauses` are the policy's sentences that are its reasons.
    """

    asked: str
    action: str
    when: tuple[str, ...]
    unless: tuple[str, ...]
    then: str
    clauses: tuple[Said, ...]
    answer: str


def call(given: Given, values: Values, tray: Tray) -> Result:
    """A finding for each clause on each thing asked for: `decision`, `asked`, `action`, `said` (the letter's words),
    `clause` (the policy's) and `answer`. It stands where the policy's sentence does; what a person must look into comes
    first.

    `file` is the policy. `words` is a table in CSV with the columns name, words and unless: what a letter may ask for
    or claim, and the phrases in which people say so, each word by how it begins ("chang", and "book." for the whole
    word); `@name` is any of the words of the row of that name. `decisions` is another, with the columns asked, action,
    when, unless, then, clause and answer: of the rows about one thing that is asked, the first that holds decides. Its
    `then` is `refuse` where the letter's own words break the clause, `verify` where it rests on what the letter can't
    prove, and `propose` where the policy has nothing against it: a claim can rule a thing out, and never in. `clause`
    is given by words that one sentence of the policy holds, and no other; after a `|` comes another clause.

    Raises NoResult where nothing of it is asked for, and Problem("bad_table") where a table says what can't be: a
    clause that the policy does not have is no reason.
    """
    policy = _policy(tray.file(given["file"]), tray)
    namings = list(_namings(tray.file(given["words"]), tray))
    table = list(_rows(tray.file(given["decisions"]), {one.name for one in namings}, policy, tray))
    claims = _claims(values["text"], namings, tray)
    decided = sorted(_decided(table, claims.keys()), key=lambda row: [*THEN].index(row.then))
    if not decided:
        raise NoResult("no_result", f"{tray.name}: nothing that the policy decides on is asked for")
    found = tuple(_finding(row, one, claims[row.asked], policy) for row in decided for one in row.clauses)
    told = "; ".join(f"{row.asked} {THEN[row.then]} “{' '.join(one.text for one in row.clauses)}”" for row in decided)
    return Result(found, f"{tray.name}: {told}")


def gives(values: Collection[str]) -> tuple[str, ...]:
    """The columns of a finding."""
    return "decision", "asked", "action", "said", "clause", "answer"


def _policy(file: TableFile, tray: Tray) -> Value:
    reading = tray.reading(file)
    return Value(reading.text, "table", reading.text, Place(file.sha256, file.name, 1, 0, 0), reading.pages)


def _claims(text: Value, namings: Sequence[Naming], tray: Tray) -> Mapping[str, Said]:
    """What is asked for or claimed, each with the first sentence that does so."""
    found: dict[str, Said] = {}
    for one, part in parts(text.quote):
        tray.in_time()
        tokens = [f"{token}." for token in _TOKEN.findall(part.casefold().replace("’", "'"))]
        for naming in namings:
            if naming.name not in found and naming.said(tokens):
                found[naming.name] = one
    return found


def _stand(words: Phrase, tokens: Sequence[str]) -> bool:
    """Whether the words stand in their order, at most `BETWEEN` tokens between one and the next."""
    ends = [place for place, token in enumerate(tokens) if token.startswith(words[0])]
    for word in words[1:]:
        near = {place for end in ends for place in range(end + 1, min(end + BETWEEN + 2, len(tokens)))}
        ends = [place for place in near if tokens[place].startswith(word)]
    return bool(ends)


def _decided(table: Sequence[Row], claims: Collection[str]) -> Collection[Row]:
    """Of the rows about each thing that is asked for, the first that holds."""
    found: dict[str, Row] = {}
    for row in table:
        if {row.asked, *row.when} <= {*claims} and not {*row.unless} & {*claims}:
            found.setdefault(row.asked, row)
    return found.values()


def _finding(row: Row, clause: Said, claim: Said, policy: Value) -> Finding:
    cells = {
        "decision": row.then, "asked": row.asked, "action": row.action, "said": claim.text,
        "clause": clause.text, "answer": row.answer,
    }  # fmt: skip
    start, end = clause.start, clause.end
    return Finding(tuple(cells.items()), policy.quote[start:end], policy.at(start, end), row.asked)


def _namings(file: TableFile, tray: Tray) -> Iterator[Naming]:
    """Raises Problem("bad_table") for a group of words that there is not."""
    table = list(_table(file, WORDS, tray))
    groups = {row["name"].casefold(): _split(row["words"]) for row in table if row["name"].startswith(GROUP)}
    for row in table:
        if not row["name"].startswith(GROUP):
            words, unless = (tuple(_phrases(row[part], groups, file.name)) for part in WORDS[1:])
            yield Naming(row["name"], words, unless)


def _phrases(cell: str, groups: Mapping[str, Beginnings], file: str) -> Iterator[Phrase]:
    for words in map(str.split, _split(cell)):
        if unknown := {word for word in words if word.startswith(GROUP)} - groups.keys():
            raise Problem("bad_table", f"{file} has {min(unknown)!r:.40}, and no row of that name. Add it.")
        yield tuple(groups.get(word, (word,)) for word in words)


def _rows(file: TableFile, known: Collection[str], policy: Value, tray: Tray) -> Iterator[Row]:
    """Raises Problem("bad_table") for a decision, a name or a clause that there is not."""
    sentences = list(said(policy.quote))
    for row in _table(file, DECISIONS, tray):
        when, unless = tuple(row["when"].split()), tuple(row["unless"].split())
        if row["then"] not in THEN:
            raise Problem("bad_table", f"{file.name} says then = {row['then']!r:.40}; it may be {', '.join(THEN)}.")
        if unknown := {row["asked"], *when, *unless} - {*known}:
            raise Problem("bad_table", f"{file.name} names {min(unknown)!r:.40}, which the table of words has not.")
        clauses = tuple(_clause(words, sentences, file.name) for words in _split(row["clause"]))
        if not clauses:
            raise Problem("bad_table", f"{file.name} decides on {row['asked']!r:.40} without a clause. Name it.")
        yield Row(row["asked"], row["action"], when, unless, row["then"], clauses, row["answer"])


def _clause(words: str, sentences: Sequence[Said], file: str) -> Said:
    """The policy's sentence that holds the words. Raises Problem("bad_table") where none does, or several do."""
    some = [one for one in sentences if holds(words, one.text)]
    if len(some) != 1:
        count = f"{len(some)} sentences" if some else "no sentence"
        raise Problem("bad_table", f"{file} has the clause {words!r:.80}, and {count} of the policy hold these words.")
    return some[0]


def _table(file: TableFile, columns: Sequence[str], tray: Tray) -> Iterator[Mapping[str, str]]:
    for count, (cells, *_) in enumerate(rows(file.data, tray.reading(file), tray)):
        if count == MOST_ROWS:
            raise Problem(
                "bad_table", f"{file.name} has more than {MOST_ROWS} rows: the others would not be looked at."
            )
        row = dict(cells)
        if lacking := [name for name in columns if name not in row]:
            raise Problem("bad_table", f"{file.name} has no column {lacking[0]}; it needs {', '.join(columns)}.")
        yield row


def _split(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, cell.casefold().split("|"))))
