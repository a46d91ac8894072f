"""Simulates instances: they join clusters, are scaled, and terminate."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.moto_api._internal import mock_random

from gpuecs_tui.aws import catalogue
from gpuecs_tui.demo import timings
from gpuecs_tui.demo.model.placement import RESERVED_PORTS, Room
from gpuecs_tui.demo.moto_patches.autoscaling import refreshes_of
from gpuecs_tui.demo.moto_patches.launches import cause_of_launch, note_activity
from gpuecs_tui.demo.plays import active
from gpuecs_tui.stack.instance_type import CPU_UNITS_PER_VCPU

AGENT_VERSION = "1.102.2"
DOCKER_VERSION = "DockerVersion: 25.0.14"

DEFAULT_CLUSTER = "default"
"""The cluster that an instance joins if its user data names none."""

UNMEASURED_SHARE = 0.955
"""Registered share of a type's memory if it was not measured; about the share of g4dn on AL2."""

UNKNOWN_INTERFACES = 3
"""Network interfaces of a type that isn't in the catalogue: the number of the smallest types."""

_CLUSTER = (
    re.compile(r"^[^#\n]*\bECS_CLUSTER=[\"']?([A-Za-z0-9_-]+)", re.MULTILINE),
    re.compile(r"^\s*cluster\s*=\s*\"([A-Za-z0-9_-]+)\"", re.MULTILINE),
)
"""The setting in a shell script for the ECS agent, and in Bottlerocket's TOML."""

_RESERVED = re.compile(r"(?:ECS_RESERVED_MEMORY=|reserved-memory\s*=\s*)\"?(\d+)")


def launch_template_user_data(group: Any) -> str:
    """Return the user data of the group's launch template, as text."""
    return base64.b64decode(str(group.user_data or "")).decode(errors="replace")


def cluster_in(user_data: str) -> str:
    """Return the cluster that an instance with this user data joins."""
    for pattern in _CLUSTER:
        if match := pattern.search(user_data):
            return match[1]
    return DEFAULT_CLUSTER


def empty_room(instance_type: str, user_data: str) -> Room:
    """Return the resources that the ECS agent registers on an instance of this type."""
    reserved = int(match[1]) if (match := _RESERVED.search(user_data)) else 0
    known = catalogue.find(instance_type)
    if known is None:
        sold = INSTANCE_TYPES[instance_type]
        cpu = sold["VCpuInfo"]["DefaultVCpus"] * CPU_UNITS_PER_VCPU
        memory = int(sold["MemoryInfo"]["SizeInMiB"] * UNMEASURED_SHARE)
        return Room(cpu, memory - reserved, 0, UNKNOWN_INTERFACES - 1)
    registered = int(known.memory_mib * UNMEASURED_SHARE)
    if known.registers.source != "assumed":
        registered = known.registers.mib
    interfaces = (known.max_enis or UNKNOWN_INTERFACES) - 1
    return Room(known.cpu_units, registered - reserved, known.gpus, interfaces)


