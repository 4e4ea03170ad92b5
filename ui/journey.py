"""Works out the picture of the way the baton went: who had it, and how it went from one to another, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ui.legs import Leg
from ui.words import Sign

ENDS = ("person", "quarantine", "desk")
"""Where a task waits or ends, from top to bottom: below everybody who works it."""
START = "start"


@dataclass(frozen=True, slots=True)
class Node:
    """Somebody who had the baton: `key` tells the desk that opened the task from the one where it ends. How often it
    had it, and for how long. `live` says that it has it now."""

    key: str
    name: str
    times: int = 0
    seconds: float = 0.0
    live: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """The baton's way from one node to another, by their places; each handoff that took it, by its place in the story.

    `side` is 0 for a step to the next one below, 1 for a way past others, -1 for a way back up. `track` keeps ways of
    one side apart: 0 is the nearest to the nodes.
    """

    sender: int
    receiver: int
    legs: tuple[int, ...]
    sign: Sign
    side: int
    track: int = 0


def laid_out(legs: Sequence[Leg]) -> tuple[list[Node], list[Edge]]:
    """Nodes from top to bottom, in the order in which they first had the baton, and the ways between them."""
    told = [leg for leg in legs if not leg.request]
    ways = [(_sender(leg, place), _receiver(leg)) for place, leg in enumerate(told)]
    keys = list(dict.fromkeys(key for way in ways for key in way if key))
    order = [key for key in keys if key not in ENDS] + [key for key in ENDS if key in keys]
    nodes = {key: Node(key, "desk" if key == START else key) for key in order}
    for leg, (sender, receiver) in zip(told, ways, strict=True):
        if leg.live:
            nodes[receiver] = replace(nodes[receiver], live=True)
        elif sender != START:
            one = nodes[sender]
            nodes[sender] = replace(one, times=one.times + 1, seconds=one.seconds + leg.why.seconds)
    places = {key: place for place, key in enumerate(order)}
    joined: dict[tuple[int, int, str], Edge] = {}
    for place, (leg, (sender, receiver)) in enumerate(zip(told, ways, strict=True)):
        if leg.live:
            continue
        a, b = places[sender], places[receiver]
        key = (a, b, leg.sign.word)
        before = joined.get(key)
        side = -1 if b <= a else 0 if b == a + 1 else 1
        joined[key] = Edge(a, b, (*(before.legs if before else ()), place), leg.sign, side)
    return list(nodes.values()), _apart(list(joined.values()))


def _sender(leg: Leg, place: int) -> str:
    if leg.live:
        return ""
    return START if place == 0 else leg.why.sender or "desk"


def _receiver(leg: Leg) -> str:
    return leg.why.receiver or "desk"


def _apart(edges: list[Edge]) -> list[Edge]:
    """Give each its track: short ways stay near; where two steps straight down share a place, one goes beside."""
    straight: set[int] = set()
    for number, edge in enumerate(edges):
        if edge.side == 0:
            if edge.sender in straight:
                edges[number] = replace(edge, side=1)
            straight.add(edge.sender)
    taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
    made = {id(edge): edge for edge in edges}
    for edge in sorted(edges, key=lambda one: (abs(one.receiver - one.sender), one.legs)):
        low, high = sorted((edge.sender, edge.receiver))
        track = 0
        while edge.side and any(low <= b and a <= high for a, b in taken.get((edge.side, track), ())):
            track += 1
        taken.setdefault((edge.side, track), []).append((low, high))
        made[id(edge)] = replace(edge, track=track)
    return [made[id(edge)] for edge in edges]
