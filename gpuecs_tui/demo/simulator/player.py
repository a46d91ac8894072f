"""Simulates what AWS does over time and moto doesn't.

A thread updates every Region twice a second. Instances join their clusters (fleet), services start
tasks (deployments), tasks are placed (here), the capacity provider scales for waiting tasks
(capacity), tasks run, register with their target groups, and stop.
"""

from __future__ import annotations

import threading
from typing import Any

from moto.backends import get_backend

from gpuecs_tui.demo import timings
from gpuecs_tui.demo.app import DemoApp
from gpuecs_tui.demo.model.placement import DYNAMIC_PORTS, Room, choose
from gpuecs_tui.demo.model.quotas import ACCOUNT_ID
from gpuecs_tui.demo.model.tasks import PlayedTask, address_of, attach_interface, release_interface
from gpuecs_tui.demo.moto_patches.elbv2 import is_healthy
from gpuecs_tui.demo.plays import active
from gpuecs_tui.demo.plays.placements import CAPACITY, EMPTY, LACKS, ROLLOUT_LACKS
from gpuecs_tui.demo.plays.tasks import SLOW_PULL
from gpuecs_tui.demo.simulator import breaker, deployments, effects, task_end
from gpuecs_tui.demo.simulator.capacity import Capacity
from gpuecs_tui.demo.simulator.events import add_service_event
from gpuecs_tui.demo.simulator.fleet import SimulatedFleet
from gpuecs_tui.demo.simulator.logs import Logs
from gpuecs_tui.demo.simulator.task_scaling import TaskScaling

STOPPED_KEPT = 3600.0
"""Seconds for which a stopped task can still be described; on ECS about an hour."""


class Player(threading.Thread):
    """Simulates every Region with ECS clusters, under the application's lock, until the end."""

    def __init__(self, gate: DemoApp) -> None:
        super().__init__(name="player", daemon=True)
        self._gate = gate
        self._stages: dict[str, Stage] = {}
        self._pause = threading.Event()

    def run(self) -> None:
        """Simulate until the process ends."""
        while not self._pause.wait(timings.tick()):
            with self._gate.lock:
                self._gate.start_due_faults()
                for region in list(get_backend("ecs")[ACCOUNT_ID]):
                    if region not in self._stages:
                        self._stages[region] = Stage(region)
                    self._stages[region].play()


