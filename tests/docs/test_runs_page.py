"""docs/runs.md has the states of a run with their followers, and the files it names exist.

``python -m tests.docs.test_runs_page`` writes the table from ``FOLLOWERS``.
"""

from __future__ import annotations

from collections.abc import Mapping

from gpuecs_tui.terraform.runs.run_status import FINAL, FOLLOWERS, RunStatus
from tests.support.repository import ROOT

PAGE = ROOT / "docs" / "runs.md"
HEAD = "| state | meaning | next |\n|---|---|---|\n"
MEANINGS: Mapping[RunStatus, str] = {
    RunStatus.STARTING: "the runner looks for Terraform and initializes",
    RunStatus.PLANNING: "`terraform plan` is running",
    RunStatus.PLANNED: "the plan has changes and waits for approval; not in a plan-only run",
    RunStatus.APPROVED: "approved; nothing has been applied yet",
    RunStatus.APPLYING: "`terraform apply` is running",
    RunStatus.STOPPING: "Terraform was interrupted once and finishes the operations in flight",
    RunStatus.SUCCEEDED: "the plan was applied or has no changes; or it was only to be planned",
    RunStatus.FAILED: "Terraform or the runner reported an error; the run's message names it",
    RunStatus.CANCELLED: "a user cancelled the run, or a signal ended it",
    RunStatus.LOST: "derived, never stored: the run is unfinished and its processes have ended",
    RunStatus.DISCARDED: "a user discarded the plan, or another run of the stack replaced it",
}


def table() -> str:
    """Return the table as it should be; the followers are in the order of the states."""
    rows = []
    for state in RunStatus:
        followers = FOLLOWERS.get(state, frozenset())
        following = ", ".join(f"`{it}`" for it in RunStatus if it in followers)
        rows.append(f"| `{state}` | {MEANINGS[state]} | {following or 'final'} |\n")
    return HEAD + "".join(rows)


def written() -> str:
    """Return the table that the page has."""
    text = PAGE.read_text(encoding="utf-8")
    start = text.index(HEAD)
    return text[start : text.index("\n\n", start) + 1]


def test_the_table_is_up_to_date() -> None:
    assert written() == table(), "python -m tests.docs.test_runs_page"


def test_a_state_without_followers_is_final() -> None:
    assert {*RunStatus} - FOLLOWERS.keys() == FINAL
    assert {*MEANINGS} == {*RunStatus}


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(text.replace(written(), table()), encoding="utf-8")
