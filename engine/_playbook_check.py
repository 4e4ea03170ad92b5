"""Says what in a playbook does not make sense, where it stands, and what to write instead."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine._playbook_lines import Keys
from engine._playbook_shape import Found, choose, plainly, shown
from engine.playbook import NAME, SLOT, FieldRule, Playbook, after

MOST = {"steps": 8, "rounds": 5, "calls": 64}
"""No budget may be larger: a plan and a quarrel must stay so short that a person can follow them."""
FEWEST_CASES = 30
"""Fewer decided drafts say nothing about an error of some per cent."""
LARGEST_ERROR = 0.2
MOST_EXAMPLES = 2
ROW = {"check", "then", "reason", "when", "intents"}
"""What every row of [[rules]] may say, beside the parameters of its check."""
BY_THEMSELVES = {"gate", "referee", "senior"}
"""Agents that take the baton where it is needed; `legs` does not name them."""
USUAL = ("pdf", "docx", "xlsx", "pptx", "odt", "eml", "msg", "txt", "html", "csv", "rtf", "md", "png", "jpg", "zip")
"""Kinds of file that are more likely meant than the others."""
BEFORE_AN_INTENT = ("reader", "extractor", "planner", "router")
ALWAYS_KNOWN = ("document", "opened")
"""What a tool may be filled with beside fields; a field of that name would never reach one."""

_KINDS: dict[Any, tuple[str, str]] = {
    str: ("a text", '"..."'),
    list: ("a list", '["...", "..."]'),
    int: ("a whole number", "30"),
    (int, float): ("a number", "500"),
}


def complaints(playbook: Playbook, stem: str) -> Iterator[Found]:
    """All that is wrong with it; `stem` is the file's name without its ending."""
    if not NAME.fullmatch(playbook.name):
        yield ("name",), '`name` must be lower-case letters, digits and hyphens, such as "front-desk".'
    elif playbook.name != stem:
        yield ("name",), f"`name` must be the file's own name: write name = {stem!r}, or rename the file."
    yield from _limits(playbook)
    yield from _legs(playbook)
    yield from _sources(playbook)
    yield from _conditions(playbook)
    yield from _files(playbook)
    yield from _tools(playbook)
    yield from _intents(playbook)
    yield from _fields(playbook)
    yield from _memory(playbook)
    yield from _rules(playbook)
    yield from _reviewers(playbook)
    yield from _automatic(playbook)


def _limits(playbook: Playbook) -> Iterator[Found]:
    for part in dataclasses.fields(playbook.budget):
        value = getattr(playbook.budget, part.name)
        if value <= 0:
            yield ("budget", part.name), f"`{part.name}` in [budget] must be a number above 0; write {part.default:g}."
        elif value > MOST.get(part.name, value):
            yield ("budget", part.name), f"`{part.name}` in [budget] may be at most {MOST[part.name]}."
    for part in dataclasses.fields(playbook.thresholds):
        value = getattr(playbook.thresholds, part.name)
        if value is not None and not 0 <= value <= 1:
            yield ("thresholds", part.name), f"`{part.name}` in [thresholds] must lie between 0 and 1, such as 0.8."
    doubt, request = playbook.thresholds.doubt, playbook.thresholds.request
    if doubt is not None and request is not None and doubt > request:
        yield ("thresholds", "doubt"), "`doubt` in [thresholds] must not be above `request`; lower it."


def _legs(playbook: Playbook) -> Iterator[Found]:
    from engine import agents
    from engine.shelf import modules

    known = [leg for leg in modules(agents) if leg not in BY_THEMSELVES]
    for place, leg in enumerate(playbook.legs):
        if leg in BY_THEMSELVES:
            yield ("legs", place), f"the leg {leg!r} comes in by itself where it is needed; remove it here."
        elif leg not in known:
            yield ("legs", place), f"the leg {leg!r} does not exist; {choose(leg, known)}."
        if leg in playbook.legs[:place]:
            yield ("legs", place), f"the leg {leg!r} is there twice, and may be there only once; remove one."
    if not playbook.legs:
        yield ("legs",), '`legs` must name at least one leg: legs = ["reader", ...]. Without the line, all run.'
    if "drafter" in playbook.legs:
        yield from _around_the_drafter(playbook.legs, playbook.legs.index("drafter"))
    if "second_reader" in playbook.legs:
        yield from _around_the_second_reader(playbook.legs, playbook.legs.index("second_reader"))


