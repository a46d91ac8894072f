"""A fixed sample of the transition matrix, on one applied stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.changes.declared import CHANGES
from tests.changes.trial import Trial, batches, carry_out, look
from tests.changes.worker import Worker

SAMPLE = ("load_balancer.port → 8080", "task.image → repository:2.4.0",
          "load_balancer.deletion_protection → true")  # fmt: skip


@pytest.fixture
def worker(tmp_path: Path, scrubbed: None) -> Iterator[Worker]:
    made = Worker(tmp_path / "worker")
    yield made
    made.close()


@pytest.mark.e2e
def test_port_revision_and_protection_there_and_back(worker: Worker) -> None:
    worker.settle({})
    trials = [look(worker, change) for change in CHANGES if change.name in SAMPLE]
    assert [trial.row.problem for trial in trials] == [""] * len(SAMPLE)
    said = {trial.change.key: " ".join(trial.row.notices) for trial in trials}
    assert "port 8080" in said["load_balancer.port"]
    assert "rolling deployment" in said["task.image"]
    assert said["load_balancer.deletion_protection"] == ""
    together = Trial(trials[0].change, trials[0].row, trials[0].planned)
    assert batches(trials)
    assert carry_out(worker, [together, *trials[1:]]), trials[0].row.problem
    assert {trial.row.verdict[:5] for trial in trials} == {"works"}
