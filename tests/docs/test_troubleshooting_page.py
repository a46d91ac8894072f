"""docs/troubleshooting.md lists every cause for which a deployment does not complete.

``python -m tests.docs.test_troubleshooting_page`` writes the page from the declarations in
``gpuecs_tui/deployment/causes/``.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from gpuecs_tui.demo.fault_names import FAULTS
from gpuecs_tui.deployment.cause import Cause
from gpuecs_tui.deployment.diagnose import CAUSES
from gpuecs_tui.deployment.stage_words import TITLES
from gpuecs_tui.deployment.stages import ORDER

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
CASES = ROOT / "tests" / "deployment" / "test_causes.py"

HEAD = """\
# Troubleshooting

Why a deployment does not complete, in the order of a new task. `gpuecs-tui status DIR` names the
cause, with AWS's own words and the next step. *Likely*: the signal has more than one cause;
`status` names the others and how to tell them apart.

[failure-modes.md](failure-modes.md) lists what is found before an apply.

| stage | done when |
|---|---|
| Group size | the Auto Scaling group wants as many instances as the tasks need |
| Instances launched | the group has them |
| Instances running | EC2 runs them |
| Instances in cluster | the ECS agent is connected, with its GPUs |
| Task placed | every task has an instance |
| Image pulled | the image of every task is on its instance |
| Task started | every task is RUNNING |
| Target healthy | the load balancer reports every target as healthy |
| Revision current | the revision that was applied runs, and its deployment is complete |

The last column is the fault that simulates the cause in the demo account:
`gpuecs-tui --demo --demo-fault NAME`. Each cause that `status` recognizes is held by a case of
`tests/deployment/test_causes.py`.

This page is written by `python -m tests.docs.test_troubleshooting_page`; a test compares it.
"""


def page() -> str:
    """Return the page as it should be."""
    parts = [HEAD]
    for stage in (*ORDER, "note"):
        rows = [_row(it) for it in CAUSES if it.stage == stage]
        if rows:
            title = "Notes" if stage == "note" else TITLES[stage]
            parts.append(
                f"\n## {title}\n\n| cause | how it looks | what to do | demo fault |\n"
                "|---|---|---|---|\n" + "".join(rows)
            )
    return "".join(parts)


def _row(it: Cause) -> str:
    likely = "" if it.certain else " (likely)"
    looks = f"{it.looks} {it.not_read}".rstrip()
    cells = (f"[`{it.id}`]({it.source}){likely}", looks, it.do, _played(it))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _played(it: Cause) -> str:
    return f"`{it.demo_fault}`" if it.demo_fault else it.not_played


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m tests.docs.test_troubleshooting_page"
    )


@pytest.mark.parametrize("cause", CAUSES, ids=lambda it: it.id)
def test_every_cause_is_whole(cause: Cause) -> None:
    assert cause.source.startswith("https://")
    # It is recognised from the facts, or the page says why it is not.
    assert bool(cause.recognise) != bool(cause.not_read)
    # The demo account plays it, or the page says why it can't.
    assert bool(cause.demo_fault) != bool(cause.not_played)
    assert not cause.demo_fault or cause.demo_fault in FAULTS


def test_every_recognised_cause_has_a_case() -> None:
    tree = ast.parse(CASES.read_text(encoding="utf-8"))
    cases = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "Case"
        and isinstance(call.args[0], ast.Constant)
    }
    assert {it.id for it in CAUSES if it.recognise} == cases


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