def _around_the_drafter(legs: tuple[str, ...], place: int) -> Iterator[Found]:
    if not {"librarian", "clerk"} & set(legs[:place]):
        found = '"librarian", which finds sentences in your documents, or "clerk", which has your tools called'
        yield ("legs", place), f"the leg 'drafter' has nothing to write about: put before it {found}."
    if "verifier" not in legs[place + 1 :]:
        sentence = "nobody checks what the leg 'drafter' writes: put \"verifier\" after it."
        yield ("legs", place), sentence


def _around_the_second_reader(legs: tuple[str, ...], place: int) -> Iterator[Found]:
    for leg in ("extractor", "router"):
        if leg not in legs[:place]:
            yield ("legs", place), f"the leg 'second_reader' reads what others have found: put it behind \"{leg}\"."


def _sources(playbook: Playbook) -> Iterator[Found]:
    """A draft rests on documents, or on what a tool's sentence tells."""
    told = any(grant.sentence for grant in playbook.tools.values())
    if "drafter" in playbook.legs and not playbook.collections and not told:
        remedy = 'add a heading [collections.rules], and below it documents = ["house-rules.md"]'
        yield (
            ("collections",),
            f"there is nothing a draft could rest on: {remedy}, a file of yours beside this one.",
        )


def _conditions(playbook: Playbook) -> Iterator[Found]:
    for leg, condition in playbook.only.items():
        yield from _kinds(condition.kinds, leg)
        if leg not in playbook.legs:
            yield ("only", leg), f"[only.{leg}] names no leg of this playbook; {choose(leg, playbook.legs)}."
        if condition.intents and leg in BEFORE_AN_INTENT:
            yield ("only", leg), f"[only.{leg}] asks for an intent, which is known only after the router. Remove it."
        yield from _known(playbook, condition.intents, ("only", leg, "intents"), f"[only.{leg}]")
        for place, name in enumerate(condition.fields):
            yield from _field_known(playbook, name, ("only", leg, "fields", place), f"[only.{leg}]")


def _kinds(named: tuple[str, ...], leg: str) -> Iterator[Found]:
    if not named:
        return
    from engine import readers

    known = sorted({kind for reader in readers.shelf().values() for kind in reader.KINDS})
    for place, kind in enumerate(named):
        if kind not in known:
            meant = kind.lower().strip(". ")
            near = difflib.get_close_matches(meant, USUAL, 1, 0.6) or difflib.get_close_matches(meant, known, 1, 0.6)
            remedy = f'did you mean "{near[0]}"?' if near else "write how such files end, as in pdf, docx, eml or txt."
            yield (
                ("only", leg, "kinds", place),
                f"[only.{leg}] names the kind of file {kind!r}, which is none; {remedy}",
            )


def _files(playbook: Playbook) -> Iterator[Found]:
    files: list[tuple[Keys, str]] = [
        (("collections", name, "documents", place), file)
        for name, collection in playbook.collections.items()
        for place, file in enumerate(collection.documents)
    ]
    for way, file in files:
        if playbook.path(file).is_dir():
            if not any(Path(one).parent == Path(file) for one in playbook.documents(str(way[1]))):
                sentence = f"there is no file in the folder {file!r} that could be read: put your documents into it."
                yield way, f"{sentence} Folders inside it are not looked into."
        elif not playbook.path(file).is_file():
            yield way, f"the file {file!r} does not exist: there is no {playbook.path(file)}. Correct the path."
    for name in playbook.collections:
        names = [Path(file).name for file in playbook.documents(name)]
        if len(set(names)) < len(names):
            yield ("collections", name, "documents"), f"two documents of {name!r} have one name; rename one."


