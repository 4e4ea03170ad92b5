"""All values of a type of ours, for tests of laws."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, Literal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

WORDS = st.text(max_size=8)
ROWS = st.dictionaries(WORDS, st.none() | st.booleans() | st.integers(-9, 9) | WORDS | st.lists(WORDS, max_size=2))
few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def values(kind: Any) -> st.SearchStrategy[Any]:
    """All values of a type of ours."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{part.name: values(hints[part.name]) for part in dataclasses.fields(kind)})
    if origin in (types.UnionType, typing.Union):
        return st.none() | values(next(one for one in inside if one is not type(None)))
    if origin is tuple and inside[1:] == (Ellipsis,):
        return st.lists(values(inside[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, inside))
    if origin is Literal:
        return st.sampled_from(inside)
    if origin is dict:
        return ROWS
    numbers = st.floats(allow_nan=False, allow_infinity=False)
    return {str: WORDS, int: st.integers(0, 2**53), bool: st.booleans(), float: numbers}[kind]
