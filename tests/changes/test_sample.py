"""A fixed sample of the transition matrix, on one applied stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuecs_tui.terraform.plan.details import DESTRUCTIVE
from tests.changes.declared import CHANGES
from tests.changes.notice import noticed
from tests.changes.trial import WORKS, Row, Trial, carry_out
from tests.changes.worker import Worker

SAMPLE = (
    "network.instance_security_group_ids → tasks-group",
    "task.image → repository:2.4.0",
    "load_balancer.port → 8080",
    "load_balancer.deletion_protection → true",
)


@pytest.fixture
def worker(tmp_path: Path, scrubbed: None) -> Iterator[Worker]:
    made = Worker(tmp_path / "worker")
    yield made
    made.close()


@pytest.mark.e2e
def test_ties_revision_port_and_protection_there_and_back(worker: Worker) -> None:
    worker.settle({})
    sample = [change for change in CHANGES if change.name in SAMPLE]
    assert [change.name for change in sample] == list(SAMPLE)
    # All changes together: one apply, and one apply back.
    worker.write_changed(*sample)
    plan = worker.plan()
    told = " ".join(noticed(plan))
    assert "port 8080" in told
    assert "instances" in told
    assert not any(it.type == "aws_lb" and it.action in DESTRUCTIVE for it in plan.changes)
    trials = [Trial(change, Row(change.name, change.key)) for change in sample]
    carry_out(worker, trials)
    ended = {(trial.change.name, trial.row.verdict, trial.row.problem) for trial in trials}
    assert {verdict for _name, verdict, _problem in ended} == {WORKS}, ended
