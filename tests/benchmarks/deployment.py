"""Time to read a deployed service at 150 ms a call, and until a change of it is shown.

``python -m tests.benchmarks.deployment``. The account is the demo account in this process. Its own
processor time counts, too.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from botocore.endpoint import Endpoint

from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.aws.deployment.reader import read_deployment
from gpuecs_tui.aws.deployment.watch import DeploymentWatch
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.aws.session import AccountReader, connect
from tests.benchmarks.replay import CALL_SECONDS
from tests.benchmarks.rows import Row, table
from tests.demo.simulator.stepped import REGION, Stepped, stepped

CHAIN = 2
"""The number of dependent calls, such as ecs:ListTasks, then ecs:DescribeTasks."""
ONCE_SECONDS = 2.0
"""Limit of one reading of all parts."""
SHOWN_SECONDS = 4.0
"""Limit of the median time until a change is shown, while a deployment is in progress."""
TRIES = 3
CHANGES = 15
PATIENCE = 60.0
"""Seconds to wait for a change to be shown."""
SEED = 11
"""Changes happen at random moments of the time between two readings."""


def measure() -> list[Row]:
    """Measure readings of all parts, and the times until changes are shown."""
    with stepped(count=2, size=2) as account, _slow_calls():
        account.until(account.steady)
        (group,) = account.client("elbv2").describe_target_groups()["TargetGroups"]
        names = DeployedNames(
            cluster="llm",
            service="llm",
            target_group=group["TargetGroupArn"],
            autoscaling_group="llm",
        )
        reader = connect("", REGION)
        reader.prepare()
        once = min(_once(reader, names) for _try in range(TRIES))
        shown = statistics.median(_shown_after(account, reader, names))
        reader.close()
    chain = f"longest chain, {CHAIN} calls"
    return [
        Row("status: a deployed service is read in", once, "s", "", None, ONCE_SECONDS),
        Row("status: a deployed service is read in", once, "s", chain, once / CHAIN / CALL_SECONDS),
        Row("deployment: a change is shown after, median", shown, "s", "", None, SHOWN_SECONDS),
    ]


@contextmanager
def _slow_calls() -> Iterator[None]:
    """Let each call of the block take CALL_SECONDS longer."""
    make: Any = Endpoint.make_request

    def slow(self: Endpoint, *args: Any) -> Any:
        time.sleep(CALL_SECONDS)
        return make(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Endpoint, "make_request", slow)
        yield


def _once(reader: AccountReader, names: DeployedNames) -> float:
    begin = time.perf_counter()
    facts = read_deployment(reader, names)
    assert isinstance(facts.service, Known), facts.service
    return time.perf_counter() - begin


def _shown_after(account: Stepped, reader: AccountReader, names: DeployedNames) -> Iterator[float]:
    """Change the desired count again and again; yield the seconds until each count was read.

    The account stands still, so that the tasks never start and the service keeps moving.
    """
    watch, ended, random = DeploymentWatch(reader, names), threading.Event(), Random(SEED)
    thread = threading.Thread(target=_follow, args=(watch, ended))
    thread.start()
    try:
        for desired in range(3, 3 + CHANGES):
            account.ecs.update_service(cluster="llm", service="llm", desiredCount=desired)
            changed = time.perf_counter()
            while _desired(watch) != desired:
                assert time.perf_counter() - changed < PATIENCE, watch.facts
                time.sleep(0.01)
            yield time.perf_counter() - changed
            time.sleep(random.uniform(0, watch.next_in()))
    finally:
        ended.set()
        thread.join()


def _follow(watch: DeploymentWatch, ended: threading.Event) -> None:
    while not ended.is_set():
        for _part in watch.refresh():
            pass
        ended.wait(watch.next_in())


def _desired(watch: DeploymentWatch) -> int | None:
    service = watch.facts.service
    return service.value.desired if isinstance(service, Known) and service.value else None


if __name__ == "__main__":
    print(table(measure()))