class Stage:
    """One region."""

    def __init__(self, region: str) -> None:
        self._ecs: Any = get_backend("ecs")[ACCOUNT_ID][region]
        self._ec2: Any = get_backend("ec2")[ACCOUNT_ID][region]
        self._balancing: Any = get_backend("elbv2")[ACCOUNT_ID][region]
        scaling: Any = get_backend("autoscaling")[ACCOUNT_ID][region]
        self._fleet = SimulatedFleet(self._ec2, self._ecs, scaling)
        self._capacity = Capacity(self._ecs, scaling, self._fleet)
        self._logs = Logs(get_backend("logs")[ACCOUNT_ID][region], self._ecs)
        tasks: Any = get_backend("applicationautoscaling")[ACCOUNT_ID][region]
        self._task_scaling = TaskScaling(tasks, self._ecs)
        self._account = effects.Account(self._ecs, self._ec2, scaling, tasks, self._fleet)
        self._complained: dict[str, float] = {}

    def play(self) -> None:
        """Simulate the time since the last update."""
        effects.play(self._account)
        self._fleet.play()
        self._task_scaling.play()
        for service in list(self._ecs.services.values()):
            # A service with CodeDeploy has task sets, which are not simulated.
            if service.status != "INACTIVE" and service.deployments:
                self._serve(service)
        tasks = [task for known in self._ecs.tasks.values() for task in known.values()]
        distinct = frozenset(
            f"service:{service.name}"
            for service in self._ecs.services.values()
            if _distinct(service)
        )
        self._capacity.play((t for t in tasks if isinstance(t, PlayedTask)), distinct)
        self._count()

    def _tasks(self, cluster: str) -> list[PlayedTask]:
        known = self._ecs.tasks.get(cluster, {})
        for arn, task in list(known.items()):
            if isinstance(task, PlayedTask) and task.stopped_at and task.age > STOPPED_KEPT:
                del known[arn]
        return [task for task in known.values() if isinstance(task, PlayedTask)]

    def _serve(self, service: Any) -> None:
        group = f"service:{service.name}"
        tasks = [t for t in self._tasks(service.cluster_name) if t.group == group]
        for task in tasks:
            self._advance(service, task)
            if task.last_status == "STOPPED":
                self._deregister(service, task)
                release_interface(self._ec2, task)
                self._logs.forget(task)
        healthy = self._healthy(tasks)
        for task in tasks:
            task.was_healthy = task.was_healthy or task in healthy
            loads = not active.is_on("health-early")
            self._logs.play(task, healthy=task in healthy, loads=loads or task.was_healthy)
        draining = self._fleet.draining(service.cluster_name)
        tasks += deployments.roll(self._ecs, service, tasks, healthy, draining)
        if service.status == "ACTIVE":
            breaker.watch(service, tasks, healthy)
        deployments.report(service, tasks, self._healthy(tasks))
        if service.status == "DRAINING" and all(t.last_status == "STOPPED" for t in tasks):
            service.status = "INACTIVE"

    def _healthy(self, tasks: list[PlayedTask]) -> list[PlayedTask]:
        groups = self._balancing.target_groups
        return [
            task
            for task in tasks
            if task.last_status == "RUNNING"
            and task.live
            and task.passes
            and all(arn in groups and is_healthy(groups[arn], t) for arn, t in task.targets)
        ]

    def _advance(self, service: Any, task: PlayedTask) -> None:
        if not task.live:
            self._wind_down(service, task)
        elif task.container_instance_arn is None:
            self._place(service, task)
        elif task.last_status == "PROVISIONING" and task.age >= timings.PROVISION:
            task.become("PENDING")
        elif task.last_status == "PENDING":
            self._start(service, task)
        elif task.last_status == "RUNNING":
            self._run(service, task)

    def _run(self, service: Any, task: PlayedTask) -> None:
        task.run_checks(failing=task_end.fails_its_check(task))
        if task.age < timings.RUN or not task_end.end(service, task, "run", self._logs):
            groups = self._balancing.target_groups
            task_end.stop_unhealthy(service, task, groups, self._ec2_id(task))

    def _start(self, service: Any, task: PlayedTask) -> None:
        pull = timings.PULL * (SLOW_PULL if active.is_on("pull-slow") else 1.0)
        if task.age < pull:
            return
        for point in ("pull", "start"):
            if task_end.end(service, task, point, self._logs):
                return
        task.become("RUNNING")
        self._logs.play(task, healthy=False, loads=True)
        if not task_end.end(service, task, "crash", self._logs):
            self._register(service, task)

    def _ec2_id(self, task: PlayedTask) -> str:
        identity = (task.container_instance_arn or "").rpartition("/")[2]
        instance = self._ecs.container_instances[task.cluster_name].get(identity)
        return str(instance.ec2_instance_id) if instance else ""

    def _wind_down(self, service: Any, task: PlayedTask) -> None:
        held = task.container_instance_arn in self._fleet.draining(service.cluster_name)
        if held and active.is_on("draining-hold"):
            return
        if task.last_status == "DEACTIVATING" and not self._draining(task):
            self._deregister(service, task)
            task.become("STOPPING")
        elif task.last_status == "STOPPING" and task.age >= timings.STOP:
            task.become("STOPPED")

    def _draining(self, task: PlayedTask) -> bool:
        groups = self._balancing.target_groups
        delays = [timings.DEREGISTER]
        for arn, target in task.targets:
            target["draining_since"] = timings.now()
            if arn in groups:
                delay = groups[arn].attributes["deregistration_delay.timeout_seconds"]
                delays.append(float(delay))
        return bool(task.targets) and task.age < min(delays)

    def _place(self, service: Any, task: PlayedTask) -> None:
        rooms = self._rooms(service.cluster_name, task)
        distinct = _distinct(service)
        lack = self._lack(service, task)
        arn = None if lack else choose(rooms.items(), task.need, task.group, distinct)
        if active.is_on("provisioning") and task.age >= timings.CAPACITY_WAIT:
            task.fail("TaskFailedToStart", CAPACITY if rooms else EMPTY)
        elif arn is None or active.is_on("provisioning"):
            self._complain(service, task, rooms, distinct, lack)
        else:
            self._settle(service, task, arn)

    def _lack(self, service: Any, task: PlayedTask) -> str:
        """Return what a fault makes every container instance lack for the task; else empty."""
        lacks = list(active.of(LACKS))
        if task_end.replaces_completed(service, task):
            lacks += active.of(ROLLOUT_LACKS)
        return lacks[0][1] if lacks else ""

    def _settle(self, service: Any, task: PlayedTask, arn: str) -> None:
        self._complained.pop(task.group, None)
        identity = arn.rpartition("/")[2]
        instance = self._ecs.container_instances[service.cluster_name][identity]
        task.container_instance_arn = arn
        task.availability_zone = instance.attributes["ecs.availability-zone"]
        gpus = task.need.gpus
        task.containers[0]["gpuIds"] = list(instance.gpu_ids[:gpus])
        network = service.network_configuration
        if task.need.interface and network:
            attach_interface(self._ec2, task, network)
        task.become("PROVISIONING")
        add_service_event(service, f"has started 1 tasks: (task {task.id}).")

    def _rooms(self, cluster: str, task: PlayedTask) -> dict[str, Room]:
        rooms = {}
        tasks = [t for t in self._tasks(cluster) if t.last_status != "STOPPED"]
        for instance in self._fleet.container_instances(cluster):
            provider = instance.capacity_provider_name
            if task.capacity_provider_name and provider != task.capacity_provider_name:
                continue
            arn = instance.container_instance_arn
            room = self._fleet.rooms[arn]
            for other in tasks:
                if other.container_instance_arn == arn:
                    room = room.taking(other.need, other.group)
            rooms[arn] = room
        return rooms

    def _complain(
        self, service: Any, task: PlayedTask, rooms: dict[str, Room], distinct: bool, lack: str
    ) -> None:
        now = timings.now()
        since = self._complained.setdefault(task.group, now)
        if now - since < timings.COMPLAINT:
            return
        self._complained[task.group] = now
        if active.is_on("breaker-capacity") and task_end.replaces_completed(service, task):
            breaker.fail(service)
        if not rooms:
            where = "capacity provider" if task.capacity_provider_name else "cluster"
            reason = f"Reason: No Container Instances were found in your {where}."
        else:
            arn, room = max(rooms.items(), key=lambda entry: (entry[1].gpus, entry[1].memory))
            closest = f"The closest matching (container-instance {arn.rpartition('/')[2]})"
            lack = lack or room.lacks(task.need)
            if not lack and distinct:
                lack = 'encountered error "DistinctInstance placement constraint unsatisfied."'
            reason = f"{closest} {lack.rstrip('.')}."
        add_service_event(
            service,
            "was unable to place a task because no container instance met all of its requirements. "
            f"{reason} For more information, see the Troubleshooting section of the Amazon ECS "
            "Developer Guide.",
        )

    def _register(self, service: Any, task: PlayedTask) -> None:
        for balancer in service.load_balancers:
            arn = balancer.get("targetGroupArn")
            group = self._balancing.target_groups.get(arn)
            if group is None:
                continue
            target = self._target(task, balancer)
            group.register([target])
            known = group.targets[f"{target['Id']}:{target['Port']}"]
            task.targets.append((arn, known))
            add_service_event(service, f"registered 1 targets in (target-group {arn})")

    def _target(self, task: PlayedTask, balancer: dict[str, Any]) -> dict[str, Any]:
        port = int(balancer["containerPort"])
        if task.need.interface:
            return {"Id": address_of(task), "Port": port}
        identity = (task.container_instance_arn or "").rpartition("/")[2]
        instance = self._ecs.container_instances[task.cluster_name][identity]
        host_port = next(iter(task.need.ports), 0) or self._free_port(task)
        task.containers[0]["networkBindings"] = [
            {"bindIP": "0.0.0.0", "containerPort": port, "hostPort": host_port, "protocol": "tcp"}
        ]
        return {"Id": instance.ec2_instance_id, "Port": host_port}

    def _free_port(self, task: PlayedTask) -> int:
        taken = {
            binding["hostPort"]
            for other in self._tasks(task.cluster_name)
            if other.container_instance_arn == task.container_instance_arn
            for container in other.containers
            for binding in container["networkBindings"]
        }
        return next(port for port in DYNAMIC_PORTS if port not in taken)

    def _deregister(self, service: Any, task: PlayedTask) -> None:
        for arn, target in task.targets:
            group = self._balancing.target_groups.get(arn)
            if group is not None:
                group.deregister([target])
                add_service_event(service, f"deregistered 1 targets in (target-group {arn})")
        task.targets = []

    def _count(self) -> None:
        for name, cluster in self._ecs.clusters.items():
            tasks = [t for t in self._tasks(name) if t.last_status != "STOPPED"]
            self._fleet.show_use(name, tasks)
            instances = self._ecs.container_instances.get(name, {})
            cluster.registered_container_instances_count = len(instances)
            cluster.running_tasks_count = sum(t.last_status == "RUNNING" for t in tasks)
            cluster.pending_tasks_count = sum(t.last_status == "PENDING" for t in tasks)
            cluster.active_services_count = sum(
                s.status == "ACTIVE" and s.cluster_name == name for s in self._ecs.services.values()
            )


def _distinct(service: Any) -> bool:
    constraints = getattr(service, "placement_constraints", None) or ()
    return any(constraint.get("type") == "distinctInstance" for constraint in constraints)
