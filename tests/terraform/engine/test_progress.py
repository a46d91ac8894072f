from datetime import UTC, datetime, timedelta

from gpuecs_tui.terraform.engine.events import Decoder
from gpuecs_tui.terraform.engine.progress import RunProgress, Status
from tests.support.terraform.fake_engine import event, stream


def progress_of(*lines: str) -> RunProgress:
    decoder, progress = Decoder(), RunProgress()
    progress.feed(decoder.decode(line) for line in lines)
    return progress


def hook(kind: str, address: str, action: str, at: str = "", **more: object) -> str:
    resource = {"addr": address, "resource": address, "resource_type": address.split(".")[0]}
    body = {"resource": resource, "action": action, **more}
    return event(type=kind, hook=body, **{"@timestamp": at})


def planned(address: str, action: str) -> str:
    resource = {"addr": address, "resource": address, "resource_type": address.split(".")[0]}
    return event(type="planned_change", change={"resource": resource, "action": action})


def test_a_plan_has_work_but_none_is_done() -> None:
    progress = progress_of(*stream("plan-change"))
    assert len(progress.resources) == 4
    # One replace of two steps and three updates; drift and data sources don't count.
    assert (progress.done, progress.total) == (0, 5)


def test_plan_then_apply_of_a_replace() -> None:
    progress = progress_of(*stream("plan-change"), *stream("apply-change"))
    assert (progress.done, progress.total) == (5, 5)
    replaced = progress.resources["aws_ecs_task_definition.app"]
    assert (replaced.action, replaced.status, replaced.step) == ("replace", Status.DONE, "create")
    assert [r.id_value for r in progress.completed()] == ["gpuapp"]


def test_between_the_halves_of_a_replace() -> None:
    lines = stream("apply-change")
    half = next(n for n, line in enumerate(lines) if '"apply_complete"' in line)
    progress = progress_of(*lines[: half + 1])
    assert progress.resources["aws_ecs_task_definition.app"].status is Status.WAITING
    assert progress.done == 1


def test_an_interrupted_apply() -> None:
    progress = progress_of(*stream("apply-signal-INT"))
    failed = [r.address for r in progress.resources.values() if r.status is Status.FAILED]
    assert sorted(failed) == ["aws_ecs_cluster_capacity_providers.this", "aws_lb.this"]
    assert (progress.done, progress.total) == (26, 38)
    assert len(progress.completed()) == 26


def test_time_is_counted_by_our_own_clock() -> None:
    began = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    progress = progress_of(
        planned("aws_lb.this", "create"),
        hook("apply_start", "aws_lb.this", "create", began.isoformat()),
    )
    (running,) = progress.in_flight()
    assert running.elapsed(began + timedelta(seconds=42)) == 42
    # A viewer with a slow clock shows no negative time.
    assert running.elapsed(began - timedelta(seconds=1)) == 0
    end = (began + timedelta(seconds=61)).isoformat()
    done = hook("apply_complete", "aws_lb.this", "create", end)
    progress.feed([Decoder().decode(done)])
    assert progress.resources["aws_lb.this"].elapsed() == 61
    assert progress.in_flight() == []


def test_the_longest_in_flight_comes_first() -> None:
    progress = progress_of(
        hook("apply_start", "aws_lb.b", "create", "2026-11-23T12:00:05Z"),
        hook("apply_start", "aws_lb.a", "create", "2026-11-23T12:00:01Z"),
    )
    assert [r.address for r in progress.in_flight()] == ["aws_lb.a", "aws_lb.b"]


def test_data_sources_do_not_count() -> None:
    progress = progress_of(
        planned("data.aws_vpc.this", "read"),
        hook("apply_start", "data.aws_vpc.this", "read"),
        hook("apply_complete", "data.aws_vpc.this", "read"),
    )
    assert progress.resources == {} and progress.total == 0


def test_a_plan_that_is_made_again_with_imports_counts_alone() -> None:
    version = event(type="version", terraform="1.11.4", ui="1.2")
    summary = event(type="change_summary", changes={"operation": "plan", "add": 1})
    first = [version, planned("aws_lb.a", "create"), planned("aws_lb.b", "create"), summary]
    again = [version, planned("aws_lb.a", "import"), summary]
    progress = progress_of(*first, *again)
    assert [(r.address, r.action) for r in progress.resources.values()] == [("aws_lb.a", "import")]
    # An import is not a step of the apply, which doesn't mention it either.
    applied = event(type="change_summary", changes={"operation": "apply", "import": 1})
    progress = progress_of(*first, *again, version, applied)
    assert list(progress.resources) == ["aws_lb.a"]
    assert (progress.done, progress.total) == (0, 0)