class SimulatedFleet:
    """The container instances of one Region that the simulation created."""

    def __init__(self, ec2: Any, ecs: Any, scaling: Any) -> None:
        self._ec2, self._ecs, self._scaling = ec2, ecs, scaling
        self._seen: dict[str, tuple[Any, str, float]] = {}
        """Instance id → its group, its user data and the time when it was first seen."""
        self._joined: dict[str, Any] = {}
        """Instance id → container instance."""
        self.rooms: dict[str, Room] = {}
        """Container instance ARN → what it registered."""
        self.interrupted: set[str] = set()
        """Ids of Spot Instances that EC2 interrupted."""
        self._tried: dict[str, float] = {}
        """Auto Scaling group → when its missing instances were tried last."""

    def play(self) -> None:
        """Register and remove instances, and carry out instance refreshes."""
        self._retry_launches()
        self._notice()
        self._correct_joins()
        for identity, (group, user_data, since) in self._seen.items():
            if identity not in self._joined and timings.now() - since >= timings.JOIN:
                self._join(identity, group, user_data)
        self._dismiss()
        for group in self._scaling.autoscaling_groups.values():
            self._refresh(group)

    def _retry_launches(self) -> None:
        for name, group in self._scaling.autoscaling_groups.items():
            missing = (group.desired_capacity or 0) - len(group.instance_states)
            since = self._tried.setdefault(name, timings.now())
            if missing <= 0:
                del self._tried[name]
            elif timings.now() - since >= timings.LAUNCH_RETRY:
                self._tried[name] = timings.now()
                group.set_desired_capacity(group.desired_capacity)

    def _correct_joins(self) -> None:
        """Let instances that a fault registered wrongly register again after it."""
        for identity, instance in list(self._joined.items()):
            wrong = getattr(instance, "demo_wrong", "")
            if wrong and not active.is_on(wrong):
                self._leave(instance)
                del self._joined[identity]

    def _leave(self, instance: Any) -> None:
        self.rooms.pop(instance.container_instance_arn, None)
        self._ecs.container_instances[instance.cluster_name].pop(instance.id, None)

    def joined(self, identity: str) -> Any | None:
        """Return the container instance of an EC2 instance; None if it has not joined."""
        return self._joined.get(identity)

    def joining(self, group: Any) -> int:
        """Return how many of the group's instances have not joined yet."""
        return sum(state.instance.id not in self._joined for state in group.instance_states)

    def arn_of(self, identity: str) -> str | None:
        """Return the container instance ARN of an EC2 instance; None if it has not joined."""
        instance = self._joined.get(identity)
        return instance and str(instance.container_instance_arn)

    def container_instances(self, cluster: str) -> list[Any]:
        """Return the cluster's container instances that accept tasks."""
        known = self._ecs.container_instances.get(cluster, {}).values()
        return [
            instance
            for instance in known
            if instance.status == "ACTIVE" and instance.container_instance_arn in self.rooms
        ]

    def draining(self, cluster: str) -> frozenset[str]:
        """Return the ARNs of the cluster's container instances that are DRAINING."""
        known = self._ecs.container_instances.get(cluster, {}).values()
        return frozenset(str(it.container_instance_arn) for it in known if it.status == "DRAINING")

    def show_use(self, cluster: str, tasks: list[Any]) -> None:
        """Update the remaining resources of the cluster's container instances from ``tasks``."""
        for instance in self._ecs.container_instances.get(cluster, {}).values():
            arn = instance.container_instance_arn
            here = [t for t in tasks if t.container_instance_arn == arn]
            instance.running_tasks_count = sum(t.last_status == "RUNNING" for t in here)
            instance.pending_tasks_count = sum(
                t.last_status in ("PROVISIONING", "PENDING") for t in here
            )
            if arn in self.rooms:
                left = self.rooms[arn]
                for task in here:
                    left = left.taking(task.need, task.group)
                instance.remaining_resources = _resources(left, instance.gpu_ids[: left.gpus])

    def _notice(self) -> None:
        for group in self._scaling.autoscaling_groups.values():
            for number, state in enumerate(group.instance_states):
                if state.instance.id not in self._seen:
                    user_data = launch_template_user_data(group)
                    self._seen[state.instance.id] = (group, user_data, timings.now())
                    state.demo_version = _template_version(group)
                    description = f"Launching a new EC2 instance: {state.instance.id}"
                    note_activity(group, description, cause_of_launch(group, number))

    def _join(self, identity: str, group: Any, user_data: str) -> None:
        if active.is_on("never-registered", "status-check"):
            return
        wrong = "other-cluster" if active.is_on("other-cluster") else ""
        name = DEFAULT_CLUSTER if wrong else cluster_in(user_data)
        if name == DEFAULT_CLUSTER and name not in self._ecs.clusters:
            # On AWS, the agent creates this cluster: it shows that ECS_CLUSTER was forgotten.
            self._ecs.create_cluster(name, tags=[])
        cluster = self._ecs.clusters.get(name)
        if cluster is None or cluster.status != "ACTIVE" or not self._reaches_ecs(identity):
            return
        instance = self._ecs.register_container_instance(name, identity)
        ec2_instance = self._ec2.get_instance(identity)
        room = empty_room(ec2_instance.instance_type, user_data)
        if active.is_on("no-gpus"):
            room, wrong = replace(room, gpus=0), "no-gpus"
        instance.demo_wrong = wrong
        instance.gpu_ids = [f"GPU-{mock_random.uuid4()}" for _ in range(room.gpus)]
        instance.registered_resources = _resources(room, instance.gpu_ids)
        instance.remaining_resources = _resources(room, instance.gpu_ids)
        instance.version_info = {
            "agentVersion": AGENT_VERSION,
            "dockerVersion": DOCKER_VERSION,
        }
        instance.capacity_provider_name = self._provider_of(group)
        self._joined[identity] = instance
        self.rooms[instance.container_instance_arn] = room

    def _reaches_ecs(self, identity: str) -> bool:
        subnet = self._ec2.get_instance(identity).subnet_id
        tables = self._ec2.route_tables.values()
        own = [t for t in tables if subnet in t._associations.values()]
        vpc = self._ec2.get_subnet(subnet).vpc_id
        main = [t for t in tables if t.vpc_id == vpc and t.main_association_id]
        return any(
            route.destination_cidr_block == "0.0.0.0/0"
            for table in own or main
            for route in table.routes
        )

    def _provider_of(self, group: Any) -> str | None:
        for provider in self._ecs.capacity_providers.values():
            if provider.auto_scaling_group_provider["autoScalingGroupArn"] == group.arn:
                return str(provider.name)
        return None

    def _dismiss(self) -> None:
        there = {
            state.instance.id
            for group in self._scaling.autoscaling_groups.values()
            for state in group.instance_states
            if state.instance.state == "running"
        }
        for identity in self._seen.keys() - there:
            group, _user_data, _since = self._seen.pop(identity)
            if identity not in self.interrupted:
                note_activity(
                    group,
                    f"Terminating EC2 instance: {identity}",
                    f"At {utcnow():%Y-%m-%dT%H:%M:%SZ} an instance was taken out of service in "
                    "response to a difference between desired and actual capacity.",
                )
            instance = self._joined.pop(identity, None)
            if instance is None:
                continue
            arn = instance.container_instance_arn
            self._leave(instance)
            for task in self._ecs.tasks.get(instance.cluster_name, {}).values():
                if task.container_instance_arn == arn and task.last_status != "STOPPED":
                    spot = identity in self.interrupted
                    code = "SpotInterruption" if spot else "TerminationNotice"
                    task.stop(code, f"Host EC2 (instance {identity}) terminated.")
                    task.become("STOPPED")

    def _refresh(self, group: Any) -> None:
        running = [r for r in refreshes_of(group) if r["Status"] in ("Pending", "InProgress")]
        if not running or self.joining(group):
            return
        version = _template_version(group)
        old = [s for s in group.instance_states if getattr(s, "demo_version", None) != version]
        for refresh in running:
            refresh["Status"] = "InProgress" if old else "Successful"
            total = refresh["InstancesToUpdate"] or 1
            refresh["PercentageComplete"] = max(0, 100 - 100 * len(old) // total)
            if not old:
                refresh["EndTime"] = utcnow()
        if old:
            # One instance at a time: the next one is replaced after the new instance has joined.
            self._ec2.terminate_instances([old[0].instance.id])
            group.instance_states.remove(old[0])
            group.set_desired_capacity(group.desired_capacity)


def _template_version(group: Any) -> int:
    template = group.ec2_launch_template
    return int(template.get_version(group.launch_template_version).number) if template else 0


def _resources(room: Room, gpu_ids: list[str]) -> list[dict[str, Any]]:
    ports = [str(port) for port in sorted(room.ports | RESERVED_PORTS)]
    return [
        {"name": "CPU", "type": "INTEGER", "integerValue": room.cpu},
        {"name": "MEMORY", "type": "INTEGER", "integerValue": room.memory},
        {"name": "PORTS", "type": "STRINGSET", "stringSetValue": ports},
        {"name": "PORTS_UDP", "type": "STRINGSET", "stringSetValue": []},
        {"name": "GPU", "type": "STRINGSET", "stringSetValue": list(gpu_ids)},
    ]