def _tools(playbook: Playbook) -> Iterator[Found]:
    from engine.toolbox import complaints as misfits
    from engine.toolbox import gives

    known = [*(rule.name for rule in playbook.fields), *ALWAYS_KNOWN]
    earlier: dict[str, tuple[str, ...] | None] = {}
    for name, grant in playbook.tools.items():
        yield from _known(playbook, grant.intents, ("tools", name, "intents"), f"the tool {name!r}")
        for parameter, source in grant.fields.items():
            tool, _, column = source.partition(".")
            if source not in known and not (tool in earlier and column):
                remedy = choose(source, known)
                sentence = (
                    f"the tool {name!r} takes {source!r}, which is no field, and no NAME.COLUMN of a tool before it"
                )
                yield ("tools", name, "fields", parameter), f"{sentence}; {remedy}."
            elif column and (columns := earlier[tool]) is not None and column not in columns:
                sentence = f"the tool {name!r} takes {source!r}, but {tool!r} gives no {column!r}"
                yield ("tools", name, "fields", parameter), f"{sentence}; {choose(column, columns)}."
        for column, wanted in grant.expect.items():
            if slot := SLOT.fullmatch(wanted):
                yield from _field_known(playbook, slot[1], ("tools", name, "expect", column), f"the tool {name!r}")
        for keys, misfit in misfits(name, grant, playbook):
            yield ("tools", name, *keys), f"the tool {name!r} {misfit}"
        earlier[name] = gives(grant)


def _intents(playbook: Playbook) -> Iterator[Found]:
    labels = [intent.label for intent in playbook.intents]
    names = [rule.name for rule in playbook.fields]
    said: dict[str, str] = {}
    for row, intent in enumerate(playbook.intents):
        for part in ("opening", "next_step"):
            for slot in sorted(set(SLOT.findall(getattr(intent, part))) - set(names)):
                remedy = choose(slot, names) if names else "add it under [[fields]], or remove the braces"
                yield ("intents", row, part), f"{{{slot}}} names the field {slot!r}, which does not exist; {remedy}."
        if intent.quotes < 1:
            yield ("intents", row, "quotes"), f"the intent {intent.label!r} needs `quotes` of 1 or more."
        if not intent.label.strip():
            yield ("intents", row, "label"), 'an intent needs a label, such as label = "question".'
        if intent.label in labels[:row]:
            yield (
                ("intents", row, "label"),
                f"the intent {intent.label!r} is there twice; merge the two, or rename one.",
            )
        if len(intent.examples) < 2:
            yield (
                ("intents", row),
                (
                    f"the intent {intent.label!r} needs at least two examples, better 14: "
                    'examples = ["...", "..."], as people write to you.'
                ),
            )
        for place, text in enumerate(intent.examples):
            other = said.setdefault(" ".join(text.split()).casefold(), intent.label)
            if other != intent.label:
                sentence = f"“{text[:60]}” is an example of {other!r} and of {intent.label!r}; keep it in one."
                yield ("intents", row, "examples", place), sentence
    if len(labels) < 2:
        yield ("intents",), "at least two intents are needed: add rows [[intents]] with label and examples."
    if len(playbook.out_of_scope) == 1:
        yield ("out_of_scope",), "no or at least two texts out of scope are needed; add one more, or remove the line."


def _fields(playbook: Playbook) -> Iterator[Found]:
    names = [rule.name for rule in playbook.fields]
    for row, rule in enumerate(playbook.fields):
        yield from _known(playbook, rule.intents, ("fields", row, "intents"), f"the field {rule.name!r}")
        if rule.name in names[:row]:
            yield ("fields", row, "name"), f"the field {rule.name!r} is there twice; merge the two, or rename one."
        if rule.name in ALWAYS_KNOWN or not rule.name.isidentifier():
            sentence = f"the field {rule.name!r} needs another name: letters, digits and _, and not "
            yield ("fields", row, "name"), f"{sentence}{' or '.join(ALWAYS_KNOWN)}. Rename it."
        yield from _of_kind(rule, row)
        if rule.ask and "second_reader" not in playbook.legs:
            sentence = f"nobody puts the question `ask` of the field {rule.name!r}"
            yield ("fields", row, "ask"), f'{sentence}: add "second_reader" to `legs`, behind "router".'
        try:
            re.compile(rule.pattern)
        except OverflowError:
            sentence = f"the pattern of field {rule.name!r} repeats something more often than can be counted. Say less."
            yield ("fields", row, "pattern"), sentence
        except re.error as error:
            remedy = "A plain sample of the text, with \\d for each digit, is a pattern, too"
            sentence = f"the pattern of field {rule.name!r} can't be understood: {plainly(error)}. {remedy}."
            yield ("fields", row, "pattern"), sentence


