"""docs/tested-causes.md lists for every cause the tests that hold it.

``python -m tests.docs.test_tested_causes_page`` writes the page from the tests that pytest
collects.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Set
from pathlib import Path

import pytest

from gpuecs_tui.deployment.diagnose import CAUSES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tested-causes.md"
SENTENCE = "tests/deployment/test_causes.py::test_each_cause_is_said_from_the_answers"
SCREEN = "tests/demo/simulator/test_service_faults.py::test_the_fault_shows_and_ends"

MISSING = "MISSING"

HEAD = f"""\
# Tested causes

Every cause of [troubleshooting.md](troubleshooting.md) with its two tests:

- *sentence*: from AWS's answers to the sentence and the next step,
  `{SENTENCE}`.
- *screen*: from the fault of the demo account to the text of the deployment screen,
  `{SCREEN}`.
  The test looks for each cause with this demo fault, or for the cause that names it.

The name in a cell is the parameter of the test. This page is written by
`python -m tests.docs.test_tested_causes_page` from the tests that pytest collects; a test compares
it, and fails if a cause that `status` recognizes has no test.

| cause | sentence | screen |
|---|---|---|
"""


def collected() -> frozenset[str]:
    """Return the ids of the tests that pytest collects in the modules of the two tests."""
    files = [it.partition("::")[0] for it in (SENTENCE, SCREEN)]
    # PYTEST_ADDOPTS may change the format of the output.
    environ = {name: it for name, it in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files],
        cwd=ROOT, env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return frozenset(done.stdout.splitlines())


def page(tests: Set[str]) -> str:
    """Return the page as it should be."""
    return HEAD + "".join(
        f"| `{it.id}` | {_cell(SENTENCE, it.id if it.recognise else '', it.not_read, tests)} "
        f"| {_cell(SCREEN, it.demo_fault, it.not_read or it.not_played, tests)} |\n"
        for it in CAUSES
    )


def _cell(test: str, parameter: str, why: str, tests: Set[str]) -> str:
    """Return the parameter of a test, or why there is none, or what the test looks for instead."""
    if parameter and f"{test}[{parameter}]" not in tests:
        return MISSING
    return ": ".join(filter(None, (parameter and f"`{parameter}`", why)))


@pytest.fixture(scope="module")
def tests() -> frozenset[str]:
    return collected()


def test_every_cause_has_its_tests_and_the_page_is_up_to_date(tests: frozenset[str]) -> None:
    wanted = page(tests)
    assert MISSING not in wanted
    assert PAGE.read_text("utf-8") == wanted, "python -m tests.docs.test_tested_causes_page"


def test_a_cause_without_a_test_is_found(tests: frozenset[str]) -> None:
    for test in (f"{SENTENCE}[asg-max]", f"{SCREEN}[asg-max]"):
        assert page(tests - {test}).count(MISSING) == 1


if __name__ == "__main__":
    PAGE.write_text(page(collected()), encoding="utf-8")
