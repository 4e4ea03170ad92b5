"""Baton's engine: a team of small models that works one card at a time, and says why at every handoff.

Start here. Three files are the whole idea:

    cards.py    what travels: a TaskCard becomes a Handoff, the baton, which each agent adds to
    relay.py    run(handoff): who holds the baton works, and hands on the next one, to the last word
    agents/     the team: reader, extractor, planner, router, clerk, librarian, drafter, verifier, and who
                comes in where one of them can't go on: quoter, referee, senior, gate

A document's way: the desk (`app/`) opens a card, and the *reader* turns the file, and the files
inside it, into pages (`reading.py`, `pages.py`): each in a worker process that is locked before it
sees a byte, and can be killed (`readers/`, `fence/`; `office.py` for what only LibreOffice knows).
The *extractor* finds fields by pattern, or by kind
(`kinds/`) and place on the page (`finding.py`); a *second reader* may ask a model for them, too. The *planner*
(`planner.py`) makes steps of a message that asks for several things; each goes along the legs, and one answer comes
out.
The *router* applies the playbook's hard rules (`rules/`), then asks a small intent model
(`intents/`, `gist.py`), and abstains when neither is sure. The *clerk* has the playbook's tools called
(`toolbox.py`, `tools/`), where a fixed table allows it (`permissions.py`); what asks an address does
so through a process of its own (`courier.py`). The *librarian* finds the policy sentences an answer
must rest on (`library.py`, `chunks.py`, `ranking.py`, `vectors.py`). The *drafter* lets a small
language model put them into words, one bounded sentence at a time; what people approved before
(`memory.py`, `approved.py`) is an example to it. The *verifier* checks each
sentence against its source (`support.py`, `grounding.py`, `reckoned.py`; tables of figures: `statements.py`, what is
asked of them: `measures.py`): back to the drafter once, then to the *senior*, a larger
model if there is one, then to the *quoter*, who quotes word for word, then to a person. A *referee*
asks the larger model where the router is not sure; the *gate* applies the rules that look at drafts.
A model that fails again and again rests (`health.py`).

Both learn on the device: `intents/` in seconds, `tuning/` when the machine is idle; what was learned
answers only after it has won on examples it had not seen, and can be taken back.

What they hand on has bounds (`bounds.py`). What they work with is the Bench (`bench.py`): the store
of originals and readings (`store.py`), the memory of earlier cases, the library, the playbook
(`playbook.py`; what is wrong with one: `_playbook_check.py`) and the fleet of models (`fleet.py`, `models/`; those
that came from outside: `encoders.py`, `writers.py`, what a model file says of itself, `gguf.py`; how fast one
is here, `trial.py`).

The engine is a program: `python -m engine --home DIR` takes orders (`orders.py`) on standard input
and answers with events (`events.py`), one JSON line each (`codec.py`). It keeps no state of its own that matters:
kill it at any moment, start another, and give it the last handoff.

New things are new files: a format on `readers/`, a kind of field on `kinds/`, a check on `rules/`, an agent on
`agents/`, a tool on `tools/`, a runtime on `models/`. Each shelf's `__init__.py` says what such a file holds.
"""

from engine.cards import (
    Budget,
    Decision,
    Document,
    Draft,
    Evidence,
    Field,
    Flag,
    Handoff,
    Place,
    Problem,
    Route,
    TaskCard,
    Verdict,
    Why,
)
from engine.events import Event, Handed, LastWord, fold

__all__ = [
    "Budget",
    "Decision",
    "Document",
    "Draft",
    "Event",
    "Evidence",
    "Field",
    "Flag",
    "Handed",
    "Handoff",
    "LastWord",
    "Place",
    "Problem",
    "Route",
    "TaskCard",
    "Verdict",
    "Why",
    "fold",
]