def _of_kind(rule: FieldRule, row: int) -> Iterator[Found]:
    """A field has a pattern, a kind or choices, and what goes with the one does not go with the other."""
    from engine import kinds
    from engine.shelf import modules

    known = modules(kinds)
    if rule.kind and rule.kind not in known:
        remedy = choose(rule.kind, known)
        yield ("fields", row, "kind"), f"there is no kind {rule.kind!r} of field, in {rule.name!r}; {remedy}."
    ways = [name for name in ("pattern", "kind", "choices") if getattr(rule, name)]
    if not ways:
        yield ("fields", row, "name"), f'the field {rule.name!r} has neither pattern nor kind; add pattern = "...".'
    if len(ways) > 1:
        has = f"both a {ways[0]} and {'a ' if ways[1] == 'kind' else ''}{ways[1]}; remove one"
        yield ("fields", row, ways[1]), f"the field {rule.name!r} has {has}."
    for name in ("near", "apart", "sure"):
        if getattr(rule, name) and not rule.kind:
            sentence = f"`{name}` goes with a kind, and the field {rule.name!r} has {_has(ways)}. Remove it."
            yield ("fields", row, name), sentence
    if not rule.pattern and rule.pick != "first":
        sentence = f"`pick` goes with a pattern, and the field {rule.name!r} has {_has(ways)}. Remove it."
        yield ("fields", row, "pick"), sentence
    yield from _choices(rule, row)
    if rule.kind in known and known[rule.kind].WHERE.inside and not rule.near:
        sentence = f'the field {rule.name!r} needs `near`, the words that stand in it: near = ["insur maintain"].'
        yield ("fields", row, "kind"), sentence
    if not 0 <= rule.sure <= 1:
        yield ("fields", row, "sure"), f"`sure` of the field {rule.name!r} must lie between 0 and 1."


def _has(ways: list[str]) -> str:
    return {"choices": "choices"}.get(ways[0], f"a {ways[0]}") if ways else "none"


def _choices(rule: FieldRule, row: int) -> Iterator[Found]:
    options = list(rule.choices)
    if len(options) == 1:
        yield ("fields", row, "choices"), f"the field {rule.name!r} has one choice only; add another, or use a pattern."
    for option in options[:-1]:
        if not rule.choices[option]:
            sentence = f"the choice {option!r} of {rule.name!r} has no words, so it holds otherwise: put it last."
            yield ("fields", row, "choices", option), sentence
    for option, words in rule.choices.items():
        if not option.strip() or not all(word.strip() for word in words):
            yield ("fields", row, "choices"), f"the field {rule.name!r} has a choice without a name, or an empty word."


def _memory(playbook: Playbook) -> Iterator[Found]:
    for place, name in enumerate(playbook.memory.keys):
        way: Keys = ("memory", "keys", place)
        yield from _field_known(playbook, name, way, "[memory]")
        if name in playbook.memory.keys[:place]:
            yield way, f"the key {name!r} is there twice in [memory]; remove one."
    if not 0 <= playbook.memory.examples <= MOST_EXAMPLES:
        yield (
            ("memory", "examples"),
            f"`examples` in [memory] must lie between 0 (none) and {MOST_EXAMPLES}: a small model heeds no more.",
        )


def _rules(playbook: Playbook) -> Iterator[Found]:
    from engine import rules
    from engine.shelf import modules

    known = modules(rules)
    for number, row in enumerate(playbook.rules):
        check = known.get(str(row.get("check", "")))
        if check is None:
            remedy = choose(row.get("check", ""), known)
            yield ("rules", number, "check"), f"rule {number + 1} names the check {row.get('check')!r}; {remedy}."
            continue
        for way, sentence in (*_rule(playbook, row, check), *_parameters(row, check)):
            yield ("rules", number, *way), f"rule {number + 1} ({row['check']}) {sentence.strip()}"


