"""The last line of a screen: the keys that fit, and always the one that quits."""

from __future__ import annotations

import pytest
from textual.content import Content

from gpuecs_tui.widgets.keys.binding import KeyHint
from gpuecs_tui.widgets.step.key_line import fitted_keys

COMMON: list[KeyHint] = [
    ("^n", "next"),
    ("^p", "back"),
    ("^g", "help"),
    ("^t", "steps"),
    ("^l", "findings"),
    ("^o", "commands"),
    ("^q", "quit"),
]
OWN: list[KeyHint] = [("r", "read now"), ("u", "copy the address"), ("X", "stop now")]


def line(own: list[KeyHint], right: str, width: int) -> str:
    return fitted_keys(own, COMMON, Content(right), width).plain


@pytest.mark.parametrize("width", [24, 50, 78, 118, 198])
@pytest.mark.parametrize("right", ["", "7 errors 3 warnings 8 unknown"])
def test_the_key_that_quits_is_always_there(width: int, right: str) -> None:
    for own in ([], OWN[:1], OWN):
        found = line(own, right, width)
        assert "^q quit" in found and len(found.rstrip()) <= width


def test_a_key_is_left_out_before_the_findings_are_cut_but_not_the_first_ones() -> None:
    own = [(key, "act") for key in "abcdefgh"]
    # With all of the keys, 7 of 70 cells would be left for the findings.
    found = line(own, "1 unknown", 70)
    assert found.endswith("  1 unknown") and "g act" in found and "h act" not in found
    found = line(own, "7 errors 3 warnings 8 unknown", 60)
    assert "f act" in found and "g act" not in found and found.endswith("…")


def test_the_least_important_goes_first() -> None:
    everything = line(OWN, "7 errors", 198)
    assert everything.index("X stop now") < everything.index("^n next")
    assert everything.index("^o commands") < everything.index("^q quit")
    assert everything.endswith("7 errors")
    cut = line(OWN, "7 errors", 60)
    assert cut.startswith("r read now  u copy the address  X stop now  ^q quit")
    assert cut.endswith("…")
    assert line(OWN, "7 errors", 50) == "r read now  u copy the address  ^q quit   7 errors"
