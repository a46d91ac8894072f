"""The documentation has American spelling, like the guides of AWS and Terraform."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.repository import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
BRITISH = re.compile(
    r"\b(?:\w*(?:colour|behaviour|favour|neighbour|labelled|licence|centre)\w*"
    r"|(?:recogn|initial|organ|author|normal|summar|serial|optim|minim|maxim|custom)is(?:e|es|ed|ing)"
    r"|analyse[sd]?)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("page", PAGES, ids=lambda it: it.name)
def test_no_british_spelling(page: Path) -> None:
    assert BRITISH.findall(page.read_text(encoding="utf-8")) == []


def test_british_spellings_are_found() -> None:
    assert BRITISH.findall("Behaviour; colours, recognised, initialises, authorising") == [
        "Behaviour", "colours", "recognised", "initialises", "authorising",
    ]  # fmt: skip