def _rule(playbook: Playbook, row: Mapping[str, Any], check: Any) -> Iterator[Found]:
    labels = [intent.label for intent in playbook.intents]
    then, when = str(row.get("then", "")), row.get("when", "before")
    allowed = ("person", "flag", *(() if after(row) else (f"intent:{label}" for label in labels)))
    if then not in allowed:
        late = " What was drafted can't change its intent any more." if after(row) and "intent" in then else ""
        yield ("then",), f"says then = {then!r}; {choose(then, allowed)}.{late}"
    if when not in ("before", "after"):
        yield ("when",), f'says when = {when!r}; write "before" (the models) or "after" (on the draft).'
    if "intents" in row and not after(row):
        yield ("intents",), 'has `intents`, which are known only afterwards; add when = "after", or remove them.'
    if isinstance(row.get("intents", []), list):
        yield from _known(playbook, row.get("intents", []), ("intents",), "")
    else:
        yield ("intents",), 'needs a list of `intents`: intents = ["..."].'
    if "field" in check.PARAMETERS and isinstance(row.get("field"), str):
        yield from _field_known(playbook, row["field"], ("field",), "")


def _parameters(row: Mapping[str, Any], check: Any) -> Iterator[Found]:
    for name in sorted(row.keys() - {*ROW, *check.PARAMETERS}):
        yield (name,), f"has no {name}; {choose(name, [*check.PARAMETERS, *sorted(ROW)])}."
    for name, kind in check.PARAMETERS.items():
        value = row.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            what, example = _KINDS.get(kind, ("a value", "..."))
            has = f"; it is {shown(value)}" if name in row else ""
            yield (name,), f"needs {name}, {what}: write {name} = {example}{has}."
        elif isinstance(value, list) and not value:
            yield (name,), f'needs something in its {name}: {name} = ["..."].'


def _reviewers(playbook: Playbook) -> Iterator[Found]:
    for number, row in enumerate(playbook.review):
        if not row.role.strip():
            yield ("review", number, "role"), 'says nobody: write role = "head of the desk".'
        yield from _known(playbook, row.intents, ("review", number, "intents"), f"review {number + 1}")
        if row.field:
            yield from _field_known(playbook, row.field, ("review", number, "field"), f"review {number + 1}")
        elif row.above or row.any:
            remedy = 'add field = "...", the name of one of [[fields]]'
            name = "above" if row.above else "any"
            sentence = f"review {number + 1} has `{name}`, but nothing to compare with it: {remedy}."
            yield ("review", number, name), sentence


def _automatic(playbook: Playbook) -> Iterator[Found]:
    named = [row.intent for row in playbook.automatic]
    for number, row in enumerate(playbook.automatic):
        way: Keys = ("automatic", number)
        yield from _known(playbook, (row.intent,), (*way, "intent"), f"[[automatic]] number {number + 1}")
        if row.intent in named[:number]:
            yield (*way, "intent"), f"{row.intent!r} is there twice in [[automatic]]; remove one."
        if not 0 < row.error <= LARGEST_ERROR:
            yield (*way, "error"), f"`error` must be above 0 and at most {LARGEST_ERROR}: the share that may be wrong."
        if row.cases < FEWEST_CASES:
            yield (*way, "cases"), f"`cases` must be {FEWEST_CASES} or more; fewer decided drafts prove nothing."
        if not 0.01 <= row.audit <= 1:
            yield (*way, "audit"), "`audit` must lie between 0.01 and 1: the share that a person sees all the same."


def _known(playbook: Playbook, named: Any, way: Keys, who: str) -> Iterator[Found]:
    labels = [intent.label for intent in playbook.intents]
    for label in named:
        if label not in labels:
            yield way, f"{who} names the intent {label!r}, which does not exist; {choose(label, labels)}."


def _field_known(playbook: Playbook, name: str, way: Keys, who: str) -> Iterator[Found]:
    names = [rule.name for rule in playbook.fields]
    if name not in names:
        remedy = choose(name, names) if names else "add a row [[fields]] with name and pattern"
        yield way, f"{who} names the field {name!r}, which does not exist; {remedy}."
