"""The engine as a program: orders in, events out, one JSON line each; stray prints go to stderr."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from engine import courier, fence, questions, relay
from engine.bench import Bench
from engine.cards import Problem, TaskCard
from engine.codec import decode, encode
from engine.events import Answered, Closed, Failed
from engine.orders import ORDERS, Order, Run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m engine", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the folder that holds store, library and models")
    parser.add_argument("--parent", type=int, default=0, help="end with this process")
    options = parser.parse_args()
    home: Path = options.home
    events = _own_stdout()
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # a text stream here
    courier.start(home)
    fence.no_network()
    if options.parent:
        fence.die_with_parent(options.parent)
    bench = Bench(home)
    try:
        for line in sys.stdin:
            if line.strip():
                for event in _answer(line, bench):
                    print(encode(event), file=events, flush=True)
    finally:
        bench.close()
        courier.stop()
    return 0


def _answer(line: str, bench: Bench) -> Iterator[Any]:
    """The events of one order. The engine's edge: a bug here must not take the next card with it."""
    try:
        order: Order = decode(line, ORDERS)
    except Problem as problem:
        yield Closed(problem.code, problem.sentence)
        return
    try:
        if isinstance(order, TaskCard):
            order = Run(relay.opened(order, bench.playbook_named(order.playbook).legs[0]))
        if isinstance(order, Run):
            yield from relay.run(order.handoff, bench)
            return
        began = time.monotonic()
        for row in questions.answer(order, bench):
            yield Answered(row | {"seconds": round(time.monotonic() - began, 3)} if "chunks" in row else row)
        yield Closed()
    except Problem as problem:
        yield _ended(order, problem.code, problem.sentence)
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        yield _ended(
            order, "bug", f"Baton made a mistake here ({type(error).__name__}). The task is kept; see the log."
        )


def _ended(order: Order, code: str, sentence: str) -> Failed | Closed:
    match order:
        case Run(handoff=handoff):
            return Failed(handoff.card.id, code, sentence)
        case TaskCard(id=card):
            return Failed(card, code, sentence)
        case _:
            return Closed(code, sentence)


def _own_stdout() -> TextIO:
    """Standard output for events alone: whatever a library prints, C or Python, goes to stderr."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return own


if __name__ == "__main__":
    sys.exit(main())
