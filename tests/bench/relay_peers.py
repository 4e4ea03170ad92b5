"""One framework's six legs, run by relay.py in that framework's own virtual environment. Prints one JSON object.

    VENV/bin/python tests/bench/relay_peers.py NAME WORK.json DATABASE

WORK.json holds how many tasks to run and the parts that the legs add. It imports nothing of ours.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PINNED = {
    "langgraph": ("langgraph==1.2.22", "langgraph-checkpoint-sqlite==3.1.2"),
    "burr": ("apache-burr==0.43.0",),
    "dbos": ("dbos==3.4.0",),
    "autogen": ("autogen-core==0.7.5",),
    "crewai": ("crewai==1.15.30",),
}
"""What each virtual environment must hold."""
NOTES = {
    "langgraph": "StateGraph, SqliteSaver, durability=sync, WAL + FULL",
    "burr": "SQLitePersister after every step, WAL + FULL set by this script",
    "dbos": "workflow of steps on SQLite, WAL + FULL set by this script",
    "autogen": "RoutedAgents that message one another; nothing is durable",
    "crewai": "Flow with @persist on SQLite (it sets WAL, FULL is SQLite's default)",
}


@dataclass
class Baton:
    """What AutoGen's agents send one another; it must be known by name in this module."""

    state: dict[str, Any]


Work = list[tuple[str, dict[str, Any]]]
CARD: dict[str, Any] = {}
"""What each task begins with."""
Task = Callable[[str], None]
"""Runs one task of that name to its end."""


def langgraph(legs: Work, database: Path) -> Iterator[Task]:
    from typing import TypedDict

    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import END, START, StateGraph

    keys = {"card", *(key for _, part in legs for key in part)}
    graph = StateGraph(TypedDict("State", dict.fromkeys(keys, Any), total=False))
    for name, part in legs:
        graph.add_node(f"leg_{name}", lambda state, part=part: part)
    names = [START, *(f"leg_{name}" for name, _ in legs), END]
    for before, after in itertools.pairwise(names):
        graph.add_edge(before, after)
    connection = sqlite3.connect(database, check_same_thread=False)
    saver = SqliteSaver(connection)
    saver.setup()
    full(connection)
    app = graph.compile(checkpointer=saver)
    yield lambda task: app.invoke({"card": CARD}, {"configurable": {"thread_id": task}}, durability="sync")
    connection.close()


def burr(legs: Work, database: Path) -> Iterator[Task]:
    from burr.core import ApplicationBuilder, action
    from burr.core.persistence import SQLitePersister

    persister = SQLitePersister(str(database), table_name="steps", connect_kwargs={"check_same_thread": False})
    persister.initialize()
    full(persister.connection)

    def step(part: dict[str, Any]) -> Any:
        return action(reads=[], writes=list(part))(lambda state: state.update(**part))

    actions = {name: step(part) for name, part in legs}
    names = list(actions)

    def run(task: str) -> None:
        app = (
            ApplicationBuilder()
            .with_actions(**actions)
            .with_transitions(*itertools.pairwise(names))
            .with_state(card=CARD)
            .with_entrypoint(names[0])
            .with_identifiers(app_id=task, partition_key="bench")
            .with_state_persister(persister)
            .build()
        )
        app.run(halt_after=[names[-1]])

    yield run
    persister.connection.close()


def dbos(legs: Work, database: Path) -> Iterator[Task]:
    import logging

    from dbos import DBOS, SetWorkflowID
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    event.listen(Engine, "connect", lambda connection, _: full(connection))
    DBOS(config={"name": "bench", "system_database_url": f"sqlite:///{database}", "run_admin_server": False})
    logging.getLogger("dbos").setLevel(logging.ERROR)

    def step(name: str, part: dict[str, Any]) -> Any:
        def leg(state: dict[str, Any]) -> dict[str, Any]:
            return {**state, **part}

        leg.__qualname__ = leg.__name__ = f"leg_{name}"
        return DBOS.step()(leg)

    steps = [step(name, part) for name, part in legs]

    @DBOS.workflow()
    def work(task: str) -> None:
        state: dict[str, Any] = {"card": CARD}
        for each in steps:
            state = each(state)

    DBOS.launch()

    def run(task: str) -> None:
        with SetWorkflowID(task):
            work(task)

    yield run
    DBOS.destroy()


def autogen(legs: Work, database: Path) -> Iterator[Task]:

    from autogen_core import AgentId, MessageContext, RoutedAgent, SingleThreadedAgentRuntime, message_handler

    globals()["MessageContext"] = MessageContext  # the framework looks its type up in this module

    loop = asyncio.new_event_loop()
    names = [name for name, _ in legs]

    class Leg(RoutedAgent):
        def __init__(self, part: dict[str, Any], following: str) -> None:
            super().__init__("a leg")
            self._part, self._following = part, following

        @message_handler
        async def work(self, message: Baton, ctx: MessageContext) -> None:
            after = Baton({**message.state, **self._part})
            if self._following:
                await self.send_message(after, AgentId(self._following, "default"))

    async def start() -> Any:
        runtime = SingleThreadedAgentRuntime()
        for (name, part), following in zip(legs, [*names[1:], ""], strict=True):
            await Leg.register(runtime, name, lambda part=part, following=following: Leg(part, following))
        runtime.start()
        return runtime

    runtime = loop.run_until_complete(start())
    first = AgentId(names[0], "default")
    yield lambda task: loop.run_until_complete(runtime.send_message(Baton({"card": CARD}), first))
    loop.run_until_complete(runtime.stop())


def crewai(legs: Work, database: Path) -> Iterator[Task]:
    from crewai.flow.flow import Flow, listen, start
    from crewai.flow.persistence import SQLiteFlowPersistence, persist

    def method(name: str, part: dict[str, Any]) -> Any:
        def leg(self: Any) -> str:
            self.state.update(part)
            return name

        leg.__name__ = f"leg_{name}"
        return leg

    body: dict[str, Any] = {}
    before: Any = None
    for name, part in legs:
        leg = method(name, part)
        before = body[leg.__name__] = start()(leg) if before is None else listen(before)(leg)
    made = persist(SQLiteFlowPersistence(str(database)))(type("Bench", (Flow[dict],), body))
    yield lambda task: made(suppress_flow_events=True).kickoff(inputs={"id": task, "card": CARD})


def full(connection: Any) -> None:
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")


def stored(database: Path) -> int:
    """Bytes on disk once the write-ahead log is in the file."""
    for file in database.parent.glob(f"{database.name}*"):
        if file.suffix not in ("", ".db"):
            continue
        connection = sqlite3.connect(file)
        connection.execute("pragma wal_checkpoint(truncate)")
        connection.close()
    return sum(file.stat().st_size for file in database.parent.glob(f"{database.name}*"))


def main() -> None:
    name, work, database = sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[3])
    os.environ.update(OTEL_SDK_DISABLED="true", CREWAI_DISABLE_TELEMETRY="true", LANGSMITH_TRACING="false")
    CARD.update(work["card"])
    legs = [(leg, part) for leg, part in work["legs"]]
    running = globals()[name](legs, database)
    run = next(running)
    run("warm-up")
    before = stored(database) if database.exists() else 0
    seconds = []
    for number in range(work["tasks"]):
        began = time.perf_counter()
        run(f"task-{number}")
        seconds.append(time.perf_counter() - began)
    next(running, None)
    grown = stored(database) - before if database.exists() else 0
    print(json.dumps({"seconds": seconds, "bytes": grown}))


if __name__ == "__main__":
    main()
