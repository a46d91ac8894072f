"""Following a deployment: how many calls are made, and what one bad call does to the rest."""

from __future__ import annotations

import copy
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from gpuecs_tui.aws.deployment.facts import (
    DeployedFleet,
    DeployedService,
    DeployedTask,
    Deployment,
    DeploymentFacts,
    FleetInstance,
    RegisteredTarget,
    ServiceDeployment,
)
from gpuecs_tui.aws.deployment.moving import moves
from gpuecs_tui.aws.deployment.parts import PARTS
from gpuecs_tui.aws.deployment.schedule import ANSWER_SECONDS, CALLS_MAX
from gpuecs_tui.aws.deployment.watch import STILL_SECONDS, DeploymentWatch
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Known, T, Unknown
from gpuecs_tui.aws.session import Closed
from tests.support.aws.deployment_answers import (
    ANSWERS,
    INSTANCE,
    NAMES,
    NOW,
    TASK,
    AnsweredReader,
)


class CountedReader(AnsweredReader):
    """Knows how many of its calls are in flight, of which ``hanging`` never end by themselves."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__(answers)
        self.hanging = 0
        self._in_flight = 0
        self._counting = threading.Lock()
        self.idle = threading.Event()

    def submit(self, function: Callable[[], T]) -> Future[T]:
        with self._counting:
            self._in_flight += 1
            self.idle.clear()
        future = super().submit(function)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, _future: Future[Any]) -> None:
        with self._counting:
            self._in_flight -= 1
            if not self._in_flight:
                self.idle.set()

    @property
    def only_hangs(self) -> bool:
        with self._counting:
            return 0 < self.hanging == self._in_flight


class Clock:
    """Seconds that only the test moves, and each look at it while nothing but a hang is awaited."""

    def __init__(self, reader: CountedReader) -> None:
        self.now = 1000.0
        self._reader = reader

    def __call__(self) -> float:
        if self._reader.only_hangs:
            self.now += 0.5
        return self.now


class Watched:
    """A watch, what it asked for, and how many calls each of its refreshes made."""

    def __init__(self, **changed: Any) -> None:
        answers = {**ANSWERS, **{name.replace("__", ":"): it for name, it in changed.items()}}
        self.reader = CountedReader(answers)
        self.clock = Clock(self.reader)
        self.watch = DeploymentWatch(self.reader, NAMES, self.clock)
        self.refreshes: list[list[str]] = []

    @property
    def facts(self) -> DeploymentFacts:
        return self.watch.facts

    def part(self, name: str) -> Any:
        """Return the value of a part that must be known."""
        reading = getattr(self.facts, name)
        assert isinstance(reading, Known), reading
        return reading.value

    def refresh(self) -> dict[str, Any]:
        before = len(self.reader.asked)
        found = dict(self.watch.refresh())
        self.refreshes.append([name for name, _given in self.reader.asked[before:]])
        return found

    def follow(self, seconds: float) -> Counter[str]:
        """Refresh when it is time to for so long; return how often each call was made."""
        end, first = self.clock.now + seconds, len(self.refreshes)
        while self.clock.now <= end:
            self.refresh()
            wait = self.watch.next_in()
            assert wait > 0
            self.clock.now += wait
        return Counter(name for calls in self.refreshes[first:] for name in calls)

    def given(self, call: str) -> list[dict[str, Any]]:
        return [given for name, given in self.reader.asked if name == call]


@contextmanager
def watched(**changed: Any) -> Iterator[Watched]:
    found = Watched(**changed)
    try:
        yield found
    finally:
        found.reader.close()


def at_rest() -> dict[str, Any]:
    """Answers of a deployment in which nothing moves."""
    service = copy.deepcopy(ANSWERS["ecs:DescribeServices"])
    it = service["services"][0]
    it.update(runningCount=2, pendingCount=0)
    it["deployments"][0].update(rolloutState="COMPLETED", runningCount=2, pendingCount=0)
    groups = copy.deepcopy(ANSWERS["autoscaling:DescribeAutoScalingGroups"])
    groups["AutoScalingGroups"][0]["DesiredCapacity"] = 1
    return {
        "ecs__DescribeServices": service,
        "autoscaling__DescribeAutoScalingGroups": groups,
        "elasticloadbalancing__DescribeTargetHealth": {
            "TargetHealthDescriptions": [
                {"Target": {"Id": "i-0123", "Port": 32768}, "TargetHealth": {"State": "healthy"}}
            ]
        },
    }


def test_no_refresh_makes_more_than_eight_calls_and_all_parts_come_in_two() -> None:
    with watched() as it:
        first, second = it.refresh(), None
        assert {"service", "tasks", "targets", "fleet"} <= first.keys()
        it.clock.now += it.watch.next_in()
        second = it.refresh()
        assert first.keys() | second.keys() == PARTS.keys()
        it.follow(120.0)
        assert max(map(len, it.refreshes)) == CALLS_MAX


def test_while_something_moves_it_is_read_every_three_seconds() -> None:
    with watched() as it:
        counts = it.follow(60.0)
        assert counts["ecs:DescribeServices"] == counts["ecs:DescribeTasks"] == 21
        assert counts["elasticloadbalancing:DescribeTargetHealth"] == 21
        for call in ("autoscaling:DescribeScalingActivities", "ec2:DescribeInstances",
                     "ec2:DescribeInstanceStatus", "ecs:ListServiceDeployments",
                     "application-autoscaling:DescribeScalingActivities"):  # fmt: skip
            assert counts[call] in (4, 5), call


def test_at_rest_it_is_read_every_fifteen_seconds() -> None:
    with watched(**at_rest()) as it:
        it.follow(2.0)
        counts = it.follow(149.0)
        assert counts["ecs:DescribeServices"] == 10
        assert max(counts.values()) <= 22, "two lists of tasks"


def test_a_deployment_that_stands_still_is_read_as_one_at_rest() -> None:
    with watched() as it:
        it.follow(STILL_SECONDS)
        assert it.follow(150.0)["ecs:DescribeServices"] <= 11
        answer = copy.deepcopy(ANSWERS["ecs:DescribeServices"])
        answer["services"][0]["pendingCount"] = 0
        it.reader.answers["ecs:DescribeServices"] = answer
        it.follow(16.0)
        assert it.follow(30.0)["ecs:DescribeServices"] >= 10


def test_what_cannot_have_changed_is_not_requested_again() -> None:
    with watched() as it:
        counts = it.follow(120.0)
        assert counts["elasticloadbalancing:DescribeTargetGroups"] == 1
        assert counts["ecs:DescribeServiceDeployments"] == 1
        assert counts["ecs:DescribeServiceRevisions"] == 1
        described = Counter(
            arn for given in it.given("ecs:DescribeTasks") for arn in given["tasks"]
        )
        assert described[TASK + "old"] == 1
        assert described[TASK + "a"] == counts["ecs:DescribeTasks"]
        assert counts["ecs:ListTasks"] < 1.3 * counts["ecs:DescribeTasks"], (
            "stopped ones less often"
        )


def test_only_a_deployment_that_has_not_ended_is_described_again() -> None:
    answer = copy.deepcopy(ANSWERS["ecs:ListServiceDeployments"])
    running = answer["serviceDeployments"][1]
    running["status"] = "IN_PROGRESS"

    def described(given: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = ANSWERS["ecs:DescribeServiceDeployments"](given)
        for it in found["serviceDeployments"]:
            it["status"] = running["status"]
        return found

    with watched(
        ecs__ListServiceDeployments=answer, ecs__DescribeServiceDeployments=described
    ) as it:
        it.follow(46.0)
        given = [
            each["serviceDeploymentArns"] for each in it.given("ecs:DescribeServiceDeployments")
        ]
        assert len(given) >= 3
        assert {len(each) for each in given[1:]} == {1}
        assert moves(DeploymentFacts(history=it.facts.history))
        running["status"] = "ROLLBACK_SUCCESSFUL"
        it.follow(31.0)
        ended = len(it.given("ecs:DescribeServiceDeployments"))
        it.follow(31.0)
        assert len(it.given("ecs:DescribeServiceDeployments")) == ended
        assert it.part("history")[0].status == "ROLLBACK_SUCCESSFUL"


def test_a_task_that_stops_is_followed_and_stays_listed() -> None:
    """ECS forgets it after an hour, and lists it as stopped only every 15 seconds here."""
    stopped: set[str] = set()

    def listed(given: dict[str, Any]) -> dict[str, Any]:
        if given["desiredStatus"] == "STOPPED":
            return {"taskArns": []}
        return {"taskArns": [TASK + name for name in "ab" if name not in stopped]}

    def described(given: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = ANSWERS["ecs:DescribeTasks"](given)
        for it in found["tasks"]:
            if it["taskArn"][-1] in stopped:
                it.update(lastStatus="STOPPED", stoppedReason="Essential container in task exited")
        return found

    with watched(ecs__ListTasks=listed, ecs__DescribeTasks=described) as it:
        it.follow(1.0)
        stopped.add("a")
        it.follow(3.0)
        assert [(task.id, task.stopped_reason[:9]) for task in it.part("tasks")] == [
            ("b", ""), ("a", "Essential"),
        ]  # fmt: skip
        it.follow(30.0)
        assert [task.id for task in it.part("tasks")] == ["b", "a"]


def test_an_instance_that_registers_is_seen_at_the_next_reading() -> None:
    groups = copy.deepcopy(ANSWERS["autoscaling:DescribeAutoScalingGroups"])
    instances = groups["AutoScalingGroups"][0]["Instances"]
    arns = [INSTANCE + "i1"]

    def described(given: dict[str, Any]) -> dict[str, Any]:
        (known,) = ANSWERS["ecs:DescribeContainerInstances"]["containerInstances"]
        ids = {INSTANCE + "i1": "i-0123", INSTANCE + "i2": "i-0456"}
        return {
            "containerInstances": [
                {**known, "containerInstanceArn": arn, "ec2InstanceId": ids[arn]}
                for arn in given["containerInstances"]
            ]
        }

    with watched(
        autoscaling__DescribeAutoScalingGroups=groups,
        ecs__ListContainerInstances=lambda _given: {"containerInstanceArns": [*arns]},
        ecs__DescribeContainerInstances=described,
    ) as it:
        counts = it.follow(13.0)
        assert counts["ecs:ListContainerInstances"] < counts["ecs:DescribeContainerInstances"]
        instances.append({**instances[0], "InstanceId": "i-0456"})
        it.follow(6.0)
        arns.append(INSTANCE + "i2")
        it.follow(6.0)
        assert len(it.part("container_instances")) == 2


def test_one_hanging_call_holds_back_its_own_part_only() -> None:
    release = threading.Event()
    health = ANSWERS["elasticloadbalancing:DescribeTargetHealth"]

    with watched() as it:
        it.follow(2.0)
        before = it.facts.targets
        assert isinstance(before, Known)
        asked = len(it.given("ecs:DescribeServices"))

        def hangs(_given: dict[str, Any]) -> Any:
            it.reader.hanging = 1
            release.wait(30)
            it.reader.hanging = 0
            return health

        it.reader.answers["elasticloadbalancing:DescribeTargetHealth"] = hangs
        hung = it.clock.now
        late: list[float] = []
        while it.clock.now < hung + 12:
            for name, reading in it.watch.refresh():
                if name == "targets":
                    late.append(it.clock.now)
                    assert str(reading) == "unknown: no answer within 5 s"
            it.clock.now += it.watch.next_in()
        assert len(it.given("ecs:DescribeServices")) >= asked + 3, "the other parts are read"
        assert len(late) == 1 and late[0] - hung <= 3.0 + ANSWER_SECONDS + 1.0
        assert it.facts.former == {"targets": before}
        assert isinstance(it.facts.targets, Unknown)
        assert it.facts.targets.call == "elasticloadbalancing:DescribeTargetHealth"
        assert isinstance(it.facts.service, Known)
        hanging = [name for name, _given in it.reader.asked].count(
            "elasticloadbalancing:DescribeTargetHealth"
        )
        release.set()
        assert it.reader.idle.wait(20)
        it.clock.now += 3.0
        it.follow(6.0)
        assert it.part("targets") and it.facts.former == {}
        assert hanging <= 2, "a call that hangs is not made a second time"


def test_the_followers_of_a_part_that_hangs_are_unknown_for_the_same_reason() -> None:
    release = threading.Event()

    def hangs(_given: dict[str, Any]) -> Any:
        release.wait(30)
        return ANSWERS["autoscaling:DescribeAutoScalingGroups"]

    with watched(autoscaling__DescribeAutoScalingGroups=hangs) as it:
        it.reader.hanging = 1
        found = dict(it.watch.refresh(whole=True))
        assert found.keys() == PARTS.keys()
        assert {name for name, reading in found.items() if isinstance(reading, Unknown)} == {
            "fleet", "instances",
        }  # fmt: skip
        assert str(found["instances"]) == "unknown: no answer within 5 s"
        release.set()


def test_everything_at_once_takes_two_rounds_of_calls() -> None:
    """Each call of a round waits until all calls of the round are made."""
    second = {
        "ecs:DescribeTasks", "ecs:DescribeContainerInstances", "ecs:DescribeServiceDeployments",
        "ecs:DescribeServiceRevisions", "ec2:DescribeInstances", "ec2:DescribeInstanceStatus",
        "elasticloadbalancing:DescribeTargetHealth",
    }  # fmt: skip
    # ListTasks is called twice.
    rounds = (threading.Barrier(len(ANSWERS) - len(second) + 1), threading.Barrier(len(second)))

    def after(name: str, answer: Any) -> Any:
        def answered(given: dict[str, Any]) -> Any:
            rounds[name in second].wait(20)
            return answer(given) if callable(answer) else answer

        return answered

    with watched(**{name: after(name, answer) for name, answer in ANSWERS.items()}) as it:
        assert dict(it.watch.refresh(whole=True)).keys() == PARTS.keys()
        assert all(isinstance(getattr(it.facts, name), Known) for name in PARTS)
        assert len(it.reader.asked) == len(ANSWERS) + 1


def test_what_is_not_allowed_is_asked_for_once_a_minute() -> None:
    denied = AwsProblem("denied", "No.", call="ecs:ListServiceDeployments")
    with watched(ecs__ListServiceDeployments=denied) as it:
        assert it.follow(59.0)["ecs:ListServiceDeployments"] == 1
        assert str(it.facts.history) == "unknown: not allowed to call ecs:ListServiceDeployments"
        it.watch.expire()
        it.reader.answers["ecs:ListServiceDeployments"] = ANSWERS["ecs:ListServiceDeployments"]
        it.follow(2.0)
        assert it.part("history")


def test_throttling_slows_the_reading_and_keeps_the_former_value() -> None:
    with watched() as it:
        it.follow(2.0)
        tasks = it.facts.tasks
        it.reader.answers["ecs:ListTasks"] = AwsProblem("throttled", "No.", call="ecs:ListTasks")
        assert it.follow(60.0)["ecs:DescribeServices"] <= 6
        assert str(it.facts.tasks) == "unknown: ecs:ListTasks was throttled"
        assert it.facts.former["tasks"] == tasks
        assert it.facts.read_at["tasks"] > it.facts.former["tasks"].read_at


def test_a_target_group_that_is_created_or_deleted_is_noticed() -> None:
    gone = AwsProblem("not_found", "TargetGroupNotFound.")
    with watched(elasticloadbalancing__DescribeTargetGroups=gone) as it:
        it.follow(4.0)
        assert it.part("targets") is None
        assert it.given("elasticloadbalancing:DescribeTargetHealth") == []
        groups = "elasticloadbalancing:DescribeTargetGroups"
        it.reader.answers[groups] = ANSWERS[groups]
        it.follow(7.0)
        assert it.part("targets")
        it.reader.answers["elasticloadbalancing:DescribeTargetHealth"] = gone
        it.reader.answers[groups] = gone
        it.follow(7.0)
        assert it.part("health_check") is None and it.part("targets") is None


def test_nothing_is_called_while_nothing_is_due_and_after_closing() -> None:
    with watched() as it:
        it.follow(1.0)
        it.clock.now -= 0.5
        asked = len(it.reader.asked)
        assert it.watch.due() == () and it.refresh() == {}
        assert len(it.reader.asked) == asked
        it.clock.now += 10.0
        it.reader.close()
        with pytest.raises(Closed):
            it.refresh()


def settled() -> DeploymentFacts:
    """Facts of a deployment in which nothing moves."""
    deployment = Deployment("PRIMARY", "COMPLETED", "", "s:4", 1, 1, 0, 0)
    service = DeployedService("s", "ACTIVE", 1, 1, 0, (deployment,), ())
    instance = FleetInstance("i-0123", "us-east-1a", "g4dn.xlarge", "InService", "Healthy")
    task = DeployedTask("a", "RUNNING", "", "", "s:4", NOW, NOW, "", desired_status="RUNNING")
    return DeploymentFacts(
        service=Known(service, "", NOW),
        tasks=Known((task,), "", NOW),
        fleet=Known(DeployedFleet(0, 1, 2, (instance,)), "", NOW),
        targets=Known((RegisteredTarget("i-0123", 1, "healthy", "", ""),), "", NOW),
        history=Known((ServiceDeployment("1", "SUCCESSFUL"),), "", NOW),
    )


def test_a_settled_deployment_does_not_move() -> None:
    assert not moves(settled())


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("service", {"running": 0}),
        ("service", {"pending": 1}),
        ("service", {"status": "DRAINING"}),
        (
            "service",
            {"deployments": (Deployment("PRIMARY", "IN_PROGRESS", "", "s:4", 1, 1, 0, 0),)},
        ),
        ("tasks", {"last_status": "PROVISIONING"}),
        ("tasks", {"desired_status": "STOPPED"}),
        ("fleet", {"desired": 2}),
        ("targets", {"health": "draining"}),
        ("history", {"status": "ROLLBACK_IN_PROGRESS"}),
    ],
)
def test_one_sign_is_enough_to_move(part: str, changed: dict[str, Any]) -> None:
    facts = settled()
    reading = getattr(facts, part)
    value = reading.value
    new = (replace(value[0], **changed),) if isinstance(value, tuple) else replace(value, **changed)
    found: dict[str, Any] = {part: replace(reading, value=new)}
    assert moves(replace(facts, **found))
