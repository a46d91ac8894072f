"""Values of the right type that are invalid for most keys."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from tests.support.strategies import NASTY

_NAMES = ("m", "app", "m.A", "memlock", "Name", "")
_PIECES = (
    *NASTY, "m", "app", "-1", "1", "2:3", "1:2:3", ":", "-", "/", ",", "=", "(", ")", "²", "٣",
    "99999999999", "256 MiB", "START", "cron(", "min 1 max 2", "10.0.0.0", "CMD", "9" * 5000,
)  # fmt: skip


@cache
def well_typed(key: str) -> st.SearchStrategy[Value]:
    """Return values of the type of ``key``, in and outside its limits."""
    texts = st.lists(st.sampled_from(_PIECES), max_size=3).map("".join)
    kinds: dict[str, st.SearchStrategy[Value]] = {
        "flag": st.booleans(),
        "integer": st.one_of(st.integers(-2, 2), st.integers(-(2**70), 2**70)),
        "list": st.lists(texts, max_size=3).map(tuple),
        "map": st.dictionaries(st.one_of(st.sampled_from(_NAMES), texts), texts, max_size=3),
    }
    return kinds.get(KEYS[key].kind, texts)
